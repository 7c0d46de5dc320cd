"""On which parts of the pictures is a classifier worse than on the rest, by more than chance and by more than their classes explain?

A slice is a set of pictures with something in common: a value of a category; a half, a quarter or an outer tenth by a number; those of
which it is not known; and each of these within one class where that holds enough pictures. A slice that merely holds a harder class is
not blamed, for slices are compared class by class:

    test        H0: within a class, a picture in the slice is as often wrong as one outside. Given the counts, the errors in the slice are
                then a sum over classes of hypergeometric numbers; p = P(that many or more), exact. With one class it is Fisher's exact test.
    correction  Holm's: the chance that even one slice is named wrongly stays at most 5 %, however slices overlap. Stricter than a false
                discovery rate (Benjamini, Hochberg 1995), since each slice named sends somebody to look for its cause. Of the 5 %, 4 are
                for slices of all pictures and 1 for those within one class, which are many. Slices that could not be significant even if
                all of the errors fell into them are no trials, as Tarone showed, and cost nothing.
    difference  Mantel-Haenszel's of the accuracies, slice minus rest at equal class, with the 95 % interval by Sato's variance.
    explained   errors in the slice beyond those at the rest's error rates, class by class.

Pictures that belong together (copies, a patient) are one trial in the test, wrong where at least half of them are, and widen the interval.

Sources: R. A. Fisher 1935; J. J. Gart, "Point and interval estimation of the common odds ratio", Biometrika 1970 (exact, with strata);
S. Holm, "A simple sequentially rejective multiple test procedure", 1979; R. E. Tarone, "A modified Bonferroni method for discrete data",
Biometrics 1990; N. Mantel, W. Haenszel 1959; T. Sato, "On the variance estimator for the Mantel-Haenszel risk difference", Biometrics 1989.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from vitreous.metrics.figures import BoolArray, FloatArray, IntArray
from vitreous.metrics.intervals import Z, wilson

LEAST_PICTURES = 20
SIGNIFICANCE = 0.05
_SHARE_OF_ALL = 0.8  # of the significance, for slices of all pictures
EMPTY = "(empty)"
# A number with no more different values than this is a category; of a category the most frequent values are looked at.
_FEW_VALUES = 8
_MOST_VALUES = 50
_MOST_CLASSES = 30  # that are looked into, the largest ones
_PARTS = (
    (0.0, 0.1, "lowest tenth"),
    (0.0, 0.25, "lowest quarter"),
    (0.0, 0.5, "lower half"),
    (0.25, 0.5, "second quarter"),
    (0.5, 0.75, "third quarter"),
    (0.5, 1.0, "upper half"),
    (0.75, 1.0, "highest quarter"),
    (0.9, 1.0, "highest tenth"),
)

# What is known of N pictures: numbers (NaN: unknown), or names (None: unknown).
Feature = FloatArray | Sequence[str | None]


@dataclass(frozen=True)
class Slice:
    """A part of the pictures: `value` of `feature`, within the class `label` or in all (None).

    `difference`: accuracy in the slice minus that of the rest, at equal class. `errors_explained`: those beyond the rest's rates.
    `same_as`: other names of exactly the same pictures; `related`: slices by the same feature that share pictures with it, less
    significant, but significant too.
    """

    feature: str
    value: str
    label: str | None
    num_images: int
    errors: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    rest_accuracy: float
    difference: float
    difference_interval: tuple[float, float]
    errors_explained: float
    p_value: float
    adjusted_p_value: float
    same_as: tuple[str, ...] = ()
    related: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        within = "" if self.label is None else f" within {self.label}"
        return f"{self.feature} {self.value}{within}"

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name} | {key: list(value) if isinstance(value, tuple) else value for key, value in vars(self).items()}


@dataclass(frozen=True)
class Judged:
    """The slices that are significantly worse, those that explain most errors first, out of so many that were looked at."""

    worse: list[Slice]
    looked_at: int
    num_images: int
    errors: int


@dataclass(frozen=True)
class _Candidate:
    """Pictures `inside` the slice; those compared are `among`: all, or those of one class."""

    feature: str
    value: str
    label: str | None
    inside: BoolArray
    among: BoolArray
    same_as: tuple[str, ...] = ()


def worse_slices(right: BoolArray, target: IntArray, labels: Sequence[str], group: IntArray, features: Mapping[str, Feature]) -> Judged:
    """Of N pictures: whether the answer was right [N], the class [N], named `labels` [K], the number of the group it belongs to [N], and
    what else is known of it, by name, each [N]."""
    _, group = np.unique(group, return_inverse=True)
    candidates = _distinct(_candidates(features, target, labels))
    tested = [(each, *_exact_test(each, right, target, group)) for each in candidates]
    adjusted = np.ones(len(tested))
    for within, share in ((False, _SHARE_OF_ALL), (True, 1 - _SHARE_OF_ALL)):
        family = [place for place, each in enumerate(candidates) if (each.label is not None) is within]
        p, least = (np.array([tested[place][k] for place in family]) for k in (1, 2))
        adjusted[family] = np.minimum(1, _holm(p, least, share * SIGNIFICANCE) / share)
    worse = [
        (_measured(each, right, target, group, p, float(corrected)), each.inside)
        for (each, p, _), corrected in zip(tested, adjusted, strict=True)
        if corrected <= SIGNIFICANCE
    ]
    worse.sort(key=lambda pair: pair[0].p_value)
    return Judged(sorted(_leading(worse), key=lambda each: -each.errors_explained), len(candidates), len(right), int((~right).sum()))


def _leading(worse: Sequence[tuple[Slice, BoolArray]]) -> list[Slice]:
    """Each slice that shares pictures with an earlier one of the same feature becomes a remark of that one."""
    kept: list[tuple[Slice, BoolArray]] = []
    for each, inside in worse:
        for place, (first, others) in enumerate(kept):
            if first.feature == each.feature and (inside & others).any():
                kept[place] = replace(first, related=(*first.related, each.name)), others
                break
        else:
            kept.append((each, inside))
    return [each for each, _ in kept]


def _candidates(features: Mapping[str, Feature], target: IntArray, labels: Sequence[str]) -> Iterator[_Candidate]:
    everything = np.ones(len(target), bool)
    of_class = {labels[number]: target == number for number, _ in Counter(target.tolist()).most_common(_MOST_CLASSES)}
    for feature, values in features.items():
        for value, inside in _parts(values):
            yield _Candidate(feature, value, None, inside, everything)
            for label, among in of_class.items():
                yield _Candidate(feature, value, label, inside & among, among)


def _parts(values: Feature) -> Iterator[tuple[str, BoolArray]]:
    """The parts of the pictures by one feature, each with its name."""
    if not isinstance(values, np.ndarray):
        names = np.array([value or EMPTY for value in values], dtype=object)
        for value, _ in Counter(names.tolist()).most_common(_MOST_VALUES):
            yield value, names == value
        return
    known = ~np.isnan(values)
    yield EMPTY, ~known
    different = np.unique(values[known])
    if len(different) <= _FEW_VALUES:
        yield from ((_number(value), values == value) for value in different)
        return
    for low, high, name in _PARTS:
        first, last = np.quantile(values[known], (low, high))
        # a value on the border of two quarters belongs to the lower one
        inside = known & ((values > first) | (low == 0)) & (values <= last)
        if inside.any():
            yield f"{_number(values[inside].min())} to {_number(values[inside].max())} ({name})", inside


def _distinct(candidates: Iterator[_Candidate]) -> list[_Candidate]:
    """Those with enough pictures inside and outside; the same pictures under several names once."""
    kept: dict[bytes, _Candidate] = {}
    for each in candidates:
        count = int(each.inside.sum())
        if min(count, int(each.among.sum()) - count) < LEAST_PICTURES:
            continue
        key = each.inside.tobytes() + each.among.tobytes()
        if (known := kept.get(key)) is None:
            kept[key] = each
        elif known.feature != each.feature and (name := f"{each.feature} {each.value}") not in known.same_as:
            kept[key] = replace(known, same_as=(*known.same_as, name))
    return list(kept.values())


def _exact_test(each: _Candidate, right: BoolArray, target: IntArray, group: IntArray) -> tuple[float, float]:
    """The exact p value, and the least that these counts could have given."""
    inside, wrong, kind = _trials(each, right, target, group)
    classes = int(kind.max()) + 1
    drawn, errors, both, total = (np.bincount(kind, weight, classes).astype(int) for weight in (inside, wrong, inside & wrong, np.ones(len(kind))))
    distribution, lowest, logs = np.ones(1), 0, _log_factorials(len(right))
    for k in np.flatnonzero((drawn > 0) & (errors > 0)):
        start, chance = _hypergeometric(total[k], errors[k], drawn[k], logs)
        distribution, lowest = np.convolve(distribution, chance), lowest + start
    return min(1.0, float(distribution[int(both.sum()) - lowest :].sum())), float(distribution[-1])


def _trials(each: _Candidate, right: BoolArray, target: IntArray, group: IntArray) -> tuple[BoolArray, BoolArray, IntArray]:
    """Whether it lies inside, whether it is wrong, and its class, for each trial: a picture, or what belongs together of one class and side.
    `group` is numbered from 0 without gaps."""
    inside, wrong, kind, member = each.inside[each.among], ~right[each.among], target[each.among], group[each.among]
    if int(group.max()) + 1 == len(group):
        return inside, wrong, kind
    classes = int(kind.max()) + 1
    trial, place = np.unique((member * classes + kind) * 2 + inside, return_inverse=True)
    share = np.bincount(place, wrong) / np.bincount(place)
    return trial % 2 == 1, share >= 0.5, trial // 2 % classes


@lru_cache(4)
def _log_factorials(most: int) -> FloatArray:
    """ln 0! to ln most!"""
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])


def _hypergeometric(total: int, errors: int, drawn: int, logs: FloatArray) -> tuple[int, FloatArray]:
    """Of `total` pictures `errors` are wrong and `drawn` are taken: the least number of wrong ones among these, and the chance of it and of
    each larger one."""
    least, most = max(0, drawn + errors - total), min(drawn, errors)
    x = np.arange(least, most + 1)

    def ways(n: Any, k: Any) -> FloatArray:
        return np.asarray(logs[n] - logs[k] - logs[n - k])

    return least, np.exp(ways(errors, x) + ways(total - errors, drawn - x) - ways(total, drawn))


def _holm(p: FloatArray, least: FloatArray, level: float) -> FloatArray:
    """Holm's adjusted p values among the tests that could be significant at this level (Tarone); 1 for the others."""
    adjusted = np.ones(len(p))
    trials = next((k for k in range(1, len(p) + 1) if (least <= level / k).sum() <= k), len(p))
    able = np.flatnonzero(least <= level / max(1, trials))
    order = able[np.argsort(p[able])]
    adjusted[order] = np.maximum.accumulate(np.minimum(1.0, p[order] * np.arange(len(order), 0, -1)))
    return adjusted


