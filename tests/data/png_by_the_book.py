"""A second PNG decoder, written from the W3C recommendation and nothing else, to judge ours by. Slow, no error handling.

16 bit to 8: grey by v / 257, colour by the high byte (section 13.12 allows both). No gamma, no background chunk: transparent over white.
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def read_png(data: bytes) -> NDArray[np.uint8]:
    """The picture as uint8 RGB [H, W, 3] over white."""
    chunks: dict[bytes, bytes] = {}
    position = 8
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        kind = data[position + 4 : position + 8]
        chunks[kind] = chunks.get(kind, b"") + data[position + 8 : position + 8 + length]
        position += 12 + length
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    samples = unpacked(zlib.decompress(chunks[b"IDAT"]), width, height, depth, SAMPLES[colour], bool(interlaced))
    return coloured(samples, depth, colour, chunks)


def unpacked(raw: bytes, width: int, height: int, depth: int, channels: int, interlaced: bool) -> NDArray[np.int64]:
    """Samples [H, W, channels] as they stand in the file."""
    out = np.zeros((height, width, channels), np.int64)
    position = 0
    for x, y, dx, dy in ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = len(range(x, width, dx)), len(range(y, height, dy))
        if not columns or not rows:
            continue
        line, step = (columns * channels * depth + 7) // 8, max(1, channels * depth // 8)
        above = [0] * line
        for row in range(rows):
            kind, above = raw[position], unfiltered(raw[position], raw[position + 1 : position + 1 + line], above, step)
            assert kind < 5
            position += 1 + line
            values = np.array(above, np.int64)
            if depth == 16:
                values = values[0::2] * 256 + values[1::2]
            elif depth < 8:
                bits = np.unpackbits(values.astype(np.uint8)).reshape(-1, depth)
                values = bits @ (2 ** np.arange(depth)[::-1])
            out[y + row * dy, x::dx] = values[: columns * channels].reshape(columns, channels)
    return out


def unfiltered(kind: int, line: bytes, above: list[int], step: int) -> list[int]:
    out: list[int] = []
    for i, value in enumerate(line):
        left = out[i - step] if i >= step else 0
        up, corner = above[i], above[i - step] if i >= step else 0
        out.append((value + (0, left, up, (left + up) // 2, paeth(left, up, corner))[kind]) % 256)
    return out


def paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda v: abs(guess - v))


def coloured(samples: NDArray[np.int64], depth: int, colour: int, chunks: dict[bytes, bytes]) -> NDArray[np.uint8]:
    top = 2**depth - 1
    clear = chunks.get(b"tRNS", b"")
    alpha = np.full(samples.shape[:2], 255.0)
    if colour == 3:
        palette = np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)
        opacity = np.full(256, 255.0)
        opacity[: len(clear)] = list(clear)
        rgb, alpha = palette[samples[..., 0]].astype(float), opacity[samples[..., 0]]
    else:
        if clear:
            alpha = np.where((samples == struct.unpack(f">{len(clear) // 2}H", clear)).all(-1), 0.0, 255.0)
        high = samples >> 8 if depth == 16 else samples
        eight = (np.floor(samples * 255 / top + 0.5) if colour == 0 else high).astype(float)
        if colour in (4, 6):
            eight, alpha = eight[..., :-1], eight[..., -1]
        rgb = np.repeat(eight, 3 // eight.shape[-1], axis=-1)
    share = alpha[..., None] / 255
    return np.floor(rgb * share + 255 * (1 - share) + 0.5).astype(np.uint8)
