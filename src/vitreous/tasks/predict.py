"""Answers for many files from one `model.onnx`, in the order of the files."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from vitreous.data.decode import Decoded, Policy
from vitreous.errors import ModelError
from vitreous.infer.engine import Outputs, Setting, start_engine
from vitreous.infer.network import Network
from vitreous.infer.pipeline import Forward, decoded_side_by_side
from vitreous.metrics.decision_rule import StoredRule
from vitreous.tasks.classify.answers import Answers, Failure
from vitreous.tasks.multilabel.answers import SeveralAnswers
from vitreous.tasks.task import thresholds_of

AnyAnswers = Answers | SeveralAnswers


# Of one picture: the values of a network, by name.
Values = Mapping[str, NDArray[np.float32]]
_Answer = TypeVar("_Answer")


class Beside(Protocol):
    """What is said of each picture beside its answer."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The values of the network that it is made of, more than the probability."""
        ...

    def of(self, values: Values) -> dict[str, Any]:
        """Fields of the answer, from the "probability" [K] of one picture and those values."""
        ...


def predict(
    network: Network, setting: Setting, paths: Sequence[str], policy: Policy, beside: Beside | None = None
) -> Iterator[tuple[AnyAnswers | Failure, Decoded | None]]:
    """What the network says of each file, with the decoded picture; None for a file that cannot be read.

    Results come in the order of `paths`, as soon as they are there; a file that cannot be read stops nothing.
    """
    answer = answering(network)

    def sound(outputs: Outputs) -> None:
        if outputs["probability"].shape[1:] != (len(network.labels),):
            arrived = f"outputs of shape {outputs['probability'].shape[1:]} and {len(network.labels)} labels"
            raise ModelError(f"{network.path.name} does not fit its metadata", arrived, "one output a label")
        if not all(np.isfinite(each).all() for each in outputs.values()):
            raise ModelError(
                f"{network.path.name} gives no probabilities", "outputs that are not numbers", "a model.onnx as vitreous train writes it"
            )

    def answered(path: str, values: Values) -> AnyAnswers:
        found = answer(path, values["probability"])
        return replace(found, **beside.of(values)) if beside else found

    return in_order(network, setting, paths, policy, ("probability", *(beside.outputs if beside else ())), sound, answered)


def in_order(
    network: Network,
    setting: Setting,
    paths: Sequence[str],
    policy: Policy,
    outputs: tuple[str, ...],
    sound: Callable[[Outputs], None],
    answer: Callable[[str, Values], _Answer],
) -> Iterator[tuple[_Answer | Failure, Decoded | None]]:
    """What `answer` makes of each file's path and values; `sound` raises where those of a batch cannot be used."""
    there: dict[int, Values] = {}

    def store(indices: list[int], batch: Outputs) -> None:
        sound(batch)
        rows = {name: batch[name].copy() for name in outputs}
        for place, index in enumerate(indices):
            there[index] = {name: value[place] for name, value in rows.items()}

    forward: Forward | None = None
    waiting: deque[tuple[int, Failure | None, Decoded | None]] = deque()

    def ready() -> Iterator[tuple[_Answer | Failure, Decoded | None]]:
        while waiting and (waiting[0][1] is not None or waiting[0][0] in there):
            index, failure, decoded = waiting.popleft()
            yield (failure or answer(paths[index], there.pop(index))), decoded

    for result in decoded_side_by_side(enumerate(paths), (network.view,), policy):
        if result.decoded is None:
            waiting.append((result.index, Failure(paths[result.index], _reason(result.error)), None))
        else:
            # the first picture, which may be a large one, is decoded before the engine takes its memory, and the next ones while it starts
            forward = forward or Forward(start_engine(network, setting, outputs), network.view.size, store)
            waiting.append((result.index, None, result.decoded))
            forward.add(result.index, result.decoded.views[0])
        yield from ready()
    if forward:
        forward.finish()
    yield from ready()


def answering(network: Network) -> Callable[[str, NDArray[np.float32]], AnyAnswers]:
    """What makes an answer of a path and the probabilities [K], by the network's task. Raises ModelError where its metadata do not fit."""
    labels, thresholds = network.labels, thresholds_of(network.facts)
    if thresholds is not None:
        return lambda image, probability: SeveralAnswers(image, labels, probability, thresholds)
    decision = stored_rule(network)
    return lambda image, probability: Answers(image, labels, probability, decision)


def stored_rule(network: Network) -> StoredRule | None:
    """How answers are made of probabilities, where `vitreous decide` has stored that. Raises ModelError where it does not fit the model."""
    if network.decision is None:
        return None
    try:
        return StoredRule.from_json(network.decision, network.labels)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ModelError(
            f"{network.path.name} has a decision that does not fit it", reason, "one that vitreous decide stored", "decide again"
        ) from None


def _reason(error: Exception | None) -> str:
    arrived, remedy = getattr(error, "arrived", str(error)), getattr(error, "remedy", "")
    return f"{arrived}; {remedy}" if remedy else arrived
