"""Intervals against published and textbook values."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from vitreous.metrics.intervals import Influence, Trials, bootstrap, mean_of_classes, of_average_precision, wilson


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (1, 10), (81, 263), (15, 148), (29, 29), (500, 1000)])
def test_wilson_is_that_of_scipy(successes: int, trials: int) -> None:
    expected = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    assert wilson(np.array(successes / trials), np.array(float(trials))).tolist() == pytest.approx([expected.low, expected.high], abs=1e-12)


def test_wilson_is_that_of_newcombe() -> None:
    # R. G. Newcombe, Stat. Med. 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    assert wilson(np.array(81 / 263), np.array(263.0)).round(4).tolist() == [0.2553, 0.3662]


def test_where_there_was_no_trial_there_is_no_interval() -> None:
    assert np.isnan(wilson(np.array([np.nan]), np.array([0.0]))).all()


def test_ungrouped_trials_count_fully_and_copies_once() -> None:
    success = np.array([True, False, True, True, False, True])
    kind = np.zeros(12, dtype=int)
    doubled = np.repeat(success, 2)
    assert Trials(kind[:6], success, np.arange(6), 1).effective_number().tolist() == [6]
    assert Trials(kind, doubled, np.arange(12), 1).effective_number().tolist() == [12]
    assert Trials(kind, doubled, np.arange(12) // 2, 1).effective_number() == pytest.approx([6])


def test_where_all_are_right_copies_count_once_and_not_at_all_is_not_sure() -> None:
    trials = Trials(np.zeros(20, dtype=int), np.ones(20, dtype=bool), np.arange(20) // 2, 1)
    assert trials.effective_number() == pytest.approx([10])
    assert trials.interval()[0].tolist() == pytest.approx([10 / (10 + 1.959964**2), 1.0], abs=1e-6)


def test_groups_that_agree_are_as_many_trials_as_there_are_groups_of_the_same_size() -> None:
    group = np.array([0, 0, 0, 1, 1, 1, 2, 3])
    trials = Trials(np.array([0, 0, 0, 0, 0, 0, 1, 1]), np.ones(8, dtype=bool), group, 3)
    assert trials.number_if_groups_agree().tolist() == [2, 2, 0]


def ranked(seed: int, count: int, sharpness: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of two classes, the second one in three pictures of ten."""
    rng = np.random.default_rng(seed)
    target = (rng.random(count) < 0.3).astype(np.intp)
    score = 1 / (1 + np.exp(-rng.normal(sharpness * (2 * target - 1), 1)))
    return np.stack([1 - score, score], axis=1), target


def own_trials(probability: np.ndarray, target: np.ndarray, group: np.ndarray | None = None) -> Trials:
    unit = np.arange(len(target)) if group is None else group
    return Trials(target, probability.argmax(1) == target, unit, probability.shape[1])


def test_the_interval_of_an_average_precision_is_as_wide_as_its_deviation_over_test_sets_says() -> None:
    values, widths = [], []
    for seed in range(150):
        probability, target = ranked(seed, 400, 0.8)
        value, interval = of_average_precision(probability, own_trials(probability, target))
        values.append(value[1])
        widths.append(interval[1, 1] - interval[1, 0])
    # the deviation of 150 figures is known to 1 / √300 = 6 %: two of these, and the interval's own excess for few pictures
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.std(values), rel=0.15)


def test_a_perfect_ranking_is_as_sure_as_so_many_trials_that_all_succeeded() -> None:
    probability = np.array([[0.9, 0.1]] * 6 + [[0.2, 0.8]] * 4)
    value, interval = of_average_precision(probability, own_trials(probability, np.array([0] * 6 + [1] * 4)))
    assert value.tolist() == [1, 1]
    assert interval.tolist() == wilson(np.ones(2), np.array([6.0, 4.0])).tolist()


