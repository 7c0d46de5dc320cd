"""What the pages of a run say where a picture can have several labels: figures, labels, what is missed for what, the surest errors."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.item import Item
from vitreous.core.presence import Presence
from vitreous.core.text import percent, plural, sentence
from vitreous.metrics.figures import BoolArray, FloatArray, IntArray
from vitreous.metrics.intervals import Z
from vitreous.report.calibration import Cells, reliability
from vitreous.report.chapters import Block, Bullets, Table
from vitreous.report.charts import interval_bar, precision_recall_curve, reliability_diagram, thinned
from vitreous.report.confusion import shaded
from vitreous.report.curves import MOST_CURVES, ClassCurve, precision_recall
from vitreous.report.data_summary import DataSummary
from vitreous.report.limits import about_pictures
from vitreous.report.look_page import MOST_PAIRED
from vitreous.report.measured import groups_of
from vitreous.report.task_pages import ClassRow, Pages, Shown, pictures_of
from vitreous.report.wording import figure, listed, named, percent_with_interval, shortened, times
from vitreous.runs.contents import Contents
from vitreous.runs.tables import Predictions
from vitreous.survey.together import Together, together
from vitreous.tasks.task import task_of

MOST_ERRORS, MOST_RIGHT = 12, 8
# Of more labels, this many with the lowest average precision are shown.
MOST_ROWS = 40
_WIDE = 0.3
_PAIRS = 5
_SHARES = (
    ("map", "mAP"),
    ("macro_f1", "macro F1"),
    ("micro_f1", "micro F1"),
    ("exactly_right", "exactly right"),
    ("label_accuracy", "label accuracy"),
)


def purpose(contents: Contents) -> str:
    labels = contents.facts["labels"]
    return f"{contents.name} says of a picture which of {plural(len(labels), 'label')} it has, any number of them or none: {listed(labels, 30)}."


def headline(metrics: Mapping[str, Any]) -> str:
    """The result in one sentence, without its full stop."""
    what = str(metrics["what"]).replace(", out of fold", " (out of fold)")
    if metrics["map"] is None:
        return f"No label occurs among {what}"
    low, high = metrics["map_interval"]
    right = round(metrics["exactly_right"] * metrics["num_images"])
    return f"mAP {percent(metrics['map'], 1)}, 95 % interval {percent(low, 1)} to {percent(high, 1)}; {right:,} of {what} exactly right"


def metric_rows(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every figure of the whole test with its interval, as text."""
    rows = [(name, percent_with_interval(metrics[key], metrics.get(f"{key}_interval"), 1)) for key, name in _SHARES if metrics.get(key) is not None]
    rows.append(("saying no to all", percent(metrics["all_zero"], 1)))
    others = [("log_loss", "log loss"), ("calibration_error", "calibration error")]
    return rows + [(name, figure(metrics[key], metrics.get(f"{key}_interval"))) for key, name in others]


def class_table(metrics: Mapping[str, Any]) -> Table:
    """Recall, precision, F1 and average precision of each label; of many labels those with the lowest average precision."""
    classes, rest = hardest(metrics["classes"])
    rows = [(shortened(each["label"]), *_cells(each)) for each in classes]
    more = f"The {len(classes)} labels of lowest average precision; run.json and predictions.csv have the other {rest:,}." if rest else ""
    return Table(("label", "pictures", "recall", "precision", "F1", "average precision", "said from", "right (all no)"), rows, more)


def hardest(classes: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], int]:
    """All labels in their order where they are few; else those of the lowest average precision, and how many are left."""
    if len(classes) <= MOST_ROWS:
        return list(classes), 0
    ordered = sorted(classes, key=lambda each: (each["average_precision"] is None, each["average_precision"] or 0.0))
    return ordered[:MOST_ROWS], len(classes) - MOST_ROWS


