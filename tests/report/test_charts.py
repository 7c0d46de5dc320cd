"""The curves against scikit-learn, the reliability diagram against its definition and by simulation, and what charts draw."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitreous.report.calibration import finding, reliability
from vitreous.report.charts import accuracy_curves, confusion_picture, interval_bar, loss_curves, range_test, reliability_diagram, thinned
from vitreous.report.curves import precision_recall
from vitreous.report.measured import Measured


def measured(confidence: np.ndarray, right: np.ndarray, group: np.ndarray | None = None) -> Measured:
    """Two classes; the answer is the first one, and right where it should be. Confidences are above one half."""
    count = len(confidence)
    probability = np.stack([confidence, 1 - confidence], axis=1)
    unit = np.arange(count) if group is None else group
    return Measured(f"{count} pictures", [str(n) for n in range(count)], ["a", "b"], probability, np.where(right, 0, 1), unit)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=1, max_size=60))
def test_precision_over_recall_is_that_of_scikit_learn(drawn: list[tuple[bool, int]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    positive, score = np.array([each[0] for each in drawn]), np.array([each[1] / 6 for each in drawn])
    if not positive.any():
        return
    recall, precision = precision_recall(positive, score)
    theirs_precision, theirs_recall, _ = metrics.precision_recall_curve(positive, score)
    theirs = {(round(float(r), 12), round(float(p), 12)) for r, p in zip(theirs_recall, theirs_precision, strict=True)}
    ours = [(round(float(r), 12), round(float(p), 12)) for r, p in zip(recall, precision, strict=True)]
    assert set(ours) <= theirs and recall[-1] == 1 and (np.diff(recall) > 0).all()
    # the area under the steps is the average precision
    area = float((np.diff(recall, prepend=0) * precision).sum())
    assert area == pytest.approx(metrics.average_precision_score(positive, score), abs=1e-12)


def test_bins_hold_every_answer_once_with_its_own_share() -> None:
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.5, 1, 400)
    right = rng.random(400) < confidence
    bins = reliability(measured(confidence, right), 0).bins
    assert sum(each.count for each in bins) == 400
    assert sum(each.count * each.share for each in bins) == pytest.approx(right.sum())
    assert sum(each.count * each.confidence for each in bins) == pytest.approx(confidence.sum())
    assert all(each.interval[0] <= each.share <= each.interval[1] for each in bins)
    assert all(one.confidence < other.confidence for one, other in pairwise(bins))


def test_the_calibration_error_is_that_of_the_metrics() -> None:
    rng = np.random.default_rng(2)
    confidence = rng.uniform(0.5, 1, 300)
    right = rng.random(300) < confidence**2
    found = reliability(measured(confidence, right), 0)
    expected = sum(each.count / 300 * abs(each.share - each.confidence) for each in found.bins)
    assert found.calibration.error == pytest.approx(expected, abs=1e-12)


def test_calibrated_answers_are_rarely_called_too_sure_or_too_modest() -> None:
    rng = np.random.default_rng(3)
    called = 0
    for _ in range(400):
        confidence = rng.uniform(0.5, 1, 200)
        called += not finding(measured(confidence, rng.random(200) < confidence)).startswith("Confidence and truth agree")
    # 5 % of 400 are 20; 4 standard deviations (4.4) above
    assert called <= 38


def test_answers_too_sure_and_too_modest_are_called_so() -> None:
    rng = np.random.default_rng(4)
    confidence = np.linspace(0.8, 1, 500)
    assert finding(measured(confidence, rng.random(500) < confidence - 0.2)).startswith("The answers are too sure: 90 % sure")
    assert finding(measured(confidence - 0.25, rng.random(500) < confidence)).startswith("The answers are too modest")


def test_pictures_that_belong_together_make_the_finding_more_cautious() -> None:
    confidence, right = np.full(40, 0.9), np.array([True] * 30 + [False] * 10)
    assert finding(measured(confidence, right)).startswith("The answers are too sure")
    assert finding(measured(confidence, right, np.arange(40) // 10)).startswith("Confidence and truth agree")


def test_points_keep_both_ends_when_they_are_thinned() -> None:
    xs = np.linspace(0, 1, 5000)
    kept_x, kept_y = thinned(xs, 1 - xs, 120)
    assert len(kept_x) == 120 and (kept_x[0], kept_x[-1]) == (0, 1) and (kept_y[0], kept_y[-1]) == (1, 0)
    assert thinned(xs[:1], xs[:1]) == ([0.0], [0.0])


def test_a_large_matrix_has_a_square_for_every_cell_that_is_not_empty() -> None:
    rng = np.random.default_rng(5)
    table = rng.integers(0, 4, (60, 60)) * (rng.random((60, 60)) < 0.1)
    drawn = re.findall(r"M(\d+) (\d+)h1v1h-1z", confusion_picture(table))
    assert {(int(row), int(column)) for column, row in drawn} == {(int(r), int(c)) for r, c in np.argwhere(table)}


def test_of_very_many_mistakes_the_most_frequent_are_drawn() -> None:
    table = np.ones((200, 200), int)
    table[3, 7] = table[199, 199] = 9
    picture = confusion_picture(table)
    assert picture.count("h1v1h-1z") == 20_000 and "M7 3h" in picture and "M199 199h" in picture and len(picture) < 500_000


def test_an_interval_is_drawn_where_it_is() -> None:
    bar = interval_bar(0.5, (0.25, 1.0))
    assert 'd="M35.0 8H125.0"' in bar and 'cx="65.0"' in bar  # 5 + 120 × share
    assert "circle" not in interval_bar(None, None)


def test_the_loss_of_each_epoch_is_a_point_and_the_best_one_has_a_ring() -> None:
    chart = loss_curves([2.0, 1.0, 0.5], [2.0, 1.5, 1.8], 2)
    learned, held = re.findall(r'points="([^"]+)"', chart)
    assert learned.split() == ["62.0,8.0", "272.0,108.0", "482.0,158.0"] and len(held.split()) == 3
    assert f'class="ring" cx="{272.0}" cy="{58.0}"' in chart


def test_accuracies_are_drawn_from_zero_to_one() -> None:
    chart = accuracy_curves([0.0, 1.0], [0.5, 0.5], 1)
    learned, held = re.findall(r'points="([^"]+)"', chart)
    assert learned.split() == ["62.0,208.0", "482.0,8.0"] and held.split() == ["62.0,108.0", "482.0,108.0"] and 'class="ring"' in chart


def test_a_range_test_is_drawn_over_the_logarithm_of_the_rate_with_the_pick_ringed() -> None:
    chart = range_test([0.001, 0.01, 0.1], [2.0, 1.0, 9.0], [2.0, 1.0, 9.0], 0.001, 0.01)
    (line,) = re.findall(r'points="([^"]+)"', chart)
    assert line == "62.0,48.0 272.0,128.0 482.0,8.0"  # 0 to 2.5; what is above is cut off
    assert 'class="ring" cx="272.0" cy="128.0"' in chart and 'd="M62.0 8.0V208.0"' in chart
    assert chart.count('r="2.5"') == 2 and all(f">{rate}</text>" in chart for rate in ("0.001", "0.01", "0.1"))


def test_charts_of_nothing_are_whole() -> None:
    short = range_test([0.1], [0.5], [0.5], 0.1, 0.1)
    for chart in (reliability_diagram([]), loss_curves([0.0], [0.0], 1), short, confusion_picture(np.zeros((2, 2), int))):
        assert chart.startswith("<svg") and chart.endswith("</svg>") and "nan" not in chart
