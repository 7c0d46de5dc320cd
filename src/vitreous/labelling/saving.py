"""The table beside the journal, written after every step, and what somebody has changed in it since.

The journal notes the fingerprint of a table before that is written. So a table that we wrote, even one step old after a kill, is told from one that
was edited in another program: of that one the labels are taken over as a step.
"""

from collections.abc import Sequence
from pathlib import Path

from vitreous.core.text import plural
from vitreous.errors import StorageError
from vitreous.labelling.journal import Journal
from vitreous.labelling.table import fingerprint, labels_table
from vitreous.storage.atomic import write_atomically

Row = tuple[str, str, str]


class Saving:
    """Writes the table of a folder; `failure` says why the last time failed, `unnamed` which pictures no table can name."""

    def __init__(self, table: Path, folder: Path, journal: Journal) -> None:
        self.table, self.folder, self.journal = table, folder, journal
        self.failure, self.unnamed = "", list[str]()

    def save(self, rows: Sequence[Row]) -> None:
        """Raises StorageError; the table is then what it was."""
        try:
            data, self.unnamed = labels_table(self.table, self.folder, rows)
            self.journal.note_table(fingerprint(data))
            write_atomically(self.table, data)
        except StorageError as error:
            self.failure = str(error)
            raise
        self.failure = ""

    def is_ours(self) -> bool:
        """Whether what stands there was written by us, or nothing stands there."""
        try:
            return fingerprint(self.table.read_bytes()) in self.journal.tables
        except OSError:
            return True

    @property
    def remark(self) -> str:
        if not self.unnamed:
            return ""
        return f"{plural(len(self.unnamed), 'picture')} with a name that is no UTF-8 cannot stand in the table"
