"""Every error that Vitreous raises on purpose.

    VitreousError                 exit 1
    ├── UsageError                a wrong call: an option, a name, a combination            exit 2
    ├── DataError                 what was given as data cannot be used
    │   └── UnreadableImage       one file is no readable picture
    ├── ModelError                a network file that cannot be used here
    ├── RunError                  a run folder that is missing, damaged, unfinished or in use
    └── StorageError              the disk is full, read-only or not permitted

A message reads: what failed: what arrived; what was needed; what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class VitreousError(Exception):
    """The root: catch this one to catch them all."""

    exit_code = 1

    def __init__(self, failed: str, arrived: str = "", needed: str = "", remedy: str = "") -> None:
        details = "; ".join(part for part in (arrived, needed, remedy) if part)
        super().__init__(f"{failed}: {details}" if details else failed)
        self.failed, self.arrived, self.needed, self.remedy = failed, arrived, needed, remedy


class UsageError(VitreousError):
    exit_code = 2


class DataError(VitreousError):
    pass


class UnreadableImage(DataError):
    pass


class ModelError(VitreousError):
    pass


class RunError(VitreousError):
    pass


class StorageError(VitreousError):
    pass


def nearest(name: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: "did you mean 'shirt'?", else what there is."""
    known = sorted(known)
    matches = get_close_matches(name.casefold(), {each.casefold() for each in known}, n=3, cutoff=0.5)
    close = [each for match in matches for each in known if each.casefold() == match][:3]
    if close:
        return "did you mean " + " or ".join(repr(match) for match in close) + "?"
    shown = ", ".join(known[:8]) + (f" and {len(known) - 8} more" if len(known) > 8 else "")
    return f"there is: {shown}" if known else "there is none"
