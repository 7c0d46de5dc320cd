"""Which part of a picture the network sees is measured, not a matter of taste.

Each candidate's features of a sample are judged by cross-validation; another view than the plain one is taken only where
it is better by more than the standard error of the paired difference. The sample never holds a test picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitreous.core.item import Item
from vitreous.core.view import View
from vitreous.data.decode import Policy
from vitreous.data.duplicates import find_duplicates
from vitreous.data.split import folds
from vitreous.fit.features import Progress
from vitreous.fit.probe import FOLDS, paired_gain, standardize_in_place
from vitreous.fit.softmax import ROUGH, Floats, Ints, fit_softmax, log_loss
from vitreous.infer.engine import Outputs, Setting, start_engine
from vitreous.infer.network import Network
from vitreous.infer.pipeline import Forward, decoded_side_by_side

# The sample: this share of the pictures, at least and at most so many.
SHARE, LEAST, MOST = 0.08, 160, 640
# In a sample of some hundred pictures the strength matters little; this one is the middle of the usual range.
_STRENGTH = 0.01


@dataclass(frozen=True)
class Trial:
    """A view and how it did: mean log loss over the sample, and the gain over the plain view with its standard error."""

    view: View
    loss: float
    gain: float
    error: float


@dataclass(frozen=True)
class ViewChoice:
    """The view taken, and every trial that led to it; `sample` is the number of pictures judged on."""

    view: View
    trials: tuple[Trial, ...]
    sample: int


def candidates(size: int, larger: bool) -> tuple[View, ...]:
    """The views tried, the plain one first; `larger` adds those that cost 1.7 times as much, for when there is time."""
    common = (View.crop(size), View.whole(size), View.crop(size, round(size / 0.875)))
    bigger = round(size * 9 / 7 / 32) * 32
    return (*common, View.crop(bigger), View.whole(bigger)) if larger else common


def sample_of(labels: Ints, allowed: Ints, size: int, seed: int) -> Ints:
    """About `size` of the `allowed` picture numbers, at random, every class by its share but with at least FOLDS pictures where it has them."""
    random = np.random.default_rng([seed, 1])
    chosen: list[Ints] = []
    for label in np.unique(labels[allowed]):
        members = random.permutation(allowed[labels[allowed] == label])
        chosen.append(members[: max(FOLDS, round(size * len(members) / len(allowed)))])
    return np.sort(np.concatenate(chosen))


def choose_view(
    items: Sequence[Item], labels: Ints, network: Network, setting: Setting, views: tuple[View, ...], policy: Policy, seed: int, progress: Progress
) -> ViewChoice:
    """Try `views` on the pictures of `items`, all of which are taken as the sample; unreadable ones are passed over."""
    features: dict[View, Floats] = {view: np.zeros((len(items), int(network.facts.get("features", 1280))), np.float32) for view in views}
    lines = {}
    for view in views:

        def store(indices: list[int], outputs: Outputs, into: Floats = features[view]) -> None:
            into[indices] = outputs["features"]

        lines[view] = Forward(start_engine(network, setting, ("features",), view.size), view.size, store)
    seen, keys, thumbnails = [], [], []
    for result in decoded_side_by_side(((i, item.path) for i, item in enumerate(items)), views, policy):
        if result.decoded is not None:
            seen.append(result.index)
            keys.append(result.decoded.key)
            thumbnails.append(result.decoded.thumbnail)
            for view, picture in zip(views, result.decoded.views, strict=True):
                lines[view].add(result.index, picture)
        progress("views", result.index + 1, len(items))
    for line in lines.values():
        line.finish()
    classes, target = np.unique(labels[seen], return_inverse=True)
    if len(classes) < 2 or np.bincount(target).min() < 2:
        return ViewChoice(views[0], (), len(seen))
    groups = find_duplicates(keys, np.stack(thumbnails)).group
    number = folds(target, groups, FOLDS, seed)
    losses = {view: _losses(features[view][seen], target, number, len(classes)) for view in views}
    plain = losses[views[0]]
    trials = tuple(Trial(view, float(loss.mean()), *paired_gain(loss, plain)) for view, loss in losses.items())
    better = [trial for trial in trials[1:] if trial.gain > trial.error]
    best = max(better, key=lambda trial: trial.gain).view if better else views[0]
    return ViewChoice(best, trials, len(seen))


def _losses(features: Floats, target: Ints, number: Ints, classes: int) -> Floats:
    """Out-of-fold log loss of each picture."""
    standardize_in_place(features, slice(None))
    losses = np.zeros(len(target), np.float32)
    for fold in range(FOLDS):
        fit, part = number != fold, number == fold
        if part.any() and fit.any():
            losses[part] = log_loss(fit_softmax(features[fit], target[fit], classes, _STRENGTH, tolerance=ROUGH).logits(features[part]), target[part])
    return losses
