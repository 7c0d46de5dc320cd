"""Decodes fuzzed files one after the other and tells what became of them, as one JSON object: python fuzzed_files.py COUNT SEED

Each file is a valid JPEG, PNG, WebP, GIF, TIFF or BMP of which bytes were flipped, a part cut out, or a part replaced by one of another file.
"""

import io
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from vitreous.core.view import View
from vitreous.data.decode import decode_bytes
from vitreous.errors import UnreadableImage

FORMATS = {
    "JPEG": [("RGB", {}), ("L", {}), ("CMYK", {}), ("RGB", {"progressive": True})],
    "PNG": [("RGB", {}), ("RGBA", {}), ("P", {}), ("I;16", {}), ("1", {})],
    "WEBP": [("RGB", {}), ("RGBA", {"lossless": True})],
    "GIF": [("P", {}), ("L", {})],
    "TIFF": [("RGB", {}), ("RGB", {"compression": "tiff_lzw"}), ("L", {"compression": "tiff_deflate"}), ("F", {})],
    "BMP": [("RGB", {}), ("P", {}), ("1", {})],
}


def originals() -> list[bytes]:
    """Small pictures with structure, one in each format and mode."""
    across, down = np.meshgrid(np.arange(96), np.arange(64))
    pixels = np.stack([across * 2, down * 3, (across ^ down) * 2, 255 - down], axis=-1).astype(np.uint8)
    made = []
    for name, variants in FORMATS.items():
        for mode, options in variants:
            if mode in ("I;16", "F"):
                image = Image.fromarray(pixels[..., 0].astype(np.uint16 if mode == "I;16" else np.float32) * 200)
            elif mode == "CMYK":
                image = Image.frombytes("CMYK", (96, 64), pixels.tobytes())
            else:
                image = Image.fromarray(pixels[..., :3]).convert(mode)
            stream = io.BytesIO()
            image.save(stream, name, **options)
            made.append(stream.getvalue())
    return made


def fuzzed(files: list[bytes], rng: random.Random) -> bytes:
    data = bytearray(rng.choice(files))
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        place = rng.randrange(len(data)) if rng.random() < 0.5 else rng.randrange(min(len(data), 80))
        match rng.choice(("flip", "flip", "byte", "cut", "splice", "end")):
            case "flip":
                data[place] ^= 1 << rng.randrange(8)
            case "byte":
                data[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
            case "cut":
                del data[place : place + rng.randrange(1, 64)]
            case "splice":
                other = rng.choice(files)
                start = rng.randrange(len(other))
                data[place : place + 32] = other[start : start + rng.randrange(1, 256)]
            case "end":
                del data[max(8, place) :]
        if len(data) < 8:
            break
    return bytes(data)


def peak_megabytes() -> int:
    """Of this program; `ru_maxrss` would count what the process that began it held."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    return int(status.read_text().split("VmHWM:")[1].split()[0]) // 1024


def main() -> None:
    count, rng, files = int(sys.argv[1]), random.Random(int(sys.argv[2])), originals()
    for data in files:
        decode_bytes(data, (View.crop(32),))  # they are valid
    outcomes: Counter[str] = Counter()
    slowest, others = 0.0, []
    for number in range(count):
        data, start = fuzzed(files, rng), time.process_time()
        try:
            decode_bytes(data, (View.crop(32),))
            outcomes["decoded"] += 1
        except UnreadableImage as error:
            outcomes["unreadable"] += 1
            if not error.arrived or "\n" in str(error):
                others.append(f"{number}: {error!r}")
        except Exception as error:
            others.append(f"{number}: {error!r}")
        slowest = max(slowest, time.process_time() - start)
    peak = peak_megabytes()
    print(json.dumps({"outcomes": outcomes, "others": others, "slowest_seconds": round(slowest, 2), "peak_megabytes": peak}))


if __name__ == "__main__":
    main()