def _measured(each: _Candidate, right: BoolArray, target: IntArray, group: IntArray, p: float, adjusted: float) -> Slice:
    inside, outside = each.inside, each.among & ~each.inside
    count, wrong = int(inside.sum()), int((inside & ~right).sum())
    effective = count * len(_trials(each, right, target, group)[0]) / int(each.among.sum())
    low, high = wilson(np.array([1 - wrong / count]), np.array([effective]))[0]
    tables = _tables(right, target, inside, outside)
    difference, error = mantel_haenszel(*tables)
    margin = Z * error * (count / effective) ** 0.5
    right_in, number_in, right_out, number_out = tables
    explained = ((number_in - right_in) - number_in * (number_out - right_out) / number_out).sum()
    return Slice(
        feature=each.feature,
        value=each.value,
        label=each.label,
        num_images=count,
        errors=wrong,
        accuracy=1 - wrong / count,
        accuracy_interval=(float(low), float(high)),
        rest_accuracy=float(right[outside].mean()),
        difference=difference,
        difference_interval=(max(-1.0, difference - margin), min(1.0, difference + margin)),
        errors_explained=float(explained),
        p_value=p,
        adjusted_p_value=adjusted,
        same_as=each.same_as,
    )


def _tables(right: BoolArray, target: IntArray, inside: BoolArray, outside: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Right answers and pictures inside, right answers and pictures outside, of each class that both sides hold."""
    classes = int(target.max()) + 1
    counts = [np.bincount(target[mask], minlength=classes).astype(float) for mask in (inside & right, inside, outside & right, outside)]
    held = (counts[1] > 0) & (counts[3] > 0)
    right_in, number_in, right_out, number_out = (each[held] for each in counts)
    return right_in, number_in, right_out, number_out


def mantel_haenszel(right_in: FloatArray, number_in: FloatArray, right_out: FloatArray, number_out: FloatArray) -> tuple[float, float]:
    """The difference of two shares at equal stratum, inside minus outside, and its standard error, from the counts of each stratum [K]."""
    number = number_in + number_out
    weight = (number_in * number_out / number).sum()
    difference = float(((right_in * number_out - right_out * number_in) / number).sum() / weight)
    P = (number_in**2 * right_out - number_out**2 * right_in + number_in * number_out * (number_out - number_in) / 2) / number**2
    Q = (right_in * (number_out - right_out) + right_out * (number_in - right_in)) / (2 * number)
    return difference, float(max(0.0, difference * P.sum() + Q.sum()) ** 0.5 / weight)


def _number(value: float) -> str:
    """
    >>> _number(0.12345), _number(1234.5), _number(400.0)
    ('0.123', '1,234', '400')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
