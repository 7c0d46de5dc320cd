"""Files named by hand: single files, folders, patterns. Nothing is dropped in silence: a named file that is no picture stays in the list."""

import glob
import os
from collections.abc import Sequence

from vitreous.core.text import visible
from vitreous.data.formats import SUFFIXES, UNREADABLE_FORMATS
from vitreous.data.sources.walk import walk
from vitreous.errors import DataError


def pictures_in(named: Sequence[str | os.PathLike[str]]) -> list[str]:
    """The picture files that these names stand for, in order: a file as it is, a folder with all in it, a pattern's matches.

    Folders are searched as for a training: by content where a name says nothing, through links, not in circles. What may hold a
    picture and cannot be read (HEIC, a folder without permission) is in the list too, so that its error is told.

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
    """What is or should be a picture in a folder and the folders in it, sorted; hidden entries and other files are passed over."""
    found = walk(folder)
    if any(entry.relative == "." for entry in found.left_out):
        return [folder]
    unread = [entry.relative for entry in found.left_out if _is_missed(os.path.join(folder, entry.relative))]
    return [os.path.join(folder, relative) for relative in sorted(found.pictures + unread, key=os.fsencode)]


def _is_missed(path: str) -> bool:
    """Whether something that is left out should have given a picture: by its suffix, or as a folder that may not be read."""
    if os.path.isdir(path):
        return not os.access(path, os.R_OK | os.X_OK)
    suffix = os.path.splitext(path)[1].lower()
    return suffix in SUFFIXES or suffix in UNREADABLE_FORMATS
