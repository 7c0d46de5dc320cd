"""The loss of one answer, at which every gradient begins.

    one label        L = − log p_y                                            dL/dz_k = p_k − [k = y]
    several labels   L = mean over labels of − t log p − (1 − t) log(1 − p)   dL/dz_k = (p_k − t_k) / K

z are the scores that softmax, or the sigmoids, make probabilities of. What is taken for true is the label that was given; without one
what the network says itself, so the gradient is then that of its own certainty. The scores are those behind the calibration: the loss is that
of the probabilities that `predict` gives.

Sources: softmax with cross-entropy, Bridle 1990; several labels, Cox 1958.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.core.text import plural, visible
from vitreous.errors import ModelError, UsageError, nearest
from vitreous.layers.softmax import log_softmax
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

ANSWER = "probability"
_SHOWN = 3


@dataclass(frozen=True, eq=False)
class Loss:
    """`scores`: the value that the loss is computed of; `probability`, `target` and `gradient` have its shape [N, K]; `own`: the target is the
    network's own answer."""

    scores: str
    kind: str
    amount: float
    probability: Array
    target: Array
    gradient: Array
    labels: Sequence[str]
    own: bool

    @property
    def true(self) -> list[str]:
        """The labels that are taken for true."""
        return [self.labels[k] for k in np.flatnonzero(self.target.any(0)).tolist()]

    @property
    def words(self) -> str:
        shown = [visible(label) for label in self.true[:_SHOWN]]
        more = f" and {plural(len(self.true) - _SHOWN, 'label')} more" if len(self.true) > _SHOWN else ""
        what = f"{', '.join(shown)}{more}" if shown else "none of the labels"
        return f"{self.kind} for {what}{', the own answer' if self.own else ''}"

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "loss": float(f"{self.amount:.9g}"), "scores": self.scores, "labels": self.true, "own_answer": self.own}


def loss_of(walk: Walk, values: Mapping[str, Array], labels: Sequence[str], said: Array, given: str | Sequence[str] | None) -> Loss:
    """The loss of what a network says of the pictures. `said` [K], 0 and 1: its own answer; `given`: the label, or labels, taken for true instead.

    Raises UsageError for a label that there is not, with the nearest, and for more than one where each picture has one; ModelError where the
    network does not end in probabilities.
    """
    last = walk.node_of(ANSWER) if ANSWER in walk.names else None
    if last is None or last.kind not in ("Softmax", "Sigmoid"):
        raise ModelError(
            "there is no loss to go back from", "a network that does not end in softmax or sigmoids", "one that answers with probabilities"
        )
    several = last.kind == "Sigmoid"
    target = _said(labels, given, several) if given is not None else np.asarray(said, np.float64)
    Z = values[last.inputs[0]].astype(np.float64)
    if Z.shape[-1] != len(labels):
        raise ModelError("there is no loss to go back from", f"{Z.shape[-1]} outputs and {len(labels)} labels", "one output a label")
    T = np.broadcast_to(target, Z.shape)
    if several:
        P = 1 / (1 + np.exp(-np.clip(Z, -700, 700)))  # e^700 is near the largest number
        losses = (np.maximum(Z, 0) - T * Z + np.log1p(np.exp(-np.abs(Z)))).mean(-1)
        difference = np.where(T > 0, -1 / (1 + np.exp(np.clip(Z, -700, 700))), P) / len(labels)
    else:
        logarithms = log_softmax(Z)
        P = np.exp(logarithms)
        losses = -(T * logarithms).sum(-1)
        # p_y − 1 as − Σ of the others: of an answer that is sure, 1 would swallow what is left
        difference = np.where(T > 0, -np.where(T > 0, 0, P).sum(-1, keepdims=True), P)
    kind = "binary cross-entropy" if several else "cross-entropy"
    gradient = (difference / len(Z)).astype(values[last.inputs[0]].dtype)
    return Loss(last.inputs[0], kind, float(losses.mean()), P, T, gradient, labels, given is None)


def _said(labels: Sequence[str], given: str | Sequence[str], several: bool) -> Array:
    wanted = [given] if isinstance(given, str) else list(given)
    for label in wanted:
        if label not in labels:
            raise UsageError(f"the network has no label {visible(str(label)[:80])!r}", remedy=nearest(str(label)[:80], labels))
    if not several and len(wanted) != 1:
        raise UsageError("one label is true of a picture", f"{len(wanted)} labels", "one")
    return np.array([label in wanted for label in labels], np.float64)
