"""What the probe chooses, and on which pictures: never on those that it was fitted to."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitreous.core.item import Split
from vitreous.fit.calibrate import temperature
from vitreous.fit.classifier import Parts
from vitreous.fit.head import Floats, Head, Ints
from vitreous.fit.link import Softmax
from vitreous.fit.probe import (
    ENOUGH_VALIDATION,
    FOLDS,
    LITTLE_DATA,
    STRENGTHS,
    Probe,
    about_few_to_choose_by,
    choosing_order,
    fit_probe,
    paired_gain,
    standardize_in_place,
)
from vitreous.fit.softmax import fit_softmax, log_loss

PARTS = [Split.TRAIN, Split.VALIDATION, Split.TEST]


def clouds(count: int, width: int = 12, classes: int = 3, seed: int = 0) -> tuple[Floats, Ints]:
    rng = np.random.default_rng(seed)
    target = rng.integers(0, classes, count)
    features = rng.normal(0, 2 / np.sqrt(width), (classes, width))[target] + rng.normal(0, 1, (count, width))
    return features.astype(np.float32), target.astype(np.intp)


def divided(train: int, validation: int, test: int, seed: int = 0) -> list[Split]:
    parts = [Split.TRAIN] * train + [Split.VALIDATION] * validation + [Split.TEST] * test
    return [parts[i] for i in np.random.default_rng(seed).permutation(len(parts))]


def test_a_validation_part_too_small_to_choose_by_is_told_with_what_is_done_instead() -> None:
    def told(train: int, validation: int, classes: int = 2) -> str:
        split = [Split.TRAIN] * train + [Split.VALIDATION] * validation
        return about_few_to_choose_by(split, np.arange(len(split)) % classes)

    assert told(100, 59) == (
        "59 validation pictures are too few to choose or judge by (60 would do): that is done by cross-validation of the training part."
    )
    assert told(1000, 1).startswith("1 validation picture is too few") and told(1000, 1).endswith("on a part held out of training.")
    assert told(100, 60) == told(100, 0) == ""


def test_standardizing_gives_the_mean_and_deviation_of_numpy() -> None:
    rng = np.random.default_rng(0)
    features = (rng.normal(0, 1, (9000, 7)) * [0.01, 1, 5, 1, 1, 30, 0.2] + [0, 100, -3, 0.5, 0, 7, 1]).astype(np.float32)
    original, rows = features.astype(np.float64), slice(0, 8500)
    mean, deviation = standardize_in_place(features, rows)
    # fp32 statistics: 24 bits; the column with mean 100 and deviation 1 loses seven of them in the subtraction
    np.testing.assert_allclose(mean, original[rows].mean(0), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(deviation, original[rows].std(0), rtol=1e-5)
    np.testing.assert_allclose(features, (original - original[rows].mean(0)) / original[rows].std(0), atol=1e-4)


@pytest.mark.parametrize("validation", [0, 80])
def test_of_many_pictures_some_choose_the_strength_and_all_are_learned_from(validation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    features, target = clouds(900 + validation)
    fitted = 900 if validation else 700
    parts = Parts(features, target, np.arange(len(target)), 3, fitted, 900, validation, 0)
    plain = fit_probe(parts)
    monkeypatch.setattr("vitreous.fit.probe.MANY_NUMBERS", fitted * features.shape[1] // 4)
    probe = fit_probe(parts)
    assert 0.1 <= probe.strength / plain.strength <= 10
    there = fit_softmax(features[:900], target[:900], 3, probe.strength)
    np.testing.assert_allclose(probe.head.weight, there.weight, atol=2e-2)  # two ways to one optimum, as near as the tolerance says
    apart = range(900, 900 + validation) if validation else range(700, 900)
    rough = fit_softmax(features[:fitted], target[:fitted], 3, probe.strength)
    expected = probe.link.probability(rough.logits(features[apart.start : apart.stop]))
    np.testing.assert_array_equal(probe.held_out.rows, apart)
    np.testing.assert_allclose(probe.held_out.probability, expected, atol=2e-2)


def test_a_column_that_never_changes_becomes_zero() -> None:
    features = np.full((50, 2), 3.7, np.float32)
    features[:, 1] = np.arange(50)
    standardize_in_place(features, slice(0, 40))
    assert np.isfinite(features).all() and not features[:, 0].any()


@given(st.integers(2, 40), st.integers(0, 100), st.integers(0, 30), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_the_order_is_fitted_held_out_validation_test(train: int, validation: int, test: int, seed: int) -> None:
    split = divided(train * 20, validation, test, seed)
    labels, groups = np.arange(len(split)) % 3, np.arange(len(split)) // 2
    order, fitted = choosing_order(split, labels, groups, seed)
    assert sorted(order) == list(range(len(split)))
    assert [PARTS.index(split[i]) for i in order] == sorted(PARTS.index(part) for part in split)
    assert 0 < fitted <= train * 20
    held_out = validation < ENOUGH_VALIDATION and train * 20 >= LITTLE_DATA
    assert (fitted < train * 20) == held_out
    # what belongs together is on one side; groups that the given split itself cuts are not ours to mend
    assert not set(groups[order[:fitted]]) & set(groups[order[fitted : train * 20]])


def test_about_a_fifth_is_held_out_of_every_class() -> None:
    split = [Split.TRAIN] * 900
    labels = np.array([0] * 500 + [1] * 300 + [2] * 100)
    order, fitted = choosing_order(split, labels, np.arange(900), 0)
    held = np.bincount(labels[order[fitted:]])
    np.testing.assert_allclose(held, [100, 60, 20], atol=1)


def test_a_rare_class_is_not_held_out_but_cross_validated() -> None:
    labels = np.array([0] * 700 + [1] * 10)
    assert choosing_order([Split.TRAIN] * 710, labels, np.arange(710), 0)[1] == 710


def chosen_by_hand(fit: tuple[Floats, Ints], held: tuple[Floats, Ints]) -> dict[float, float]:
    """For each strength the held-out loss at the best temperature, by scikit-learn."""
    from sklearn.linear_model import LogisticRegression

    losses = {}
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, tol=1e-6, max_iter=2000).fit(*fit)
        logits = model.decision_function(held[0]).astype(np.float32)
        losses[strength] = float(log_loss(logits / np.float32(temperature(logits, held[1])), held[1]).mean())
    return losses


@pytest.mark.slow
@pytest.mark.parametrize(("validation", "fitted"), [(ENOUGH_VALIDATION + 40, 200), (0, 160)])
def test_the_strength_is_the_best_one_on_the_pictures_held_out(validation: int, fitted: int) -> None:
    standard, target = clouds(200 + validation, width=60)
    probe = fit_probe(Parts(standard, target, np.arange(200 + validation), 3, fitted, 200, validation, 0))
    held = slice(200, None) if validation else slice(fitted, 200)
    losses = chosen_by_hand((standard[:fitted], target[:fitted]), (standard[held], target[held]))
    # while choosing, fits stop at a gradient of 1e-3: their losses are good to about as much
    for strength, loss in probe.path:
        assert loss == pytest.approx(losses[strength], abs=4e-3)
    assert losses[probe.strength] <= min(losses.values()) + 4e-3
    assert probe.chosen_on.startswith("100 validation" if validation else "40 training")


def test_the_head_is_fitted_to_the_training_part_alone_in_the_end() -> None:
    standard, target = clouds(300)
    probe = fit_probe(Parts(standard, target, np.arange(300), 3, 200, 200, 100, 0))
    again = fit_softmax(standard[:200], target[:200], 3, probe.strength)
    assert np.array_equal(probe.head.weight, again.weight)


def test_what_was_held_out_is_fitted_in_the_end() -> None:
    standard, target = clouds(200)
    probe = fit_probe(Parts(standard, target, np.arange(200), 3, 160, 200, 0, 0))
    assert np.array_equal(probe.head.weight, fit_softmax(standard, target, 3, probe.strength).weight)


def test_the_test_pictures_change_nothing() -> None:
    standard, target = clouds(260)
    first = fit_probe(Parts(standard, target, np.arange(260), 3, 160, 160, 60, 0))
    spoiled, labels = standard.copy(), target.copy()
    spoiled[220:], labels[220:] = 99, 0
    second = fit_probe(Parts(spoiled, labels, np.arange(260), 3, 160, 160, 60, 0))
    assert np.array_equal(first.head.weight, second.head.weight)
    assert (first.strength, first.link, first.path) == (second.strength, second.link, second.path)


def test_little_data_is_cross_validated() -> None:
    standard, target = clouds(90)
    probe = fit_probe(Parts(standard, target, np.arange(90), 3, 90, 90, 0, 0))
    assert probe.chosen_on == f"{FOLDS}-fold cross-validation of 90 training pictures"
    assert [strength for strength, _ in probe.path] == list(STRENGTHS)


def identified(count: int, copies: int = 1, seed: int = 0) -> tuple[Floats, Ints]:
    """Features that say which picture it is and nothing else: whoever has seen a picture knows its label, and nobody else does."""
    one_hot = np.repeat(np.eye(count, dtype=np.float32) * 10, copies, axis=0)
    return one_hot, np.repeat(np.random.default_rng(seed).integers(0, 2, count), copies)


def plain_probe(strength: float = 0.3, width: int = 1, classes: int = 2) -> Probe:
    head = Head(np.zeros((classes, width), np.float32), np.zeros(classes, np.float32))
    return Probe(head, np.zeros(width, np.float32), np.ones(width, np.float32), strength, Softmax(), "", ())


def everything(features: Floats, target: Ints, groups: Ints, classes: int) -> Parts:
    """All of it is the training part."""
    return Parts(features, target, groups, classes, len(target), len(target), 0, 0)


def right(probability: Floats, target: Ints) -> float:
    return float((probability.argmax(1) == target).mean())


def test_no_out_of_fold_answer_comes_from_a_head_that_saw_the_picture() -> None:
    features, target = identified(120)
    seen = fit_softmax(features, target, 2, 0.3)
    assert right(seen.logits(features), target) == 1.0
    # 120 tosses of a coin: 0.5 ± 0.046, four of them
    assert right(plain_probe().out_of_fold(everything(features, target, np.arange(120), 2)), target) < 0.69


def test_copies_of_a_picture_are_in_one_fold() -> None:
    features, target = identified(60, copies=3)
    together, apart = np.repeat(np.arange(60), 3), np.arange(180)
    assert right(plain_probe().out_of_fold(everything(features, target, together, 2)), target) < 0.76
    assert right(plain_probe().out_of_fold(everything(features, target, apart, 2)), target) > 0.9  # the plant works


def test_out_of_fold_answers_are_probabilities_for_every_picture() -> None:
    standard, target = clouds(90)
    probability = plain_probe().out_of_fold(everything(standard, target, np.arange(90), 3))
    np.testing.assert_allclose(probability.sum(1), 1, rtol=1e-6)


def test_a_probe_standardizes_and_divides_by_its_temperature() -> None:
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(3, 4)).astype(np.float32), rng.normal(size=3).astype(np.float32)
    mean, deviation = rng.normal(size=4).astype(np.float32), rng.uniform(1, 2, 4).astype(np.float32)
    probe, features = Probe(Head(weight, bias), mean, deviation, 0.1, Softmax(2.0), "", ()), rng.normal(size=(5, 4)).astype(np.float32)
    logits = (((features - mean) / deviation) @ weight.T + bias) / 2.0
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(probe.probability(probe.standardize(features)), expected, rtol=1e-5)


def test_the_paired_gain_has_scipys_standard_error() -> None:
    from scipy.stats import sem

    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(1, 1, 80).astype(np.float32), rng.normal(2, 1, 80).astype(np.float32)
    gain, error = paired_gain(ours, theirs)
    assert gain == pytest.approx(float((theirs - ours).mean())) and error == pytest.approx(float(sem(theirs - ours)))


def test_a_seed_decides_what_is_held_out() -> None:
    def held(seed: int) -> Sequence[int]:
        order, fitted = choosing_order([Split.TRAIN] * 700, np.arange(700) % 2, np.arange(700), seed)
        return order[fitted:].tolist()

    assert held(1) == held(1) and held(1) != held(2)


@pytest.mark.parametrize(
    ("validation", "fitted", "rows"), [(100, 200, range(200, 300)), (0, 160, range(160, 200)), (0, 200, range(200)), (20, 160, range(160, 220))]
)
def test_what_was_held_out_is_known_with_its_probabilities(validation: int, fitted: int, rows: range) -> None:
    count = 200 + validation
    standard, target = identified(count)
    held = fit_probe(Parts(standard, target, np.arange(count), 2, fitted, 200, validation, 0)).held_out
    assert held.rows.tolist() == list(rows) and held.probability.shape == (len(rows), 2)
    # one-hot pictures: whoever was fitted to one knows it, and nobody else does
    assert np.ptp(held.probability[:, 0]) < 0.2


@pytest.mark.parametrize(("validation", "fitted"), [(100, 200), (0, 160), (0, 200)])
def test_a_head_to_begin_at_changes_no_answer_of_what_was_held_out_and_ends_where_others_do(validation: int, fitted: int) -> None:
    standard, target = clouds(200 + validation, width=60)
    parts = Parts(standard, target, np.arange(200 + validation), 3, fitted, 200, validation, 0)
    cold = fit_probe(parts, strengths=(0.01,))
    seen = fit_softmax(standard[:200], np.roll(target[:200], 1), 3, 0.1)  # of the same pictures, with other labels
    warm = fit_probe(parts, strengths=(0.01,), near=seen)
    # both stop at a gradient of 1e-4
    np.testing.assert_allclose(warm.probability(standard), cold.probability(standard), atol=5e-3)
    train = cold.held_out.rows < 200
    np.testing.assert_array_equal(warm.held_out.probability[train], cold.held_out.probability[train])


def test_held_out_answers_are_those_of_the_choice_at_its_temperature() -> None:
    standard, target = clouds(300)
    probe = fit_probe(Parts(standard, target, np.arange(300), 3, 200, 200, 100, 0))
    np.testing.assert_array_equal(probe.held_out.probability, probe.probability(standard[200:]))
    chosen = fit_probe(Parts(standard, target, np.arange(300), 3, 160, 200, 0, 0))
    loss = -np.log(chosen.held_out.probability[np.arange(40), target[160:200]]).mean()
    # float32 probabilities against logits, rounded at 1e-7 each
    assert loss == pytest.approx(min(loss for _, loss in chosen.path), abs=1e-5)
