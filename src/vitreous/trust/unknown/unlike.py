"""How far a picture is from those that were trained on, and the limit beyond which it is "none of these".

    x         the features, each less its mean, by its deviation
    beside    |x − V Vᵀ x| / |x|: what of it lies outside the 128 principal directions V of the training pictures
    far       1 − cos of the angle between z and that of the 5th nearest training picture; z = x in those directions, white within the classes
    unsure    1 − the largest probability
    oddness   − ½ log p(beside) − ½ log p(far) − log p(unsure), p the share of ordinary pictures that are at least so
    limit     the ⌈(n + 1)(1 − r)⌉-th smallest oddness of n ordinary pictures that the model was not fitted to

An ordinary picture that comes as those came is beyond the limit in at most the share r of cases. What lies beside the directions finds what is of
another world, the answer what lies between the classes; logarithms are added (R. A. Fisher), so that one of them suffices, which a sum of
standardized figures did not do. Nearest neighbours: Y. Sun et al., ICML 2022; the rest outside the principal space: H. Wang et al. (ViM), CVPR
2022; the answer: D. Hendrycks, K. Gimpel, ICLR 2017. What else was tried: docs/decisions/0038-what-it-does-not-know.md.
"""

import io
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import plural
from vitreous.errors import DataError, ModelError, UsageError
from vitreous.metrics.figures import FloatArray, IntArray
from vitreous.tasks.classify.doubts import Oddness
from vitreous.trust.unknown.conformal import percent

Floats = NDArray[np.float32]

NEIGHBOURS = 5
_DIRECTIONS = 128
_SHRUNK = 0.1
_LEAST = 1e-3
_WEIGHTS = (0.5, 0.5, 1.0)  # distances are two views of one thing
_MOST = 5000  # training pictures that are kept: 128 numbers of two bytes each
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Space:
    """Where distances are taken: `mean` and `scale` [D] of the features, `directions` [D, d] of length 1 and at right angles, `white` [d, d] in
    these, and `bank` [N, d] of training pictures there, of length 1."""

    mean: Floats
    scale: Floats
    directions: Floats
    white: Floats
    bank: Floats

    def distances(self, features: Floats) -> FloatArray:
        """Of features [N, D]: beside and far, [2, N]."""
        standard = (features - self.mean) * self.scale
        inside = standard @ self.directions
        whole, held = np.einsum("nd,nd->n", standard, standard), np.einsum("nd,nd->n", inside, inside)
        beside = np.sqrt(np.maximum(whole - held, 0) / np.maximum(whole, _LEAST))
        near = _unit(np.asarray(inside @ self.white, np.float32)) @ self.bank.T
        place = near.shape[1] - min(NEIGHBOURS, near.shape[1])
        return np.stack([beside, 1 - np.partition(near, place, axis=1)[:, place]]).astype(np.float64)


