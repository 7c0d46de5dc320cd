"""Charts as inline SVG: numbers and words of ours only, so nothing in them needs escaping. Colours are those of style.css, so that
they follow light, dark and print; lines differ in dashes and points in form as well, for nothing is told by colour alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitreous.metrics.figures import FloatArray, IntArray

_QUARTERS = ((0.0, "0"), (0.25, "25"), (0.5, "50"), (0.75, "75"), (1.0, "100 %"))
_HALVES = ((0.0, "0"), (0.5, "50"), (1.0, "100 %"))
_LEVELS = 8
_MOST_CELLS = 20_000


@dataclass(frozen=True)
class Bin:
    """Answers of like confidence: how many, their mean confidence, the share that is right, and its 95 % interval."""

    count: int
    confidence: float
    share: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class _Frame:
    """The plotting area in pixels, and the ranges of the values along both sides."""

    left: float
    top: float
    width: float
    height: float
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)

    def x(self, value: float) -> float:
        low, high = self.x_range
        return self.left + self.width * (value - low) / (high - low)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return self.top + self.height * (high - value) / (high - low)

    def points(self, xs: Sequence[float], ys: Sequence[float]) -> str:
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in zip(xs, ys, strict=True))

    def grid(self, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]], x_name: str, y_name: str) -> list[str]:
        right, bottom, middle = self.left + self.width, self.top + self.height, self.top + self.height / 2
        parts = []
        for value, text in x_ticks:
            parts.append(f'<path class="grid" d="M{self.x(value):.1f} {self.top:.1f}V{bottom:.1f}"/>')
            if text:
                parts.append(f'<text x="{self.x(value):.1f}" y="{bottom + 15:.1f}" text-anchor="middle">{text}</text>')
        for value, text in y_ticks:
            parts.append(f'<path class="grid" d="M{self.left:.1f} {self.y(value):.1f}H{right:.1f}"/>')
            parts.append(f'<text x="{self.left - 6:.1f}" y="{self.y(value) + 4:.1f}" text-anchor="end">{text}</text>')
        if x_name:
            parts.append(f'<text x="{self.left + self.width / 2:.1f}" y="{bottom + 32:.1f}" text-anchor="middle">{x_name}</text>')
        if y_name:
            parts.append(f'<text transform="translate(12 {middle:.1f}) rotate(-90)" text-anchor="middle">{y_name}</text>')
        return parts


def reliability_diagram(bins: Sequence[Bin]) -> str:
    """The share of right answers over the confidence, with intervals; below it, how many answers have that confidence."""
    frame, counts = _Frame(62, 8, 330, 270), _Frame(62, 292, 330, 56)
    parts = frame.grid([(value, "") for value, _ in _QUARTERS], _QUARTERS, "", "answers that are right")
    parts.append(f'<path class="dashed" d="M{frame.x(0):.1f} {frame.y(0):.1f}L{frame.x(1):.1f} {frame.y(1):.1f}"/>')
    for each in bins:
        x, (low, high) = frame.x(each.confidence), each.interval
        parts.append(f'<path class="whisker" d="M{x:.1f} {frame.y(low):.1f}V{frame.y(high):.1f}"/>')
        parts.append(f'<circle class="{"dot" if each.count >= 5 else "dot few"}" cx="{x:.1f}" cy="{frame.y(each.share):.1f}" r="4.5"/>')
    most = max((each.count for each in bins), default=1)
    for each in bins:
        height = max(1.0, 38 * each.count / most)
        x, bottom = counts.x(each.confidence), counts.top + counts.height
        parts.append(f'<rect class="count" x="{x - 6:.1f}" y="{bottom - height:.1f}" width="12" height="{height:.1f}"/>')
        parts.append(f'<text class="small" x="{x:.1f}" y="{bottom - height - 3:.1f}" text-anchor="middle">{_compact(each.count)}</text>')
    parts += counts.grid(_QUARTERS, (), "confidence of the answer", "count")
    return _svg(410, 392, "Share of right answers by confidence, with 95 % intervals and counts", parts)


def precision_recall_curve(recall: Sequence[float], precision: Sequence[float], chance: float, answered: tuple[float, float] | None) -> str:
    """Precision over recall of one class against the rest, a dashed line at what guessing gives, and a ring where the answers stand."""
    frame = _Frame(48, 8, 176, 150)
    parts = frame.grid(_HALVES, _HALVES, "recall", "precision")
    parts.append(f'<path class="dashed" d="M{frame.x(0):.1f} {frame.y(chance):.1f}H{frame.x(1):.1f}"/>')
    parts.append(f'<polyline class="line" points="{frame.points(recall, precision)}"/>')
    if answered:
        parts.append(f'<circle class="ring" cx="{frame.x(answered[0]):.1f}" cy="{frame.y(answered[1]):.1f}" r="5"/>')
    return _svg(244, 200, "Precision over recall", parts)


def interval_bar(value: float | None, interval: Sequence[float] | None) -> str:
    """A share as a point between 0 and 1 with its interval; empty where there is no value."""
    frame = _Frame(5, 0, 120, 16)
    parts = ['<path class="grid" d="M5 8H125M5 4V12M65 4V12M125 4V12"/>']
    if value is not None and interval is not None:
        parts += _whisker_and_dot(frame, value, interval)
    return f'<svg class="chart inline" viewBox="0 0 130 16" width="130" height="16" aria-hidden="true">{"".join(parts)}</svg>'


def difference_bar(value: float, interval: tuple[float, float], widest: float) -> str:
    """A difference with its interval around a line at 0; the chart goes from −widest to widest."""
    frame = _Frame(5, 0, 170, 16, (-widest, widest))
    parts = ['<path class="grid" d="M5 8H175"/>', f'<path class="axis" d="M{frame.x(0):.1f} 1V15"/>', *_whisker_and_dot(frame, value, interval)]
    return f'<svg class="chart inline" viewBox="0 0 180 16" width="180" height="16" aria-hidden="true">{"".join(parts)}</svg>'


def confusion_picture(table: IntArray) -> str:
    """The matrix of many classes, int [K, K], as squares without numbers; of very many mistakes the most frequent ones."""
    count = table.sum(axis=1, keepdims=True)
    share = np.divide(table, count, out=np.zeros(table.shape), where=count > 0)
    classes, rows, columns = len(table), *np.nonzero(table)
    if len(rows) > _MOST_CELLS:
        kept = np.sort(np.argsort(-table[rows, columns], kind="stable")[:_MOST_CELLS])
        rows, columns = rows[kept], columns[kept]
    level = np.ceil(_LEVELS * np.sqrt(share[rows, columns])).astype(int)
    parts = [f'<rect class="frame" width="{classes}" height="{classes}"/>']
    for kind, chosen in (("right", rows == columns), ("wrong", rows != columns)):
        for strength in range(1, _LEVELS + 1):
            cells = np.flatnonzero(chosen & (level == strength))
            if len(cells):
                path = "".join(f"M{column} {row}h1v1h-1z" for row, column in zip(rows[cells].tolist(), columns[cells].tolist(), strict=True))
                parts.append(f'<path class="fill-{kind}" opacity="{0.2 + 0.8 * strength / _LEVELS:.2f}" d="{path}"/>')
    described = f"Confusion matrix of {classes} classes: a row for each true class, a column for each answer"
    return f'<svg class="chart matrix" viewBox="0 0 {classes} {classes}" role="img" aria-label="{described}">{"".join(parts)}</svg>'


def loss_curves(train: Sequence[float], held: Sequence[float], best: int, highest: float | None = None) -> str:
    """The losses after each epoch, counted from 1: of the pictures learned from (dashed), of those held out, and a ring at the best epoch.
    The chart goes up to `highest`, or to the highest of them; what is above is cut off."""
    highest = highest or max(1e-9, *train, *held)
    train, held = [min(each, highest) for each in train], [min(each, highest) for each in held]
    frame = _Frame(62, 8, 420, 200, (1, max(2, len(held))), (0, highest))
    parts = frame.grid(
        [(1, "1"), (max(2, len(held)), str(len(held)))],
        [(0, "0"), (highest / 2, f"{highest / 2:.2g}"), (highest, f"{highest:.2g}")],
        "epoch",
        "log loss",
    )
    epochs = list(range(1, len(held) + 1))
    parts.append(
        f'<polyline class="line learned" points="{frame.points(epochs, train)}"/><polyline class="line" points="{frame.points(epochs, held)}"/>'
    )
    if 1 <= best <= len(held):
        parts.append(f'<circle class="ring" cx="{frame.x(best):.1f}" cy="{frame.y(held[best - 1]):.1f}" r="5"/>')
    return _svg(500, 250, "Log loss after each epoch", parts)


def accuracy_against_time(epochs: Sequence[tuple[float, float]], best: Sequence[tuple[float, float]], end: float) -> str:
    """Accuracy on pictures held out, against seconds: points for single epochs, a line for the best model that was on disk, until `end`."""
    known = [accuracy for _, accuracy in (*epochs, *best)]
    low = max(0.0, int(10 * min(known)) / 10 - 0.1 * (min(known) > 0.95))
    frame = _Frame(62, 8, 420, 200, (0, max(end, 1.0)), (low, 1))
    middle = (low + 1) / 2
    ticks = [(0.0, "0"), (end / 2, f"{end / 2:.0f}"), (end, f"{end:.0f}")]
    parts = frame.grid(ticks, [(each, f"{100 * each:.0f} %") for each in (low, middle, 1.0)], "seconds", "accuracy")
    for seconds, accuracy in epochs:
        parts.append(f'<circle class="point" cx="{frame.x(seconds):.1f}" cy="{frame.y(accuracy):.1f}" r="3"/>')
    times, accuracies = [each for each, _ in best], [each for _, each in best]
    xs = [value for pair in zip(times, [*times[1:], end], strict=True) for value in pair]
    ys = [value for value in accuracies for _ in range(2)]
    parts.append(f'<polyline class="line" points="{frame.points(xs, ys)}"/>')
    return _svg(500, 250, "Accuracy on pictures held out, against time", parts)


def accuracy_curves(train: Sequence[float], held: Sequence[float], best: int) -> str:
    """The same of the accuracies, from 0 to 100 %."""
    frame = _Frame(62, 8, 420, 200, (1, max(2, len(held))))
    parts = frame.grid([(1, "1"), (max(2, len(held)), str(len(held)))], _HALVES, "epoch", "accuracy")
    epochs = list(range(1, len(held) + 1))
    parts.append(
        f'<polyline class="line learned" points="{frame.points(epochs, train)}"/><polyline class="line" points="{frame.points(epochs, held)}"/>'
    )
    if 1 <= best <= len(held):
        parts.append(f'<circle class="ring" cx="{frame.x(best):.1f}" cy="{frame.y(held[best - 1]):.1f}" r="5"/>')
    return _svg(500, 250, "Accuracy after each epoch", parts)


def range_test(rates: Sequence[float], losses: Sequence[float], line: Sequence[float], usual: float, pick: float) -> str:
    """The loss at rising learning rates, on a logarithmic axis: each step a point, `line` through their means, a dashed line at the usual rate and a
    ring at the one that was picked. Losses far above the first one are cut off."""
    highest = 1.25 * max(line[0], losses[0])
    low, high = (float(np.log10(end)) for end in (min(rates[0], pick, usual), max(rates[-1], pick, usual)))
    frame = _Frame(62, 8, 420, 200, (low, max(high, low + 0.1)), (0, highest))
    decades = range(int(np.ceil(low - 1e-9)), int(np.floor(high + 1e-9)) + 1)
    parts = frame.grid(
        [(power, f"{10.0**power:g}") for power in decades],
        [(0, "0"), (highest / 2, f"{highest / 2:.2g}"), (highest, f"{highest:.2g}")],
        "learning rate",
        "loss",
    )
    places = [float(np.log10(rate)) for rate in rates]
    cut = [min(loss, highest) for loss in line]
    shown = [(x, loss) for x, loss in zip(places, losses, strict=True) if loss <= highest]
    parts += [f'<circle class="count" cx="{frame.x(x):.1f}" cy="{frame.y(loss):.1f}" r="2.5"/>' for x, loss in shown]
    parts.append(f'<path class="dashed" d="M{frame.x(float(np.log10(usual))):.1f} {frame.top:.1f}V{frame.top + frame.height:.1f}"/>')
    parts.append(f'<polyline class="line" points="{frame.points(places, cut)}"/>')
    height = float(np.interp(np.log10(pick), places, cut))
    parts.append(f'<circle class="ring" cx="{frame.x(float(np.log10(pick))):.1f}" cy="{frame.y(height):.1f}" r="5"/>')
    return _svg(500, 250, "Loss at rising learning rates", parts)


def thinned(xs: FloatArray, ys: FloatArray, most: int = 120) -> tuple[list[float], list[float]]:
    """At most `most` of the points, both ends among them."""
    places = np.unique(np.linspace(0, len(xs) - 1, min(most, len(xs))).round().astype(int))
    return xs[places].tolist(), ys[places].tolist()


def _whisker_and_dot(frame: _Frame, value: float, interval: Sequence[float]) -> list[str]:
    low, high = interval
    whisker = f'<path class="whisker" d="M{frame.x(low):.1f} 8H{frame.x(high):.1f}"/>'
    return [whisker, f'<circle class="dot" cx="{frame.x(value):.1f}" cy="8" r="4"/>']


def _svg(width: int, height: int, described: str, parts: Sequence[str]) -> str:
    box = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg class="chart" {box} role="img" aria-label="{described}">{"".join(parts)}</svg>'


def _compact(count: int) -> str:
    return str(count) if count < 1000 else f"{count / 1000:.1f}k" if count < 10_000 else f"{count // 1000}k"
