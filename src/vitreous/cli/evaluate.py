"""`vitreous evaluate RUN [DATA]`"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vitreous.cli.names import NAME, PATH
from vitreous.cli.options import engine_option, json_option
from vitreous.cli.outputs import TEST_RESULTS, require_outputs, write_said
from vitreous.cli.terminal import reporter
from vitreous.core.text import plural, visible
from vitreous.errors import DataError, UsageError

if TYPE_CHECKING:
    from vitreous.api import OneClassRun, Run
    from vitreous.core.reporter import Reporter
    from vitreous.fit.against import Against
    from vitreous.fit.must_pass import Case, MustPass
    from vitreous.tasks.classify.requirements import Outcome
    from vitreous.tasks.task import Evaluation

_NAMED = 5


@click.command("evaluate", short_help="Measure a run; test it as code is tested.")
@click.argument("run", type=PATH)
@click.argument("data", required=False, type=PATH)
@click.option("--require", "requirements", multiple=True, metavar="REQUIREMENT", help='Such as "recall[scratch] >= 0.95". May be given again.')
@click.option("--point", is_flag=True, help="A requirement holds by the figure alone, whatever its interval.")
@click.option("--must-pass", type=PATH, metavar="CSV", help="A table of pictures (image, label) that must all be answered right.")
@click.option("--junit", type=PATH, metavar="XML", help="Write the outcomes of --require and --must-pass to this file, for a CI server.")
@click.option("--against", "other", type=PATH, metavar="RUN2", help="Compare with another run or model.onnx on the same pictures.")
@click.option("--stress", is_flag=True, help="Accuracy under blur, noise, JPEG and other corruptions, at five strengths.")
@click.option("--slices", is_flag=True, help="Parts of the pictures on which the model is significantly worse.")
@click.option("--column", type=NAME, help="With --slices: a column of the table to divide by.")
@click.option("--sets", type=float, metavar="SHARE", help="Coverage and size of the sets that hold the true class so often, such as 0.95.")
@click.option("--per-class", is_flag=True, help="With --sets: the promise holds for each class by itself.")
@engine_option("auto")
@click.option("--picture", type=PATH, help="Write confusion matrix and recalls, or the curves of --stress, to this file, .png or .svg.")
@json_option
def command(
    run: str,
    data: str | None,
    requirements: tuple[str, ...],
    point: bool,
    must_pass: str | None,
    junit: str | None,
    other: str | None,
    stress: bool,
    slices: bool,
    column: str | None,
    sets: float | None,
    per_class: bool,
    engine: str,
    picture: str | None,
    as_json: bool,
) -> int:
    """Accuracy, balanced accuracy, F1, log loss and calibration of RUN, each with its 95 % interval, per class and in all:
    on the run's own test pictures, or on DATA, a labelled folder or CSV table.

    With --require and --must-pass the exit code is 1 where one of them fails.

    \b
    METRIC[CLASS] OP NUMBER   recall, miss_rate, precision, f1, average_precision of a class;
                              accuracy, balanced_accuracy, macro_f1, top5_accuracy, log_loss,
                              calibration_error; of several labels map, macro_f1, micro_f1,
                              label_accuracy, exactly_right; OP one of >= > <= <; NUMBER also in percent
    """
    from vitreous import api
    from vitreous.draw.theme import picture_format
    from vitreous.fit.must_pass import read_cases

    # what is wrong is said before the work
    _check_options(requirements, point, must_pass, junit, slices, column)
    if per_class and sets is None:
        raise UsageError("--per-class says for what a set is promised", "there is none", remedy="add --sets 0.95")
    form = picture_format(picture) if picture else "png"
    opened = api.load(run)
    if isinstance(opened, api.OneClassRun):
        asked = {
            "--require": requirements,
            "--must-pass": must_pass,
            "--against": other,
            "--stress": stress,
            "--slices": slices,
            "--sets": sets is not None,
        }
        return _one_class(opened, data, next((option for option, given in {**asked, "--picture": picture}.items() if given), ""), engine, as_json)
    read = [each for each in (data or str(opened.data), must_pass, other) if each]
    require_outputs({"--picture": picture, "--junit": junit}, read, {"--junit": TEST_RESULTS})
    _check_task(opened, requirements, must_pass, other, stress, slices, picture)
    _check_others(opened, data, other, column)
    cases = read_cases(Path(must_pass)) if must_pass else []
    if sets is not None:
        opened.doubts(sets, per_class)  # what cannot be promised is said before the work
    with reporter(as_json) as tell:
        evaluation = _evaluation(opened, data, engine, tell, asked=bool(other or stress or slices))
        parts: dict[str, Any] = {}
        if other:
            parts["against"] = _against(opened, evaluation, other, data, engine, tell)
        if stress:
            parts["stress"] = opened.stress(data, engine=engine, reporter=tell)
        if slices:
            parts["slices"] = opened.slices(data, column=column, engine=engine, reporter=tell)
        if sets is not None:
            parts["sets"] = opened.sets(sets, per_class=per_class, evaluation=evaluation)
        passed = _passed(opened, cases, engine, tell) if must_pass else None
    outcomes = evaluation.require_by_point(*requirements) if point else evaluation.require(*requirements)
    click.echo(_json(evaluation, parts, outcomes, passed) if as_json else _text(evaluation, parts, outcomes, passed))
    if junit:
        write_said("outcomes", junit, _junit(outcomes, passed))
    if picture:
        write_said("picture", picture, parts["stress"].picture(form) if stress else api.evaluation_picture(evaluation, form))
    return _exit_code(outcomes, passed)


def _one_class(opened: "OneClassRun", data: str | None, option: str, engine: str, as_json: bool) -> int:
    if option:
        raise UsageError(f"{option} for a run of one class", "it says ordinary or odd", remedy="leave it away")
    if data is None:
        raise UsageError(
            "evaluate a run of one class on what?",
            "no DATA",
            f"a folder with a folder {opened.good!r} and others",
            "scores.csv in the run has those of held-out pictures",
        )
    with reporter(as_json) as tell:
        found = opened.evaluate(data, engine=engine, reporter=tell)
    click.echo(json.dumps(found.to_json()) if as_json else "\n".join(found.lines()))
    return 0


def _check_options(requirements: Sequence[str], point: bool, must_pass: str | None, junit: str | None, slices: bool, column: str | None) -> None:
    if point and not requirements:
        raise UsageError("--point says how a requirement is judged", "there is none", remedy='add --require "accuracy >= 0.9"')
    if junit and not (requirements or must_pass):
        raise UsageError("--junit has nothing to write", "no test was named", remedy='add --require "accuracy >= 0.9" or --must-pass cases.csv')
    if column and not slices:
        raise UsageError("--column says how pictures are divided", "nothing divides them", remedy="add --slices")


def _check_task(
    opened: "Run", requirements: Sequence[str], must_pass: str | None, other: str | None, stress: bool, slices: bool, picture: str | None
) -> None:
    """What a run cannot be asked, and requirements that cannot be read."""
    from vitreous.tasks.task import require_one_label, task_of

    facts = opened.network.facts
    for asked, option in ((must_pass, "--must-pass"), (other, "--against"), (stress, "--stress"), (slices, "--slices"), (picture, "--picture")):
        if asked:
            require_one_label(facts, f"evaluate {option}")
    for text in requirements:
        task_of(facts).requirement(text, opened.labels)


def _check_others(opened: "Run", data: str | None, other: str | None, column: str | None) -> None:
    """Another run that cannot be compared, and a column that is not there."""
    from vitreous.runs.folder import open_run

    if other:
        from vitreous.fit.against import comparable

        comparable(opened.network, Path(other))
    if column:
        from vitreous.fit.slices import require_column

        require_column(open_run(opened.folder), opened.network, Path(data) if data else None, column)


def _evaluation(opened: "Run", data: str | None, engine: str, tell: "Reporter", asked: bool) -> "Evaluation":
    """Measured; or by the answers that were stored, where the run has no pictures any more and no option asks for them."""
    try:
        return opened.evaluate(data, engine=engine, reporter=tell)
    except DataError:
        from vitreous.fit.evaluation import evaluate_stored, has_pictures
        from vitreous.runs.folder import open_run

        folder = open_run(opened.folder)
        if data or asked or has_pictures(folder):
            raise
        return evaluate_stored(folder)


def _against(opened: "Run", evaluation: "Evaluation", other: str, data: str | None, engine: str, tell: "Reporter") -> "Against":
    from vitreous.fit.against import against
    from vitreous.runs.folder import open_run

    return against(open_run(opened.folder), opened.network, evaluation, Path(other), Path(data) if data else None, engine, tell)


def _passed(opened: "Run", cases: Sequence["Case"], engine: str, tell: "Reporter") -> "MustPass":
    from vitreous.fit.evaluation import policy_of
    from vitreous.fit.must_pass import must_pass
    from vitreous.runs.folder import open_run

    return must_pass(opened.network, cases, policy_of(open_run(opened.folder)), engine, tell)


def _text(evaluation: "Evaluation", parts: dict[str, Any], outcomes: Sequence["Outcome"], passed: "MustPass | None") -> str:
    from vitreous.tasks.classify.requirements import outcome_lines

    blocks = [evaluation.lines(), *(part.lines() for part in parts.values())]
    blocks += [outcome_lines(outcomes)] if outcomes else []
    blocks += [passed.lines()] if passed else []
    return "\n\n".join("\n".join(visible(line) for line in block) for block in blocks)


def _json(evaluation: "Evaluation", parts: dict[str, Any], outcomes: Sequence["Outcome"], passed: "MustPass | None") -> str:
    value = evaluation.to_json() | {name: part.to_json() for name, part in parts.items()}
    if outcomes:
        value["requirements"] = [each.to_json() for each in outcomes]
    if passed:
        value["must_pass"] = passed.to_json()
    return json.dumps(value)


def _junit(outcomes: Sequence["Outcome"], passed: "MustPass | None") -> bytes:
    from vitreous.cli.junit import junit, of_case, of_requirement

    suites = {"requirements": [of_requirement(each) for each in outcomes]} if outcomes else {}
    return junit(suites | ({"must pass": [of_case(each) for each in passed.outcomes]} if passed else {}))


def _exit_code(outcomes: Sequence["Outcome"], passed: "MustPass | None") -> int:
    """1, with the names of what failed, where something did."""
    failed = [f"{visible(each.requirement.text)} ({each.verdict})" for each in outcomes if not each.passed]
    failed += [f"{each.name} ({each.verdict})" for each in (passed.failed if passed else [])]
    if not failed:
        return 0
    count = len(outcomes) + (len(passed.outcomes) if passed else 0)
    names = ", ".join(failed[:_NAMED]) + (", …" if len(failed) > _NAMED else "")
    click.echo(f"error: {len(failed):,} of {plural(count, 'test')} failed: {names}", err=True)
    return 1
