"""The first check: does a map depend on what the network has learned?

Its weights are redrawn, layer after layer from the answer down to the pixels, and each time the map is made anew. Where the map of a network
that knows nothing is still like that of the trained one, it shows the picture and not the network: no such map is to be trusted, however
good it looks. Likeness is the rank correlation (Spearman) of the numbers of both maps, with their signs.

A weight is redrawn as a normal number of the root mean square of its tensor, so that numbers keep about their size; what was only counted
(the means and variances of a batch norm) stays. A map that is the same everywhere has no ranks: its likeness is 0.

Source: Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim, "Sanity Checks for Saliency Maps", NeurIPS 2018 (cascading randomization).
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.errors import ModelError, UsageError
from vitreous.inside.stages import learned
from vitreous.inside.why.question import Question
from vitreous.inside.why.saliency import Floats, Saliency
from vitreous.layers.window import Array

# Shares of the layers that are redrawn, from the answer down.
SHARES = (1 / 3, 2 / 3, 1.0)
# A map whose likeness to that of a network without its weights is above this is said to show the picture.
ALIKE = 0.5
_LAYERS = ("Conv", "Gemm", "MatMul")


@dataclass(frozen=True)
class Redrawn:
    """`likeness` of the map to the ones made with the last `layers` layers redrawn, of `count`; by so many `cells` of the map."""

    layers: tuple[int, ...]
    likeness: tuple[float, ...]
    count: int
    cells: int

    @property
    def trustworthy(self) -> bool:
        """Whether the map of a network with every weight redrawn is another one."""
        return self.likeness[-1] <= ALIKE

    def to_json(self) -> dict[str, Any]:
        return {
            "layers": list(self.layers),
            "of_layers": self.count,
            "cells": self.cells,
            "rank_correlation": [round(each, 4) for each in self.likeness],
            "depends_on_weights": self.trustworthy,
        }


def depends_on_weights(question: Question, saliency: Saliency, method: Callable[[Question], Saliency], networks: "Sequence[Question]") -> Redrawn:
    """`networks`: those of `redrawn_networks`, so that several methods are held against the same ones. Where `method` gives a coarser map than
    `saliency`, of every second row and column, these are compared."""
    likeness, cells = [], saliency.values.size
    for network in networks:
        try:
            other = method(network).values
        except UsageError:  # a network whose numbers have all died: nothing is alike
            likeness.append(0.0)
            continue
        every = -(-len(saliency.values) // len(other))
        likeness.append(rank_correlation(saliency.values[::every, ::every], other))
        cells = other.size
    layers = layers_with_weights(question)
    return Redrawn(tuple(_cascade(len(layers))), tuple(likeness), len(layers), cells)


def redrawn_networks(question: Question, seed: int = 0) -> list[Question]:
    """The question to networks that know less and less: the last third of the layers redrawn, two thirds, all."""
    layers = layers_with_weights(question)
    if not layers:
        raise ModelError("the weights of the network cannot be redrawn", "no layer with weights that the walk knows")
    return [question.with_weights(redrawn_weights(question, layers[-count:], seed)) for count in _cascade(len(layers))]


def redrawn_weights(question: Question, layers: Sequence[tuple[str, ...]], seed: int) -> dict[str, Array]:
    """New weights for these layers, each by its name and the seed alone, so that a longer cascade holds a shorter one."""
    found: dict[str, Array] = {}
    for name in (name for layer in layers for name in layer):
        old = question.walk.constants[name]
        random = np.random.default_rng([seed, zlib.crc32(name.encode("utf-8", "surrogatepass"))])
        size = float(np.sqrt(np.mean(np.square(old, dtype=np.float64))))
        found[name] = random.normal(0, size, old.shape).astype(old.dtype)
    return found


def layers_with_weights(question: Question) -> list[tuple[str, ...]]:
    """The names of the weights of each layer, in working order: of convolutions and matrix products, with what is learned right behind them."""
    layers: list[tuple[str, ...]] = []
    for node in question.walk.nodes:
        if not (names := tuple(learned(node, question.walk))) or _taken(names, layers):
            continue
        if node.kind in _LAYERS or not layers:
            layers.append(names)
        else:
            layers[-1] += names
    return layers


def rank_correlation(a: Floats, b: Floats) -> float:
    """Spearman's, from −1 to 1; 0 where one of both is the same everywhere."""
    ranks = [_ranks(each.ravel()) for each in (a, b)]
    centred = [each - each.mean() for each in ranks]
    size = float(np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum()))
    return float(centred[0] @ centred[1]) / size if size else 0.0


def _ranks(numbers: Floats) -> Floats:
    """Equal numbers share the mean of their ranks."""
    _, place, count = np.unique(numbers, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[place], np.float64)


def _taken(names: tuple[str, ...], layers: Sequence[tuple[str, ...]]) -> bool:
    return any(name in layer for layer in layers for name in names)


def _cascade(count: int) -> list[int]:
    return sorted({max(1, round(share * count)) for share in SHARES})
