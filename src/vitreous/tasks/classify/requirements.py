"""What a model must reach, as one writes it, and whether it is proven to reach it.

    METRIC[CLASS] OP NUMBER        recall[scratch] >= 0.95      miss_rate["a ] b"] <= 2 %      accuracy > 0.9

A figure from some hundred pictures is not known to a percent, so its whole 95 % interval counts:

    met           all of the interval fulfils the requirement
    not met       the figure itself does not
    not proven    the figure does, but a part of its interval does not: too few pictures, or too close

Only what is met passes. A model whose true value lies just outside is passed in at most 2.5 % of test sets.

How many pictures would be needed, if the figure p stayed as it is: Wilson's interval of a share ends at the bound b where
n (p − b)² = z² b (1 − b) (the score test, E. B. Wilson 1927), so n grows from what gave the present end l in the ratio of
b (1 − b) / (p − b)² to l (1 − l) / (p − l)². The width of other intervals shrinks as 1 / √n: (p − l)² / (p − b)².
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from vitreous.core.text import plural, visible
from vitreous.errors import UsageError, nearest
from vitreous.metrics.classification import ClassScores, Interval, Scores
from vitreous.metrics.label_scores import LabelScores, SeveralScores

Verdict = Literal["met", "not met", "not proven"]
Sign = Literal[">=", ">", "<=", "<"]

OF_ALL = ("accuracy", "balanced_accuracy", "macro_f1", "top5_accuracy", "log_loss", "calibration_error")
OF_A_CLASS = ("recall", "miss_rate", "precision", "f1", "average_precision")

_GRAMMAR = "METRIC[CLASS] OP NUMBER, such as recall[scratch] >= 0.95 or accuracy > 90 %"
# The end is anchored and the class takes all it can, so a class may hold brackets, quotes and signs.
_FORM = re.compile(r"\s*([^\[\]<>=≥≤]*?)\s*(?:\[(.*)\])?\s*(>=|<=|>|<|≥|≤)\s*(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)\s*(%?)\s*", re.DOTALL)
_SIGNS: dict[str, Sign] = {">=": ">=", ">": ">", "<=": "<=", "<": "<", "≥": ">=", "≤": "<="}
# The fewest classes for which "among the five most probable" says something.
_MORE_THAN_FIRST = 5
# 1 − 0.95 is 0.050000000000000044 in binary numbers, which would fail <= 0.05.
_DIGITS = 12


@dataclass(frozen=True)
class Requirement:
    """`text` as it was written; `label` for the figures of a class; `sign` one of >= > <= <; `bound` as a share, not in percent."""

    text: str
    metric: str
    label: str | None
    sign: Sign
    bound: float

    def fulfilled_by(self, value: float) -> bool:
        return {">=": value >= self.bound, ">": value > self.bound, "<=": value <= self.bound, "<": value < self.bound}[self.sign]


@dataclass(frozen=True)
class Outcome:
    """A requirement held against a figure. `value` and `interval` are None where there is no such figure, which proves nothing.

    `count` pictures are behind the figure; about `needed` would be needed to prove it at this rate, None where no number would.
    `by`: whether the whole interval was held against it, or the point alone.
    """

    requirement: Requirement
    verdict: Verdict
    value: float | None
    interval: Interval | None
    count: int
    needed: int | None
    reason: str
    by: Literal["interval", "point"] = "interval"

    @property
    def passed(self) -> bool:
        return self.verdict == "met"

    def __str__(self) -> str:
        return f"{self.verdict}: {visible(self.requirement.text)}: {self.reason}"

    def to_json(self) -> dict[str, Any]:
        return {
            "requirement": self.requirement.text,
            "metric": self.requirement.metric,
            "class": self.requirement.label,
            "passed": self.passed,
            "judged_by": self.by,
            "verdict": self.verdict,
            "value": self.value,
            "interval": None if self.interval is None else list(self.interval),
            "num_images": self.count,
            "num_images_needed": self.needed,
            "reason": self.reason,
        }


def parsed(text: str, labels: Sequence[str], of_all: Sequence[str] = OF_ALL, of_a_class: Sequence[str] = OF_A_CLASS) -> Requirement:
    """A requirement in the grammar above, for a model with these classes and metrics.

    Raises UsageError where it cannot be read, where no metric or class is called so, or where no value could fail or fulfil it.
    """
    failed = f"cannot read the requirement {visible(text)!r}"
    found = _FORM.fullmatch(text)
    if not found:
        raise UsageError(failed, _what_is_odd(text), remedy=f"write {_GRAMMAR}")
    name, within, sign, digits, percent = found.groups()
    metric = _metric(failed, name, (*of_all, *of_a_class))
    if metric in of_all and within is not None:
        raise UsageError(failed, f"{metric} is a figure of all classes together", remedy=f"write it without [{visible(within)}]")
    if metric in of_a_class and within is None:
        raise UsageError(failed, f"{metric} is a figure of one class", remedy=f"write {metric}[CLASS]; {nearest('', map(visible, labels))}")
    if metric == "top5_accuracy" and len(labels) <= _MORE_THAN_FIRST:
        raise UsageError(failed, f"with {plural(len(labels), 'class', 'classes')} the top-5 accuracy is always 1")
    label = None if within is None else _label(failed, within, labels)
    bound = float(Decimal(digits) / (100 if percent else 1))  # 99.9 % is 0.999, not 0.9990000000000001
    if metric != "log_loss" and bound > 1:
        meant = f"did you mean {digits} %?" if not percent and bound <= 100 else ""
        raise UsageError(failed, f"{metric} is a share, and {digits}{' %' if percent else ''} is more than 1", remedy=meant)
    if metric == "log_loss" and percent:
        raise UsageError(failed, "the log loss is no share", remedy="write it without %")
    return Requirement(text.strip(), metric, label, _SIGNS[sign], bound)


def judged(requirement: Requirement, scores: Scores | SeveralScores) -> Outcome:
    """The outcome by the whole interval."""
    value, interval, count, of = _figure(requirement, scores)
    if value is None or interval is None:
        return Outcome(requirement, "not proven", None, None, count, None, _no_figure(requirement, count))
    figure = f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}] on {plural(count, 'picture')}{of}"
    if not requirement.fulfilled_by(value):
        return Outcome(requirement, "not met", value, interval, count, None, figure)
    if all(map(requirement.fulfilled_by, interval)):
        return Outcome(requirement, "met", value, interval, count, count, figure)
    needed = _needed(requirement, value, interval, count)
    how_many = f"about {needed:,} would be needed at this rate" if needed else "at exactly this rate no number of pictures proves it"
    return Outcome(requirement, "not proven", value, interval, count, needed, f"{figure}; {how_many}")


def judged_by_point(requirement: Requirement, scores: Scores | SeveralScores) -> Outcome:
    """The outcome by the figure alone, however few pictures it comes from."""
    value, interval, count, of = _figure(requirement, scores)
    if value is None:
        return Outcome(requirement, "not proven", None, None, count, None, _no_figure(requirement, count), "point")
    verdict: Verdict = "met" if requirement.fulfilled_by(value) else "not met"
    return Outcome(requirement, verdict, value, interval, count, None, f"{value:.3f} on {plural(count, 'picture')}{of}", "point")


def outcome_lines(outcomes: Iterable[Outcome]) -> list[str]:
    """A heading that says what counts, and a line for each."""
    outcomes = list(outcomes)
    by_point = any(each.by == "point" for each in outcomes)
    heading = "Requirements (held against the point alone, whatever its interval)" if by_point else "Requirements (the whole 95 % interval counts)"
    texts = [visible(each.requirement.text) for each in outcomes]
    width = min(40, max(map(len, texts), default=0))
    return [heading] + [f"  {each.verdict:<10}  {text:<{width}}  {each.reason}" for each, text in zip(outcomes, texts, strict=True)]


def _metric(failed: str, name: str, known: Sequence[str]) -> str:
    metric = re.sub(r"[\s-]+", "_", name.strip().lower()).replace("top_5", "top5")
    if metric not in known:
        arrived = f"there is no metric {visible(name)!r}" if name else "no metric is named"
        raise UsageError(failed, arrived, remedy=nearest(metric, known))
    return metric


def _label(failed: str, within: str, labels: Sequence[str]) -> str:
    """The class that is meant: as it is written; else without spaces or quotes around it; else as it is shown, or in other accents."""
    bare = within.strip()
    ways = [within, bare]
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        ways.append(bare[1:-1])
    for way in ways:
        if way in labels:
            return way
    for way in ways:
        same = [label for label in labels if way == visible(label) or unicodedata.normalize("NFC", way) == unicodedata.normalize("NFC", label)]
        if len(same) == 1:
            return same[0]
    raise UsageError(failed, f"the model has no class {visible(ways[-1])!r}", remedy=nearest(visible(ways[-1]), map(visible, labels)))


def _what_is_odd(text: str) -> str:
    if not text.strip():
        return "it is empty"
    if not re.search(r"[<>≥≤]", text):
        return "there is no sign in it; >=, >, <= or < is needed" if "=" not in text else "= is no sign; >=, >, <= or < is needed"
    number = re.split(r">=|<=|[<>≥≤]", text)[-1].strip()
    if re.fullmatch(r"\d+,\d+\s*%?", number):
        return f"{number} has a comma; a point is needed"
    return (
        f"{visible(number)!r} is no number from 0 on" if not re.fullmatch(r"\d*\.?\d+\s*%?", number) else "before the sign there is no METRIC[CLASS]"
    )


def _figure(requirement: Requirement, scores: Scores | SeveralScores) -> tuple[float | None, Interval | None, int, str]:
    """The figure, its interval, the number of pictures behind it, and which these are, where not all."""
    metric, label = requirement.metric, requirement.label
    if label is None:
        name = "top5" if metric == "top5_accuracy" else metric
        return getattr(scores, name), getattr(scores, f"{name}_interval"), scores.num_images, ""
    classes: Sequence[ClassScores | LabelScores] = scores.per_class
    place, of_class = next((number, each) for number, each in enumerate(classes) if each.label == label)
    if metric == "precision":
        return of_class.precision, of_class.precision_interval, scores.said(place), " said to be it"
    if metric == "miss_rate":
        return *_complement(of_class), of_class.count, " of it"
    return getattr(of_class, metric), getattr(of_class, f"{metric}_interval"), of_class.count, " of it"


def _complement(of_class: ClassScores | LabelScores) -> tuple[float | None, Interval | None]:
    if of_class.recall is None or of_class.recall_interval is None:
        return None, None
    low, high = of_class.recall_interval
    return round(1 - of_class.recall, _DIGITS), (round(1 - high, _DIGITS), round(1 - low, _DIGITS))


def _no_figure(requirement: Requirement, count: int) -> str:
    if requirement.metric == "precision" and not count:
        return "no picture is said to be it, or none is of it"
    return "no picture of this class is there to judge by"


def _needed(requirement: Requirement, value: float, interval: Interval, count: int) -> int | None:
    """About how many pictures, rounded up to two digits; None where no number would do."""
    bound, end = requirement.bound, interval[0] if requirement.sign in (">=", ">") else interval[1]
    if value == bound:
        return None
    ratio = ((value - end) / (value - bound)) ** 2
    if requirement.metric not in ("log_loss", "calibration_error") and 0 < end < 1:
        if not 0 < bound < 1:
            return None
        ratio *= bound * (1 - bound) / (end * (1 - end))
    number = max(count + 1, math.ceil(count * ratio))
    unit: int = 10 ** max(0, len(str(number)) - 2)
    return -(-number // unit) * unit
