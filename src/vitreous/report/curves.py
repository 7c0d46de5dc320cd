"""Precision over recall of single classes, from the probabilities of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.metrics.figures import FloatArray
from vitreous.report.charts import precision_recall_curve, thinned
from vitreous.report.measured import Measured

MOST_CURVES = 6


@dataclass(frozen=True)
class ClassCurve:
    """One class against the rest: its figures, and the chart."""

    label: str
    average_precision: float
    interval: tuple[float, float]
    count: int
    chart: str


def precision_recall(positive: Any, score: Any) -> tuple[FloatArray, FloatArray]:
    """Recall and precision at every threshold at which a picture of the class is won, from the strictest on; equal scores count as one.

    `positive` bool [N], `score` float [N]; at least one is positive.
    """
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    last = np.append(ranked[1:] != ranked[:-1], True)  # a threshold passes all pictures of one score at once
    won = np.cumsum(positive[order])[last]
    passed = np.flatnonzero(last) + 1
    recall, precision = won / won[-1], won / passed
    gains = np.diff(won, prepend=0) > 0
    return recall[gains], precision[gains]


def lowest_curves(measured: Measured, metrics: Mapping[str, Any]) -> list[ClassCurve]:
    """The classes of lowest average precision, the lowest first."""
    number = {label: place for place, label in enumerate(measured.classes)}
    there = [each for each in metrics["classes"] if each["average_precision"] is not None and each["label"] in number]
    there.sort(key=lambda each: each["average_precision"])
    curves = []
    for each in there[:MOST_CURVES]:
        k = number[each["label"]]
        positive = measured.target == k
        if not positive.any():
            continue
        recall, precision = precision_recall(positive, measured.probability[:, k])
        answers = measured.answer == k
        both = int((answers & positive).sum())
        answered = (both / int(positive.sum()), both / int(answers.sum())) if answers.any() else None
        chart = precision_recall_curve(*thinned(recall, precision), float(positive.mean()), answered)
        low, high = each["average_precision_interval"]
        curves.append(ClassCurve(each["label"], each["average_precision"], (low, high), int(positive.sum()), chart))
    return curves
