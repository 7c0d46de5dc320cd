"""The normalization of a network that says nothing of it, tried out: the usual ones on photos of the package's own sample.

Judged by the loss, in cross-validation, of a softmax head that tells five kinds of clothes apart by the network's features. Another than
the most usual one is taken only where it is better by more than the standard error of the paired difference, and better than guessing.
"""

from collections import defaultdict
from dataclasses import replace
from math import log

import numpy as np
from numpy.typing import NDArray

from vitreous.core.view import View
from vitreous.data.decode import decode_bytes
from vitreous.data.samples import SAMPLES
from vitreous.data.split import folds
from vitreous.errors import ModelError
from vitreous.fit.foreign.normalization import USUAL, Normalization
from vitreous.fit.foreign.running import features_of
from vitreous.fit.foreign.wrapping import Recipe
from vitreous.fit.head import Floats, Ints
from vitreous.fit.probe import FOLDS, paired_gain, standardize_in_place
from vitreous.fit.softmax import ROUGH, fit_softmax, log_loss

_OF_EACH, _OF_EACH_FOR_LARGE, _LARGE = 12, 5, 150_000_000
# Each normalization is judged at the strength of shrinking that suits it best, as few photos and many features want different ones.
_STRENGTHS = (0.003, 0.03, 0.3)


def tried_normalization(recipe: Recipe) -> Normalization:
    """The usual normalization that suits the network best, and how it did, in a sentence that also says how to set another."""
    pictures, target = _photos(recipe.size, _OF_EACH if recipe.file.model.ByteSize() < _LARGE else _OF_EACH_FOR_LARGE)
    losses: dict[str, Floats] = {}
    for name, normalization in USUAL.items():
        features = features_of(recipe.normalized_by(normalization), pictures)
        if np.isfinite(features).all() and np.ptp(features, axis=0).any():
            losses[name] = min((_losses(features, target, strength) for strength in _STRENGTHS), key=np.mean)
    if not losses:
        raise ModelError(f"{recipe.file.name} gives no usable features", "not finite, or the same for all photos, in any usual range of pixels")
    usual = "−1 to 1" if recipe.image.layout == "NHWC" and "−1 to 1" in losses else next(iter(losses))
    best, gain, guessing = usual, 0.0, log(target.max() + 1)
    for name, loss in losses.items():
        better, error = paired_gain(loss, losses[usual])
        if name != usual and loss.mean() < guessing and better > max(error, gain):
            best, gain = name, better
    shown = ", ".join(f"{name} {loss.mean():.3f}" for name, loss in losses.items())
    decided = "the clearly best" if best != usual else "the most usual, and none is clearly better"
    if min(loss.mean() for loss in losses.values()) >= guessing:
        decided = "the most usual, as the network tells clothes apart with none of them"
    chosen = USUAL[best]
    why = (
        f"{chosen}: guessed, since neither the file nor you say it; {decided} on {len(pictures)} sample photos (log loss: {shown}); "
        "give --mean and --std, or --scale, if you know them"
    )
    return replace(chosen, known_by="trial", why=why)


def _photos(size: int, of_each: int) -> tuple[NDArray[np.uint8], Ints]:
    """Photos uint8 [N, size, size, 3] of the sample, as many of each class, and their classes [N]."""
    view = View.whole(size)
    of_class: dict[str, list[NDArray[np.uint8]]] = defaultdict(list)
    for name, data in SAMPLES["clothing"].files():
        pictures = of_class[name.split("/")[0]]
        if len(pictures) < of_each:
            pictures.append(decode_bytes(data, (view,)).views[0])
    target = np.repeat(np.arange(len(of_class)), [len(pictures) for pictures in of_class.values()])
    return np.stack([picture for pictures in of_class.values() for picture in pictures]), target


def _losses(features: Floats, target: Ints, strength: float) -> Floats:
    """Out-of-fold log loss of each picture."""
    standard = features.astype(np.float32)
    standardize_in_place(standard, slice(None))
    number = folds(target, np.arange(len(target)), FOLDS, 0)
    classes, losses = int(target.max()) + 1, np.zeros(len(target), np.float32)
    for fold in range(FOLDS):
        fit, part = number != fold, number == fold
        losses[part] = log_loss(fit_softmax(standard[fit], target[fit], classes, strength, tolerance=ROUGH).logits(standard[part]), target[part])
    return losses
