"""Are the test pictures of several runs the same, and did one run learn from what another is tested on?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitreous.core.item import Split
from vitreous.core.text import plural
from vitreous.metrics.figures import FloatArray, IntArray
from vitreous.report.measured import groups_of
from vitreous.report.wording import named
from vitreous.runs.contents import Contents


@dataclass(frozen=True)
class SharedTest:
    """The test pictures of runs that all have the same ones: paths [N] and labels [N] in one order, `group` int [N], and for each run its
    answers [N] and the probability it gave to the true class, float [N]."""

    paths: list[str]
    labels: list[str]
    group: IntArray
    answers: list[list[str]]
    of_truth: list[FloatArray]

    def right(self, run: int) -> list[bool]:
        """Of each picture, whether this run answers it right."""
        return [answer == label for answer, label in zip(self.answers[run], self.labels, strict=True)]


def shared_test(runs: Sequence[Contents]) -> tuple[SharedTest | None, str]:
    """The shared test pictures; or None and a sentence that says what differs.

    Pictures are the same where path and label are, and the contents of the files by their hashes.
    """
    first, pictures = runs[0], _test_pictures(runs[0])
    if not pictures:
        return None, f"{named(first.name)} has no test pictures."
    for other in runs[1:]:
        theirs = _test_pictures(other)
        if theirs != pictures:
            return None, _what_differs(first.name, pictures, other.name, theirs)
    paths = sorted(pictures)
    placed = [{path: place for place, path in enumerate(run.predictions.paths)} for run in runs]
    answers, of_truth = [], []
    for run, place in zip(runs, placed, strict=True):
        order = [place[path] for path in paths]
        said, number = run.predictions.predicted, {label: k for k, label in enumerate(run.predictions.classes)}
        answers.append([said[each] for each in order])
        truth = [
            run.predictions.probability[each, number[label]] if (label := pictures[paths[n]][0]) in number else 0.0 for n, each in enumerate(order)
        ]
        of_truth.append(np.array(truth, np.float64))
    return SharedTest(paths, [pictures[path][0] for path in paths], groups_of(paths, first.facts), answers, of_truth), ""


def learned_from(runs: Sequence[Contents]) -> list[str]:
    """A sentence for each run that learned from, or chose on, pictures that another one is tested on."""
    told = []
    for run in runs:
        learned = {row.key for row in run.items if row.key and row.split in (Split.TRAIN, Split.VALIDATION)}
        for other in runs:
            known = sum(row.key in learned for row in other.items if row.key and row.split is Split.TEST)
            if other is not run and known:
                told.append(
                    f"{named(run.name)} learned from {plural(known, 'picture')} that {named(other.name)} is tested on: "
                    f"on the test of {named(other.name)} it would look too good."
                )
    return told


def _test_pictures(run: Contents) -> dict[str, tuple[str, str]]:
    """Path to label and hash."""
    keys = {row.path: row.key for row in run.items}
    return {path: (label, keys.get(path, "")) for path, label in zip(run.predictions.paths, run.predictions.labels, strict=True)}


def _what_differs(name: str, ours: dict[str, tuple[str, str]], other: str, theirs: dict[str, tuple[str, str]]) -> str:
    both = set(ours) & set(theirs)
    relabelled = sum(ours[path][0] != theirs[path][0] for path in both)
    changed = sum(ours[path][0] == theirs[path][0] and ours[path] != theirs[path] for path in both)
    parts = [f"{named(name)} has {plural(len(ours), 'test picture')}, {named(other)} {len(theirs):,}, and {len(both):,} paths are in both"]
    if relabelled:
        parts.append(f"{plural(relabelled, 'picture has', 'pictures have')} another label")
    if changed:
        parts.append(f"{plural(changed, 'file has', 'files have')} another content")
    return "The test pictures differ: " + "; ".join(parts) + ". So the figures below are not of the same test, and no paired difference is given."
