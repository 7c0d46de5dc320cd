"""A trained network against labelled pictures: metrics with intervals, what was left out, and what has changed since training."""

from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.item import LeftOut
from vitreous.core.text import cut, plural, sentence, visible
from vitreous.metrics.classification import ClassScores, Scores
from vitreous.runs.tables import Predictions
from vitreous.tasks.classify.requirements import Outcome, judged, judged_by_point, parsed

_MOST_SHOWN, _NAME_SHOWN = 40, 24
_LINE = 78


@dataclass(frozen=True)
class Evaluation:
    """Scores on `what`, e.g. "341 test pictures"; `out_of_fold` beside it for classes with too few of them.

    `predictions` are the answers picture by picture, `groups` int [N] the numbers of what belongs together; None where they were not kept.
    """

    what: str
    scores: Scores
    left_out: list[LeftOut]
    remarks: list[str]
    out_of_fold: dict[str, dict[str, Any]]
    predictions: Predictions | None = field(default=None, compare=False)
    groups: npt.NDArray[np.intp] | None = field(default=None, compare=False)

    def require(self, *requirements: str) -> list[Outcome]:
        """Whether each, such as "recall[scratch] >= 0.95", is proven: only one that its whole 95 % interval fulfils is met.

        Raises UsageError for one that cannot be read, or names a class or metric that is not there.
        """
        labels = [each.label for each in self.scores.per_class]
        return [judged(each, self.scores) for each in [parsed(text, labels) for text in requirements]]

    def require_by_point(self, *requirements: str) -> list[Outcome]:
        """The same by the figures alone, however few pictures they come from."""
        labels = [each.label for each in self.scores.per_class]
        return [judged_by_point(each, self.scores) for each in [parsed(text, labels) for text in requirements]]

    def to_json(self) -> dict[str, Any]:
        return self.scores.to_json() | {
            "what": self.what,
            "left_out": [{"image": each.relative, "reason": each.reason} for each in self.left_out],
            "out_of_fold": self.out_of_fold,
            "remarks": self.remarks,
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def headline(self) -> str:
        """The accuracy with its interval."""
        return f"accuracy {_figure(self.scores.accuracy, self.scores.accuracy_interval)}"

    def lines(self) -> list[str]:
        """The text that `vitreous evaluate` prints."""
        scores = self.scores
        rows = [
            ("accuracy", scores.accuracy, scores.accuracy_interval),
            ("balanced accuracy", scores.balanced_accuracy, scores.balanced_accuracy_interval),
            ("macro F1", scores.macro_f1, scores.macro_f1_interval),
            ("log loss", scores.log_loss, scores.log_loss_interval),
            ("calibration error", scores.calibration_error, scores.calibration_error_interval),
        ]
        if scores.top5 is not None and scores.top5_interval is not None:
            rows.insert(1, ("top-5 accuracy", scores.top5, scores.top5_interval))
        lines = [f"{self.what}; 95 % intervals in brackets", ""]
        lines += [f"  {name:<18} {_figure(value, interval)}" for name, value, interval in rows]
        names = [visible(each.label) for each in scores.per_class]
        width = min(_NAME_SHOWN, max(map(len, [*names, "class"])))
        lines += ["", f"  {'class':<{width}} pictures  {'precision':<22}{'recall':<22}{'F1':<22}AP"]
        for name, each in list(zip(names, scores.per_class, strict=True))[:_MOST_SHOWN]:
            lines.append(f"  {cut(name, width):<{width}} {each.count:>8}  " + "".join(f"{cell:<22}" for cell in _cells(each)).rstrip())
            if beside := self.out_of_fold.get(each.label):
                lines.append(f"  {'':<{width}} {beside['count']:>8}  recall out of fold {beside['recall']:.3f} (few test pictures)")
        if len(names) > _MOST_SHOWN:
            lines.append(f"  … and {len(names) - _MOST_SHOWN} more classes (--json has them all)")
        lines += ["", *self._confusions(), *map(sentence, self.remarks)]
        if self.left_out:
            lines.append(f"{plural(len(self.left_out), 'file')} left out:")
            lines += [f"  {visible(each.relative)}: {each.reason}" for each in self.left_out[:10]]
            lines += ["  …"] if len(self.left_out) > 10 else []
        return lines

    def summary(self) -> list[str]:
        """Two sentences for the end of a training."""
        scores = self.scores
        first = f"Accuracy {_figure(scores.accuracy, scores.accuracy_interval)} on {self.what} (95 % interval); "
        first += f"balanced accuracy {_figure(scores.balanced_accuracy, None)}, calibration error {_figure(scores.calibration_error, None)}."
        return [first, *map(sentence, self.remarks)]

    def _confusions(self) -> list[str]:
        """The confusions seen most often, in words; under 13 classes the whole table."""
        confusion, labels = self.scores.confusion, [cut(visible(each.label), _NAME_SHOWN) for each in self.scores.per_class]
        pairs = sorted(
            ((int(confusion[i, j]), i, j) for i in range(len(labels)) for j in range(len(labels)) if i != j and confusion[i, j]), reverse=True
        )
        lines = [f"{labels[i]} is taken for {labels[j]} {'once' if count == 1 else f'{count} times'}" for count, i, j in pairs[:3]]
        if len(labels) <= 12:
            width = max(map(len, [*labels, "true ╲ said"]))
            room = (_LINE - width) // len(labels)
            cell = 1 + max(4, *(len(str(value)) for value in confusion.ravel()), min(room - 1, max(map(len, labels))))
            lines.append("  " + f"{'true ╲ said':<{width}}" + "".join(f"{label[: cell - 1]:>{cell}}" for label in labels))
            lines += [
                f"  {label:<{width}}" + "".join(f"{value or '·':>{cell}}" for value in row) for label, row in zip(labels, confusion, strict=True)
            ]
        return lines

    def _repr_html_(self) -> str:
        scores = self.scores
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(visible(each.label))}</td><td>{each.count}</td>"
            + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(each))
            + "</tr>"
            for each in scores.per_class
        )
        head = "<tr><th>class</th><th>pictures</th><th>precision</th><th>recall</th><th>F1</th><th>AP</th></tr>"
        accuracy = _figure(scores.accuracy, scores.accuracy_interval)
        return f"<p><b>accuracy {accuracy}</b> on {escape(self.what)} (95 % intervals)</p><table>{head}{rows}</table>"


def _cells(each: ClassScores) -> list[str]:
    pairs = (
        (each.precision, each.precision_interval),
        (each.recall, each.recall_interval),
        (each.f1, each.f1_interval),
        (each.average_precision, each.average_precision_interval),
    )
    return [_figure(value, interval) for value, interval in pairs]


def _figure(value: float | None, interval: tuple[float, float] | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else f"{value:.3f}"
