"""What this machine decodes at most: JPEG photos to 224×224, Pillow alone, one thread for each core; prints {"per_s": …}.

The short side to 224 by a JPEG decoded at reduced scale where that is enough, the central square, bicubic. No hash, no check, no copy
search, nothing kept.

usage: python decode_limit.py FOLDER
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

SIDE = 224


def decode(path: Path) -> None:
    with Image.open(path) as opened:
        opened.draft("RGB", (SIDE, SIDE))
        image = opened.convert("RGB")
    width, height = image.size
    short = min(width, height)
    left, top = (width - short) / 2, (height - short) / 2
    image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=(left, top, left + short, top + short))


def main() -> None:
    paths = sorted(Path(sys.argv[1]).rglob("*.jpg"))
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(decode, paths[:50]))
        start = time.perf_counter()
        for _ in pool.map(decode, paths):
            pass
        seconds = time.perf_counter() - start
    print(json.dumps({"per_s": len(paths) / seconds, "photos": len(paths)}))


if __name__ == "__main__":
    main()
