"""Runs side by side: their figures, what differs between them, and where they disagree.

Where all were tested on the same pictures, each other run is set against the first one by paired differences (`metrics.paired`), which
are known much better than two separate figures; else that is said first, and there are none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.core.text import plural
from vitreous.core.view import View
from vitreous.data.decode import policy
from vitreous.errors import UsageError
from vitreous.metrics.paired import Paired, paired
from vitreous.report.alike import SharedTest, learned_from, shared_test
from vitreous.report.card import machine
from vitreous.report.charts import difference_bar
from vitreous.report.page import page
from vitreous.report.pictures import Thumbnail, thumbnails
from vitreous.report.wording import figure, named, percent_with_interval
from vitreous.runs.contents import Contents

MOST_CLASSES, MOST_PICTURES, MOST_RUNS = 40, 24, 12
_SHARES = (("accuracy", "accuracy"), ("top5_accuracy", "top-5 accuracy"), ("balanced_accuracy", "balanced accuracy"), ("macro_f1", "macro F1"))
_OTHERS = (("log_loss", "log loss"), ("calibration_error", "calibration error"))


@dataclass(frozen=True)
class Against:
    """Another run against the first: who is right alone how often, the difference of the accuracies as text, and its chart."""

    name: str
    difference: str
    p_value: str
    only_other: int
    only_first: int
    chart: str


@dataclass(frozen=True)
class Disputed:
    """A picture on which the runs differ: its label, and of each run the answer, whether it is right, and the probability of the label."""

    thumbnail: Thumbnail
    label: str
    said: list[tuple[str, str, bool, float]]


@dataclass(frozen=True)
class RecallRow:
    """The recall of a class in each run, and its largest difference to the first one, as text; `apart` is the size of that difference."""

    label: str
    cells: list[str]
    difference: str
    apart: float


def compare_page(runs: Sequence[Contents]) -> bytes:
    """The page. Raises UsageError for fewer than two runs, or for too many to stand side by side."""
    if not 2 <= len(runs) <= MOST_RUNS:
        raise UsageError("cannot compare", plural(len(runs), "run"), f"2 to {MOST_RUNS} of them")
    names = _names(runs)
    shared, differs = shared_test(runs)
    found = [paired(np.array(shared.right(place)), np.array(shared.right(0)), shared.group) for place in range(1, len(runs))] if shared else []
    recalls, more = _recalls(runs)
    return page(
        "compare.html",
        title=f"{names[0]} beside {', '.join(names[1:])}",
        headline=_headline(names, found) if shared else f"{plural(len(runs), 'run')} side by side",
        names=names,
        differs=differs,
        learned=learned_from(runs) if not shared else [],
        num_shared=len(shared.paths) if shared else 0,
        metrics=_metrics(runs),
        tested_on=[str(run.facts["metrics"]["what"]) for run in runs],
        against=_against(names, found) if shared else [],
        differences=_differences(runs),
        recalls=recalls,
        recalls_more=more,
        disputed=_disputed(runs, names, shared) if shared else [],
        num_disputed=_num_disputed(shared) if shared else 0,
    )


def _names(runs: Sequence[Contents]) -> list[str]:
    """The names of the runs; equal ones are numbered."""
    names = [run.name for run in runs]
    return [name if names.count(name) == 1 else f"{name} ({place})" for place, name in enumerate(names, 1)]


def _headline(names: Sequence[str], found: Sequence[Paired]) -> str:
    if len(found) > 1:
        better = [name for name, each in zip(names[1:], found, strict=True) if each.interval[0] > 0]
        worse = [name for name, each in zip(names[1:], found, strict=True) if each.interval[1] < 0]
        parts = [f"{len(each)} {'is' if len(each) == 1 else 'are'} {word}" for each, word in ((better, "better"), (worse, "worse")) if each]
        unknown = len(found) - len(better) - len(worse)
        parts += [f"of {unknown} it cannot be told"] if unknown else []
        return f"Beside {named(names[0])}: {', '.join(parts)}"
    (each,), (first, other) = found, names
    if each.interval[0] <= 0 <= each.interval[1]:
        return f"No difference can be told between {named(first)} and {named(other)}"
    winner, loser = (other, first) if each.difference > 0 else (first, other)
    return f"{named(winner)} is right more often than {named(loser)}, by {100 * abs(each.difference):.1f} points"


def _against(names: Sequence[str], found: Sequence[Paired]) -> list[Against]:
    widest = max((max(map(abs, each.interval)) for each in found), default=0.0) or 0.01
    return [
        Against(
            name,
            f"{_points(each.difference, 1)} [{_points(each.interval[0], 1)}, {_points(each.interval[1], 1)}] points",
            f"{each.p_value:.3f}" if each.p_value >= 0.001 else "<0.001",
            each.only_first,
            each.only_second,
            difference_bar(each.difference, each.interval, widest),
        )
        for name, each in zip(names[1:], found, strict=True)
    ]


def _points(difference: float, digits: int = 0) -> str:
    """In points of 1 %, with a sign but for none at all; a minus, which is as wide as the plus.

    >>> _points(0.021), _points(-0.0213, 1), _points(0.0, 1)
    ('+2', '−2.1', '0.0')
    """
    return f"{100 * difference:+.{digits}f}".replace("-", "−") if difference else f"{0:.{digits}f}"


def _metrics(runs: Sequence[Contents]) -> list[tuple[str, list[str]]]:
    """Each figure with the values of the runs, those that any of them has."""
    all_metrics = [run.facts["metrics"] for run in runs]
    rows = [(name, [percent_with_interval(each.get(key), each.get(f"{key}_interval"), 1) for each in all_metrics]) for key, name in _SHARES]
    rows += [(name, [figure(each.get(key), each.get(f"{key}_interval")) for each in all_metrics]) for key, name in _OTHERS]
    return [(name, cells) for name, cells in rows if any(cell != "–" for cell in cells)]


def _differences(runs: Sequence[Contents]) -> list[tuple[str, list[str]]]:
    """Settings and facts in which the runs differ, as text; what is equal in all is left out."""
    told = [_told(run) for run in runs]
    keys = dict.fromkeys(key for each in told for key in each)
    rows = [(key, [each.get(key, "–") for each in told]) for key in keys]
    return [(key, cells) for key, cells in rows if len(set(cells)) > 1]


def _told(run: Contents) -> dict[str, str]:
    facts = run.facts
    data, network, classifier = facts["data"], facts.get("network") or {}, facts.get("classifier") or {}
    settings = {key: value for key, value in run.settings.items() if key not in ("name", "runs")}  # a column is named by them already
    told = {f"--{key.replace('_', '-')}": "–" if value is None else str(value) for key, value in settings.items()}
    told |= {
        "classes": f"{len(facts['labels']):,}",
        "pictures": f"{data['pictures']:,}",
        **{f"{part} pictures": f"{count:,}" for part, count in sorted((data.get("split") or {}).items())},
        "fingerprint of the data": str(facts.get("data_fingerprint", "–")),
        "network": str(network.get("network", "–")),
        "what the network sees": _view(facts),
        "number format": str(facts.get("number_format", "–")),
        **{
            key.replace("_", " "): f"{classifier[key]:.4g}" if isinstance(classifier[key], float) else str(classifier[key])
            for key in classifier
            if key != "path"
        },
        "seconds": f"{facts.get('seconds', 0):,.0f}",
        "machine": machine(facts),
        **{f"version of {name}": str(number) for name, number in (facts.get("versions") or {}).items()},
    }
    return told


def _view(facts: Mapping[str, Any]) -> str:
    view = (facts.get("preprocessing") or {}).get("view")
    return str(View.from_json(view)) if view else "–"


def _recalls(runs: Sequence[Contents]) -> tuple[list[RecallRow], int]:
    """The recall of each class in each run, where there are many those that differ most; and how many are not shown."""
    by_label = [{each["label"]: each for each in run.facts["metrics"]["classes"]} for run in runs]
    rows = []
    for label in dict.fromkeys(label for classes in by_label for label in classes):
        cells = [classes.get(label) for classes in by_label]
        values = [each["recall"] if each else None for each in cells]
        told = [percent_with_interval(each["recall"], each.get("recall_interval")) if each else "–" for each in cells]
        differences = [value - values[0] for value in values[1:] if value is not None and values[0] is not None]
        largest = max(differences, key=abs, default=None)
        rows.append(RecallRow(label, told, "–" if largest is None else f"{_points(largest)} points", abs(largest or 0.0)))
    if len(rows) > MOST_CLASSES:
        rows.sort(key=lambda row: -row.apart)
    return rows[:MOST_CLASSES], max(0, len(rows) - MOST_CLASSES)


def _num_disputed(shared: SharedTest) -> int:
    return int(_is_disputed(shared).sum())


def _is_disputed(shared: SharedTest) -> Any:
    """bool [N]: whether some runs are right and others wrong."""
    right = np.array([shared.right(place) for place in range(len(shared.answers))])
    return right.any(axis=0) & ~right.all(axis=0)


def _disputed(runs: Sequence[Contents], names: Sequence[str], shared: SharedTest) -> list[Disputed]:
    """The disputed pictures on which the probabilities of the true class lie farthest apart."""
    of_truth = np.array(shared.of_truth)
    places = np.flatnonzero(_is_disputed(shared))
    places = places[np.argsort(-np.ptp(of_truth[:, places], axis=0), kind="stable")][:MOST_PICTURES]
    keys = {row.path: row.key for row in runs[0].items}
    folders = list(dict.fromkeys(str(run.facts["data"]["folder"]) for run in runs))
    settings = runs[0].settings
    rule = policy(settings.get("max_pixels"), bool(settings.get("tolerate_truncated")))
    small = thumbnails(folders, [shared.paths[place] for place in places], keys, rule)
    disputed = []
    for thumbnail, place in zip(small, places.tolist(), strict=True):
        label = shared.labels[place]
        said = [
            (name, answers[place], answers[place] == label, float(truth))
            for name, answers, truth in zip(names, shared.answers, of_truth[:, place], strict=True)
        ]
        disputed.append(Disputed(thumbnail, label, said))
    return disputed
