"""What is to be explained: one score of a network on one picture.

The score is the number before the softmax (or the sigmoid, where a picture can have several labels). A probability is no good subject: it
depends on all other classes, and where it is close to 1 its gradient is close to 0, whatever decided.

A `Question` gives what the methods need: values and gradients by the walk, scores of many pictures by the engine.
"""

import copy
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import visible
from vitreous.errors import ModelError, UsageError, nearest
from vitreous.export.gradient_network import gradient_network
from vitreous.infer.engine import Engine, default_setting, run_batch, start_engine
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network
from vitreous.infer.rewritten import with_weights
from vitreous.inside.place import Place
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

if TYPE_CHECKING:
    from vitreous.inside.inside import Inside

Pictures = NDArray[np.uint8]
PROBABILITY = "probability"
_LINKS = {"Softmax": "softmax", "Sigmoid": "sigmoid"}
# More pictures than the engine takes one by one.
_MANY, _AT_ONCE = 1000, 7


@dataclass(frozen=True)
class Score:
    """Number `index` of the value `value`, which is that of `label`; `link` is what makes a probability of it, "" where nothing does."""

    value: str
    index: int
    label: str
    link: str

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        return f"the score before the {self.link}" if self.link else "the output"


@dataclass(frozen=True, eq=False)
class Question:
    """`picture` uint8 [S, S, 3] is what the network sees of the file. `kept`: whether the compiled network is worth keeping for next time."""

    network: Network
    walk: Walk
    picture: Pictures
    score: Score
    kept: bool = True

    @cached_property
    def values(self) -> dict[str, Array]:
        """Every value of the network on the picture."""
        return self.values_of(self.picture[None])

    def values_of(self, pictures: Array) -> dict[str, Array]:
        """The same for pictures [N, S, S, 3] in grey levels, whole numbers or not."""
        return self.walk.values({self.input: pictures})

    def gradients(self, values: Mapping[str, Array], wanted: str, index: int | None = None) -> Array:
        """The gradient of the score (or of score number `index`) in a value, in its shape; of each of N pictures its own."""
        seed = np.zeros(values[self.score.value].shape, np.float32)
        seed[:, self.score.index if index is None else index] = 1
        return self.walk.gradients(values, {self.score.value: seed}, [wanted])[wanted]

    def scores(self, pictures: Pictures) -> NDArray[np.float64]:
        """All scores [N, K] of pictures uint8 [N, S, S, 3], by the engine."""
        return np.asarray(run_batch(self._engine, pictures)[self.score.value], np.float64)

    def both(self, pictures: Pictures) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Scores and probabilities [N, K], by the engine."""
        found = run_batch(self._engine, pictures)
        return np.asarray(found[self.score.value], np.float64), np.asarray(found[PROBABILITY], np.float64)

    def slopes(self, pictures: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """The score [N] and its gradient [N, S, S, 3] at pictures float32 [N, S, S, 3]: by the engine where it can, else by the walk."""
        if self._backward is not None:
            engine, gradient = self._backward
            found = run_batch(engine, pictures)
            return np.asarray(found[self.score.value][:, self.score.index], np.float64), found[gradient]

        def walked(picture: Array) -> tuple[float, Array]:
            values = self.values_of(picture[None])
            return float(values[self.score.value][self.place]), self.gradients(values, self.input)[0]

        from threadpoolctl import threadpool_limits

        # a picture a core; products of one picture are too small for two threads each
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(this_machine().cores) as pool:
            scores, gradients = zip(*pool.map(walked, pictures), strict=True)
        return np.array(scores), np.stack(gradients)

    def with_weights(self, weights: Mapping[str, Array]) -> "Question":
        """The same question to the network with other weights."""
        walk = copy.copy(self.walk)
        walk.constants = {**self.walk.constants, **weights}
        return replace(self, network=with_weights(self.network, weights), walk=walk, kept=False)

    @property
    def input(self) -> str:
        return next(iter(self.walk.inputs))

    @property
    def place(self) -> Place:
        return (0, self.score.index)

    @property
    def size(self) -> int:
        """The side of the picture in pixels."""
        return len(self.picture)

    @cached_property
    def _backward(self) -> tuple[Engine, str] | None:
        """The engine that gives score and gradient, and the name of the latter. To start it takes as long as some twenty gradients of the
        walk, so it is not for a network that is asked for a few."""
        if not self.kept:
            return None
        made = gradient_network(self.network, self.walk, self.values, self.score.value, self.score.index)
        if made is None:
            return None
        network, gradient = made
        setting = replace(default_setting(_MANY), batch=1)
        return start_engine(network, setting, tuple(dict.fromkeys((self.score.value, gradient))), keep=False), gradient

    @cached_property
    def _engine(self) -> Engine:
        # fp32, so that a difference of scores is one of the network and not of its number format; and by sevens, as a map by occlusion
        # has 196 pictures: no batch is half empty, no stream has one more than the other
        outputs = tuple(dict.fromkeys((self.score.value, PROBABILITY)))
        return start_engine(self.network, replace(default_setting(_MANY), batch=_AT_ONCE), outputs, keep=self.kept)


def question_of(found: "Inside", label: str | None = None) -> Question:
    """The question why `found` has this label's score; without a label, that of the most probable one.

    Raises UsageError for a label that the network does not know, and where it has no probabilities; ModelError where these are no numbers.
    """
    labels = found.network.labels
    if found.answers is None:
        raise UsageError("there is no answer to explain", "a network without an output 'probability'", "a model.onnx as vitreous train writes it")
    if not np.isfinite(found.answers.probability).all():
        raise ModelError(
            f"{visible(found.network.path.name)} gives no probabilities", "outputs that are not numbers", "a model.onnx as vitreous train writes it"
        )
    if label is not None and label not in labels:
        raise UsageError(f"the network has no label {visible(label)!r}", remedy=nearest(label, labels))
    index = int(found.answers.probability.argmax()) if label is None else labels.index(label)
    node = found.walk.node_of(PROBABILITY)
    while node.kind == "Identity":
        node = found.walk.node_of(node.inputs[0])
    link = _LINKS.get(node.kind, "")
    value = node.inputs[0] if link else PROBABILITY
    question = Question(found.network, found.walk, found.decoded.views[0], Score(value, index, labels[index], link))
    question.__dict__["values"] = found.values  # they are there already
    return question
