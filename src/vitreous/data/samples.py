"""Real pictures to try things on, written as a folder of class folders.

    clothing   200 photos of clothes in 5 classes (CC0, part of A. Grigorev's "Clothing dataset")
    digits     1,797 scanned digits, 8 × 8 pixels, in 10 classes (E. Alpaydin and C. Kaynak 1998, by scikit-learn)

A sample appears whole or not at all: it is written beside its place under a hidden name and then renamed.
"""

import io
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from PIL import Image

from vitreous.core.text import visible
from vitreous.errors import DataError, StorageError, UsageError, nearest

# Each pixel counts the dark points among the 4 × 4 of a cell of the scan.
_MOST_INK = 16


@dataclass(frozen=True)
class Sample:
    """A data set that is at hand without a download. `files` gives (CLASS/FILE, the bytes of the file), sorted."""

    name: str
    summary: str
    licence: str
    files: Callable[[], Iterator[tuple[str, bytes]]]


def write_sample(name: str, folder: Path) -> int:
    """Write the sample called `name` as `folder`/CLASS/FILE and return the number of pictures.

    `folder` is made with its parents if need be. Where it is there, it may hold hidden files only.

    Raises:
        UsageError: there is no such sample, or `folder` is a file.
        DataError: `folder` holds something.
        StorageError: the place is full, read-only or not permitted.
    """
    if name not in SAMPLES:
        raise UsageError(f"no sample is called {visible(name)!r}", remedy=nearest(name, SAMPLES))
    shown = visible(str(folder))
    try:
        there = _is_there(folder, shown)
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Inside an existing folder, as that may be the root of its disk.
        unfinished = (folder if there else folder.parent) / f".vitreous-sample-{secrets.token_hex(4)}"
        try:
            count = _write(SAMPLES[name], unfinished)
            if there:
                for part in sorted(unfinished.iterdir()):
                    part.rename(folder / part.name)
            else:
                unfinished.rename(folder)
        finally:
            with suppress(OSError):
                shutil.rmtree(unfinished)
    except OSError as error:
        failed = f"the sample {name!r} was not written to {shown!r}"
        raise StorageError(failed, error.strerror or str(error), "5 MB in a folder that can be written", "give another name") from error
    return count


def _is_there(folder: Path, shown: str) -> bool:
    """Whether the folder exists; what is in the way of a sample raises."""
    if "\0" in str(folder):
        raise UsageError("no folder can be called so", repr(shown), "a name without the character NUL")
    if not folder.exists():
        return False
    if not folder.is_dir():
        raise UsageError(f"{shown!r} is a file", needed="a folder that is empty or not there yet", remedy="give another name")
    if held := sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith(".")):
        found = f"it holds {visible(held[0])!r}" + (f" and {len(held) - 1} more" if len(held) > 1 else "")
        raise DataError(f"{shown!r} is not empty", found, "an empty folder or a new one, so that nothing of yours is mixed in", "give another name")
    return True


def _write(sample: Sample, folder: Path) -> int:
    written = 0
    folder.mkdir()
    for relative, content in sample.files():
        path = folder / relative
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        written += 1
    return written


def _clothing() -> Iterator[tuple[str, bytes]]:
    for label in _sorted(resources.files("vitreous") / "samples" / "clothing"):
        if label.is_dir():
            for photo in _sorted(label):
                yield f"{label.name}/{photo.name}", photo.read_bytes()


def _sorted(folder: Traversable) -> list[Traversable]:
    return sorted(folder.iterdir(), key=lambda entry: entry.name)


def _digits() -> Iterator[tuple[str, bytes]]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures = (digits.images * (255 / _MOST_INK)).round().astype("uint8")  # [1797, 8, 8], 0 to 16 becomes 0 to 255
    for number in sorted(range(len(pictures)), key=lambda number: (digits.target[number], number)):
        file = io.BytesIO()
        Image.fromarray(pictures[number]).save(file, "PNG")
        yield f"{digits.target[number]}/{number:04}.png", file.getvalue()


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample("clothing", "200 photos of clothes, 5 classes", "CC0-1.0", _clothing),
        Sample("digits", "1,797 scanned digits of 8 × 8 pixels, 10 classes", "as scikit-learn ships it, from the UCI repository", _digits),
    )
}
