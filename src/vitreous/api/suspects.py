"""Labels that are probably wrong, and their corrections, from Python."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vitreous.api.answering import Image
from vitreous.core.reporter import Quiet, Reporter
from vitreous.data.decode import policy
from vitreous.runs.folder import RunFolder, open_run

if TYPE_CHECKING:
    from vitreous.core.item import Source
    from vitreous.trust.suspects import Suspects
    from vitreous.trust.suspects.applying import Applied


def suspects(
    data: Image,
    *,
    image_column: str | None = None,
    label_column: str | None = None,
    group: str | None = None,
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
    seed: int = 0,
    reporter: Reporter | None = None,
) -> "Suspects":
    """Labels that are probably wrong, the most suspicious first: of the data of a run as they are now, or of a folder of class folders or a table,
    without a training.

    Each label is judged by what other pictures say, none of them a copy of it. The columns, `group` and the rule of reading are those of the run
    where `data` is one. Raises DataError, RunError, UsageError.
    """
    from vitreous.trust.suspects import pictures_of_folder, suspects_in

    tell = reporter or Quiet()
    if run := run_at(data):
        return suspects_of_run(run, seed, tell)
    rule = policy(max_pixels, tolerate_truncated)
    return suspects_in(pictures_of_folder(Path(data), rule, tell, image_column, label_column, group), tell, seed)


def suspects_of_run(run: RunFolder, seed: int, reporter: Reporter) -> "Suspects":
    from vitreous.training.again import data_of
    from vitreous.trust.suspects import pictures_of_run, suspects_in

    return suspects_in(pictures_of_run(run, data_of(run), reporter), reporter, seed)


def apply_corrections(data: Image, corrections: Image, *, image_column: str | None = None, label_column: str | None = None) -> "Applied":
    """Change the data on the disk by a corrections.csv: pictures are moved between class folders, or rows of the table changed. What is removed is
    moved beside the folder. The undo file is written first. Raises DataError, RunError, StorageError."""
    from vitreous.fit.corrections import read_corrections
    from vitreous.trust.suspects.applying import apply

    read = read_corrections(Path(corrections))
    source, columns = _source_of(data, image_column, label_column)
    return apply(source, read, *columns)


def undo_corrections(file: Image) -> list[str]:
    """Take back what `apply_corrections` did, by the undo file that it wrote; what was done, in sentences. Raises DataError, StorageError."""
    from vitreous.trust.suspects.applying import undo

    return undo(Path(file))


def run_at(data: Image) -> RunFolder | None:
    """The run that is there; None where it is something else. Raises RunError for one that cannot be opened."""
    path = os.fspath(data)
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    there = os.path.isfile(os.path.join(folder, "run.json")) and (folder == path or os.path.basename(path) == "model.onnx")
    return open_run(path) if there else None


def _source_of(data: Image, image_column: str | None, label_column: str | None) -> "tuple[Source, tuple[str | None, str | None]]":
    """The data as they are now, and the names of their columns."""
    from vitreous.data.sources import read_source
    from vitreous.training.again import data_of

    if run := run_at(data):
        columns = {name: run.settings.get(name) for name in ("image_column", "label_column", "task")}
        return read_source(data_of(run), **columns), (columns["image_column"], columns["label_column"])
    return read_source(Path(data), image_column=image_column, label_column=label_column), (image_column, label_column)
