"""`report.html`: what a run is, how good it is, where it errs and how it was made, on one page for a reader who was not there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.core.view import View
from vitreous.fit.settings import policy
from vitreous.report.calibration import reliability
from vitreous.report.card import (
    DATA,
    MAKING,
    METRICS,
    OPERATING_POINT,
    class_table,
    command,
    folder_name,
    headline,
    machine,
    metric_rows,
    worst_classes,
)
from vitreous.report.chapters import Chapter
from vitreous.report.charts import interval_bar, loss_curves, reliability_diagram
from vitreous.report.confusion import matrix
from vitreous.report.curves import lowest_curves
from vitreous.report.data_summary import ClassCount, DataSummary
from vitreous.report.limits import remarks
from vitreous.report.measured import Measured, measured
from vitreous.report.page import page
from vitreous.report.pictures import Thumbnail, thumbnails
from vitreous.report.wording import figure, named, percent, percent_with_interval
from vitreous.runs.contents import Contents

MOST_ERRORS, MOST_RIGHT = 12, 8
MOST_CLASSES = 40


@dataclass(frozen=True)
class Shown:
    """A picture with its true class, the answer and its confidence."""

    thumbnail: Thumbnail
    true: str
    said: str
    confidence: float


@dataclass(frozen=True)
class ClassRow:
    """A class in the table of figures, as text, with the chart of its recall; `beside`: its estimate out of fold."""

    label: str
    cells: Sequence[str]
    bar: str
    beside: str


def run_page(contents: Contents, data: DataSummary, card: Sequence[Chapter]) -> bytes:
    """The page of a run; `card` is its model card, of which the page takes what it does not tell better by itself."""
    facts, metrics = contents.facts, contents.facts["metrics"]
    asked = measured(contents)
    seed = int(contents.settings.get("seed") or 0)
    reliable = reliability(asked, seed) if asked else None
    wrong = _shown(contents, asked, asked.surest(~asked.right, MOST_ERRORS)) if asked else []
    right = _shown(contents, asked, _one_of_each_class(asked)) if asked else []
    classes, not_shown = worst_classes(metrics["classes"], MOST_CLASSES)
    out_of_fold = metrics.get("out_of_fold") or {}
    counts, counts_not_shown = _largest_and_smallest(data.classes)
    return page(
        "report.html",
        title=f"{contents.name}: {headline(metrics)}",
        name=contents.name,
        headline=headline(metrics),
        figures=metric_rows(metrics),
        remarks=remarks(contents),
        data=data,
        data_name=folder_name(facts["data"]["folder"]),
        data_kind=facts["data"]["kind"],
        given=bool((facts.get("split") or {}).get("given")),
        counts=counts,
        counts_not_shown=counts_not_shown,
        most=max((each.total for each in data.classes), default=1) or 1,
        plan=facts.get("plan") or {},
        seconds=facts.get("seconds"),
        views=_views(facts),
        classifier=_classifier(facts),
        history=_history(contents),
        matrix=matrix(metrics),
        class_head=class_table(metrics).head,
        classes=[_class_row(each, out_of_fold.get(each["label"])) for each in classes],
        classes_title=_about_lowest_recall(metrics),
        classes_not_shown=not_shown,
        reliable=reliable,
        reliability_chart=reliability_diagram(reliable.bins) if reliable else "",
        calibration_figure=figure(reliable.calibration.error, reliable.calibration.interval) if reliable else "",
        asked=asked,
        curves=lowest_curves(asked, metrics) if asked and len(asked.classes) > 1 else [],
        wrong=wrong,
        num_wrong=int((~asked.right).sum()) if asked else 0,
        right=right,
        decision=next(chapter for chapter in card if chapter.title == OPERATING_POINT),
        card=[chapter for chapter in card if chapter.title not in (METRICS, DATA, OPERATING_POINT, MAKING)],
        settings=[(key, value) for key, value in contents.settings.items() if value is not None],
        versions=facts.get("versions") or {},
        machine=machine(facts),
        number_format=facts.get("number_format", ""),
        network=facts.get("network") or {},
        fingerprint=facts.get("data_fingerprint", ""),
        command=command(contents),
    )


def _shown(contents: Contents, asked: Measured, places: Sequence[int]) -> list[Shown]:
    keys = {row.path: row.key for row in contents.items}
    rule = policy(contents.settings.get("max_pixels"), bool(contents.settings.get("tolerate_truncated")))
    small = thumbnails([str(contents.facts["data"]["folder"])], [asked.paths[place] for place in places], keys, rule)
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


def _largest_and_smallest(classes: Sequence[ClassCount]) -> tuple[list[ClassCount], int]:
    """Of many classes, the 20 largest and the 20 smallest; and how many are left."""
    if len(classes) <= MOST_CLASSES:
        return list(classes), 0
    ordered = sorted(classes, key=lambda each: -each.total)
    half = MOST_CLASSES // 2
    return ordered[:half] + ordered[-half:], len(classes) - MOST_CLASSES


def _views(facts: Mapping[str, Any]) -> list[tuple[str, float, bool]]:
    """What was tried of showing a picture: name, log loss, whether it was taken."""
    taken = (facts.get("preprocessing") or {}).get("view")
    return [(str(View.from_json(each["view"])), float(each["loss"]), each["view"] == taken) for each in facts.get("views") or []]


def _classifier(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was chosen in fitting, as name and text."""
    rows = []
    for key, value in (facts.get("classifier") or {}).items():
        if key == "path":
            value = ", ".join(f"{strength:g}: {loss:.3f}" for strength, loss in value)
            key = "log loss by strength"
        rows.append((key.replace("_", " "), f"{value:.4g}" if isinstance(value, float) else str(value)))
    return rows


def _history(contents: Contents) -> str:
    """The chart of a training that went by epochs; empty for one that did not."""
    epochs: Sequence[Mapping[str, Any]] = contents.history
    if not epochs:
        return ""
    best = int((contents.facts.get("classifier") or {}).get("best_epoch") or 0)
    return loss_curves([each["train_loss"] for each in epochs], [each["held_loss"] for each in epochs], best)
