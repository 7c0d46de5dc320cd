"""How labels become wrong: each picture shows a class k, and is labelled j with the probability T[k, j].

    p(k | x)      what a picture shows: softmax(Σ_m w_m z_m(x)) of out-of-fold opinions z_m
    p(j | x)      what it is labelled: Σ_k p(k | x) T[k, j]
    p(k | x, j)   ∝ p(k | x) T[k, j], so that a label j is wrong with the probability 1 - p(j | x, j)

w and T are found by expectation maximization (A. Dawid, A. Skene 1979, with the network as the only other annotator): w makes the labels most
probable, T counts which labels stand on which shown classes. It counts only where the opinions are sure, for elsewhere what the opinions
confuse would be taken for what the labels confuse; that is the idea of confident learning (C. Northcutt, L. Jiang, I. Chuang 2021).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vitreous.fit.head import Ints
from vitreous.layers.softmax import log_softmax

Numbers = NDArray[np.float64]

_STEPS, _WEIGHT_STEPS = 12, 8
# T counts pictures of which one class has at least this probability, and of each class at least so many of the surest.
_SURE, _LEAST_SURE = 0.9, 20
# As if so many pictures of each class had shown the common rate of errors, evenly over the other classes.
_PRIOR = 10.0
_BEGIN = 0.05
# How much of what one class is labelled instead of another, more often than others, counts for a single picture.
_STRUCTURE = 0.75


@dataclass(frozen=True, eq=False)
class Noise:
    """`weights` of the opinions, `transition` [K, K] from shown to labelled classes, and `shown` [N, K], p(k | x)."""

    weights: Numbers
    transition: Numbers
    shown: Numbers

    def given(self, labels: Ints) -> Numbers:
        """p(k | x, j): [N, K]."""
        joint = self.shown * self.transition[:, labels].T
        return np.asarray(joint / joint.sum(1, keepdims=True))

    def wrong(self, labels: Ints) -> Numbers:
        """The probability that each label is wrong: [N]."""
        right = self.given(labels)[np.arange(len(labels)), labels]
        return np.asarray(1 - right)

    def evened(self) -> "Noise":
        """The same with the transitions nearer to equal ones: which class is taken for which is known only from few pictures."""
        off = self.transition.copy()
        np.fill_diagonal(off, 0)
        error = off.sum(1)
        off = np.power(off, _STRUCTURE)
        np.fill_diagonal(off, 0)
        off *= (error / np.maximum(off.sum(1), 1e-300))[:, None]
        return replace(self, transition=off + np.diag(1 - error))


def fit_noise(opinions: Sequence[Numbers], labels: Ints, begin: Noise | None = None) -> Noise:
    """From out-of-fold logits [N, K] each and the labels [N], all of 0 to K - 1."""
    classes = opinions[0].shape[1]
    stacked = np.stack(opinions)
    weights = begin.weights if begin else np.full(len(opinions), 1 / len(opinions))
    transition = begin.transition if begin else _even(np.full(classes, _BEGIN))
    for _ in range(_STEPS):
        weights = _better_weights(stacked, weights, transition, labels)
        noise = Noise(weights, transition, _softmax(np.tensordot(weights, stacked, 1)))
        transition = _counted(noise, labels)
    return Noise(weights, transition, noise.shown)


def _better_weights(stacked: Numbers, weights: Numbers, transition: Numbers, labels: Ints) -> Numbers:
    """Some steps towards the weights, none below 0, that make the labels most probable."""
    from scipy.optimize import minimize

    rates = transition[:, labels].T

    def loss(at: Numbers) -> tuple[float, Numbers]:
        shown = _softmax(np.tensordot(at, stacked, 1))
        joint = shown * rates
        labelled = joint.sum(1, keepdims=True)
        slope = shown - joint / labelled
        return -float(np.log(labelled).sum()), np.einsum("nk,mnk->m", slope, stacked)

    return np.asarray(minimize(loss, weights, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(weights), options={"maxiter": _WEIGHT_STEPS}).x)


def _counted(noise: Noise, labels: Ints) -> Numbers:
    """The transitions among the pictures of which the opinions are sure."""
    shown, classes = noise.shown, noise.shown.shape[1]
    top, surety = shown.argmax(1), shown.max(1)
    sure = surety >= _SURE
    for k in range(classes):
        members = np.flatnonzero(top == k)
        if int(sure[members].sum()) < _LEAST_SURE:
            sure[members[np.argsort(-surety[members], kind="stable")[:_LEAST_SURE]]] = True
    given = noise.given(labels)[sure]
    counts = np.zeros((classes, classes))
    np.add.at(counts.T, labels[sure], given)
    common = 1 - np.trace(counts) / max(counts.sum(), 1e-300)
    counts += _PRIOR * _even(np.full(classes, common))
    return np.asarray(counts / counts.sum(1, keepdims=True))


def _even(error: Numbers) -> Numbers:
    """Transitions with these rates of errors, which fall evenly on the other classes."""
    classes = len(error)
    even = np.repeat((error / max(1, classes - 1))[:, None], classes, 1)
    even[np.arange(classes), np.arange(classes)] = 1 - error
    return np.asarray(np.maximum(even, 1e-12))


def _softmax(logits: Numbers) -> Numbers:
    return np.exp(log_softmax(logits))
