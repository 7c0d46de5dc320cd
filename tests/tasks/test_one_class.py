"""The limit of a model of one class, and its figures on labelled pictures."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from vitreous.errors import DataError, ModelError, UsageError
from vitreous.tasks.one_class.answers import Checked, least_rate, limit_for, limit_of
from vitreous.tasks.one_class.evaluation import evaluated


def test_no_more_good_pictures_are_odd_than_stated() -> None:
    rng = np.random.default_rng(0)
    shares = [(rng.gamma(2, size=200) > limit_for(rng.gamma(2, size=59).tolist(), 0.1).value).mean() for _ in range(300)]
    assert np.mean(shares) == pytest.approx(0.1, abs=4 * np.std(shares) / np.sqrt(300))


@pytest.mark.parametrize("count", [1, 5, 19, 20, 99])
def test_the_least_rate_is_one_that_can_be_kept(count: int) -> None:
    known = list(range(count))
    assert limit_for(known, least_rate(count)).value == count - 1
    with pytest.raises(DataError, match="are needed"):
        limit_for(known, 0.9 * least_rate(count))


@pytest.mark.parametrize("rate", [0.0, 1.0, float("nan")])
def test_what_is_no_share_is_refused(rate: float) -> None:
    with pytest.raises(UsageError, match="above 0 and below 1"):
        limit_for([1.0, 2.0], rate)


def test_a_model_without_known_scores_is_said() -> None:
    with pytest.raises(ModelError, match="no limit"):
        limit_of({"task": "one_class"}, None)


def test_the_place_is_where_the_map_is_largest() -> None:
    odd = np.zeros((4, 8), np.float32)
    odd[3, 6] = 2
    answer = Checked("a.jpg", 2.0, limit_for([1.0] * 20, 0.05), odd)
    assert answer.odd and answer.place == pytest.approx((6.5 / 8, 3.5 / 4)) and answer.to_json()["as_odd"] == pytest.approx(1 / 21, abs=1e-6)


def test_the_area_is_that_of_scikit_learn_with_ties() -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.integers(0, 9, 60).astype(float), np.where(rng.uniform(size=60) < 0.4, "good", "scratch")
    found = evaluated(labels.tolist(), scores, "good", limit_for(list(range(40)), 0.5), "60 pictures")
    assert found.area == pytest.approx(roc_auc_score(labels != "good", scores))
    assert [each.label for each in found.labels] == ["good", "scratch"] and found.labels[0].good


def test_without_other_pictures_there_is_no_area() -> None:
    found = evaluated(["good"] * 3, np.arange(3.0), "good", limit_for(list(range(40)), 0.5), "3 pictures")
    assert found.area is None and "no area" in found.lines()[0]
