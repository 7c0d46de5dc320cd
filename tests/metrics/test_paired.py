"""Two models on the same pictures: scipy, published numbers, brute force over all signs, and coverage in simulated test sets."""

import itertools

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss

from vitreous.errors import DataError
from vitreous.metrics.classification import evaluate
from vitreous.metrics.figures import FloatArray, IntArray
from vitreous.metrics.paired import Paired, paired, paired_differences


def table(both: int, only_first: int, only_second: int, neither: int) -> Paired:
    first = np.repeat([True, True, False, False], [both, only_first, only_second, neither])
    second = np.repeat([True, False, True, False], [both, only_first, only_second, neither])
    return paired(first, second, np.arange(len(first)))


def test_the_interval_is_the_published_one() -> None:
    # Bentur et al. 2009, airway hyper-responsiveness: 1, 1, 7, 12 of 21 children. Tango's interval and the exact McNemar p as
    # Fagerland, Lydersen, Laake give them (Stat. Med. 2014), in three digits.
    found = table(1, 1, 7, 12)
    assert found.difference == pytest.approx(-6 / 21)
    assert np.round(found.interval, 3).tolist() == [-0.517, -0.026]
    assert found.p_value == pytest.approx(2 * 9 / 256)
    assert (found.only_first, found.only_second) == (1, 7)


@pytest.mark.parametrize(("only_first", "only_second", "count"), [(5, 2, 60), (0, 3, 20), (12, 12, 341), (1, 0, 9), (40, 3, 100)])
def test_the_interval_inverts_the_score_test(only_first: int, only_second: int, count: int) -> None:
    def statistic(delta: float) -> float:
        """(b − c − nΔ) in its standard error, with the share of c of highest likelihood among those that allow Δ, by search."""

        def unlikely(share: float) -> float:
            return -(
                only_first * np.log(share + delta + 1e-300)
                + only_second * np.log(share + 1e-300)
                + (count - only_first - only_second) * np.log(1 - 2 * share - delta + 1e-300)
            )

        found = minimize_scalar(unlikely, bounds=(max(0.0, -delta), (1 - delta) / 2), method="bounded", options={"xatol": 1e-13})
        return float((only_first - only_second - count * delta) / np.sqrt(count * (2 * found.x + delta * (1 - delta))))

    low, high = table(0, only_first, only_second, count - only_first - only_second).interval
    middle = (only_first - only_second) / count
    # the search for the likeliest share ends where the likelihood no longer changes in float64: about the root of its last digit
    assert low == pytest.approx(brentq(lambda d: statistic(d) - 1.959963984540054, -0.999, middle - 1e-9), abs=1e-5)
    assert high == pytest.approx(brentq(lambda d: statistic(d) + 1.959963984540054, middle + 1e-9, 0.999), abs=1e-5)


def test_models_that_answer_alike_may_still_differ() -> None:
    found = table(45, 0, 0, 5)
    z = 1.959963984540054
    assert found.interval == pytest.approx((-(z**2) / (50 + z**2), z**2 / (50 + z**2)), abs=1e-12)
    assert found.difference == 0 and found.p_value == 1


@pytest.mark.parametrize(("only_first", "only_second"), [(0, 0), (1, 0), (7, 1), (30, 12), (5, 5), (400, 320)])
def test_p_is_that_of_the_sign_test(only_first: int, only_second: int) -> None:
    expected = binomtest(only_first, only_first + only_second).pvalue if only_first + only_second else 1.0
    assert table(10, only_first, only_second, 3).p_value == pytest.approx(expected, rel=1e-9)


def test_groups_change_sides_together() -> None:
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(10), [1, 1, 2, 3, 1, 5, 2, 4, 1, 2])
    first, second = rng.random(22) < 0.7, rng.random(22) < 0.4
    sums = np.array([(first[group == g].astype(int) - second[group == g]).sum() for g in range(10)])
    drawn = np.array([abs(np.dot(signs, sums)) for signs in itertools.product([-1, 1], repeat=10)])
    assert paired(first, second, group).p_value == pytest.approx((drawn >= abs(sums.sum())).mean(), rel=1e-12)


def test_pictures_that_were_copied_tell_no_more() -> None:
    alone = table(30, 9, 3, 8)
    first = np.repeat([True, True, False, False], [30, 9, 3, 8])
    second = np.repeat([True, False, True, False], [30, 9, 3, 8])
    group = np.repeat(np.arange(50), 4)
    copied = paired(np.repeat(first, 4), np.repeat(second, 4), group)
    assert copied.interval == pytest.approx(alone.interval, abs=1e-9) and copied.p_value == pytest.approx(alone.p_value)
    apart = paired(np.repeat(first, 4), np.repeat(second, 4), np.arange(200))
    assert apart.p_value < copied.p_value and apart.interval[0] > copied.interval[0]


