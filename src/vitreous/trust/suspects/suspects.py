"""Labels that are probably wrong, ranked, with what speaks against each: the value that commands, pages and notebooks show."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.item import LeftOut
from vitreous.core.reporter import Reporter
from vitreous.core.text import percent, plural, visible
from vitreous.data.decode import Policy
from vitreous.errors import DataError
from vitreous.fit.head import Ints
from vitreous.trust.suspects.pictures import Pictures
from vitreous.trust.suspects.ranking import LEAST_OF_CLASS, judged, rank

# Nearest pictures that are shown as evidence.
EVIDENCE = 5
_PROBABLE = 0.5
_SUREST = 0.9999  # nothing is certain here


@dataclass(frozen=True)
class Near:
    """A picture that is near to a suspect, and its label; a `copy` is nearly the same picture."""

    path: str
    label: str
    alike: float
    copy: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"image": self.path, "label": self.label, "alike": round(self.alike, 4), "copy": self.copy}


@dataclass(frozen=True)
class Suspect:
    """A picture, the `label` that it has in the data, what it is more probably (`suggested`), and the probability that its label is wrong.

    `key` is the hex of its content's hash, `split` its part as the data name it, or "". `nearest`: what speaks for or against it.
    """

    path: str
    label: str
    suggested: str
    wrong: float
    split: str
    key: str
    nearest: tuple[Near, ...] = ()

    @property
    def chance(self) -> str:
        """`wrong` in words: what rounds to 100 % is said to be more than 99 %."""
        return percent(min(self.wrong, _SUREST))

    def to_json(self) -> dict[str, Any]:
        return {
            "image": self.path, "label": self.label, "suggested": self.suggested, "wrong": round(self.wrong, 4), "split": self.split,
            "hash": self.key, "nearest": [each.to_json() for each in self.nearest],
        }  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Suspects:
    """All judged pictures of a folder, the most suspicious first. `expected` labels are wrong, from `low` to `high` with 95 % confidence.

    `listed`: how many of the ranking are worth looking at: those that are probably wrong, and as many as the interval allows for.
    """

    folder: Path
    table: str
    labels: list[str]
    ranking: list[Suspect]
    expected: float
    low: int
    high: int
    agreement: float
    network: str
    policy: Policy
    fingerprint: str
    left_out: list[LeftOut] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def probable(self) -> int:
        """How many labels are more probably wrong than right."""
        return sum(each.wrong >= _PROBABLE for each in self.ranking)

    @property
    def listed(self) -> int:
        return min(len(self.ranking), max(self.probable, self.high))

    def __len__(self) -> int:
        return self.listed

    def __iter__(self) -> Iterator[Suspect]:
        return iter(self.ranking[: self.listed])

    def __getitem__(self, place: int) -> Suspect:
        return self.ranking[place]

    @property
    def sentence(self) -> str:
        """How many labels are wrong, as far as it can be told."""
        one = "about one label is wrong" if round(self.expected) == 1 else f"about {self.expected:,.0f} labels are wrong"
        return f"{plural(len(self.ranking), 'picture')}: {one} ({self.low:,} to {self.high:,}); {self.probable:,} more probably than not"

    def lines(self, most: int = 20) -> list[str]:
        from vitreous.trust.suspects.telling import lines

        return lines(self, most)

    def to_json(self, most: int | None = None) -> dict[str, Any]:
        rows = self.ranking[: self.listed if most is None else most]
        return {
            "folder": str(self.folder),
            "pictures": len(self.ranking),
            "labels": self.labels,
            "expected": round(self.expected, 1),
            "interval": [self.low, self.high],
            "probable": self.probable,
            "agreement": round(self.agreement, 4),
            "network": self.network,
            "suspects": [each.to_json() for each in rows],
            "left_out": [{"path": each.relative, "reason": each.reason} for each in self.left_out],
            "remarks": self.remarks,
        }

    def __repr__(self) -> str:
        return "\n".join([f"Suspects {visible(str(self.folder))}: {self.sentence}", *self.lines(8)[1:]])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(visible(each.path))}</td><td>{escape(visible(each.label))}</td>"
            f"<td>{escape(visible(each.suggested))}</td><td>{escape(each.chance)}</td></tr>"
            for each in self.ranking[: min(20, self.listed)]
        )
        head = "<tr><th>picture</th><th>label</th><th>rather</th><th>wrong</th></tr>"
        return f"<p><b>{escape(self.sentence)}</b></p><table>{head}{rows}</table>"


def suspects_in(pictures: Pictures, reporter: Reporter, seed: int = 0) -> Suspects:
    """Rank the labels of these pictures. Raises DataError where they cannot be judged."""
    rows, few = judged(pictures.labels, pictures.groups, len(pictures.names))
    remarks = list(pictures.remarks)
    if len(few):
        shown = ", ".join(visible(pictures.names[k]) for k in few[:6]) + (" …" if len(few) > 6 else "")
        least = plural(len(pictures.labels) - len(rows), "picture")
        remarks.append(f"Not judged, too few to compare with: {least} of {plural(len(few), 'class', 'classes')} ({shown}).")
    names = [name for k, name in enumerate(pictures.names) if k not in set(few.tolist())]
    if len(names) < 2 <= len(pictures.names):
        enough = f"with {LEAST_OF_CLASS} pictures that are no copies of each other"
        arrived = f"{plural(len(names), 'class', 'classes')} {enough}, of {len(pictures.names)}"
        raise DataError("labels cannot be judged", arrived, "two or more such classes")
    number = {name: k for k, name in enumerate(names)}
    labels = np.array([number[pictures.items[row].label] for row in rows], np.intp)
    groups = pictures.groups[rows]
    found = rank(pictures.features[rows], labels, groups, len(names), seed, reporter.progress)
    members: dict[int, list[int]] = {}
    for place, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(place)

    def near(place: int, other: int, alike: float, copy: bool) -> Near:
        item = pictures.items[rows[other]]
        return Near(item.relative, item.label, alike, copy)

    def suspect(place: int) -> Suspect:
        item = pictures.items[rows[place]]
        copies = [near(place, other, 1.0, True) for other in members[int(groups[place])] if other != place][: EVIDENCE - 1]
        others = zip(found.neighbours.row[place].tolist(), found.neighbours.cosine[place].tolist(), strict=True)
        nearest = [near(place, other, alike, False) for other, alike in list(others)[: EVIDENCE - len(copies)] if alike >= -1]
        return Suspect(
            item.relative, item.label, names[found.instead[place]], float(found.wrong[place]), str(item.split or ""),
            pictures.keys[rows[place]], (*copies, *nearest),
        )  # fmt: skip

    agreement = float((found.first.argmax(1) == labels).mean())
    return Suspects(
        pictures.source.root, pictures.source.table, pictures.names, [suspect(place) for place in found.order.tolist()], found.expected, found.low,
        found.high, agreement, pictures.network, pictures.policy, fingerprint_of(pictures.keys, labels), pictures.left_out, remarks,
    )  # fmt: skip


def fingerprint_of(keys: list[str], labels: Ints) -> str:
    """What tells these pictures with these labels from others."""
    from hashlib import blake2b

    return blake2b("\n".join(keys).encode() + labels.tobytes(), digest_size=8).hexdigest()
