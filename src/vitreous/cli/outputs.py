"""The files that a command writes: what cannot be written, and what would be lost by it, is said before the work."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from vitreous.core.text import visible
from vitreous.errors import RunError, UsageError
from vitreous.storage.atomic import require_writable, write_atomically

PAGE, TABLE, TEST_RESULTS = (".html", ".htm"), (".csv",), (".xml",)


def require_outputs(files: Mapping[str, str | None], read: Iterable[str] = (), suffixes: Mapping[str, Sequence[str]] | None = None) -> None:
    """`files` to be written, by option; `read`: files and folders that this command reads.

    A file that is there is replaced; but not one that is read, a picture in a folder that is read, or a part of a run. What is no ordinary
    file (/dev/stdout, a pipe) is written to, whatever its name.

    Raises:
        UsageError: a file would be lost, two options name one file, or a name ends otherwise than its option's `suffixes`.
        StorageError: a file cannot be written.
    """
    asked = {option: file for option, file in files.items() if file}
    taken: dict[str, str] = {}
    for option, file in asked.items():
        said, place = f"{option} {visible(file)}", os.path.realpath(file)
        special = os.path.exists(file) and not os.path.isfile(file) and not os.path.isdir(file)
        wanted = tuple((suffixes or {}).get(option, ()))
        if wanted and not special and not place.lower().endswith(wanted) and not file.lower().endswith(wanted):
            raise UsageError(said, _arrived(file), f"a name that ends with {' or '.join(wanted)}")
        if place in taken and not special:
            raise UsageError(said, f"the file of {taken[place]}", "a file of its own", "give another name")
        taken[place] = option
        if os.path.isfile(file) and (lost := _lost(place, read)):
            raise UsageError(said, f"that is {lost}, and would be lost", "a file of its own", "give another name")
        require_writable(Path(file))


def write_lines(lines: Iterable[str], file: str | None) -> None:
    """To a file when all are there, else to standard output as they come."""
    if file:
        write_atomically(Path(file), "".join(lines).encode("utf-8", "backslashreplace"))
        return
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()


def write_said(what: str, file: str, content: bytes) -> None:
    write_atomically(Path(file), content)
    click.echo(f"{what} in {visible(file)}", err=True)


def _arrived(file: str) -> str:
    suffix = Path(file).suffix
    return f"it ends with {visible(suffix)}" if suffix else "it has no suffix"


def _lost(place: str, read: Iterable[str]) -> str | None:
    """What the file at `place` is, if it must stay."""
    for each in read:
        source = os.path.realpath(each)
        if source == place or (os.path.exists(source) and os.path.samefile(source, place)):
            return "what is to be read"
        if place.startswith(os.path.join(source, "")) and _is_picture(place):
            return f"a picture in {visible(each)}"
    return "a part of that run" if _belongs_to_run(place) else None


def _is_picture(place: str) -> bool:
    from vitreous.data.formats import SUFFIXES

    return os.path.splitext(place)[1].lower() in SUFFIXES


def _belongs_to_run(place: str) -> bool:
    from vitreous.runs.document import RUN_JSON, Document

    folder, name = os.path.split(place)
    path = Path(folder, RUN_JSON)
    try:
        return name in (RUN_JSON, *Document.from_bytes(path.read_bytes(), path).files)
    except (OSError, RunError):
        return name == RUN_JSON
