"""Which pictures are copies of each other, found once for each set of pictures and kept in the pack."""

import zlib
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from vitreous.data.duplicates import IntArray, find_duplicates
from vitreous.data.pack import FACTS_ROWS, Pack
from vitreous.errors import StorageError
from vitreous.storage.atomic import write_atomically

# To be raised when find_duplicates comes to join other pictures than before.
_RULE = "6"
_FILE = "copies.bin"
_DIGEST = 16


def copies_of(pack: Pack, keys: Sequence[bytes], thumbnails: NDArray[np.uint8]) -> IntArray:
    """A number for each picture, the same for copies: int [N]. `keys`: 16 bytes of each content; `thumbnails`: as for find_duplicates."""
    digest = blake2b(f"{_RULE} {FACTS_ROWS} ".encode() + b"".join(keys), digest_size=_DIGEST).digest()
    known = _read(pack, digest, len(keys))
    if known is not None:
        return known
    group = find_duplicates(keys, thumbnails).group
    _write(pack, digest, group)
    return group


def _read(pack: Pack, digest: bytes, count: int) -> IntArray | None:
    """The groups of these very pictures; None where they are not there or damaged."""
    if pack.folder is None:
        return None
    try:
        content = (pack.folder / _FILE).read_bytes()
    except OSError:
        return None
    checksum, values = content[_DIGEST : _DIGEST + 4], content[_DIGEST + 4 :]
    if content[:_DIGEST] != digest or len(values) != 4 * count or zlib.crc32(values).to_bytes(4, "little") != checksum:
        return None
    return np.frombuffer(values, "<u4").astype(np.intp)


def _write(pack: Pack, digest: bytes, group: IntArray) -> None:
    if pack.folder is None or not pack.writable:
        return
    values = group.astype("<u4").tobytes()
    try:
        write_atomically(pack.folder / _FILE, digest + zlib.crc32(values).to_bytes(4, "little") + values)
    except StorageError:
        return  # only costs finding them again
