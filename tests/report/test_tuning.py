"""The chapter of a tuning: which phase gave what."""

import re
from typing import Any

from vitreous.report.charts import accuracy_against_time
from vitreous.report.tuning import tuning_of


def phase(share: float, before: float, after: float, since: float, until: float) -> dict[str, Any]:
    return {
        "cut": "stage5", "epochs": 6, "views": 4, "refit": share > 0, "share": share,
        "held_accuracy": [before, after], "since": since, "until": until,
    }  # fmt: skip


FACTS: dict[str, Any] = {
    "classifier": {"chosen_on": "80 validation pictures", "phases": [phase(0.75, 0.85, 0.9, 41.0, 200.0), phase(0.0, 0.9, 0.9, 200.0, 280.0)]},
    "seconds": 290.0,
    "metrics": {"accuracy": 0.897},
    "forecast": {"accuracy": 0.872, "low": 0.82, "high": 0.93, "seconds": 265.0},
}
HISTORY = [{"seconds": 100.0, "held_accuracy": 0.87}, {"seconds": 150.0, "held_accuracy": None}]


def test_each_phase_is_a_row_and_the_forecast_stands_beside_what_came() -> None:
    story = tuning_of(FACTS, HISTORY)
    assert story is not None and [row.kept for row in story.rows] == ["75 % of the way", "nothing"]
    assert (story.rows[0].before, story.rows[0].after, story.rows[0].until) == ("85.0 %", "90.0 %", "200 s")
    assert story.rows[0].learned == "6 epochs of 4 views, then with what was held out" and story.rows[1].learned == "6 epochs of 4 views"
    assert story.judged == "Judged on 80 validation pictures."
    assert "87.2 % (82 % to 93 %) after 265 s; it came to 89.7 % after 290 s" in story.forecast


def test_a_run_that_was_not_tuned_has_none() -> None:
    assert tuning_of({"classifier": {"strength": 0.1}}, []) is None and tuning_of({}, []) is None


def test_the_line_stays_level_until_something_better_is_on_disk() -> None:
    chart = accuracy_against_time([(100.0, 0.87)], [(40.0, 0.8), (200.0, 0.9)], 300.0)
    line = re.search(r'class="line" points="([^"]*)"', chart)
    assert line is not None
    points = [tuple(map(float, pair.split(","))) for pair in line[1].split()]
    assert len(points) == 4 and points[0][1] == points[1][1] > points[2][1] == points[3][1] and points[1][0] == points[2][0]
    assert chart.count('class="point"') == 1 and "80 %" in chart and "nan" not in chart


def test_one_accuracy_of_all_is_drawn_too() -> None:
    assert "nan" not in accuracy_against_time([], [(1.0, 1.0)], 1.0)
