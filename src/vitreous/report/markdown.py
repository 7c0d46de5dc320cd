r"""Chapters as Markdown (CommonMark, with the tables of GitHub). Text from files stays text: it becomes no markup, no link, no cell.

Rules: what Markdown or HTML could read as a mark gets a backslash in front; control codes become escapes; a line break cannot occur.
Names in Arabic or Hebrew are isolated, so that the words around them keep their order (Unicode, UAX 9).
"""

import re
import unicodedata
from collections.abc import Sequence

from vitreous.core.text import visible
from vitreous.report.chapters import Block, Bullets, Chapter, Code, Paragraph, Table, ToBeWritten
from vitreous.report.wording import readable

# A bracket that holds one of our intervals stays as it is, for whoever reads the text as it stands.
_MARKS = re.compile(r"([\\`*_{}<>|~$&#@]|\[(?!\d[\d.]*, \d[\d.]*\](?![(\[:])))")
# What GitHub makes a link without any marks, and emoji by name.
_LINKS = re.compile(r"(?<=\w):(?=//)|(?<=[wW]{3})\.|:(?=[\w+-]+:)")
# Marks that count at the beginning of a line only.
_AT_THE_BEGINNING = re.compile(r"^(\s*)([-+=]|\d+(?=[.)](\s|$)))")
_ISOLATE, _END = "\u2066", "\u2069"


def markdown(title: str, chapters: Sequence[Chapter]) -> bytes:
    """The whole text, UTF-8. Lone surrogates, which a file name may hold, are escapes."""
    parts = [f"# {escaped(title)}"]
    for chapter in chapters:
        parts += [f"## {escaped(chapter.title)}", *(_block(block) for block in chapter.blocks)]
    return ("\n\n".join(parts) + "\n").encode("utf-8", "backslashreplace")


def escaped(text: str) -> str:
    r"""
    >>> escaped("<b>a|b</b>"), escaped("1. [x](y)"), escaped("see http://x.org"), escaped("t-shirt")
    ('\\<b\\>a\\|b\\</b\\>', '1\\. \\[x](y)', 'see http\\://x.org', 't-shirt')
    """
    shown = _LINKS.sub(lambda found: "\\" + found[0], _MARKS.sub(r"\\\1", readable(text).strip(" ")))
    if found := _AT_THE_BEGINNING.match(shown):
        mark = found[2]
        place = found.end() if mark.isdigit() else found.end() - 1
        shown = f"{shown[:place]}\\{shown[place:]}"
    turns = any(unicodedata.bidirectional(c) in ("R", "AL") for c in shown) and "\u200e" not in shown
    return f"{_ISOLATE}{shown}{_END}" if turns else shown


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return escaped(text)
        case ToBeWritten(text):
            return f"> **To be written by you, in a copy of this file:** {escaped(text)}"
        case Bullets(lines):
            return "\n".join(f"- {escaped(line)}" for line in lines)
        case Code(lines):
            return "\n".join(f"    {visible(line)}" for line in lines)
        case Table(head, rows, more):
            drawn = [_row(head), _row(["---", *["---:"] * (len(head) - 1)], plain=True), *(_row(row) for row in rows)]
            return "\n".join(drawn) + (f"\n\n{escaped(more)}" if more else "")


def _row(cells: Sequence[str], plain: bool = False) -> str:
    return "| " + " | ".join(cells if plain else map(escaped, cells)) + " |"
