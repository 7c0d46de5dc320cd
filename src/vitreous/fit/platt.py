"""Platt scaling of several labels: sigmoid(scale_k z_k + shift_k), each line fitted to held-out pictures (J. Platt 1999).

Two numbers from the few pictures of a rare label would follow their noise, so each line is held near the one that is best for all labels
together, as if so many pictures had already said so:

    minimize  sum_i log loss(a z_i + b, y_i) + n0/2 ((a / a0 - 1)^2 + b^2),    a0 the scale common to all labels, n0 = 4

Newton's method on a convex function of two numbers; the scale stays within what is common for temperatures.
"""

import numpy as np

from vitreous.fit.calibrate import HIGHEST, LOWEST
from vitreous.fit.head import Floats
from vitreous.fit.link import Sigmoids
from vitreous.fit.sigmoid import binary_log_loss, sigmoid

PRIOR = 4.0
_STEPS, _ENOUGH = 50, 1e-6


def platt(logits: Floats, target: Floats) -> Sigmoids:
    """The lines for `logits` [N, K] of pictures with `target` [N, K] of 0, 1 and NaN. As it is where nothing is known."""
    classes = logits.shape[1]
    scale, shift = np.ones(classes, np.float32), np.zeros(classes, np.float32)
    known = ~np.isnan(target)
    if not known.any():
        return Sigmoids(scale, shift)
    common = _common_scale(logits, target)
    for k in range(classes):
        z, y = logits[known[:, k], k].astype(np.float64), target[known[:, k], k].astype(np.float64)
        scale[k], shift[k] = _line(z, y, common)
    return Sigmoids(scale, shift)


def _common_scale(logits: Floats, target: Floats) -> float:
    """The one scale with the least loss over all labels; the loss is convex in it."""
    scales = np.geomspace(1 / HIGHEST, 1 / LOWEST, 25)
    for _ in range(4):
        losses = [float(binary_log_loss(logits * np.float32(s), target).mean()) for s in scales]
        best = int(np.argmin(losses))
        scales = np.linspace(scales[max(best - 1, 0)], scales[min(best + 1, len(scales) - 1)], 9)
    return float(scales[len(scales) // 2])


def _line(z: np.ndarray, y: np.ndarray, common: float) -> tuple[float, float]:
    """Scale and shift of one label, by damped Newton steps from the common scale."""
    at = np.array([1.0, 0.0])  # scale / common, shift
    x = np.stack([common * z, np.ones_like(z)], axis=1)
    centre = at.copy()

    def value(point: np.ndarray) -> float:
        score = x @ point
        losses = np.maximum(score, 0) - score * y + np.log1p(np.exp(-np.abs(score)))
        return float(losses.sum() + PRIOR / 2 * ((point - centre) ** 2).sum())

    now = value(at)
    for _ in range(_STEPS):
        p = sigmoid((x @ at).astype(np.float64))
        gradient = x.T @ (p - y) + PRIOR * (at - centre)
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + PRIOR * np.eye(2), gradient)
        while (then := value(at - step)) > now and np.abs(step).max() > _ENOUGH:
            step = step / 2
        at, now = at - step, min(now, then)
        if np.abs(step).max() < _ENOUGH:
            break
    return float(np.clip(at[0] * common, 1 / HIGHEST, 1 / LOWEST)), float(at[1])