def limits(contents: Contents, data: DataSummary) -> list[str]:
    """The limits of the model and of what was measured, the gravest first."""
    facts, metrics = contents.facts, contents.facts["metrics"]
    told = []
    if not data.in_part("test"):
        told.append("No picture was kept for a test: the figures are out-of-fold estimates on the pictures that it learned from.")
    elif metrics["map"] is not None:
        low, high = metrics["map_interval"]
        told.append(f"The mAP is known from {metrics['what']} only: the true one may lie anywhere from {percent(low, 1)} to {percent(high, 1)}.")
    if metrics["label_accuracy"] <= metrics["all_zero"]:
        told.append(
            "Label by label it is right no more often than saying no to everything would be: thresholds for F1 accept false alarms for what is found."
        )
    there = [each for each in metrics["classes"] if each["recall"] is not None]
    if absent := [each["label"] for each in metrics["classes"] if not each["num_images"]]:
        told.append(f"Of {listed(absent)} there was no picture to test on: nothing is known of {'it' if len(absent) == 1 else 'them'}.")
    if missed := max(there, key=lambda each: 1 - each["recall"], default=None):
        told.append(f"It misses {named(missed['label'])} most: {percent(1 - missed['recall'])} of {plural(missed['num_images'], 'picture')} with it.")
    said = [each for each in metrics["classes"] if each["num_said"] and each["precision"] is not None]
    if wrong := min(said, key=lambda each: each["precision"], default=None):
        told.append(f"It says {named(wrong['label'])} wrongly most: {percent(1 - wrong['precision'])} of {plural(wrong['num_said'], 'time')}.")
    if vague := [each["label"] for each in there if each["recall_interval"][1] - each["recall_interval"][0] > _WIDE]:
        told.append(f"There are too few pictures to know the recall of {listed(vague)} to better than ±{50 * _WIDE:.0f} points.")
    told += about_pictures(facts, data)
    told.append("It knows these labels and nothing else; a picture of anything else may be given some of them, or none.")
    told.append("It was tested on pictures of the same collection that it learned from; pictures from another camera, place or time were not tested.")
    return told


def operating_point(facts: Mapping[str, Any]) -> list[Block]:
    """The thresholds, and what they were chosen for."""
    goal = str((facts.get("classifier") or {}).get("thresholds_for", "f1"))
    chosen = (
        "for the highest F1 of each label on pictures that the model was not fitted to"
        if goal == "f1"
        else f"for the least cost by the calibrated probabilities: a missed label costs {goal.removeprefix('cost=').replace(':', ', a wrong one ')}"
    )
    thresholds = ", ".join(
        f"{named(label)} {threshold:.2f}" for label, threshold in list(zip(facts["labels"], facts["thresholds"], strict=True))[:MOST_ROWS]
    )
    return [Bullets([f"A label is said from a threshold on its probability, chosen {chosen}.", f"Thresholds: {thresholds}."])]


@dataclass(frozen=True)
class Answered:
    """N pictures with K labels: what is said beside the truth. `target` fp32 [N, K] of 0, 1 and NaN; `group` int [N]."""

    what: str
    predictions: Predictions
    target: npt.NDArray[np.float32]
    group: IntArray

    @cached_property
    def wrong(self) -> BoolArray:
        """Answers, yes or no, that are known to be wrong: [N, K]."""
        return np.asarray(~np.isnan(self.target) & (self.predictions.said != (self.target == 1)))

    @cached_property
    def sureness(self) -> FloatArray:
        """How far each probability lies beyond its threshold, from 0 at it to 1 at 0 or 1: [N, K]."""
        assert self.predictions.thresholds is not None, "a run with several labels has them"
        limit, p = self.predictions.thresholds, self.predictions.probability.astype(np.float64)
        return np.where(p >= limit, (p - limit) / np.maximum(1 - limit, 1e-9), (limit - p) / np.maximum(limit, 1e-9))


def answered(contents: Contents) -> Answered | None:
    """On the test part, or on what was held out; None where there is neither."""
    for found, what in ((contents.predictions, "test picture"), (contents.held_out, "held-out picture")):
        if found is not None and len(found.paths):
            items = [Item("", path, label) for path, label in zip(found.paths, found.labels, strict=True)]
            target = task_of(contents.facts).target(items, list(found.classes))
            return Answered(plural(len(items), what), found, target, groups_of(list(found.paths), contents.facts))
    return None


