"""Are edited copies found, and nothing else? 300 photos, twelve kinds of edit in three strengths (edits.py); and 100,000 pictures by the clock.

    python benchmarks/near_duplicates.py

For each kind and strength the 300 edited photos stand among all photos of the half of the clothing set that nothing was tuned on.
Recall: of the 300 pairs of original and copy, the share that is joined. Precision: of all pairs that are joined, the share that is of
one photo. The 100,000 thumbnails are parts of those photos, 0.25 to 0.6 of each side, somewhere; every twentieth has a copy, darker
and mirrored. What is timed begins with the thumbnails.
"""

import resource
import time
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
from edits import EDITS, STRENGTHS, edited
from harness import Benchmark, Claim, begin, parser, require
from PIL import Image

from vitreous.data.decode import THUMBNAIL, decode_bytes
from vitreous.data.duplicates import find_duplicates

PHOTOS, MANY, SHARE = 300, 100_000, 0.05

Thumbnails = npt.NDArray[np.uint8]


def main() -> None:
    arguments = parser(__doc__, repeats=3).parse_args()
    require(arguments.data / "clothing")
    benchmark = begin("near_duplicates", arguments)
    photos = [path for path in sorted((arguments.data / "clothing").rglob("*.jpg")) if zlib.crc32(path.name.encode()) % 2]
    edits(benchmark, photos, 20 if arguments.quick else PHOTOS)
    clock(benchmark, photos, MANY // 50 if arguments.quick else MANY)
    benchmark.write()


def edits(benchmark: Benchmark, photos: list[Path], count: int) -> None:
    rng = np.random.default_rng(0)
    originals = np.stack([decode_bytes(path.read_bytes(), []).thumbnail for path in photos])
    chosen = rng.choice(len(photos), count, replace=False)
    pictures = []
    for number in chosen:
        with Image.open(photos[number]) as opened:
            pictures.append(opened.convert("RGB"))
    found: dict[str, list[int]] = {}
    joined = right = 0
    wrong: set[tuple[str, str]] = set()
    for kind in EDITS:
        found[kind] = []
        for strength in range(len(STRENGTHS)):
            copies = np.stack([decode_bytes(edited(kind, strength, picture, rng), []).thumbnail for picture in pictures])
            pairs = joined_pairs(np.concatenate([originals, copies]))
            photo = np.concatenate([np.arange(len(photos)), chosen])
            same = {(i, j) for i, j in pairs if photo[i] == photo[j]}
            found[kind].append(len(same))
            joined, right = joined + len(pairs), right + len(same)
            wrong |= {(photos[photo[i]].name, photos[photo[j]].name) for i, j in pairs - same}
        print(f"{kind:12}" + "".join(f"{number / count:8.3f}" for number in found[kind]), flush=True)
    benchmark.measured |= {"recall": {kind: [number / count for number in each] for kind, each in found.items()}, "wrongly joined": sorted(wrong)}
    of = count * len(EDITS) * len(STRENGTHS)
    precision = right / max(joined, 1)
    benchmark.claim(
        Claim("precision of near-duplicates", precision, "of the joined pairs", "at least", 0.99, note=f"{joined - right} of {joined} wrong")
    )
    weakest = min((number / count, kind, STRENGTHS[place]) for kind, each in found.items() for place, number in enumerate(each))
    note = f"lowest: {weakest[1]}, {weakest[2]}, {weakest[0]:.3f}"
    benchmark.claim(Claim("recall of near-duplicates", right / of, "of the copies", "at least", 0.95, note=note))


def joined_pairs(thumbnails: Thumbnails) -> set[tuple[int, int]]:
    """Every two pictures that are in one group."""
    groups = find_duplicates([number.to_bytes(16, "big") for number in range(len(thumbnails))], thumbnails).near
    return {(i, j) for group in groups for place, i in enumerate(group) for j in group[place + 1 :]}


def clock(benchmark: Benchmark, photos: list[Path], count: int) -> None:
    thumbnails = parts(photos, count)
    keys = [number.to_bytes(16, "big") for number in range(count)]
    seconds, work = [], []
    for _ in range(benchmark.arguments.repeats):
        start, before = time.perf_counter(), time.process_time()
        groups = find_duplicates(keys, thumbnails).near
        seconds.append(time.perf_counter() - start)
        work.append(time.process_time() - before)
    copies = round(SHARE * count)
    together = {tuple(group[:1] + group[-1:]) for group in groups}
    benchmark.measured |= {
        "seconds": seconds,
        "processor seconds": work,
        "groups": len(groups),
        "pictures": count,
        "planted copies in groups of two": sum((i, count - copies + i) in together for i in range(copies)) / copies,
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    note = f"{np.median(work):.1f} s of processor time"
    benchmark.claim(Claim(f"near-duplicates among {count:,} pictures", float(np.median(seconds)), "s", "at most", 20, seconds, note))


def parts(photos: list[Path], count: int) -> Thumbnails:
    """Thumbnails of parts of the photos; the last twentieth are the first ones again, darker and mirrored."""
    rng = np.random.default_rng(1)
    copies = round(SHARE * count)
    made: list[Thumbnails] = []
    each = -(-(count - copies) // len(photos))
    for path in photos:
        with Image.open(path) as opened:
            grey = opened.convert("L")
        for _ in range(each):
            size = np.round(rng.uniform(0.25, 0.6) * np.array(grey.size))
            corner = np.floor(rng.random(2) * (grey.size - size))
            box = (*corner.tolist(), *(corner + size).tolist())
            made.append(np.asarray(grey.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)))
    whole = np.stack(made)[rng.permutation(len(made))[: count - copies]]
    again = (whole[:copies, :, ::-1] * 0.9 + 0.5).astype(np.uint8)
    return np.concatenate([whole, again])


if __name__ == "__main__":
    main()
