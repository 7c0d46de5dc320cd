"""How far a picture is from those that were trained on, and the limit beyond which it is "none of these".

    z        W (f − mean) / deviation of the features f: principal directions, made white within the classes (shrunk), of length 1
    far      1 − cos of the angle between z and that of the 5th nearest training picture
    unsure   1 − the largest probability
    oddness  (far − its mean) / its deviation + (unsure − its mean) / its deviation, both of ordinary pictures
    limit    the ⌈(n + 1)(1 − r)⌉-th smallest oddness of n ordinary pictures that the model was not fitted to

An ordinary picture that comes as those came is beyond the limit in at most the share r of cases. Distance alone finds what is of another
world, the answer alone what lies between the classes: together they find both. Nearest neighbours: Y. Sun, Y. Ming, X. Zhu, Y. Li,
"Out-of-distribution detection with deep nearest neighbors", ICML 2022; the answer: D. Hendrycks, K. Gimpel, ICLR 2017. What else was tried:
docs/decisions/0038-what-it-does-not-know.md.
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
_MOST = 5000  # training pictures that are kept: 128 numbers of two bytes each
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Space:
    """Where distances are taken: `mean` and `scale` [D] of the features, `white` [D, d], and `bank` [N, d] of training pictures, of length 1."""

    mean: Floats
    scale: Floats
    white: Floats
    bank: Floats

    def placed(self, features: Floats) -> Floats:
        """Features [N, D] there: [N, d]."""
        return _unit(np.asarray(((features - self.mean) * self.scale) @ self.white, np.float32))

    def far(self, features: Floats) -> FloatArray:
        """[N]"""
        near = self.placed(features) @ self.bank.T
        place = near.shape[1] - min(NEIGHBOURS, near.shape[1])
        return np.asarray(1 - np.partition(near, place, axis=1)[:, place], np.float64)


def space_of(features: Floats, target: IntArray) -> Space:
    """From the features [N, D] of training pictures and their classes [N]. Raises ModelError for features that are no numbers."""
    if not np.isfinite(features).all():
        raise ModelError("the features of the network are no numbers", "infinite ones, or none", "a model.onnx as vitreous train writes it")
    mean, deviation = features.mean(0), np.maximum(features.std(0), _LEAST)
    standard = (features - mean) / deviation
    wanted = max(1, min(_DIRECTIONS, standard.shape[1], len(standard) - 1))
    directions = _principal(standard, wanted)
    placed = standard @ directions
    within = placed - np.stack([placed[target == k].mean(0) for k in np.unique(target)])[np.unique(target, return_inverse=True)[1]]
    covariance = within.T.astype(np.float64) @ within / len(within)
    level = max(float(np.trace(covariance)) / wanted, _LEAST)
    values, vectors = np.linalg.eigh((1 - _SHRUNK) * covariance + _SHRUNK * level * np.eye(wanted))
    white = (directions @ (vectors / np.sqrt(values))).astype(np.float16).astype(np.float32)  # as it will be stored
    kept = np.random.default_rng(0).permutation(len(standard))[:_MOST]
    space = Space(mean.astype(np.float32), (1 / deviation).astype(np.float32), white, np.zeros((0, wanted), np.float32))
    bank = space.placed(features[np.sort(kept)]).astype(np.float16).astype(np.float32)
    return Space(space.mean, space.scale, white, bank)


@dataclass(frozen=True, eq=False)
class Reference:
    """`known` [n]: the oddness, ascending, of ordinary pictures that the model was not fitted to; `usual`: mean and deviation of far, of unsure."""

    space: Space
    usual: FloatArray
    known: FloatArray

    def scores(self, features: Floats, probability: Floats) -> FloatArray:
        """The oddness of pictures by features [N, D] and probabilities [N, K]: [N]. Raises ModelError where these do not fit."""
        if features.shape[1] != len(self.space.mean):
            arrived = f"{features.shape[1]:,} features, and a reference of {len(self.space.mean):,}"
            raise ModelError("the reference of the run does not fit its network", arrived, remedy="train again")
        return _oddness(self.space.far(features), probability, self.usual)

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
        stream = io.BytesIO()
        white, bank = self.space.white.astype(np.float16), self.space.bank.astype(np.float16)
        np.savez(stream, mean=self.space.mean, scale=self.space.scale, white=white, bank=bank, usual=self.usual, known=self.known)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Reference":
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            space = Space(held["mean"], held["scale"], held["white"].astype(np.float32), held["bank"].astype(np.float32))
            return cls(space, held["usual"], held["known"])


@dataclass(frozen=True, eq=False)
class Limit:
    """Beyond `value` lies at most the share `rate` of ordinary pictures, of which the oddness of some is `known` [n]."""

    value: float
    rate: float
    known: FloatArray

    def of(self, score: float) -> Oddness:
        as_odd = len(self.known) - int(np.searchsorted(self.known, score, "left"))
        return Oddness(score, self.value, self.rate, (1 + as_odd) / (1 + len(self.known)))


def reference(space: Space, far: FloatArray, probability: Floats) -> Reference:
    """From what is known of n ordinary pictures: how far each lies from training pictures that it is not among [n], and its probabilities [n, K]."""
    unsure = 1 - probability.max(1).astype(np.float64)
    usual = np.array([far.mean(), max(far.std(), _LEAST**2), unsure.mean(), max(unsure.std(), _LEAST**2)])
    return Reference(space, usual, np.sort(_oddness(far, probability, usual)))


def require_rate(rate: float) -> None:
    """Raises UsageError for what is no share between 0 and 1."""
    if not 0 < rate < 1:  # also where it is not a number
        raise UsageError("--unknown", f"{rate:g}", "a share above 0 and below 1", "0.05 is a false alarm for one of twenty ordinary pictures")


def _oddness(far: FloatArray, probability: Floats, usual: FloatArray) -> FloatArray:
    unsure = 1 - probability.max(1).astype(np.float64)
    return np.asarray((far - usual[0]) / usual[1] + (unsure - usual[2]) / usual[3])


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
