"""Clusters with their most typical pictures and a name: the label that most of their pictures have, where there are labels."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.retrieval.map.neighbours import Floats, Ints

TYPICAL = 5
_MOST = 0.5  # of the pictures have the label that a cluster is named by alone


@dataclass(frozen=True)
class Cluster:
    """A group of pictures that lie together. `typical`: the numbers of its most typical pictures, the most typical first; `label` is the one that
    most of them have, "" where there is none, and `share` of them have it. `members` are in the order of the pictures."""

    name: str
    label: str
    share: float
    typical: list[int]
    members: list[int]

    def to_json(self, paths: list[str]) -> dict[str, Any]:
        share = round(self.share, 4) if self.label else None
        typical = [paths[number] for number in self.typical]
        return {"name": self.name, "pictures": len(self.members), "label": self.label or None, "share": share, "typical": typical}


def named(cluster: Ints, directions: Floats, labels: list[str]) -> list[Cluster]:
    """The clusters [0, 1, …] of N pictures, from the features that they were laid out by [N, D]."""
    found, used = [], Counter[str]()
    for number in range(int(cluster.max()) + 1 if len(cluster) else 0):
        members = np.flatnonzero(cluster == number)
        rows = directions[members]
        away = np.linalg.norm(rows - rows.mean(axis=0), axis=1)
        typical = members[np.argsort(away, kind="stable")[:TYPICAL]].tolist()
        label, count = _most_frequent([labels[each] for each in members.tolist()])
        share = count / len(members)
        name = (label if share >= _MOST else f"mixed, {label}") if label else "cluster"
        used[name] += 1
        found.append(Cluster(f"{name} {used[name]}", label, share, typical, members.tolist()))
    # the only one of a name needs no number
    return [Cluster(_alone(each.name, used), each.label, each.share, each.typical, each.members) for each in found]


def _alone(name: str, used: Counter[str]) -> str:
    stem, _, _ = name.rpartition(" ")
    return stem if used[stem] == 1 and stem != "cluster" else name


def _most_frequent(labels: list[str]) -> tuple[str, int]:
    """The label that most have, of equals the first by name, and how many; "" where none has one."""
    counts = Counter(label for label in labels if label)
    return min(counts.items(), key=lambda each: (-each[1], each[0]), default=("", 0))
