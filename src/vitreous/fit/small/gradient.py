"""Loss and gradient of a batch, by walking through the network's graph: forward for the values, backward for the weights.

    L = 1/N Σ_n −log softmax(z_n)[y_n]        g = Σ_n (p_n − [y_n]) / N · ∂z_n / ∂W, by the chain rule

A batch is cut into two halves, which two threads walk side by side, and their gradients are added: always so, that the sum is the
same to the last bit on any number of cores. For the same reason numpy's own products run on one thread: `one_thread`.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.fit.head import Ints
from vitreous.fit.small.optimizer import Arrays
from vitreous.fit.softmax import log_softmax
from vitreous.layers.softmax import cross_entropy, cross_entropy_dZ
from vitreous.layers.walk import Walk

_FORWARD = 128
_LEARNED = (".weight", ".bias")


def learned_weights(walk: Walk) -> Arrays:
    """The arrays that are learned, by name; the walk uses these very arrays, so a change in place is a step."""
    names = [name for name in walk.constants if name.endswith(_LEARNED)]
    walk.constants.update({name: walk.constants[name].copy() for name in names})
    return {name: walk.constants[name] for name in names}


def loss_and_gradients(walk: Walk, weights: Arrays, X: NDArray[Any], y: Ints, pool: Executor) -> tuple[float, Arrays]:
    """The mean loss of pictures X [N, D] of classes y [N], and its gradient in each of the weights."""
    half = (len(X) + 1) // 2
    parts = [slice(0, half), slice(half, None)] if len(X) > 1 else [slice(None)]

    def walked(part: slice) -> tuple[float, Arrays]:
        values = walk.values({"features": X[part]})
        logits = values["logits"]
        share = len(logits) / len(X)
        seed = cross_entropy_dZ(logits, y[part]) * share
        return cross_entropy(logits, y[part]) * share, walk.gradients(values, {"logits": seed}, weights)

    losses, gradients = zip(*pool.map(walked, parts), strict=True)
    return sum(losses), {name: sum(each[name] for each in gradients) for name in weights}


def forward(walk: Walk, X: NDArray[Any], pool: Executor) -> NDArray[Any]:
    """The logits [N, K] of pictures X [N, D]; the values between are let go."""
    parts = [X[first : first + _FORWARD] for first in range(0, len(X), _FORWARD)]
    return np.concatenate(list(pool.map(lambda part: _logits(walk, part), parts)))


def loss_and_accuracy(logits: NDArray[Any], y: Ints) -> tuple[float, float]:
    """The mean loss, and the share of pictures whose largest score is that of their class."""
    return float(-log_softmax(logits)[np.arange(len(y)), y].mean()), float((logits.argmax(1) == y).mean())


def with_weights(model: bytes, weights: Mapping[str, NDArray[Any]]) -> bytes:
    """The ONNX file with these weights, in fp32, in place of those that it has by the same names."""
    from onnx import load_model_from_string, numpy_helper

    changed = load_model_from_string(model)
    for each in changed.graph.initializer:
        if each.name in weights:
            each.CopyFrom(numpy_helper.from_array(np.asarray(weights[each.name], np.float32), each.name))
    return bytes(changed.SerializeToString(deterministic=True))


@contextmanager
def one_thread() -> Iterator[None]:
    """numpy's products on one thread: these are too small for two (a step of lenet 15 ms, with two threads on busy cores 60)."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield


def _logits(walk: Walk, X: NDArray[Any]) -> NDArray[Any]:
    logits: NDArray[Any] = np.empty(0)
    for node, outputs in walk.steps({"features": X}):
        if "logits" in node.outputs:
            logits = outputs[0]
    return logits