def page_parts(contents: Contents) -> dict[str, Any]:
    """What the template of the report shows of the answers, by name."""
    metrics, asked = contents.facts["metrics"], answered(contents)
    classes, not_shown = hardest(metrics["classes"])
    out_of_fold = metrics.get("out_of_fold") or {}
    reliable = _reliable(asked, int(contents.settings.get("seed") or 0)) if asked else None
    labels = [each["label"] for each in metrics["classes"]]
    pairs = _pairs(metrics, labels)
    title = f"{named(pairs[0][1])} is missed where {named(pairs[0][2])} is falsely said {times(pairs[0][0])}" if pairs else _most_missed(metrics)
    order = sorted(range(len(labels)), key=lambda k: -(metrics["missed"][k] + metrics["falsely_said"][k]))[:MOST_ROWS]
    return {
        "kicker": f"any number of {len(labels):,} labels" if len(labels) > 1 else "one label, yes or no",
        "answers": "several.html",
        "nav": [("confusions", "Missed and falsely said"), ("classes", "Labels"), ("together", "Labels that stand together")],
        "matrix": shaded(
            np.array(metrics["mistakes"]), labels, title, pairs, "{row} missed where {column} is falsely said (on the diagonal: found): {count}"
        ),
        "mistakes": [(labels[k], metrics["classes"][k]["num_images"], metrics["missed"][k], metrics["falsely_said"][k]) for k in order],
        "class_head": class_table(metrics).head,
        "classes": [_class_row(each, out_of_fold.get(each["label"])) for each in classes],
        "classes_title": _about_lowest(metrics),
        "classes_not_shown": not_shown,
        "reliable": reliable,
        "reliability_chart": reliability_diagram(reliable.bins) if reliable else "",
        "calibration_figure": figure(metrics["calibration_error"], metrics["calibration_error_interval"]),
        "asked": asked,
        "what": asked.what if asked else "",
        "curves": _curves(asked, metrics) if asked else [],
        "wrong": _surest_errors(contents, asked) if asked else [],
        "num_wrong": int(asked.wrong.sum()) if asked else 0,
        "right": _right(contents, asked) if asked else [],
        "stand": (stand := _stand_together(contents)),
        "pairs": stand.table(Counter(_names(contents))) if 1 < len(labels) <= MOST_PAIRED else None,
    }


def about_data(contents: Contents) -> list[str]:
    """Which labels of the data stand together most often, and how many pictures have none."""
    stand = _stand_together(contents)
    known = set(stand.labels)
    frequent = [(count, one, other) for count, one, other in stand.frequent if {one, other} <= known]
    pairs = ", ".join(f"{named(one)} with {named(other)} {times(count)}" for count, one, other in frequent[:_PAIRS])
    return [f"{sentence(stand.about_none)} At most {plural(stand.most, 'label')} in one picture" + (f"; most often {pairs}." if pairs else ".")]


def _stand_together(contents: Contents) -> Together:
    """Of the pictures that were used, by the labels that the model knows."""
    found = together((row.label for row in contents.items if not row.left_out), contents.facts["labels"])
    assert found is not None, "there are several labels"
    return found


def _names(contents: Contents) -> Iterator[str]:
    for row in contents.items:
        if not row.left_out:
            yield from Presence.read(row.label).present


def _reliable(asked: Answered, seed: int) -> Any:
    known = ~np.isnan(asked.target)
    right, confidence = (asked.target == 1)[known], asked.predictions.probability[known].astype(np.float64)
    group = asked.group[np.nonzero(known)[0]]
    cells = Cells(asked.what, confidence, right, group)
    excess, count = confidence - right, len(right)
    error = float(np.sqrt((np.bincount(group, excess - excess.mean()) ** 2).sum())) / count
    given, true = percent(float(confidence.mean())), percent(float(right.mean()))
    said = (
        "agree with the truth as far as these pictures can tell"
        if abs(excess.mean()) <= Z * error
        else f"are too {'high' if excess.mean() > 0 else 'low'}"
    )
    return replace(reliability(cells, seed), finding=f"Probabilities {said}: {given} on average, {true} there")


