"""`vitreous see`: one file for each thing that it shows. The first option of a view asks for it; without any, the stages are shown."""

import click
from click.core import ParameterSource

from vitreous.cli.names import NAME
from vitreous.cli.see import augment, filters, landscape, page, stages, strongest, value, weight, why
from vitreous.cli.see.view import Asked, View
from vitreous.errors import UsageError

STAGES = stages.VIEW
VIEWS = (value.VIEW, weight.VIEW, filters.VIEW, why.WHY, why.FLIP, strongest.VIEW, landscape.VIEW, page.VIEW, augment.VIEW)
_COMMON = [
    click.Option(["--appearance"], type=click.Choice(["light", "dark"]), default="light", help="Of the pictures that are written."),
    click.Option(["--json", "as_json"], is_flag=True, help="One JSON object on standard output, nothing else."),
    click.Option(["--max-pixels"], type=click.IntRange(1), help="Largest picture that is read."),
    click.Option(["--tolerate-truncated"], is_flag=True, help="Read files that end early."),
]
_OWN = list(dict.fromkeys(option for view in (STAGES, *VIEWS) for option in view.options))


@click.pass_context
def _see(
    context: click.Context,
    /,
    names: tuple[str, ...],
    appearance: str,
    as_json: bool,
    max_pixels: int | None,
    tolerate_truncated: bool,
    **options: object,
) -> None:
    """What the network does with IMAGE, stage by stage: shapes, what each number sees of the picture, weights, multiply-adds.

    RUN is a run folder or a model.onnx; without it, the network that comes with Vitreous. --value NAME[CHANNEL,ROW,COLUMN] writes out how
    one number of it came about, every product of it; --weight NAME[PLACE] the gradient of the loss in one weight. --strongest: what in the
    pictures of a FOLDER excites its channels most. --filters and --landscape need no picture: what a layer of a RUN has learned, and the loss
    around its weights. --augment needs no network: what training would do to the pictures of a folder.
    """
    given = [option for option in _OWN if context.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE]
    view = _chosen(given)
    if not names and view not in (filters.VIEW, landscape.VIEW):  # which know something that needs none
        raise click.MissingParameter(ctx=context, param=context.command.params[0])
    view.say(Asked(names, options, appearance, as_json, max_pixels, tolerate_truncated))


def _chosen(given: list[click.Option]) -> View:
    """The view that was asked for. Raises UsageError for options that do not belong together."""
    asked = [view for view in VIEWS if view.options[0] in given]
    view = asked[0] if asked else STAGES
    for option in given:
        if option in view.options:
            continue
        name = option.opts[0]
        if asked:
            raise UsageError(f"{name} cannot be given with {view.option}", needed="one of the two")
        owners = [each for each in VIEWS if option in each.options]
        wanted = " or ".join(each.option for each in owners)
        raise UsageError(f"{name} of what?", f"no {wanted}", wanted, f"vitreous see … {owners[0].example} {name}")
    return view


command = click.Command(
    "see",
    params=[click.Argument(["names"], nargs=-1, type=NAME, metavar="[RUN] IMAGE"), *_OWN, *_COMMON],
    callback=_see,
    help=_see.__doc__,
    short_help="Look inside the network.",
)
