"""A labelling of a folder as it stands on the disk: begun, or continued where it was left.

unsorted/                  the pictures, which are never touched
unsorted.labels.csv        path,label: what `train` takes
unsorted.labels.jsonl      the journal of all steps
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import Policy
from vitreous.errors import UsageError
from vitreous.infer.network import Network
from vitreous.labelling.journal import open_journal, read_journal
from vitreous.labelling.naming import clean_name
from vitreous.labelling.pictures import Pictures, pictures_of
from vitreous.labelling.saving import Saving
from vitreous.labelling.session import Session
from vitreous.labelling.table import known_labels, require_above
from vitreous.storage.atomic import require_writable
from vitreous.storage.lock import locked

TABLE, JOURNAL = ".csv", ".jsonl"


def table_for(folder: Path, out: Path | None) -> Path:
    """The table of a folder: `out`, or beside the folder. Raises UsageError where no training could read it there, or its suffix is another."""
    place = Path(os.path.abspath(folder))
    table = out or place.with_name(f"{place.name or 'pictures'}.labels{TABLE}")
    if table.suffix.lower() != TABLE:
        raise UsageError(f"--out {visible(str(table))}", f"it ends with {visible(table.suffix) or 'no suffix'}", f"a name that ends with {TABLE}")
    require_above(table, place)
    return Path(os.path.abspath(table))


@contextmanager
def open_session(
    folder: Path, network: Network, engine: str, policy: Policy, reporter: Reporter, out: Path | None = None, labels: Sequence[str] = ()
) -> Iterator[Session]:
    """The session of a folder, its journal held until the end. `labels`: names that are there from the beginning.

    Raises DataError where there is no picture, UsageError for `out` and `labels`, RunError where another process holds it, StorageError.
    """
    names = [clean_name(each) for each in labels]
    table = table_for(folder, out)
    require_writable(table)
    known_labels(table, folder)  # what is no table of labels is said before the pictures are read
    written = table.with_suffix(JOURNAL)
    read_journal(written)
    if written.exists():
        with locked(written):  # somebody else's labelling of the folder is said before the pictures are read
            pass
    pictures = pictures_of(network, folder, engine, policy, reporter)  # a folder without pictures leaves no journal
    with open_journal(written, table.stem) as journal:
        if journal.remark:
            reporter.say(f"{journal.remark[0].upper()}{journal.remark[1:]}.")
        saving = Saving(table, pictures.folder, journal)
        edited = not saving.is_ours()
        session = Session(pictures, journal, saving)
        if edited:
            _take_over(session, known_labels(table, pictures.folder), table.name, reporter)
        for name in names:
            if name not in session.book.labels:
                session.step("add", label=name)
        _tell_of_others(session, pictures, reporter)
        session._save()
        yield session


def _take_over(session: Session, known: dict[str, str], table: str, reporter: Reporter) -> None:
    """Labels of a table that was not written by us, where they are other ones."""
    place = {path: number for number, paths in enumerate(session.pictures.paths) for path in paths}
    by_label: dict[str, list[int]] = {}
    for path, label in known.items():
        if path in place and session.label_of(place[path]) != label:
            by_label.setdefault(label, []).append(place[path])
    for label, numbers in by_label.items():
        session.label(numbers, label, how="table")
    if by_label:
        count = plural(sum(map(len, by_label.values())), "label")
        reporter.say(f"{count} of {visible(table)} taken over: they were not written here.")


def _tell_of_others(session: Session, pictures: Pictures, reporter: Reporter) -> None:
    gone = len(session.book.of.keys() - set(pictures.keys))
    if gone:
        reporter.say(
            f"{plural(gone, 'labelled picture is', 'labelled pictures are')} not in the folder now; should they come back, they have their labels."
        )
    copies = sum(len(paths) - 1 for paths in pictures.paths)
    if copies:
        reporter.say(f"{plural(copies, 'exact copy is', 'exact copies are')} labelled together with the picture.")
    for each in pictures.left_out[:3]:
        reporter.say(f"Left out: {visible(each.relative)}: {each.reason}")
    if len(pictures.left_out) > 3:
        reporter.say(f"Left out: {plural(len(pictures.left_out) - 3, 'more file')}.")
