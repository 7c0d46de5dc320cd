"""Which views are tried, on which pictures, and when another than the plain one is taken."""

import numpy as np
import pytest

from vitreous.core.item import LeftOut
from vitreous.core.view import View
from vitreous.data.pack import FACTS
from vitreous.fit.features import Gathered
from vitreous.fit.head import Floats, Ints
from vitreous.fit.learning_curve import USUAL
from vitreous.fit.objective import SIGMOIDS
from vitreous.fit.probe import FOLDS
from vitreous.fit.views import candidates, choose_view, sample_of

VIEWS = candidates(224, larger=False)


def test_the_plain_view_comes_first_and_larger_ones_only_with_time() -> None:
    assert (View.crop(224), View.whole(224), View.crop(224, 256)) == VIEWS
    larger = candidates(224, larger=True)
    assert larger[:3] == VIEWS and {view.size for view in larger[3:]} == {288}


def test_the_sample_has_every_class_by_its_share_and_nothing_that_is_not_allowed() -> None:
    labels = np.array([0] * 600 + [1] * 300 + [2] * 30)
    allowed = np.arange(0, 930, 2)
    sample = sample_of(labels, allowed, 100, 0)
    assert set(sample) <= set(allowed) and len(set(sample)) == len(sample) and list(sample) == sorted(sample)
    np.testing.assert_allclose(np.bincount(labels[sample]), [65, 32, FOLDS], atol=1)


def test_a_small_class_gives_half_of_its_pictures_at_most() -> None:
    labels = np.array([0] * 100 + [1] * 4)
    assert np.bincount(labels[sample_of(labels, np.arange(104), 50, 0)])[1] == 2


def test_the_seed_decides_the_sample() -> None:
    labels = np.arange(500) % 5
    first, again, other = (sample_of(labels, np.arange(500), 100, seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def gathered(features: Floats) -> Gathered:
    count = len(features)
    facts = np.zeros(count, FACTS)
    facts["thumbnail"] = np.random.default_rng(9).integers(0, 256, (count, 32, 32))
    return Gathered(features.copy(), facts, [bytes([number]) * 16 for number in range(count)])


def clouds(labels: Ints, distance: float, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(5).normal(0, distance, (3, 20))
    return (centres[labels] + rng.normal(0, 1, (len(labels), 20))).astype(np.float32)


LABELS = np.arange(120) % 3


def test_a_view_that_is_clearly_better_is_taken() -> None:
    shown = {VIEWS[0]: clouds(LABELS, 0.2, 1), VIEWS[1]: clouds(LABELS, 1.0, 1), VIEWS[2]: clouds(LABELS, 0.2, 2)}
    choice = choose_view(LABELS, VIEWS, lambda view: gathered(shown[view]), 0)
    assert choice.view == VIEWS[1] and choice.sample == 120
    by_view = {trial.view: trial for trial in choice.trials}
    assert by_view[VIEWS[1]].gain > by_view[VIEWS[1]].error > 0 and by_view[VIEWS[0]].gain == 0
    assert by_view[VIEWS[1]].loss == pytest.approx(by_view[VIEWS[0]].loss - by_view[VIEWS[1]].gain, rel=1e-4)


def test_a_view_that_is_the_same_is_not_taken_for_the_plain_one() -> None:
    choice = choose_view(LABELS, VIEWS, lambda view: gathered(clouds(LABELS, 0.5, 1)), 0)
    assert choice.view == VIEWS[0] and len({trial.loss for trial in choice.trials}) == 1


def test_a_gain_within_its_standard_error_is_not_taken() -> None:
    taken = 0
    for seed in range(4):
        shown = {view: clouds(LABELS, 0.5, 10 * seed + number) for number, view in enumerate(VIEWS)}
        choice = choose_view(LABELS, VIEWS, lambda view, shown=shown: gathered(shown[view]), seed)
        best = next(trial for trial in choice.trials if trial.view == choice.view)
        assert choice.view == VIEWS[0] or best.gain > best.error
        taken += choice.view != VIEWS[0]
    assert taken < 4


def test_pictures_that_cannot_be_read_are_passed_over() -> None:
    def features_of(view: View) -> Gathered:
        made = gathered(clouds(LABELS, 1.0, 1))
        for number in (0, 7):
            made.keys[number], made.errors[number] = b"", LeftOut("x", "broken")
            made.features[number] = np.nan
        return made

    choice = choose_view(LABELS, VIEWS, features_of, 0)
    assert choice.sample == 118 and all(np.isfinite(trial.loss) for trial in choice.trials)


def test_with_one_class_left_the_plain_view_is_taken() -> None:
    labels = np.array([0] * 10 + [1])
    choice = choose_view(labels, VIEWS, lambda _: gathered(clouds(np.zeros(11, int), 1, 0)), 0)
    assert choice.view == VIEWS[0] and choice.trials == ()


def test_how_errors_fall_is_measured_where_classes_are_told_apart_by_more_pictures() -> None:
    """Two clouds that touch: beyond some pictures nothing is gained. Many narrow ones: each more picture tells them apart better."""
    labels = np.arange(250) % 2
    touching = np.random.default_rng(0).normal(0, 1, (250, 2)).astype(np.float32) + labels[:, None].astype(np.float32)
    many = np.arange(250) % 25
    narrow = np.random.default_rng(1).normal(0, 2, (25, 60)).astype(np.float32)[many]
    narrow += np.random.default_rng(2).normal(0, 4, narrow.shape).astype(np.float32)
    flat, steep = (choose_view(each, VIEWS[:1], lambda view, X=X: gathered(X), 0).fall for each, X in ((labels, touching), (many, narrow)))
    assert flat.exponent < 0.15 < 0.3 < steep.exponent


def test_of_several_labels_the_usual_fall_is_taken() -> None:
    several = np.stack([LABELS == 0, LABELS == 1], 1).astype(np.float32)
    assert choose_view(several, VIEWS[:1], lambda view: gathered(clouds(LABELS, 1.0, 1)), 0, SIGMOIDS).fall == USUAL
