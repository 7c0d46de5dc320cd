"""`vitreous decide RUN`"""

import json
from pathlib import Path

import click

from vitreous.cli.names import NAME, PATH, quoted
from vitreous.cli.options import json_option
from vitreous.core.text import visible
from vitreous.errors import UsageError


@click.command("decide", short_help="Choose when a run says yes.")
@click.argument("run", type=PATH)
@click.option("--class", "label", type=NAME, help="The class whose threshold is chosen.")
@click.option("--max-miss", type=float, help="At most this share of the class may be missed, such as 0.02.")
@click.option("--max-false-alarms", type=float, help="At most this share of the others may be taken for the class.")
@click.option("--costs", type=PATH, help="A CSV table of costs: a row for each true class, a column for each answer.")
@click.option("--max-error", type=float, help='At most this share of the answers may be wrong; the rest is "I don\'t know".')
@click.option("--prevalence", type=float, help="The share of the class among the pictures to come (that in the data).")
@click.option("--none", "forget", is_flag=True, help="Remove the decision: the most probable class is the answer again.")
@json_option
def command(
    run: str,
    label: str | None,
    max_miss: float | None,
    max_false_alarms: float | None,
    costs: str | None,
    max_error: float | None,
    prevalence: float | None,
    forget: bool,
    as_json: bool,
) -> None:
    """Choose how RUN answers, and store it with the run: from then on predict and use.py obey it.

    The choice is made on pictures that the model was not fitted to, and promised with 95 % confidence; what cannot be promised is said
    and not stored.
    """
    from vitreous import api

    if forget:
        if any(value is not None for value in (label, max_miss, max_false_alarms, costs, max_error, prevalence)):
            raise UsageError("--none with a wish", needed="one of both")
        _forget(run, as_json)
        return
    decision = api.load(run).decide(
        label, max_miss=max_miss, max_false_alarms=max_false_alarms, costs=costs, max_error=max_error, prevalence=prevalence
    )
    click.echo(json.dumps(decision.to_json()) if as_json else "\n".join(visible(sentence) for sentence in decision.sentences))
    if not as_json:
        click.secho(f"Stored in {quoted(run)}; --none removes it.", err=True, dim=True)


def _forget(run: str, as_json: bool) -> None:
    from vitreous import api
    from vitreous.fit.decide import forget
    from vitreous.runs.folder import open_run

    opened = open_run(Path(run))
    forget(opened, api.documents)
    said = "The decision is removed: the most probable class is the answer." if opened.facts.get("decision") else "There was no decision."
    click.echo(json.dumps({"decision": None}) if as_json else said)
