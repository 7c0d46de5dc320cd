"""A document in plain values, so that the model card is one text: written as Markdown for the run, and as a chapter of the report.

All text is plain: what a label holds of markup is escaped where it is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class ToBeWritten:
    """A place that only the user can fill; `text` says with what."""

    text: str


@dataclass(frozen=True)
class Bullets:
    lines: Sequence[str]


@dataclass(frozen=True)
class Code:
    lines: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Cells as text; the first column holds names, the others figures. `more` says what is not shown."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    more: str = ""


Block = Paragraph | ToBeWritten | Bullets | Code | Table


@dataclass(frozen=True)
class Chapter:
    title: str
    blocks: Sequence[Block] = field(default_factory=list)
