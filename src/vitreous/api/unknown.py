"""What a run does not know: sets with a promise, "none of these", and whether new pictures are other ones than it was trained on."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from vitreous.core.reporter import Reporter
from vitreous.infer.network import Network
from vitreous.tasks.task import Evaluation
from vitreous.trust.unknown.doubts import Doubts
from vitreous.trust.unknown.promises import Measured, promise_of

if TYPE_CHECKING:
    from vitreous.runs.folder import RunFolder


def doubts(
    run: "RunFolder", network: Callable[[], Network], sets: float | None, per_class: bool, unknown: float | None, reporter: Reporter
) -> "tuple[Doubts | None, RunFolder]":
    """What is to be said beside answers, and the run, which may have been given the reference that it takes."""
    if sets is None and unknown is None:
        return None, run
    promise = promise_of(run, sets, per_class) if sets is not None else None
    if unknown is None:
        return Doubts(promise), run
    from vitreous.trust.unknown.reference import reference_of

    reference, run = reference_of(run, network, unknown, reporter)
    return Doubts(promise, reference, reference.limit(unknown)), run


def measured_sets(run: "RunFolder", coverage: float, per_class: bool, evaluation: Evaluation | None) -> Measured:
    from vitreous.fit.evaluation import evaluate_stored

    promise = promise_of(run, coverage, per_class)
    found = evaluation or evaluate_stored(run)
    assert found.predictions is not None, "an evaluation keeps its answers"
    return promise.measured(found.predictions, found.groups, found.what)
