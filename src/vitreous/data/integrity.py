"""Is a PNG whole, and how a file that ends early is completed in memory, so that its first rows can be decoded (`--tolerate-truncated`).

JPEG   gets the marker "end of image" (ITU T.81, B.2.1); the decoder fills what is missing with grey.
PNG    its compressed rows are unpacked as far as they go, filled up with black and packed again (W3C PNG, 10 and 13).

Pillow has a switch for this, `ImageFile.LOAD_TRUNCATED_IMAGES`, but it belongs to the whole process: another thread that must
refuse such files would accept them. Files on disk are never changed.
"""

import struct
import zlib
from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7: first column and row of each pass, and the steps between them.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def has_false_checksum(data: bytes) -> bool:
    """Whether the picture data of a PNG contradict their checksum (CRC-32 of each chunk), which Pillow does not look at."""
    return any(zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]) for kind, chunk in _chunks(data) if kind == b"IDAT" and _is_whole(chunk))


def completed(data: bytes) -> bytes | None:
    """The file with a proper end, or None where that cannot be done."""
    if data.startswith(b"\xff\xd8\xff"):
        return data + b"\xff\xd9"
    if data.startswith(_PNG) and len(data) >= 33:
        try:
            return _completed_png(data)
        except (zlib.error, KeyError):  # damaged and not only cut; a colour type that does not exist
            return None
    return None


def _completed_png(data: bytes) -> bytes | None:
    head, packed = _before_and_in_idat(data)
    if not packed:
        return None
    raw = zlib.decompressobj().decompress(packed, _raw_size(data))
    raw += bytes(_raw_size(data) - len(raw))
    return _PNG + head + _chunk(b"IDAT", zlib.compress(raw, 1)) + _chunk(b"IEND", b"")


def _before_and_in_idat(data: bytes) -> tuple[bytes, bytes]:
    """The chunks before the picture data as they stand, and the picture data of all IDAT chunks joined."""
    head, packed = b"", b""
    for kind, chunk in _chunks(data):
        if kind == b"IDAT":
            packed += bytes(chunk[8:-4] if _is_whole(chunk) else chunk[8:])
        elif not packed:
            head += chunk
    return head, packed


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Kind and bytes (length, kind, body, checksum) of each chunk; the last may be cut."""
    view, position = memoryview(data), len(_PNG)
    while position + 8 <= len(data):
        length = int.from_bytes(view[position : position + 4])
        yield bytes(view[position + 4 : position + 8]), view[position : position + 12 + length]
        position += 12 + length


def _is_whole(chunk: memoryview) -> bool:
    return len(chunk) == int.from_bytes(chunk[:4]) + 12


def _raw_size(data: bytes) -> int:
    """Bytes of the unpacked rows, each with its filter byte, over all passes."""
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    bits = _SAMPLES[colour] * depth
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    sizes = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in passes]
    return sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns > 0 and rows > 0)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
