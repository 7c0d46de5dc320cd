"""Labels from folder names.

    root/CLASS/…/picture          class folders: the first folder below the root is the class, however deep the picture lies
    root/SPLIT/CLASS/…/picture    split folders: train, valid (val, validation, dev), test (testing), any case

An only folder that holds these (photos/photos/CLASS, an unpacked archive) is descended into. Hidden files and what operating
systems leave behind are no data; every other file that is not used is left out with its reason. Symbolic links are followed.
"""

import os
import sys
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from vitreous.core.item import SPLIT_ALIASES, Item, LeftOut, Source, Split
from vitreous.core.text import plural, visible
from vitreous.data.formats import READ_HERE, UNREADABLE_FORMATS
from vitreous.data.sources.groups import grouped
from vitreous.data.sources.walk import Found, walk
from vitreous.errors import DataError

LAYOUT = "one folder for each class, such as photos/cat/1.jpg and photos/dog/2.jpg"
OUTSIDE = "lies outside any class folder"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the class folders are: below `prefix` ("" or "photos/"), in split folders or not."""

    prefix: str
    splits: dict[str, Split]

    def place(self, relative: str) -> tuple[str, Split | None] | None:
        """Class folder and split of a file, or None outside any class folder."""
        if not relative.startswith(self.prefix):
            return None
        parts = relative[len(self.prefix) :].split("/")
        split = None
        if self.splits:
            split = self.splits.get(parts[0])
            if split is None:
                return None
            parts = parts[1:]
        return (parts[0], split) if len(parts) > 1 else None


def read_folders(root: Path, group: str | None = None) -> Source:
    """The pictures below `root` by class and, where the folders say so, by split, in the order of their names.

    Raises DataError where no labelled picture can be read, UsageError for a wrong `group`.
    """
    if os.path.isfile(root / "run.json"):
        raise DataError(_failed(root), "it is a run folder, the result of a training", "needed is the folder with the pictures")
    found = walk(os.fspath(root))
    layout, remarks = _layout(root, found)
    items, left_out = [], list(found.left_out)
    for relative in found.pictures:
        place = layout.place(relative)
        if place is None:
            left_out.append(LeftOut(relative, OUTSIDE))
        else:
            items.append(Item(os.path.join(root, relative), relative, clean_label(place[0]), place[1]))
    if not items:
        raise _no_pictures(root, found)
    if layout.splits and len({item.split for item in items}) == 1:
        remarks.append(f"only the part {items[0].split!s} is there, so it is split anew")
        items = [Item(item.path, item.relative, item.label) for item in items]
    remarks += _remarks(layout, found, {item.label for item in items})
    if group:
        items, more = grouped(items, group)
        remarks += more
    left_out.sort(key=lambda entry: os.fsencode(entry.relative))
    return Source(root, "split folders" if layout.splits else "class folders", items, left_out, remarks)


def clean_label(name: str) -> str:
    """A label as it is shown and stored: Unicode in composed form (macOS writes "ä" as two characters), bytes that are no text as escapes."""
    if name.isascii():
        return name
    # not os.fsencode: where the system speaks ASCII (LC_ALL=C), a label from a table may still be any text
    undecoded = "surrogatepass" if sys.platform == "win32" else "surrogateescape"
    return unicodedata.normalize("NFC", name.encode("utf-8", undecoded).decode("utf-8", "backslashreplace"))


def class_depth(root: Path) -> int:
    """How many folders lie between `root` and the class folders: "train/shirt/1.jpg" has its class at place 1."""
    layout, _ = _layout(root, walk(os.fspath(root)))
    return layout.prefix.count("/") + bool(layout.splits)


def case_remarks(labels: set[str]) -> list[str]:
    """One remark for each set of labels that differ only in case or in spaces."""
    alike = defaultdict(list)
    for label in sorted(labels):
        alike["".join(label.casefold().split())].append(label)
    return [f"the classes {', '.join(map(repr, same))} differ only in case or spaces and are kept apart" for same in alike.values() if len(same) > 1]


def _layout(root: Path, found: Found) -> tuple[_Layout, list[str]]:
    prefix = ""
    remarks: list[str] = []
    while True:
        below = [relative[len(prefix) :].split("/") for relative in found.pictures if relative.startswith(prefix)]
        folders = {parts[0] for parts in below if len(parts) > 1}
        with_classes = {parts[0] for parts in below if len(parts) > 2}
        named = {name: SPLIT_ALIASES[name.lower()] for name in folders if name.lower() in SPLIT_ALIASES}
        if named and set(named) == folders and not with_classes:
            names = " and ".join(sorted(named))
            arrived = f"the pictures in {names} lie in no class folder"
            raise DataError(_failed(root), arrived, f"needed is {min(named)}/CLASS/picture", _table_remedy(found))
        splits = {name: split for name, split in named.items() if name in with_classes}
        if splits and (set(named) == folders or len(set(splits.values())) > 1):
            return _Layout(prefix, splits), remarks
        only = next(iter(folders), "") if len(folders) == 1 else ""
        inner = {parts[1] for parts in below if len(parts) > 2}
        if not only or any(len(parts) == 1 for parts in below) or not inner or (len(inner) == 1 and any(len(parts) == 2 for parts in below)):
            return _Layout(prefix, {}), remarks
        prefix += only + "/"
        remarks.append(f"the classes are read from {visible(prefix)}, the only folder there")


def _remarks(layout: _Layout, found: Found, labels: set[str]) -> list[str]:
    used = {place[0] for place in (layout.place(relative) for relative in found.pictures) if place}
    empty = sorted({place[0] for place in (layout.place(folder + "/x") for folder in found.folders) if place} - used)
    remarks = [f"the folder {visible(name)!r} holds no picture that can be read" for name in empty]
    return case_remarks(labels) + remarks


def _no_pictures(root: Path, found: Found) -> DataError:
    """The error for a folder without a labelled picture: says what is there instead."""
    if found.pictures:
        arrived = f"{plural(len(found.pictures), 'picture')} directly in it, in no class folder"
        return DataError(_failed(root), arrived, f"needed is {LAYOUT}", _table_remedy(found))
    suffixes = Counter(os.path.splitext(entry.relative)[1].lower() for entry in found.left_out)
    kinds = Counter(UNREADABLE_FORMATS[suffix].kind for suffix in suffixes.elements() if suffix in UNREADABLE_FORMATS)
    if kinds:
        counts = " and ".join(f"{count:,} {_many(kind, count)}" for kind, count in kinds.most_common())
        remedy = next(unreadable.remedy for unreadable in UNREADABLE_FORMATS.values() if unreadable.kind == kinds.most_common(1)[0][0])
        return DataError(_failed(root), f"{counts} found", f"Vitreous reads {READ_HERE}", remedy)
    if found.left_out and found.left_out[0].relative == ".":
        return DataError(_failed(root), found.left_out[0].reason, remedy="change its permissions")
    if found.left_out:
        first = found.left_out[0]
        entries = plural(len(found.left_out), "entry", "entries")
        arrived = f"{entries}, none of them a picture that can be used ({visible(first.relative)}: {first.reason})"
        return DataError(_failed(root), arrived, f"needed is {LAYOUT}")
    return DataError(_failed(root), "the folder is empty" if not found.folders else "there are folders, but no file in them", f"needed is {LAYOUT}")


def _many(kind: str, count: int) -> str:
    return kind if count == 1 else f"{kind} files" if kind in ("camera raw", "PDF") else kind + "s"


def _table_remedy(found: Found) -> str:
    table = next((entry.relative for entry in found.left_out if entry.relative.lower().endswith((".csv", ".tsv"))), None)
    return f"or give {visible(table)!r}, if it says which label each has" if table else "or a CSV file with the columns image and label"


def _failed(root: Path) -> str:
    return f"cannot read {visible(str(root))}"
