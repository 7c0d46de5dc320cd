"""What a run cannot do, or what nobody knows of it yet, in sentences derived from its facts. Nothing is supposed that was not measured."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitreous.core.text import percent, plural, sentence
from vitreous.report.data_summary import DataSummary
from vitreous.report.wording import listed, named, times
from vitreous.runs.contents import Contents

# A recall whose interval is wider than this says little.
_WIDE = 0.3
_UNEVEN = 3
_MUCH_UNSEEN = 0.1


def remarks(contents: Contents) -> list[str]:
    """What the training said of the data and of its test, each once, as sentences: what a reader must know first."""
    facts = contents.facts
    said = [*((facts.get("split") or {}).get("remarks") or []), *(facts["metrics"].get("remarks") or [])]
    return list(dict.fromkeys(sentence(each) for each in said if each and each.strip()))


def limits(contents: Contents, data: DataSummary) -> list[str]:
    """The limits of the model and of what was measured, the gravest first."""
    facts = contents.facts
    metrics = facts["metrics"]
    told = [*_about_the_test(metrics, data), *_about_classes(metrics), *about_pictures(facts, data)]
    known = len(facts["labels"])
    told.append(f"It knows {plural(known, 'class', 'classes')} and nothing else: a picture of anything else is given one of them.")
    if not facts.get("decision"):
        told.append("No operating point was chosen: it answers with the most probable class, however unsure.")
    told.append("It was tested on pictures of the same collection that it learned from; pictures from another camera, place or time were not tested.")
    if not facts.get("stress"):
        told.append("Blur, noise and other light are not among what this report covers; vitreous evaluate --stress measures them.")
    return told


def _about_the_test(metrics: Mapping[str, Any], data: DataSummary) -> list[str]:
    if not data.in_part("test"):
        return ["No picture was kept for a test: the figures are out-of-fold estimates on the pictures that it learned from."]
    low, high = metrics["accuracy_interval"]
    return [f"The accuracy is known from {metrics['what']} only: the true one may lie anywhere from {percent(low, 1)} to {percent(high, 1)}."]


def _about_classes(metrics: Mapping[str, Any]) -> list[str]:
    told, classes = [], metrics["classes"]
    if absent := [each["label"] for each in classes if not each["num_images"]]:
        told.append(f"Of {listed(absent)} there was no picture to test on: nothing is known of {'it' if len(absent) == 1 else 'them'}.")
    there = [each for each in classes if each["num_images"] and each["recall"] is not None]
    if not there:
        return told
    worst = min(there, key=lambda each: each["recall"])
    if worst["recall"] < 1:
        low, high = worst["recall_interval"]
        told.append(
            f"It recognizes {named(worst['label'])} worst: {percent(worst['recall'])} of {plural(worst['num_images'], 'picture')} "
            f"[{100 * low:.0f}, {100 * high:.0f}]."
        )
    if pairs := confusions(metrics):
        count, true, said = pairs[0]
        told.append(f"Its most frequent mistake: {named(true)} is taken for {named(said)} {times(count)}.")
    vague = [each for each in there if each["recall_interval"][1] - each["recall_interval"][0] > _WIDE]
    if vague:
        fewest = min(vague, key=lambda each: each["num_images"])
        told.append(
            f"There are too few pictures to know the recall of {listed([each['label'] for each in vague])} to better than ±{50 * _WIDE:.0f} points; "
            f"the fewest: {plural(fewest['num_images'], 'picture')} of {named(fewest['label'])}."
        )
    return told


def about_pictures(facts: Mapping[str, Any], data: DataSummary) -> list[str]:
    told = []
    if leaks := (facts.get("split") or {}).get("leaks"):
        told.append(f"{plural(leaks, 'test picture')} (or a copy) also stood in training or validation: the figures are too good.")
    if data.unseen > _MUCH_UNSEEN:
        told.append(f"{percent(data.unseen)} of the area of the pictures lies outside of what it sees; what lies at an edge may not count.")
    if data.sizes and data.sizes.enlarged > 0.05:
        told.append(f"{percent(data.sizes.enlarged)} of the pictures are smaller than its input and were enlarged.")
    counts = [each for each in data.classes if each.total]
    if counts and max(each.total for each in counts) >= _UNEVEN * min(each.total for each in counts):
        most, least = max(counts, key=lambda each: each.total), min(counts, key=lambda each: each.total)
        told.append(
            f"Classes are uneven, {plural(most.total, 'picture')} of {named(most.label)} and {least.total:,} of {named(least.label)}: "
            "where they come in other shares, its probabilities are off."
        )
    if data.num_left_out:
        told.append(f"{plural(data.num_left_out, 'file')} of the data could not be used or were left out.")
    return told


def confusions(metrics: Mapping[str, Any], most: int = 25) -> list[tuple[int, str, str]]:
    """How often, the true class and the answer of the most frequent mistakes, the most frequent first."""
    labels, table = [each["label"] for each in metrics["classes"]], np.array(metrics["confusion"])
    np.fill_diagonal(table, 0)
    rows, columns = np.nonzero(table)
    first = np.argsort(-table[rows, columns], kind="stable")[:most]
    return [(int(table[row, column]), labels[row], labels[column]) for row, column in zip(rows[first], columns[first], strict=True)]
