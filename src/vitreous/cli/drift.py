"""`vitreous drift RUN FOLDER`"""

import json

import click

from vitreous.cli.names import PATH
from vitreous.cli.options import json_option
from vitreous.cli.outputs import PAGE, require_outputs, write_said
from vitreous.cli.terminal import reporter


@click.command("drift", short_help="Are new photos other ones than a run was trained on?")
@click.argument("run", type=PATH)
@click.argument("data", type=PATH, metavar="FOLDER")
@click.option("--rate", type=float, default=0.05, show_default=True, help="False alarms among questions where nothing differs.")
@click.option("--page", type=PATH, help="Write what differs as one page with example pictures to this file, .html.")
@click.option("--seed", type=int, default=0, help="Of the permutations, and of what is drawn of many pictures (0).")
@click.option("--exit-code", is_flag=True, help="Exit with 1 where they differ, for a scheduler.")
@json_option
def command(run: str, data: str, rate: float, page: str | None, seed: int, exit_code: bool, as_json: bool) -> int:
    """Whether the pictures in FOLDER (or in a CSV table, labels are not needed) differ from those that RUN was trained on: in what they show,
    in the classes that are answered, in brightness, contrast, sharpness, size, proportions, compression and camera.

    All tests together give a false alarm in at most the share --rate of cases. How large a difference could have been found is said, too.
    """
    from vitreous import api

    opened = api.load(run)
    require_outputs({"--page": page}, [data, str(opened.data)], {"--page": PAGE})
    with reporter(as_json) as tell:
        found = opened.drift(data, rate=rate, seed=seed, reporter=tell)
    click.echo(json.dumps(found.to_json(), allow_nan=False) if as_json else "\n".join(found.lines()))
    if page:
        from vitreous.report.drift_page import drift_page

        write_said("page", page, drift_page(found))
    return 1 if exit_code and found.differs else 0