def _surest_errors(contents: Contents, asked: Answered) -> list[Shown]:
    rows, columns = np.nonzero(asked.wrong)
    first = np.argsort(-asked.sureness[rows, columns], kind="stable")[:MOST_ERRORS]
    return _shown(contents, asked, rows[first].tolist(), columns[first].tolist(), lambda true: "missed" if true else "falsely said")


def _right(contents: Contents, asked: Answered) -> list[Shown]:
    """The surest finding of each of the labels that are found most often."""
    found = asked.predictions.said & (asked.target == 1)
    most = [k for k in np.argsort(-found.sum(0), kind="stable")[:MOST_RIGHT].tolist() if found[:, k].any()]
    rows = [int(np.where(found[:, k], asked.predictions.probability[:, k], -1).argmax()) for k in most]
    return _shown(contents, asked, rows, most, lambda true: "")


def _shown(contents: Contents, asked: Answered, rows: list[int], columns: list[int], told: Any) -> list[Shown]:
    small = pictures_of(contents, [asked.predictions.paths[row] for row in rows])
    return [
        Shown(each, asked.predictions.classes[k], told(asked.target[row, k] == 1), float(asked.predictions.probability[row, k]))
        for each, row, k in zip(small, rows, columns, strict=True)
    ]


def _curves(asked: Answered, metrics: Mapping[str, Any]) -> list[ClassCurve]:
    """The labels of lowest average precision, the lowest first."""
    number = {label: k for k, label in enumerate(asked.predictions.classes)}
    there = sorted((each for each in metrics["classes"] if each["average_precision"] is not None), key=lambda each: each["average_precision"])
    curves = []
    for each in there[:MOST_CURVES]:
        k = number[each["label"]]
        known = ~np.isnan(asked.target[:, k])
        positive = asked.target[known, k] == 1
        if not positive.any():
            continue
        recall, precision = precision_recall(positive, asked.predictions.probability[known, k])
        at = None if each["precision"] is None else (each["recall"], each["precision"])
        chart = precision_recall_curve(*thinned(recall, precision), float(positive.mean()), at)
        low, high = each["average_precision_interval"]
        curves.append(ClassCurve(each["label"], each["average_precision"], (low, high), int(positive.sum()), chart))
    return curves


def _class_row(each: Mapping[str, Any], beside: Mapping[str, Any] | None) -> ClassRow:
    told = f"out of fold {percent(beside['recall'])} of {beside['count']:,}" if beside and beside.get("recall") is not None else ""
    return ClassRow(each["label"], _cells(each), interval_bar(each["recall"], each.get("recall_interval")), told)


def _cells(each: Mapping[str, Any]) -> list[str]:
    figures = [percent_with_interval(each[key], each.get(f"{key}_interval")) for key in ("recall", "precision", "f1", "average_precision")]
    return [f"{each['num_images']:,}", *figures, f"{each['threshold']:.2f}", f"{percent(each['accuracy'])} ({percent(each['all_zero'])})"]


def _pairs(metrics: Mapping[str, Any], labels: Sequence[str]) -> list[tuple[int, str, str]]:
    table = np.array(metrics["mistakes"])
    np.fill_diagonal(table, 0)
    rows, columns = np.nonzero(table)
    first = np.argsort(-table[rows, columns], kind="stable")[:12]
    return [(int(table[row, column]), labels[row], labels[column]) for row, column in zip(rows[first].tolist(), columns[first].tolist(), strict=True)]


def _most_missed(metrics: Mapping[str, Any]) -> str:
    missed = metrics["missed"]
    if not any(missed) and not any(metrics["falsely_said"]):
        return "No answer is wrong"
    most = int(np.argmax(np.add(missed, metrics["falsely_said"])))
    return f"{named(metrics['classes'][most]['label'])} is missed or falsely said most often"


def _about_lowest(metrics: Mapping[str, Any]) -> str:
    there = [each for each in metrics["classes"] if each["average_precision"] is not None]
    if not there:
        return "No label can be judged"
    worst = min(there, key=lambda each: each["average_precision"])
    return f"{named(worst['label'])} is told apart worst: average precision {percent(worst['average_precision'])}"


SEVERAL = Pages(purpose, headline, metric_rows, class_table, limits, operating_point, page_parts, ("label", "labels"), about_data)
