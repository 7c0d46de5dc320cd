"""What was found: the answers, what was asked, and the figures by which to judge them."""

import csv
import io
from dataclasses import dataclass
from html import escape
from typing import Any

from vitreous.core.text import csv_cell, cut, plural, visible
from vitreous.retrieval.index import Index
from vitreous.retrieval.regions import Box

COLUMNS = ("rank", "path", "similarity", "label", "split", "copy_of", "gone")
_PATH = 60


@dataclass(frozen=True)
class Asked:
    """A picture that was looked for. `copies`: files of the index with the same content, which are no answers; `wanted`: False for one that
    the answers shall not be like."""

    path: str
    box: Box | None
    copies: tuple[str, ...]
    wanted: bool = True

    def to_json(self) -> dict[str, Any]:
        return {"image": self.path, "box": list(self.box) if self.box else None, "in_index": list(self.copies), "wanted": self.wanted}


@dataclass(frozen=True)
class Answer:
    """A file of the index. `copy_of`: what it is a copy of, an answer above it or what was asked for, "" where it is none; `exact`: with the same
    bytes. `gone`: the file is no longer there, or another one."""

    path: str
    similarity: float
    label: str
    split: str
    key: str
    copy_of: str = ""
    exact: bool = False
    gone: bool = False

    @property
    def remark(self) -> str:
        how = f"{'the same file as' if self.exact else 'nearly the same as'} {visible(self.copy_of)}" if self.copy_of else ""
        return "; ".join(part for part in (how, "gone" if self.gone else "") if part)

    def to_json(self) -> dict[str, Any]:
        value = {"image": self.path, "similarity": round(self.similarity, 6), "label": self.label, "split": self.split}
        return value | {"copy_of": self.copy_of or None, "exact": self.exact, "gone": self.gone}


@dataclass(frozen=True, eq=False, repr=False)
class Found:
    """`answers`, the most similar first; `how` says by what they were compared; `remarks`: what else the user should know."""

    index: Index
    asked: tuple[Asked, ...]
    answers: tuple[Answer, ...]
    by_labels: bool
    remarks: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.answers)

    def __iter__(self) -> Any:
        return iter(self.answers)

    def __getitem__(self, number: int) -> Answer:
        return self.answers[number]

    @property
    def how(self) -> str:
        return f"{self.index.about.features}, " + ("by looks and by the folder's labels" if self.by_labels else "by looks")

    @property
    def sentence(self) -> str:
        wanted = [
            visible(each.path) + (f" at {','.join(f'{side:g}' for side in each.box)}" if each.box else "") for each in self.asked if each.wanted
        ]
        unlike = [visible(each.path) for each in self.asked if not each.wanted]
        text = f"{plural(len(self), 'picture')} of {len(self.index):,} most similar to " + " and ".join(wanted)
        return text + (" and unlike " + " and ".join(unlike) if unlike else "")

    def lines(self) -> list[str]:
        """A table for the terminal."""
        lines = [f"{self.sentence} ({self.how})"]
        labelled = any(each.label for each in self.answers)
        width = min(_PATH, max((len(visible(each.path)) for each in self.answers), default=0))
        label = min(24, max((len(visible(each.label)) for each in self.answers), default=0))
        for rank, each in enumerate(self.answers, 1):
            path = visible(each.path)
            cells = [f"{rank:>3}", f"{each.similarity:6.3f}", path if each.remark == "" and not labelled else path.ljust(width)]
            cells += [cut(visible(each.label), label).ljust(label)] if labelled else []
            lines.append("  ".join([*cells, *([each.remark] if each.remark else [])]).rstrip())
        return [*lines, *self.remarks]

    def to_json(self) -> dict[str, Any]:
        return {
            "asked": [each.to_json() for each in self.asked],
            "answers": [each.to_json() for each in self.answers],
            "by_labels": self.by_labels,
            "remarks": list(self.remarks),
            "index": self.index.to_json(),
        }

    def to_csv(self) -> bytes:
        table = io.StringIO(newline="")
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(COLUMNS)
        for rank, each in enumerate(self.answers, 1):
            texts = [csv_cell(text) for text in (each.path, each.label, each.split, each.copy_of)]
            writer.writerow([rank, texts[0], f"{each.similarity:.6f}", *texts[1:], "yes" if each.gone else ""])
        return table.getvalue().encode("utf-8")

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        head = "<tr><th></th><th>similarity</th><th>picture</th><th>label</th><th></th></tr>"
        rows = "".join(
            f"<tr><td>{rank}</td><td>{each.similarity:.3f}</td><td style='text-align:left'>{escape(visible(each.path))}</td>"
            f"<td>{escape(visible(each.label))}</td><td>{escape(each.remark)}</td></tr>"
            for rank, each in enumerate(self.answers, 1)
        )
        return f"<p>{escape(self.sentence)} <span>({escape(self.how)})</span></p><table>{head}{rows}</table>"
