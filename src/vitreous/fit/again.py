"""Training once more after the data were corrected: labels fixed, pictures added or taken away, a class renamed.

What a picture's content or path tells to be known stays in its part, wherever it lies now, so that figures compare; new pictures are divided in
the usual shares, copies of known ones go where these are. What the network sees of a picture is not chosen again, nor, where little has
changed, how strong the head is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vitreous.core.item import Item, Source, Split
from vitreous.core.text import plural, visible
from vitreous.core.view import View
from vitreous.data.split import LabelsOf, assign
from vitreous.fit.corrections import CORRECTIONS_CSV, Correction, corrected, read_corrections, together
from vitreous.fit.head import Ints
from vitreous.fit.join import JoinedHead
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import ITEMS_CSV, PREDICTIONS_CSV, ItemRow, Predictions, items_from_csv, predictions_from_csv

# So large a share of the pictures may change without the strength of the head being chosen anew.
_FEW = 0.05


@dataclass(frozen=True)
class Before:
    """A finished run, and what it knew of its pictures, by path and by the hex of their content's hash; `corrections` of what the data say."""

    name: str
    view: View
    labels: list[str]
    given: bool
    strength: float | None
    answers: Predictions
    by_path: dict[str, ItemRow]
    by_key: dict[str, ItemRow] = field(default_factory=dict)
    corrections: Sequence[Correction] = ()
    number_format: str = "f32"
    head: JoinedHead | None = None

    def corrected(self, source: Source) -> tuple[Source, list[str]]:
        """The data with the corrections, and what there is to say of them. Raises DataError."""
        return corrected(source, self.corrections) if self.corrections else (source, [])

    def row(self, item: Item, key: str = "") -> ItemRow | None:
        """What was known of a picture: by its content, wherever it lies now, else by its place."""
        return self.by_key.get(key) or self.by_path.get(item.relative)

    def planned(self, source: Source) -> Source:
        """The same with the parts that are known before the pictures are read: nothing is chosen on a picture that is tested on."""
        return replace(source, items=[self._placed(item) for item in source.items])

    def divided(self, items: Sequence[Item], keys: Sequence[str], groups: Ints, seed: int, labels_of: LabelsOf) -> list[Item]:
        """The same items [N], each with its part; a part that the data name wins."""
        placed = [self._placed(item, key) for item, key in zip(items, keys, strict=True)]
        order = list(Split)
        part_of: dict[int, Split] = {}
        for item, group in zip(placed, groups.tolist(), strict=True):
            if item.split and (group not in part_of or order.index(item.split) < order.index(part_of[group])):
                part_of[group] = item.split
        placed = [item if item.split else replace(item, split=part_of.get(group)) for item, group in zip(placed, groups.tolist(), strict=True)]
        if new := [place for place, item in enumerate(placed) if not item.split]:
            parts = assign([placed[place] for place in new], groups[new], seed, labels_of=labels_of).split
            for place, part in zip(new, parts, strict=True):
                placed[place] = replace(placed[place], split=part)
        return placed

    def changes(self, items: Sequence[Item], keys: Sequence[str], labels: Sequence[str]) -> "Changes":
        """What became of the data since."""
        rows = [self.row(item, key) for item, key in zip(items, keys, strict=True)]
        there = Counter(id(row) for row in rows if row)
        both = [(item, row) for item, row in zip(items, rows, strict=True) if row]
        return Changes(
            self.name,
            relabelled=sum(item.label != row.label for item, row in both),
            added=sum(row is None for row in rows),
            removed=sum(1 for row in self.by_path.values() if not there[id(row)] and not there[id(self.by_key.get(row.key))]),
            new_labels=sorted(set(labels) - set(self.labels)),
            gone_labels=sorted(set(self.labels) - set(labels)),
        )

    def right_now(self, items: Sequence[Item], keys: Sequence[str]) -> tuple[int, int] | None:
        """How many of its test pictures that are still there its answers call by the labels that they have now, and of how many; None where a
        picture can have several labels, or none of them is there."""
        if self.answers.thresholds is not None:
            return None
        answers = dict(zip(self.answers.paths, self.answers.predicted, strict=True))
        now = [(answers.get(row.path), item.label) for item, key in zip(items, keys, strict=True) if (row := self.row(item, key))]
        told = [answer == label for answer, label in now if answer is not None]
        return (sum(told), len(told)) if told else None

    def _placed(self, item: Item, key: str = "") -> Item:
        row = self.row(item, key)
        return replace(item, split=item.split or (row.split if row else None))


