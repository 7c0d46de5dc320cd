"""The facts of a folder as values: what `vitreous look` prints, writes and returns."""

from collections import Counter
from dataclasses import asdict, dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import LeftOut, Split
from vitreous.core.presence import Presence
from vitreous.core.text import plural, visible
from vitreous.data.decode import Policy
from vitreous.survey.giveaways import Giveaway
from vitreous.survey.odd import Odd
from vitreous.survey.relations import Leak
from vitreous.survey.table import Column
from vitreous.survey.together import Together

_COMMON = 5
_SHOWN_IN_NOTEBOOK = 30


@dataclass(frozen=True)
class Sizes:
    """Width and height in pixels, by area; `common`: the most frequent ones and how many have each."""

    smallest: tuple[int, int]
    median: tuple[int, int]
    largest: tuple[int, int]
    common: list[tuple[int, int, int]]


@dataclass(frozen=True, eq=False, repr=False)
class Facts:
    """What is in a folder. Pictures are named by their path below `folder`, with forward slashes.

    `unreadable`: files that should be pictures and cannot be decoded; `left_out`: what was not even tried. `duplicates`: groups of files
    with the same bytes; `near_duplicates`: groups of copies in which at least two files differ; `contradictions`: groups of copies under
    different labels, path and label of each. `columns`: see `table`. `policy`: how the pictures were decoded.
    `together`: which labels stand together, where a picture can have several.
    """

    folder: Path
    kind: str
    columns: dict[str, Column]
    unreadable: list[LeftOut]
    left_out: list[LeftOut]
    duplicates: list[list[str]]
    near_duplicates: list[list[str]]
    contradictions: list[list[tuple[str, str]]]
    leaks: list[Leak]
    odd: list[Odd]
    giveaways: list[Giveaway]
    remarks: list[str]
    policy: Policy
    together: Together | None = None

    @property
    def num_images(self) -> int:
        """Pictures that can be read."""
        return len(self.columns["path"])

    @cached_property
    def classes(self) -> dict[str, int]:
        """Pictures of each class, by name; empty where there are no labels. Of several labels, pictures that have each of them."""
        if self.together is not None:
            return dict.fromkeys(self.together.labels, 0) | _counted_labels(self.columns["label"])
        return _counted(self.columns["label"])

    def having(self, label: str) -> NDArray[np.bool_]:
        """Which of the pictures are of a class, or have a label: [N]."""
        labels = self.columns["label"]
        if self.together is None:
            return np.asarray(labels == label)
        return np.array([label in Presence.read(each).present for each in labels.tolist()], dtype=np.bool_)

    @cached_property
    def splits(self) -> dict[str, dict[str, int]]:
        """Pictures of each class in each part that is given; where there are no labels, under the empty name."""
        splits = self.columns["split"]
        parts = [part.value for part in Split if (splits == part.value).any()]
        labels = self.columns["label"]
        if self.together is not None:
            return {part: _counted_labels(labels[splits == part]) for part in parts}
        return {part: dict(sorted(Counter(labels[splits == part].tolist()).items())) for part in parts}

    @cached_property
    def formats(self) -> dict[str, int]:
        return _counted(self.columns["format"])

    @cached_property
    def modes(self) -> dict[str, int]:
        """By Pillow's names: L is grey, P has a palette, A stands for transparency."""
        return _counted(self.columns["mode"])

    @cached_property
    def sizes(self) -> Sizes | None:
        """None where no picture can be read."""
        if not self.num_images:
            return None
        width, height = self.columns["width"].astype(np.int64), self.columns["height"].astype(np.int64)
        order = np.argsort(width * height, kind="stable")
        least, middle, most = ((int(width[i]), int(height[i])) for i in (order[0], order[len(order) // 2], order[-1]))
        common = Counter(zip(width.tolist(), height.tolist(), strict=True)).most_common(_COMMON)
        return Sizes(least, middle, most, [(w, h, count) for (w, h), count in common])

    @property
    def imbalance(self) -> float | None:
        """The pictures of the largest class over those of the smallest; None where there are fewer than two classes."""
        return max(self.classes.values()) / min(self.classes.values()) if len(self.classes) > 1 and min(self.classes.values()) else None

    def table(self) -> dict[str, Column]:
        """Columns of equal length, a row for each picture that can be read: pandas.DataFrame(facts.table()).

        path, label and split (empty where not given), width and height (upright), bytes, orientation (EXIF, 1 to 8), brightness,
        darkest, brightest, contrast (grey levels), entropy (bits), sharpness (see `vitreous.data.appearance`), mode, format, camera,
        software, taken, group (what --group gave), hash (of the file's content), copies (the same number for copies), odd (kinds, with commas).
        """
        kinds: dict[str, list[str]] = {}
        for each in self.odd:
            kinds.setdefault(each.image, []).append(each.kind)
        return {**self.columns, "odd": np.array([", ".join(kinds.get(path, ())) for path in self.columns["path"]], object)}

    def to_json(self) -> dict[str, Any]:
        """What `vitreous look --json` prints: see docs/reference/json.md."""
        return {
            "num_images": self.num_images,
            "kind": self.kind,
            "classes": self.classes,
            "splits": self.splits,
            "sizes": asdict(self.sizes) if self.sizes else None,
            "formats": self.formats,
            "modes": self.modes,
            "imbalance": self.imbalance,
            "unreadable": [{"image": each.relative, "reason": each.reason} for each in self.unreadable],
            "left_out": [{"image": each.relative, "reason": each.reason} for each in self.left_out],
            "duplicates": self.duplicates,
            "near_duplicates": self.near_duplicates,
            "contradictions": [[{"image": image, "label": label} for image, label in group] for group in self.contradictions],
            "leaks": [asdict(leak) for leak in self.leaks],
            "odd": [asdict(each) for each in self.odd],
            "giveaways": [asdict(each) for each in self.giveaways],
            "remarks": self.remarks,
            "together": self.together.to_json() if self.together else None,
        }

    def lines(self) -> list[str]:
        """For a terminal: the counts, and the first of each finding."""
        from vitreous.survey.telling import lines

        return lines(self)

    def __repr__(self) -> str:
        return "\n".join(visible(line) for line in self.lines())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(visible(label))}</td><td>{count:,}</td></tr>"
            for label, count in list(self.classes.items())[:_SHOWN_IN_NOTEBOOK]
        )
        found = "".join(f"<li>{escape(visible(line))}</li>" for line in self.findings())
        table = f"<table><tr><th>class</th><th>pictures</th></tr>{rows}</table>" if rows else ""
        return f"<p><b>{escape(visible(self.folder.name))}</b>: {plural(self.num_images, 'picture')}</p>{table}<ul>{found}</ul>"

    def findings(self) -> list[str]:
        """One short line for each kind of finding that there is."""
        from vitreous.survey.telling import findings

        return findings(self)


def _counted_labels(values: Column) -> dict[str, int]:
    """How many of the pictures have each label that one of them has, by name."""
    return dict(sorted(Counter(name for value in values.tolist() for name in Presence.read(value).present).items()))


def _counted(values: Column) -> dict[str, int]:
    """How often each value is there but the empty one, by name."""
    return {name: count for name, count in sorted(Counter(values.tolist()).items()) if name}
