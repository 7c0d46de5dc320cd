"""Boxes in the format of Pascal VOC, read as presence: a picture has the labels of which a box is in it.

    root/Annotations/NAME.xml  root/JPEGImages/NAME.jpg  root/ImageSets/Main/train.txt, val.txt, test.txt (names, one a line)
    root/NAME.xml beside root/NAME.jpg, or the same in root/train, root/test …

A file without a box says that there is none of the labels; a picture without a file is left out. Boxes marked difficult alone do not decide
whether a label is there: it counts as unknown, as in the classification task of the challenge.

Source: M. Everingham et al., "The Pascal Visual Object Classes (VOC) Challenge", IJCV 2010, and its development kit.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

from vitreous.core.item import SPLIT_ALIASES, Item, LeftOut, Source, Split
from vitreous.core.presence import Presence
from vitreous.core.text import plural, visible
from vitreous.data.sources.folders import case_remarks, clean_label
from vitreous.data.sources.groups import grouped
from vitreous.data.sources.walk import walk
from vitreous.errors import DataError

BOXES = "boxes"
_ANNOTATIONS, _LISTS = "Annotations", "ImageSets/Main"
_MOST_BYTES = 10_000_000
_NO_FILE = "no boxes: there is no XML file of its name"


@dataclass(frozen=True)
class _Lists:
    """`part` by a picture's name; `twice`: names that stand in two lists."""

    part: dict[str, Split]
    twice: set[str]


def holds_boxes(root: Path) -> bool:
    """Whether a folder looks like one of these: XML files in Annotations, or beside the pictures in it or in folders named for splits."""
    if _has_xml(os.path.join(root, _ANNOTATIONS)):
        return True
    try:
        with os.scandir(os.fspath(root)) as entries:
            parts = [entry.path for entry in entries if entry.name.lower() in SPLIT_ALIASES and entry.is_dir()]
    except OSError:
        return False
    places = parts or [os.fspath(root)]
    return not any(map(_has_folders, places)) and any(map(_has_xml, places))


def read_boxes(root: Path, group: str | None = None) -> Source:
    """The pictures below `root` with what their boxes name, in the order of their names.

    Raises DataError where no file of boxes can be read, UsageError for a wrong `group`.
    """
    found = walk(os.fspath(root))
    beside = not (root / _ANNOTATIONS).is_dir()
    lists = _Lists({}, set()) if beside else _read_lists(root)
    items, left_out = [], [entry for entry in found.left_out if not entry.relative.endswith((".xml", ".txt"))]
    for relative in found.pictures:
        stem = relative.rsplit(".", 1)[0] if "." in relative.rsplit("/", 1)[-1] else relative
        name = stem.rsplit("/", 1)[-1]
        file = root / (f"{stem}.xml" if beside else f"{_ANNOTATIONS}/{name}.xml")
        part = SPLIT_ALIASES.get(relative.split("/")[0].lower()) if beside else lists.part.get(name)
        label = _label_in(file)
        if isinstance(label, str):
            left_out.append(LeftOut(relative, label))
        elif name in lists.twice:
            left_out.append(LeftOut(relative, f"two lists of {_LISTS} name it"))
        elif lists.part and part is None:
            left_out.append(LeftOut(relative, f"no list of {_LISTS} names it"))
        else:
            items.append(Item(os.path.join(root, relative), relative, str(label), part))
    if not items:
        first = f"{visible(left_out[0].relative)}: {left_out[0].reason}" if left_out else "there is no picture"
        raise DataError(
            f"cannot read {visible(str(root))}", first, f"needed are pictures and an XML file of boxes for each, such as {_ANNOTATIONS}/1.xml"
        )
    several = tuple(
        sorted({name for label in {item.label for item in items} for name in Presence.read(label).present + Presence.read(label).unknown})
    )
    remarks = ["boxes (Pascal VOC) are read as presence: which labels are in a picture, not where", *case_remarks(set(several))]
    if len({item.split for item in items}) == 1 and items[0].split is not None:
        remarks.append(f"only the part {items[0].split!s} is there, so it is split anew")
        items = [replace(item, split=None) for item in items]
    if none := sum(not item.label for item in items):
        remarks.append(f"{plural(none, 'picture has', 'pictures have')} no box: read as none of the labels")
    if group:
        items, more = grouped(items, group)
        remarks += more
    left_out.sort(key=lambda entry: os.fsencode(entry.relative))
    return Source(root, BOXES, items, left_out, remarks, "", several)


def _label_in(file: Path) -> Presence | str:
    """What the boxes of a file name, or the reason why it cannot be read."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return _NO_FILE
    except OSError as error:
        return f"its XML file cannot be read ({(error.strerror or str(error)).lower()})"
    if len(data) > _MOST_BYTES:
        return f"its XML file has {len(data):,} bytes; at most {_MOST_BYTES:,}"
    if b"<!" in data.replace(b"<!--", b"").replace(b"<![CDATA[", b""):  # entities that are made of entities grow without end
        return "its XML file has a document type of its own, which is not read"
    try:
        objects = ElementTree.fromstring(data).findall("object")
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        return f"its XML file is damaged ({error})"
    named = [(clean_label((each.findtext("name") or "").strip()), (each.findtext("difficult") or "0").strip() == "1") for each in objects]
    if any(not name for name, _ in named):
        return "its XML file has a box without a name"
    return Presence.of((name for name, difficult in named if not difficult), (name for name, difficult in named if difficult))


def _read_lists(root: Path) -> _Lists:
    part: dict[str, Split] = {}
    twice: set[str] = set()
    folder = root / _LISTS
    for file in sorted(folder.glob("*.txt")) if folder.is_dir() else []:
        split = SPLIT_ALIASES.get(file.stem.lower())
        if split is None:
            continue
        for line in file.read_text("utf-8", "replace").splitlines():
            name = line.split()[0] if line.split() else ""
            if name and part.setdefault(name, split) is not split:
                twice.add(name)
    return _Lists(part, twice)


def _has_xml(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.lower().endswith(".xml") for entry in entries)
    except OSError:
        return False


def _has_folders(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.is_dir() and not entry.name.startswith(".") for entry in entries)
    except OSError:
        return False
