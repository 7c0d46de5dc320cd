"""Figures of several labels against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, log_loss

from vitreous.errors import DataError, UsageError
from vitreous.metrics.several import evaluate_several
from vitreous.metrics.thresholds import PRIOR, Goal

HALF = np.full(2, 0.5)


def made(count: int = 80, labels: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    target = (rng.random((count, labels)) < 0.3).astype(float)
    return 1 / (1 + np.exp(-(rng.normal(size=target.shape) + 2 * target - 1.5))), target


def test_the_figures_are_those_of_scikit_learn_also_with_ties() -> None:
    probability, target = made()
    probability = probability.round(1)
    found = evaluate_several(probability, target, list("abcd"), np.full(4, 0.4))
    said = probability >= 0.4
    assert found.map == pytest.approx(average_precision_score(target, probability, average="macro"))
    assert found.macro_f1 == pytest.approx(f1_score(target, said, average="macro"))
    assert found.micro_f1 == pytest.approx(f1_score(target, said, average="micro"))
    assert found.exactly_right == pytest.approx(accuracy_score(target, said))
    assert found.log_loss == pytest.approx(np.mean([log_loss(target[:, k], np.clip(probability[:, k], 1e-7, 1 - 1e-7)) for k in range(4)]), rel=1e-6)
    for k, each in enumerate(found.per_class):
        assert each.f1 == pytest.approx(f1_score(target[:, k], said[:, k])) and each.count == target[:, k].sum()


def test_a_table_of_four_pictures_by_hand() -> None:
    target = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], float)
    probability = np.array([[0.9, 0.6], [0.2, 0.8], [0.3, 0.7], [0.1, 0.1]])
    found = evaluate_several(probability, target, ["a", "b"], HALF)
    a, b = found.per_class
    assert (a.precision, a.recall, a.f1) == pytest.approx((1, 1 / 2, 2 / 3)) and (b.precision, b.recall, b.f1) == pytest.approx((2 / 3, 1, 4 / 5))
    assert found.micro_f1 == pytest.approx(6 / 8) and found.exactly_right == 2 / 4
    assert found.label_accuracy == 6 / 8 and found.all_zero == 4 / 8 and a.accuracy == 3 / 4 and a.all_zero == 2 / 4
    assert found.missed == [1, 0] and found.falsely_said == [0, 1] and found.mistakes.tolist() == [[1, 0], [0, 2]]


def test_a_label_missed_where_another_is_falsely_said_is_counted_as_a_pair() -> None:
    target, probability = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[0.1, 0.9], [0.9, 0.1]])
    assert evaluate_several(probability, target, ["a", "b"], HALF).mistakes.tolist() == [[1, 1], [0, 0]]


def test_unknown_labels_are_in_no_figure() -> None:
    probability, target = made()
    spoiled, hidden = probability.copy(), target.copy()
    hidden[::3, 1] = np.nan
    spoiled[::3, 1] = 0.99
    found, other = (evaluate_several(p, hidden, list("abcd"), np.full(4, 0.5)).to_json() for p in (probability, spoiled))
    assert found == other
    kept = ~np.isnan(hidden[:, 1])
    assert found["classes"][1]["average_precision"] == pytest.approx(average_precision_score(target[kept, 1], probability[kept, 1]))
    assert found["classes"][1]["num_known"] == kept.sum()


def test_a_label_that_does_not_occur_has_no_figures_and_is_in_no_mean() -> None:
    probability, target = made()
    with_absent = evaluate_several(np.c_[probability, probability[:, 0]], np.c_[target, np.zeros(80)], list("abcde"), np.full(5, 0.5))
    without = evaluate_several(probability, target, list("abcd"), np.full(4, 0.5))
    assert with_absent.absent == ["e"] and with_absent.map == pytest.approx(without.map) and with_absent.macro_f1 == pytest.approx(without.macro_f1)
    last = with_absent.per_class[-1]
    assert last.precision is last.recall is last.f1 is last.average_precision is None and last.accuracy is not None


def test_where_no_picture_has_any_label_there_is_no_map_but_an_accuracy() -> None:
    found = evaluate_several(np.array([[0.1, 0.7]]), np.zeros((1, 2)), ["a", "b"], HALF)
    assert found.map is None and found.map_interval is None and found.label_accuracy == 0.5 and found.all_zero == 1


@pytest.mark.parametrize("name", ["map", "macro_f1", "micro_f1", "label_accuracy", "exactly_right", "log_loss"])
def test_intervals_hold_their_figure_and_pictures_that_belong_together_widen_them(name: str) -> None:
    probability, target = made(60)
    alone = evaluate_several(np.repeat(probability, 3, 0), np.repeat(target, 3, 0), list("abcd"), np.full(4, 0.5))
    together = evaluate_several(np.repeat(probability, 3, 0), np.repeat(target, 3, 0), list("abcd"), np.full(4, 0.5), np.arange(180) // 3)
    widths = []
    for scores in (alone, together):
        low, high = getattr(scores, f"{name}_interval")
        assert low <= getattr(scores, name) <= high
        widths.append(high - low)
    assert widths[1] > 1.3 * widths[0]


def test_the_interval_of_the_map_holds_that_of_the_population_about_as_often_as_it_says() -> None:
    probability, target = made(4000)
    truth = average_precision_score(target, probability, average="macro")
    rng, held = np.random.default_rng(1), 0
    for _ in range(40):
        rows = rng.integers(0, 4000, 67)
        low, high = evaluate_several(probability[rows], target[rows], list("abcd"), np.full(4, 0.5)).map_interval or (1, 0)
        held += low <= truth <= high
    assert held >= 35  # 95 % of 40 are 38; fewer than 35 would come in one of 70 such tests


def test_what_does_not_fit_is_refused() -> None:
    probability, target = made()
    for wrong in ((probability[:, :3], target), (probability, target + 1), (probability, np.full_like(target, np.nan)), (probability * 2, target)):
        with pytest.raises(DataError):
            evaluate_several(*wrong, list("abcd"), np.full(4, 0.5))


def test_many_labels_are_evaluated_without_a_bootstrap() -> None:
    probability, target = made(400, 300)
    found = evaluate_several(probability, target, [str(k) for k in range(300)], np.full(300, 0.5))
    low, high = found.map_interval or (1, 0)
    assert low < (found.map or 0) < high and high - low < 0.05


def test_a_goal_is_read_and_anything_else_is_refused() -> None:
    assert str(Goal.read(" F1 ")) == "f1" and str(Goal.read("cost = 5:1")) == "cost=5:1"
    for wrong in ("f2", "cost", "cost=5", "cost=0:1", "cost=-1:2", "cost=1:x"):
        with pytest.raises(UsageError, match="threshold-for"):
            Goal.read(wrong)


def test_by_costs_the_threshold_is_that_of_bayes() -> None:
    probability, target = made()
    assert Goal.read("cost=4:1").thresholds(probability, target).tolist() == [0.2] * 4


def test_for_f1_the_threshold_is_where_the_f1_of_the_pictures_and_of_the_probabilities_is_highest() -> None:
    probability, target = made(300, 2)
    chosen = Goal().thresholds(probability, target)
    for k in range(2):
        p, y, w = probability[:, k], target[:, k], PRIOR / 300
        tried = [2 * (y[p >= t].sum() + w * p[p >= t].sum()) / (y.sum() + w * p.sum() + (p >= t).sum() * (1 + w)) for t in p]
        t = chosen[k]
        reached = 2 * (y[p >= t].sum() + w * p[p >= t].sum()) / (y.sum() + w * p.sum() + (p >= t).sum() * (1 + w))
        assert reached == pytest.approx(max(tried))


def test_a_label_of_which_nothing_is_known_is_said_from_one_half_on() -> None:
    assert Goal().thresholds(np.full((3, 2), 0.4), np.array([[np.nan, 0]] * 3)).tolist() == [0.5, 0.5]
    assert Goal().thresholds(np.zeros((0, 2)), np.zeros((0, 2))).tolist() == [0.5, 0.5]
