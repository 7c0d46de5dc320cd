"""What the pages of a run say where each picture has one label: figures, classes, confusions, the surest errors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vitreous.core.text import percent
from vitreous.report.calibration import reliability
from vitreous.report.chapters import Block, Bullets, Paragraph, Table
from vitreous.report.charts import interval_bar, reliability_diagram
from vitreous.report.confusion import matrix
from vitreous.report.curves import lowest_curves
from vitreous.report.limits import limits
from vitreous.report.measured import Measured, measured
from vitreous.report.task_pages import ClassRow, Pages, Shown, pictures_of, told_by
from vitreous.report.wording import figure, listed, named, percent_with_interval, shortened
from vitreous.runs.contents import Contents

MOST_ERRORS, MOST_RIGHT = 12, 8
# Of more classes, this many with the lowest recall are shown.
MOST_ROWS = 40


def purpose(contents: Contents) -> str:
    labels = contents.facts["labels"]
    return f"{contents.name} answers with one label out of {len(labels):,} for a picture: {listed(labels, 30)}."


def metric_rows(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every figure of the whole test with its interval, as text."""
    shares = [("accuracy", "accuracy"), ("top5_accuracy", "top-5 accuracy"), ("balanced_accuracy", "balanced accuracy"), ("macro_f1", "macro F1")]
    rows = [(name, percent_with_interval(metrics[key], metrics.get(f"{key}_interval"), 1)) for key, name in shares if metrics.get(key) is not None]
    others = [("log_loss", "log loss"), ("calibration_error", "calibration error")]
    return rows + [(name, figure(metrics[key], metrics.get(f"{key}_interval"))) for key, name in others if metrics.get(key) is not None]


def class_table(metrics: Mapping[str, Any]) -> Table:
    """Recall, precision, F1 and average precision of each class; of many classes those with the lowest recall."""
    classes, rest = worst_classes(metrics["classes"], MOST_ROWS)
    rows = [
        (
            shortened(each["label"]),
            f"{each['num_images']:,}",
            *(percent_with_interval(each[key], each.get(f"{key}_interval")) for key in ("recall", "precision", "f1", "average_precision")),
        )
        for each in classes
    ]
    more = f"The {len(classes)} classes of lowest recall; run.json and predictions.csv have the other {rest:,}." if rest else ""
    return Table(("class", "pictures", "recall", "precision", "F1", "average precision"), rows, more)


def worst_classes(classes: Sequence[Mapping[str, Any]], most: int) -> tuple[list[Mapping[str, Any]], int]:
    """All classes in their order where they are few; else those with the lowest recall, the worst first, and how many are left."""
    if len(classes) <= most:
        return list(classes), 0
    ordered = sorted(classes, key=lambda each: (each["recall"] is None, each["recall"] or 0.0, -each["num_images"]))
    return ordered[:most], len(classes) - most


def headline(metrics: Mapping[str, Any]) -> str:
    """The result in one sentence, without its full stop."""
    (low, high), what = metrics["accuracy_interval"], str(metrics["what"]).replace(", out of fold", " (out of fold)")
    return f"{percent(metrics['accuracy'], 1)} of {what} answered right, 95 % interval {percent(low, 1)} to {percent(high, 1)}"


def operating_point(facts: Mapping[str, Any]) -> list[Block]:
    decision = facts.get("decision")
    told = told_by(decision) if decision else []
    return [Bullets(told)] if told else [Paragraph("None was chosen: the answer is the most probable class. vitreous decide chooses one.")]


def page_parts(contents: Contents) -> dict[str, Any]:
    """What the template of the report shows of the answers, by name."""
    metrics = contents.facts["metrics"]
    asked = measured(contents)
    reliable = reliability(asked, int(contents.settings.get("seed") or 0)) if asked else None
    out_of_fold = metrics.get("out_of_fold") or {}
    classes, not_shown = worst_classes(metrics["classes"], MOST_ROWS)
    table = matrix(metrics)
    return {
        "kicker": f"one label out of {len(contents.facts['labels']):,}",
        "answers": "one_label.html",
        "nav": [("confusions", "Confusions"), ("classes", "Classes")],
        "matrix": table,
        "class_head": class_table(metrics).head,
        "classes": [_class_row(each, out_of_fold.get(each["label"])) for each in classes],
        "classes_title": _about_lowest_recall(metrics),
        "classes_not_shown": not_shown,
        "reliable": reliable,
        "reliability_chart": reliability_diagram(reliable.bins) if reliable else "",
        "calibration_figure": figure(reliable.calibration.error, reliable.calibration.interval) if reliable else "",
        "asked": asked,
        "curves": lowest_curves(asked, metrics) if asked and len(asked.classes) > 1 else [],
        "wrong": _shown(contents, asked, asked.surest(~asked.right, MOST_ERRORS)) if asked else [],
        "num_wrong": int((~asked.right).sum()) if asked else 0,
        "right": _shown(contents, asked, _one_of_each_class(asked)) if asked else [],
    }


def _shown(contents: Contents, asked: Measured, places: Sequence[int]) -> list[Shown]:
    small = pictures_of(contents, [asked.paths[place] for place in places])
    return [
        Shown(each, asked.classes[asked.target[place]], asked.classes[asked.answer[place]], float(asked.confidence[place]))
        for each, place in zip(small, places, strict=True)
    ]


def _one_of_each_class(asked: Measured) -> list[int]:
    """The surest right answer of each of the classes with most of them."""

    number = np.bincount(asked.target[asked.right], minlength=len(asked.classes))
    most = np.sort(np.argsort(-number, kind="stable")[:MOST_RIGHT])
    return [place for k in most for place in asked.surest(asked.right & (asked.target == k), 1)]


def _class_row(each: Mapping[str, Any], beside: Mapping[str, Any] | None) -> ClassRow:
    cells = [f"{each['num_images']:,}"]
    cells += [percent_with_interval(each[key], each.get(f"{key}_interval")) for key in ("recall", "precision", "f1", "average_precision")]
    told = f"out of fold {percent(beside['recall'])} of {beside['count']:,}" if beside and beside.get("recall") is not None else ""
    return ClassRow(each["label"], cells, interval_bar(each["recall"], each.get("recall_interval")), told)


def _about_lowest_recall(metrics: Mapping[str, Any]) -> str:
    there = [each for each in metrics["classes"] if each["recall"] is not None]
    if not there:
        return "No class can be judged"
    worst = min(there, key=lambda each: each["recall"])
    return "Every picture is recognized" if worst["recall"] == 1 else f"Recall is lowest for {named(worst['label'])}: {percent(worst['recall'])}"


ONE_LABEL = Pages(purpose, headline, metric_rows, class_table, limits, operating_point, page_parts)
