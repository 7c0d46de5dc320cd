"""`sweep.html` and the table of a sweep: what its variants gave on pictures held out, the best first, with the curves of each. Test figures stay out
of it: whoever picks the best by them has no test left."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vitreous.core.text import percent, plural, visible
from vitreous.fit.sweeping import Outcome
from vitreous.report.charts import accuracy_curves, interval_bar, loss_curves
from vitreous.report.page import page

_MOST_CHARTS = 60


@dataclass(frozen=True)
class Row:
    """A variant in words. `bar` and `charts` are SVG, `link` leads from the sweep's folder to the run's report."""

    values: list[str]
    score: str
    interval: str
    log_loss: str
    epochs: str
    run: str
    failed: str
    bar: str
    link: str
    charts: str


def sweep_page(folder: Path, outcomes: Sequence[Outcome]) -> bytes:
    """`outcomes` with the best first."""
    rows = _rows(outcomes)
    return page(
        "sweep.html",
        title=f"{folder.name}: {headline(outcomes)}",
        name=folder.name,
        headline=headline(outcomes),
        keys=[key.replace("_", " ") for key in outcomes[0].variant.values],
        score=_score_name(outcomes),
        pictures=next((each.score.pictures for each in outcomes if each.score), 0),
        rows=rows,
        drawn=[row for row in rows if row.charts][:_MOST_CHARTS],
    )


def headline(outcomes: Sequence[Outcome]) -> str:
    best = outcomes[0]
    if best.score is None:
        return f"None of {plural(len(outcomes), 'variant')} has a validation score"
    return f"Of {plural(len(outcomes), 'variant')} {best.variant} is best on validation: {best.score.name} {percent(best.score.value, 1)}"


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Lines of text with aligned columns, the best variant first; what failed comes last, with the reason."""
    keys = [key.replace("_", " ") for key in outcomes[0].variant.values]
    head = [*keys, f"validation {_score_name(outcomes)}", "95 % interval", "log loss", "best epoch", "run"]
    rows = [[*row.values, row.score, row.interval, row.log_loss, row.epochs, row.run] for row in _rows(outcomes)]
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [head, *rows]]
    return lines + [f"{row.run or ', '.join(row.values)} failed: {row.failed}" for row in _rows(outcomes) if row.failed]


def to_json(folder: Path, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """For programs; the best variant first."""
    variants = [
        {
            "values": each.variant.values,
            "run": str(each.run.path) if each.run else None,
            "score": each.score.value if each.score else None,
            "interval": list(each.score.interval) if each.score and each.score.interval else None,
            "log_loss": each.score.log_loss if each.score else None,
            "failed": each.failed or None,
        }
        for each in outcomes
    ]
    return {"sweep": str(folder), "score": _score_name(outcomes), "variants": variants}


def _score_name(outcomes: Sequence[Outcome]) -> str:
    return next((each.score.name for each in outcomes if each.score), "score")


def _rows(outcomes: Sequence[Outcome]) -> list[Row]:
    losses = [epoch[name] for each in outcomes for epoch in _history(each) for name in ("train_loss", "held_loss")]
    highest = min(max(losses, default=1.0), 3 * sorted(losses)[len(losses) // 2]) if losses else 1.0
    return [_row(each, max(1e-9, highest)) for each in outcomes]


def _row(each: Outcome, highest: float) -> Row:
    score, history = each.score, _history(each)
    fitted = (each.contents.facts.get("classifier") or {}) if each.contents else {}
    best = int(fitted.get("best_epoch") or 0)
    charts = ""
    if history:
        charts = loss_curves([epoch["train_loss"] for epoch in history], [epoch["held_loss"] for epoch in history], best, highest)
        if all(epoch.get("train_accuracy") is not None and epoch.get("held_accuracy") is not None for epoch in history):
            charts += accuracy_curves([epoch["train_accuracy"] for epoch in history], [epoch["held_accuracy"] for epoch in history], best)
    return Row(
        values=[visible(str(value)) for value in each.variant.values.values()],
        score=percent(score.value, 1) if score else "–",
        interval=f"[{100 * score.interval[0]:.1f}, {100 * score.interval[1]:.1f}]" if score and score.interval else "",
        log_loss=f"{score.log_loss:.3f}" if score else "",
        epochs=f"{best} of {len(history)}" if history else "",
        run=visible(each.run.path.name) if each.run else "",
        failed=each.failed,
        bar=interval_bar(score.value, score.interval) if score else "",
        link=quote(f"{each.run.path.name}/report.html") if each.contents and each.run else "",
        charts=charts,
    )


def _history(each: Outcome) -> list[dict[str, Any]]:
    return [epoch for epoch in each.contents.history if epoch.get("held_loss") is not None] if each.contents else []
