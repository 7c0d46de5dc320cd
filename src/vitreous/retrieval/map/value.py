"""A map as a value: what `vt.map` returns, and what of it goes to a terminal, a program, a table and a notebook."""

import csv
import io
import os
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.text import csv_cell, percent, plural, visible
from vitreous.retrieval.map.answers import Said
from vitreous.retrieval.map.naming import Cluster
from vitreous.retrieval.map.neighbours import Floats, Ints, Neighbours
from vitreous.retrieval.map.pictures import Pictures
from vitreous.storage.atomic import write_atomically

_SHOWN = 8


@dataclass(frozen=True, eq=False, repr=False)
class Map:
    """A folder in two dimensions. `positions` float32 [N, 2] of its N pictures, whose `paths` are relative to `folder`; `near`: the nearest of each
    by features; `clusters`, the largest first, and `cluster` [N], the number of that of each picture; `outliers`: numbers of pictures that no
    other is like, the farthest first, and `apart` [N], the mean distance of each to its nearest. `said`: what a run's network says of each."""

    folder: Path
    pictures: Pictures
    positions: npt.NDArray[np.float32]
    near: Neighbours
    clusters: list[Cluster]
    cluster: Ints
    outliers: list[int]
    apart: Floats
    said: Said | None = None
    remarks: list[str] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return self.pictures.paths

    @property
    def right(self) -> list[bool] | None:
        """Whether the run's answer is the label of each picture; None without a run, or where no picture has a label."""
        if self.said is None or not any(self.pictures.labels):
            return None
        return [said == label for said, label in zip(self.said.labels, self.pictures.labels, strict=True)]

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Write the page to look at it in a browser: one HTML file. Raises StorageError."""
        from vitreous.retrieval.map.page import page_of

        write_atomically(Path(file), page_of(self))
        return Path(file)

    def table(self) -> dict[str, Any]:
        """Columns of equal length, a row for each picture: pandas.DataFrame(found.table())."""
        marked = set(self.outliers)
        columns: dict[str, Any] = {
            "image": self.paths,
            "label": self.pictures.labels,
            "split": self.pictures.splits,
            "x": self.positions[:, 0],
            "y": self.positions[:, 1],
            "cluster": [self.clusters[number].name for number in self.cluster.tolist()],
            "outlier": [int(number in marked) for number in range(len(self.paths))],
            "apart": self.apart,
        }
        if self.said is not None:
            columns |= {"answer": self.said.labels, "confidence": self.said.confidence}
        return columns

    def csv(self) -> bytes:
        """The table as a file."""
        columns = self.table()
        rows = zip(*([csv_cell(each) if isinstance(each, str) else f"{each:g}" for each in column] for column in columns.values()), strict=True)
        return _csv([list(columns), *map(list, rows)])

    def duplicates_csv(self) -> bytes:
        """A row for each picture that has copies: the number of its group, its path, whether it is the one to keep, and why."""
        facts = self.pictures.facts
        rows = [["group", "image", "keep", "width", "height", "bytes", "sharpness", "exact"]]
        for number, group in enumerate(self.pictures.copies, 1):
            for each in group.members:
                sharp = float(facts["sharpness"][each])
                size = [str(int(facts[name][each])) for name in ("width", "height", "bytes")]
                keep, exact = str(int(each == group.keep)), str(int(group.exact))
                rows.append([str(number), csv_cell(self.paths[each]), keep, *size, f"{sharp:.3f}" if np.isfinite(sharp) else "", exact])
        return _csv(rows)

    def to_json(self) -> dict[str, Any]:
        """What `vitreous map --json` prints: see docs/reference/json.md."""
        paths = self.paths
        copies = [{"keep": paths[each.keep], "others": [paths[k] for k in each.others], "exact": each.exact} for each in self.pictures.copies]
        right = self.right
        return {
            "pictures": len(self),
            "labels": len({label for label in self.pictures.labels if label}),
            **self.pictures.about,
            "clusters": [each.to_json(paths) for each in self.clusters],
            "outliers": [{"image": paths[number], "apart": round(float(self.apart[number]), 4)} for number in self.outliers],
            "duplicates": copies,
            "right": sum(right) if right is not None else None,
            "left_out": [{"path": each.relative, "reason": each.reason} for each in self.pictures.left_out],
            "remarks": self.remarks,
        }

    def lines(self) -> list[str]:
        """For a terminal."""
        copies = self.pictures.copies
        found = [f"{plural(len(self), 'picture')} in {plural(len(self.clusters), 'cluster')}:"]
        for each in self.clusters[:_SHOWN]:
            share = f", {percent(each.share)} of them {each.label}" if each.label else ""
            found.append(f"  {each.name}: {plural(len(each.members), 'picture')}{share}; typical: {self.paths[each.typical[0]]}")
        if len(self.clusters) > _SHOWN:
            found.append(f"  and {plural(len(self.clusters) - _SHOWN, 'more cluster')}")
        if self.outliers:
            first = ", ".join(self.paths[number] for number in self.outliers[:3])
            found.append(f"Unlike all others: {plural(len(self.outliers), 'picture')}, first {first}")
        if copies:
            count = sum(len(each.others) for each in copies)
            found.append(f"Copies: {plural(len(copies), 'group')}; {plural(count, 'picture')} could go, one of each group kept")
        if (right := self.right) is not None:
            found.append(f"The run answers {sum(right):,} of {plural(len(right), 'picture')} right, those that it learned from among them")
        found += [f"left out: {each.relative}: {each.reason}" for each in self.pictures.left_out[:5]]
        if len(self.pictures.left_out) > 5:
            found.append(f"left out: {plural(len(self.pictures.left_out) - 5, 'more file')}")
        return [*found, *self.remarks]

    def __len__(self) -> int:
        return len(self.paths)

    def __repr__(self) -> str:
        return f"Map of {visible(str(self.folder))}: " + "\n".join(visible(line) for line in self.lines())

    def _repr_html_(self) -> str:
        lines = "".join(f"<li>{escape(visible(line.strip()))}</li>" for line in self.lines()[1:])
        return f"<p><b>{escape(visible(self.folder.name))}</b>: {escape(visible(self.lines()[0]))}</p><ul>{lines}</ul>"


def _csv(rows: list[list[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode("utf-8", "backslashreplace")
