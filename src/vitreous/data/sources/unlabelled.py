"""Pictures without labels: all that lie below a folder, to be looked at before anybody has sorted them."""

import os
from dataclasses import replace
from pathlib import Path

from vitreous.core.item import SPLIT_ALIASES, Item, Source
from vitreous.core.text import visible
from vitreous.data.sources.groups import grouped
from vitreous.data.sources.walk import walk

UNLABELLED = "no labels"


def read_unlabelled(root: Path, group: str | None = None) -> Source:
    """Every picture below `root`, with an empty label; its split where the folders right below it are named for splits and for nothing else.

    The source may be without items. Raises UsageError where `group` is no expression or finds nothing.
    """
    found = walk(str(root))
    inside = {relative.split("/")[0] for relative in found.pictures if "/" in relative}
    divided = bool(inside) and all(name.lower() in SPLIT_ALIASES for name in inside) and all("/" in relative for relative in found.pictures)
    items = [Item(os.path.join(root, relative), relative, "") for relative in found.pictures]
    if divided:
        items = [replace(item, split=SPLIT_ALIASES[item.relative.split("/")[0].lower()]) for item in items]
    remarks = [f"the pictures in {visible(root.name) or '.'} lie in no class folder: there are no labels"] if items else []
    if group and items:
        items, more = grouped(items, group)
        remarks += more
    return Source(root, UNLABELLED, items, found.left_out, remarks)