def space_of(features: Floats, target: IntArray) -> Space:
    """From the features [N, D] of training pictures and their classes [N]. Raises ModelError for features that are no numbers."""
    if not np.isfinite(features).all():
        raise ModelError("the features of the network are no numbers", "infinite ones, or none", "a model.onnx as vitreous train writes it")
    mean, deviation = features.mean(0), np.maximum(features.std(0), _LEAST)
    standard = (features - mean) / deviation
    wanted = max(1, min(_DIRECTIONS, standard.shape[1] // 2, len(standard) // 4))  # so that there is something beside them
    directions = _as_stored(_principal(standard, wanted))
    placed = standard @ directions
    within = placed - np.stack([placed[target == k].mean(0) for k in np.unique(target)])[np.unique(target, return_inverse=True)[1]]
    covariance = within.T.astype(np.float64) @ within / len(within)
    level = max(float(np.trace(covariance)) / wanted, _LEAST)
    values, vectors = np.linalg.eigh((1 - _SHRUNK) * covariance + _SHRUNK * level * np.eye(wanted))
    white = np.asarray(vectors / np.sqrt(values), np.float32)
    kept = np.sort(np.random.default_rng(0).permutation(len(standard))[:_MOST])
    bank = _as_stored(_unit(np.asarray(placed[kept] @ white, np.float32)))
    return Space(mean.astype(np.float32), (1 / deviation).astype(np.float32), directions, white, bank)


@dataclass(frozen=True, eq=False)
class Reference:
    """Of n ordinary pictures that the model was not fitted to: `ordinary` [3, n], how far beside, how far and how unsure, each ascending, and
    `known` [n], their oddness, ascending."""

    space: Space
    ordinary: FloatArray
    known: FloatArray

    def scores(self, features: Floats, probability: Floats) -> FloatArray:
        """The oddness of pictures by features [N, D] and probabilities [N, K]: [N]. Raises ModelError where these do not fit."""
        if features.shape[1] != len(self.space.mean):
            arrived = f"{features.shape[1]:,} features, and a reference of {len(self.space.mean):,}"
            raise ModelError("the reference of the run does not fit its network", arrived, remedy="train again")
        return _oddness(_figures(self.space.distances(features), probability), self.ordinary)

    def limit(self, rate: float) -> "Limit":
        """For at most the share `rate` of false alarms. Raises UsageError, DataError where too few pictures are known for it."""
        require_rate(rate)
        count = len(self.known)
        rank = ceil((count + 1) * (1 - rate) - _ROUNDING)
        if rank > count:
            lowest = ceil(1000 / (count + 1)) / 1000
            raise DataError(
                f"cannot keep false alarms to {percent(rate)}",
                f"{plural(count, 'ordinary picture')} that the model was not fitted to (copies counted once)",
                f"{ceil(1 / rate - _ROUNDING * 1e3) - 1:,} are needed",
                f"{percent(lowest)} can be kept (--unknown {lowest:g})" if count else "",
            )
        return Limit(float(self.known[rank - 1]), rate, self.known)

    def to_bytes(self) -> bytes:
        """As .npz, without pickle."""
        stream, space = io.BytesIO(), self.space
        directions, bank = space.directions.astype(np.float16), space.bank.astype(np.float16)
        np.savez(
            stream, mean=space.mean, scale=space.scale, white=space.white, directions=directions, bank=bank, ordinary=self.ordinary, known=self.known
        )
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Reference":
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            small = held["directions"].astype(np.float32), held["bank"].astype(np.float32)
            return cls(Space(held["mean"], held["scale"], small[0], held["white"], small[1]), held["ordinary"], held["known"])


@dataclass(frozen=True, eq=False)
class Limit:
    """Beyond `value` lies at most the share `rate` of ordinary pictures, of which the oddness of some is `known` [n]."""

    value: float
    rate: float
    known: FloatArray

    def of(self, score: float) -> Oddness:
        as_odd = len(self.known) - int(np.searchsorted(self.known, score, "left"))
        return Oddness(score, self.value, self.rate, (1 + as_odd) / (1 + len(self.known)))


def reference(space: Space, distances: FloatArray, probability: Floats) -> Reference:
    """From what is known of n ordinary pictures: their distances from training pictures that they are not among [2, n], and probabilities [n, K]."""
    figures = _figures(distances, probability)
    ordinary = np.sort(figures, axis=1)
    return Reference(space, ordinary, np.sort(_oddness(figures, ordinary)))


def require_rate(rate: float) -> None:
    """Raises UsageError for what is no share between 0 and 1."""
    if not 0 < rate < 1:  # also where it is not a number
        raise UsageError("--unknown", f"{rate:g}", "a share above 0 and below 1", "0.05 is a false alarm for one of twenty ordinary pictures")


def _figures(distances: FloatArray, probability: Floats) -> FloatArray:
    """[3, N]"""
    return np.concatenate([distances, 1 - probability.max(1).astype(np.float64)[None]])


def _oddness(figures: FloatArray, ordinary: FloatArray) -> FloatArray:
    """Of rows beside, far and unsure the weighted sum of − log p; beyond all that are known it goes on rising, by 1 for each stretch from their
    middle to their end."""
    surprise = np.zeros(figures.shape[1])
    for weight, row, known in zip(_WEIGHTS, figures, ordinary, strict=True):
        as_large = len(known) - np.searchsorted(known, row, "left")
        stretch = max(float(known[-1] - known[len(known) // 2]), _LEAST)
        surprise += weight * (-np.log((1 + as_large) / (1 + len(known))) + np.maximum(0, row - known[-1]) / stretch)
    return surprise


def _as_stored(values: Floats) -> Floats:
    """Rounded to two bytes a number, as they are kept: what is chosen holds for what will be read."""
    return values.astype(np.float16).astype(np.float32)


def _principal(standard: Floats, wanted: int) -> Floats:
    """The directions [D, d] in which rows [N, D] differ most, by the smaller of their two products."""
    if len(standard) < standard.shape[1]:
        vectors = np.linalg.eigh(standard @ standard.T)[1]
        chosen = standard.T @ vectors[:, ::-1][:, :wanted]
        lengths = np.linalg.norm(chosen, axis=0)
        return np.asarray(chosen / np.where(lengths > 0, lengths, 1), np.float32)
    return np.asarray(np.linalg.eigh(standard.T @ standard)[1][:, ::-1][:, :wanted], np.float32)


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)
