"""`report.html`: what a run is, how good it is, where it errs and how it was made, on one page for a reader who was not there."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vitreous.core.text import percent
from vitreous.core.view import View
from vitreous.report.card import (
    DATA,
    MAKING,
    METRICS,
    OPERATING_POINT,
    command,
    folder_name,
    machine,
)
from vitreous.report.chapters import Chapter
from vitreous.report.charts import accuracy_curves, loss_curves, range_test
from vitreous.report.data_summary import ClassCount, DataSummary
from vitreous.report.inside import inside_of
from vitreous.report.limits import remarks
from vitreous.report.page import page
from vitreous.report.task_pages import pages_of
from vitreous.report.tuning import tuning_of
from vitreous.runs.contents import Contents
from vitreous.training.rate_curve import RateCurve, smoothed

MOST_ERRORS, MOST_RIGHT = 12, 8
MOST_CLASSES = 40


def run_page(contents: Contents, data: DataSummary, card: Sequence[Chapter]) -> bytes:
    """The page of a run; `card` is its model card, of which the page takes what it does not tell better by itself."""
    facts, metrics = contents.facts, contents.facts["metrics"]
    pages = pages_of(facts)
    counts, counts_not_shown = _largest_and_smallest(data.classes)
    return page(
        "report.html",
        title=f"{contents.name}: {pages.headline(metrics)}",
        name=contents.name,
        headline=pages.headline(metrics),
        figures=pages.metric_rows(metrics),
        remarks=remarks(contents),
        data=data,
        data_name=folder_name(facts["data"]["folder"]),
        data_kind=facts["data"]["kind"],
        given=bool((facts.get("split") or {}).get("given")),
        counts=counts,
        counts_not_shown=counts_not_shown,
        most=max((each.total for each in data.classes), default=1) or 1,
        plan=(facts.get("plan") or {}) | ({"seconds": facts["forecast"]["seconds"]} if facts.get("forecast") else {}),
        seconds=facts.get("seconds"),
        views=_views(facts),
        classifier=_classifier(facts),
        tuning=(tuning := tuning_of(facts, contents.history)),
        history="" if tuning else _history(contents),
        inside=inside_of(contents.inside).chapters,
        coach=(facts.get("classifier") or {}).get("coach"),
        rate=_rate(facts),
        **pages.page_parts(contents),
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
        if key in ("coach", "coach_before", "phases"):
            continue  # a chapter of its own
        if key == "path":
            value = ", ".join(f"{strength:g}: {loss:.3f}" for strength, loss in value)
            key = "log loss by strength"
        if key == "recipe":
            named = {name.replace("_", " "): each for name, each in value.items() if each is not None and name != "rate_curve"}
            value = ", ".join(f"{name} {_told(each)}" for name, each in named.items())
        rows.append((key.replace("_", " "), f"{value:.4g}" if isinstance(value, float) else str(value)))
    return rows


def _told(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _rate(facts: Mapping[str, Any]) -> tuple[str, str] | None:
    """How the learning rate was measured: the chart (empty where the training was too short), and the finding; None where it was not."""
    recipe = (facts.get("classifier") or {}).get("recipe") or {}
    if not recipe.get("rate_curve"):
        return None
    curve = RateCurve.from_json(recipe["rate_curve"])
    if not curve.rates:
        return "", curve.finding
    return range_test(curve.rates, curve.losses, smoothed(np.array(curve.losses)).tolist(), curve.usual, curve.pick), curve.finding


def _history(contents: Contents) -> str:
    """The charts of a training that went by epochs, and the gap in words; empty for one that did not."""
    epochs: Sequence[Mapping[str, Any]] = contents.history
    if not epochs:
        return ""
    fitted = contents.facts.get("classifier") or {}
    best = int(fitted.get("best_epoch") or 0)
    charts = loss_curves([each["train_loss"] for each in epochs], [each["held_loss"] for each in epochs], best)
    if any(each.get("train_accuracy") is None or each.get("held_accuracy") is None for each in epochs):
        return charts
    charts += accuracy_curves([each["train_accuracy"] for each in epochs], [each["held_accuracy"] for each in epochs], best)
    if fitted.get("gap") is None:
        return charts
    told = f"{percent(fitted['train_accuracy'], 1)} of the pictures learned from are right, {percent(fitted['held_accuracy'], 1)} of those held out"
    return f"{charts}<p>With the weights that were kept {told}: a gap of {100 * fitted['gap']:.1f} points.</p>"