def test_the_other_way_round_is_the_same_with_the_other_sign() -> None:
    one, other = table(20, 6, 1, 4), table(20, 1, 6, 4)
    assert one.difference == -other.difference and one.p_value == other.p_value
    assert one.interval == pytest.approx((-other.interval[1], -other.interval[0]), abs=1e-12)


def test_one_picture_says_next_to_nothing() -> None:
    found = table(0, 1, 0, 0)
    assert found.p_value == 1 and found.interval[0] < 0 < found.interval[1] <= 1


@pytest.mark.parametrize("lengths", [(0, 0, 0), (3, 2, 3), (3, 3, 2)])
def test_lengths_that_do_not_fit_are_an_error(lengths: tuple[int, int, int]) -> None:
    with pytest.raises(DataError, match="as many of each, and at least one"):
        paired(np.ones(lengths[0], bool), np.ones(lengths[1], bool), np.arange(lengths[2]))


def drawn(rng: np.random.Generator, count: int, classes: int) -> tuple[FloatArray, FloatArray, IntArray]:
    """Probabilities of two models that find the same pictures hard; the first is better."""
    target = rng.integers(0, classes, count)
    shared, right = rng.normal(size=(count, classes)), 3.0 * np.eye(classes)[target]
    first, second = (shared + skill * right + rng.normal(0, 0.5, (count, classes)) for skill in (1.0, 0.8))
    return _softmax(first), _softmax(second), target


def _softmax(logits: FloatArray) -> FloatArray:
    power = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True))


def test_the_figures_are_those_of_each_model_alone() -> None:
    first, second, target = drawn(np.random.default_rng(0), 200, 4)
    found, labels = paired_differences(first, second, target, np.arange(200)), list("abcd")
    one, other = evaluate(first, target, labels), evaluate(second, target, labels)
    for name in ("balanced_accuracy", "macro_f1", "log_loss"):
        each = getattr(found, name)
        assert each.first == pytest.approx(getattr(one, name)) and each.second == pytest.approx(getattr(other, name))
        assert each.difference == pytest.approx(each.first - each.second)
        assert each.interval[0] < each.difference < each.interval[1]


def test_a_model_against_itself_differs_by_nothing_but_not_for_sure() -> None:
    first, _, target = drawn(np.random.default_rng(0), 100, 3)
    found = paired_differences(first, first, target, np.arange(100))
    assert found.balanced_accuracy.difference == found.macro_f1.difference == found.log_loss.difference == 0
    for each in (found.balanced_accuracy, found.macro_f1):
        assert each.interval[0] < -0.02 and each.interval[1] > 0.02


def test_one_group_leaves_the_log_loss_open() -> None:
    first, second, target = drawn(np.random.default_rng(0), 5, 3)
    found = paired_differences(first, second, target, np.zeros(5, np.intp)).log_loss
    assert found.interval == pytest.approx((np.log(1e-7), -np.log(1e-7)))


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vitreous.metrics.paired.RESAMPLES", 300)
    rng = np.random.default_rng(1)
    first, second, target = drawn(rng, 300_000, 4)
    one, other = first.argmax(1), second.argmax(1)
    truth = {
        "accuracy": accuracy_score(target, one) - accuracy_score(target, other),
        "balanced_accuracy": balanced_accuracy_score(target, one) - balanced_accuracy_score(target, other),
        "macro_f1": f1_score(target, one, average="macro") - f1_score(target, other, average="macro"),
        "log_loss": log_loss(target, first) - log_loss(target, second),
    }
    held, sets = dict.fromkeys(truth, 0), 150
    for number in range(sets):
        first, second, target = drawn(rng, 150, 4)
        group = np.arange(150)
        found = paired_differences(first, second, target, group, number)
        intervals = {name: getattr(found, name).interval for name in ("balanced_accuracy", "macro_f1", "log_loss")}
        intervals["accuracy"] = paired(first.argmax(1) == target, second.argmax(1) == target, group).interval
        for name, (low, high) in intervals.items():
            held[name] += low <= truth[name] <= high
    # 0.95 less three standard errors of a share of 150 sets
    assert {name: count / sets for name, count in held.items() if count / sets < 0.95 - 3 * np.sqrt(0.95 * 0.05 / sets)} == {}