@dataclass(frozen=True)
class Changes:
    """Of the data since the run `since`: how many pictures have other labels, came, went; labels that came and went."""

    since: str
    relabelled: int
    added: int
    removed: int
    new_labels: list[str]
    gone_labels: list[str]

    def are_few(self, pictures: int) -> bool:
        """Whether so little of so many pictures has changed that what was chosen for them stands."""
        touched = self.relabelled + self.added + self.removed
        return not self.new_labels and not self.gone_labels and touched <= _FEW * pictures

    @property
    def sentence(self) -> str:
        """
        >>> Changes("photos-1", 2, 0, 1, ["hat"], []).sentence
        'Since photos-1: 2 pictures with another label, 1 gone; a new label: hat.'
        >>> Changes("photos-1", 0, 0, 0, [], []).sentence
        'Since photos-1 nothing has changed.'
        """
        counts = (
            (self.relabelled, f"{plural(self.relabelled, 'picture')} with another label"),
            (self.added, f"{self.added:,} new"),
            (self.removed, f"{self.removed:,} gone"),
        )
        pictures = ", ".join(told for count, told in counts if count)
        names = [
            f"{'a new label' if what == 'new' else 'no more'}: {', '.join(map(visible, labels[:6]))}{' …' if len(labels) > 6 else ''}"
            for what, labels in (("new", self.new_labels), ("gone", self.gone_labels))
            if labels
        ]
        told = "; ".join(filter(None, (pictures, *names)))
        return f"Since {visible(self.since)}: {told}." if told else f"Since {visible(self.since)} nothing has changed."

    def to_json(self) -> dict[str, Any]:
        return {
            "run": self.since, "relabelled": self.relabelled, "added": self.added, "removed": self.removed,
            "new_labels": self.new_labels, "gone_labels": self.gone_labels,
        }  # fmt: skip


def corrections_of(run: RunFolder) -> list[Correction]:
    """Those that a run was trained with. Raises RunError, DataError where they are damaged."""
    if CORRECTIONS_CSV not in run.document.files:
        return []
    run.read(CORRECTIONS_CSV)  # verified
    return read_corrections(run.file(CORRECTIONS_CSV))


def before_of(run: RunFolder, corrections: Sequence[Correction] = ()) -> Before:
    """`corrections` come on top of those that the run was trained with. Raises RunError where files of the run are damaged."""
    rows = [row for row in items_from_csv(run.read(ITEMS_CSV)) if not row.left_out]
    by_key: dict[str, ItemRow] = {}
    for row in rows:
        by_key.setdefault(row.key, row)
    by_key.pop("", None)
    classifier = run.facts.get("classifier") or {}
    return Before(
        run.path.name,
        View.from_json(run.facts["preprocessing"]["view"]),
        list(run.facts["labels"]),
        bool((run.facts.get("split") or {}).get("given")),
        classifier.get("strength"),
        predictions_from_csv(run.read(PREDICTIONS_CSV), run.facts.get("thresholds")),
        {row.path: row for row in rows},
        by_key,
        together(corrections_of(run), corrections),
        str(run.facts.get("number_format", "f32")),
        JoinedHead.of(run.read("model.onnx")) if classifier.get("strength") and not classifier.get("phases") else None,
    )
