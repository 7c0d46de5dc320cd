"""Files named by hand: single files, folders, patterns. Nothing is dropped in silence: a named file that is no picture stays in the list."""

import glob
import os
from collections.abc import Sequence

from vitreous.core.text import visible
from vitreous.data.formats import SUFFIXES
from vitreous.errors import DataError


def pictures_in(named: Sequence[str | os.PathLike[str]]) -> list[str]:
    """The picture files that these names stand for, in order: a file as it is, a folder with all in it, a pattern's matches.

    Raises DataError for a folder or a pattern in which there is none, and where nothing is named.
    """
    paths: list[str] = []
    for each in (os.fspath(name) for name in named):
        if os.path.isdir(each):
            found = _below(each)
            if not found:
                raise DataError(f"{visible(each)} holds no picture", needed="a folder with " + ", ".join(sorted(SUFFIXES)[:6]) + " … files")
            paths += found
        elif not os.path.lexists(each) and glob.has_magic(each):
            matches = sorted(glob.glob(each, recursive=True))
            if not matches:
                raise DataError(f"nothing matches {visible(each)}", remedy="check the pattern, or quote it so that the shell leaves it alone")
            paths += [file for match in matches for file in (_below(match) if os.path.isdir(match) else [match])]
        else:
            paths.append(each)
    if not paths:
        raise DataError("no picture was named", needed="files, folders or patterns")
    return paths


def _below(folder: str) -> list[str]:
    """Picture files in a folder and the folders in it, sorted; hidden ones are passed over."""
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__MACOSX")
        found += [os.path.join(parent, name) for name in sorted(files) if not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES]
    return found