def test_copies_make_the_interval_of_an_average_precision_wider_and_absent_classes_have_none() -> None:
    probability, target = (np.repeat(each, 4, axis=0) for each in ranked(3, 100))
    probability = np.concatenate([probability, np.zeros((400, 1))], axis=1)
    _, each = of_average_precision(probability, own_trials(probability, target))
    _, grouped = of_average_precision(probability, own_trials(probability, target, np.arange(400) // 4))
    for k in (0, 1):
        # √4, and more because four pictures' worth of the binomial variance weigh more among 25 groups than among 100 pictures
        assert 1.8 < (grouped[k, 1] - grouped[k, 0]) / (each[k, 1] - each[k, 0]) < 2.8
    assert np.isnan(grouped[2]).all()


@pytest.mark.parametrize("others", [0, 1, 5])
def test_a_class_with_one_picture_has_a_wide_interval_around_its_average_precision(others: int) -> None:
    for own in (0.1, 0.9):
        score = np.array([own, *np.linspace(0.2, 0.8, others)])
        probability, target = np.stack([score, 1 - score], axis=1), np.array([0] + [1] * others)
        value, interval = of_average_precision(probability, own_trials(probability, target))
        low, high = interval[0]
        assert 0 <= low <= value[0] <= high <= 1
        assert high - low > 0.5


def test_the_mean_of_two_independent_classes_has_the_errors_added_in_squares() -> None:
    value, interval = np.array([0.8, 0.6]), np.array([[0.5, 0.9], [0.2, 0.9]])
    none = Influence(np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0))
    low, high = mean_of_classes(value, interval, none)
    assert (low, high) == pytest.approx((0.7 - 0.25, 0.7 + np.sqrt(0.1) / 2))


def test_mistakes_that_fall_on_both_classes_widen_the_interval_of_the_mean() -> None:
    value, interval = np.array([0.8, 0.8]), np.array([[0.7, 0.9], [0.7, 0.9]])
    together = Influence(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), np.array([1.0, 1.0, -1.0, -1.0]))
    low, high = mean_of_classes(value, interval, together)
    assert (low, high) == pytest.approx((0.7, 0.9))


def test_the_bootstrap_of_the_log_loss_is_near_the_t_interval_where_losses_are_normal() -> None:
    rng = np.random.default_rng(0)
    loss, target = rng.normal(3, 0.5, 400), rng.integers(0, 3, 400)
    low, high = bootstrap(target, target, loss, np.arange(400), 3, 0).log_loss
    expected = 1.96 * loss.std() / 20
    assert (low, high) == pytest.approx((loss.mean() - expected, loss.mean() + expected), abs=0.1 * expected)


def test_the_bootstrap_draws_groups_and_gives_the_same_for_the_same_seed() -> None:
    rng = np.random.default_rng(1)
    target, answer, loss = (np.repeat(rng.integers(0, 3, 100), 4) for _ in range(3))
    each = bootstrap(target, answer, loss.astype(float), np.arange(400), 3, 0)
    grouped = bootstrap(target, answer, loss.astype(float), np.arange(400) // 4, 3, 0)
    assert bootstrap(target, answer, loss.astype(float), np.arange(400), 3, 0) == each
    for name in ("balanced_accuracy", "macro_f1", "log_loss"):
        (low, high), (wide_low, wide_high) = getattr(each, name), getattr(grouped, name)
        assert 1.6 < (wide_high - wide_low) / (high - low) < 2.5  # √4, give or take the noise of 100 groups


def test_the_upper_end_of_macro_f1_is_raised_by_the_bias_that_resamples_show() -> None:
    rng = np.random.default_rng(2)
    target = rng.integers(0, 30, 150)
    answer = np.where(rng.random(150) < 0.7, target, rng.integers(0, 30, 150))

    def macro_f1(i: np.ndarray) -> float:
        true, said, right = (np.bincount(each, minlength=30) for each in (target[i], answer[i], target[i][answer[i] == target[i]]))
        return float(np.mean((2 * right / np.maximum(true + said, 1))[true > 0]))

    everything = np.arange(150)
    assert macro_f1(everything) == pytest.approx(f1_score(target, answer, average="macro", labels=np.unique(target)))
    drawn = [macro_f1(rng.integers(0, 150, 150)) for _ in range(1000)]
    bias = np.mean(drawn) - macro_f1(everything)
    assert bias < -0.005
    low, high = bootstrap(target, answer, np.ones(150), np.arange(150), 30, 0).macro_f1
    # quantiles of two sets of 1,000 draws of deviation 0.04: their standard errors are about 0.0035 each
    assert (low, high) == pytest.approx((np.quantile(drawn, 0.025), np.quantile(drawn, 0.975) - bias), abs=0.012)
