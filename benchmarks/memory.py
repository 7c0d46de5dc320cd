"""How much memory does it take?

    python benchmarks/memory.py [--part train|growth|picture]

The whole tree of processes is looked at every 50 ms while it runs. *Train*: resident memory on 20,000 photos of 400×400 besides the
mapped pack, target under 1.2 GB: anonymous and shared pages, and mapped files that do not lie in Vitreous's cache folder (those are
summed every half second, and the two peaks are added). *Growth*: anonymous and shared pages, from 5,000 to 50,000
pictures, at most 12 KB an image. *Picture*: one picture of 25 megapixels through `vitreous predict`, everything resident, under 400 MB.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness import VITREOUS, Benchmark, Claim, begin, environment, parser, require
from pictures import SMALL, SQUARE, PictureSet, made
from PIL import Image

PARTS = ("train", "growth", "picture")
MOST_TRAINING_MB = 1200.0
MOST_GROWTH_KB = 12.0
MOST_PICTURE_MB = 400.0
SIDE = 5000  # 25 megapixels
EVERY = 0.05
_MAPS_EVERY = 10


@dataclass
class Peak:
    """Peaks over a process tree, in MB. `own`: anonymous and shared pages; `files`: mapped files besides the pack; `all`: everything resident."""

    own: float = 0.0
    files: float = 0.0
    all: float = 0.0
    seconds: float = 0.0
    failure: str = ""


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--part", choices=PARTS, action="append", help="what to measure (everything)")
    options.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "vitreous-benchmarks", help="where made pictures are kept")
    arguments = options.parse_args()
    if not Path("/proc/self/smaps").exists():
        sys.exit("this benchmark reads /proc, which only Linux has")
    parts = arguments.part or PARTS
    clothing: Path = arguments.data / "clothing"
    require(clothing)
    benchmark = begin("memory" if len(parts) == len(PARTS) else "memory_" + "_".join(parts), arguments)
    if "picture" in parts:
        one_picture(benchmark, clothing)
    if "train" in parts:
        training(benchmark, clothing)
    if "growth" in parts:
        growth(benchmark, clothing)
    benchmark.write()


def training(benchmark: Benchmark, clothing: Path) -> None:
    count = 300 if benchmark.arguments.quick else SQUARE.count
    peak = train(SQUARE, clothing, benchmark.arguments.work, count)
    benchmark.measured["train"] = {"photos": count, **vars(peak)}
    note = f"{peak.own:.0f} MB anonymous and shared + {peak.files:.0f} MB of mapped files; with the pack {peak.all:.0f} MB; {peak.seconds:.0f} s"
    figure = round(peak.own + peak.files, 1)
    benchmark.claim(Claim(f"training on {count:,} photos of 400×400", figure, "MB", "at most", MOST_TRAINING_MB, note=note, failure=peak.failure))


def growth(benchmark: Benchmark, clothing: Path) -> None:
    few, many = (200, 600) if benchmark.arguments.quick else (SMALL.count // 10, SMALL.count)
    peaks = [train(SMALL, clothing, benchmark.arguments.work, count) for count in (few, many)]
    benchmark.measured["growth"] = {str(count): vars(peak) for count, peak in zip((few, many), peaks, strict=True)}
    grown = round((peaks[1].own - peaks[0].own) * 1000 / (many - few), 2)
    note = f"{peaks[0].own:.0f} MB with {few:,}, {peaks[1].own:.0f} MB with {many:,} ({peaks[1].seconds:.0f} s)"
    failure = peaks[0].failure or peaks[1].failure
    benchmark.claim(Claim("growth of a training", grown, "KB an image", "at most", MOST_GROWTH_KB, note=note, failure=failure))


def one_picture(benchmark: Benchmark, clothing: Path) -> None:
    photo = min(clothing.glob("train/*/*.jpg"))
    found = {}
    with tempfile.TemporaryDirectory() as made_here:
        folder = Path(made_here)
        env = environment(folder / "cache")
        for name, path in large_pictures(photo, folder, 1000 if benchmark.arguments.quick else SIDE):
            found[name] = watched([*VITREOUS, "predict", str(path), "--json"], env, folder / "cache")
            path.unlink()
        small = watched([*VITREOUS, "predict", str(photo)], env, folder / "cache")
    benchmark.measured["picture"] = {name: vars(peak) for name, peak in found.items()} | {"a photo of 400×533": vars(small)}
    for name, peak in found.items():
        note = f"a photo of 400×533: {small.all:.0f} MB; {peak.seconds:.1f} s"
        benchmark.claim(Claim(f"one {name} of 25 megapixels", round(peak.all, 1), "MB", "at most", MOST_PICTURE_MB, note=note, failure=peak.failure))


def large_pictures(photo: Path, folder: Path, side: int) -> Iterator[tuple[str, Path]]:
    """The photo at this many pixels a side, in the formats that take most."""
    with Image.open(photo) as opened:
        large = opened.convert("RGBA").resize((side, side), Image.Resampling.BICUBIC)
    large.putalpha(large.getchannel("R"))
    large.save(folder / "large.png", compress_level=1)
    yield "PNG with alpha", folder / "large.png"
    large.save(folder / "large.webp", quality=80, method=0)
    yield "WebP with alpha", folder / "large.webp"
    large.convert("RGB").save(folder / "large.jpg", quality=90)
    yield "JPEG", folder / "large.jpg"
    large.convert("RGB").save(folder / "progressive.jpg", quality=90, progressive=True, subsampling=0)
    yield "progressive JPEG", folder / "progressive.jpg"


def train(kind: PictureSet, clothing: Path, work: Path, count: int) -> Peak:
    photos = made(kind, clothing, work, count)
    with tempfile.TemporaryDirectory() as fresh:
        cache = Path(fresh) / "cache"
        return watched([*VITREOUS, "train", str(photos), "--tune", "none", "--json", "--runs", str(Path(fresh) / "runs")], environment(cache), cache)


def watched(command: Sequence[str], env: dict[str, str], pack: Path) -> Peak:
    """Run a command and look at the memory of its tree until it ends. Mapped files under `pack` are not counted in `files`."""
    peak, start, looks = Peak(), time.perf_counter(), 0
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, env=env)
        while child.poll() is None:
            pids = list(tree(child.pid))
            own, everything = (sum(each) for each in zip(*map(resident, pids), strict=True))
            peak.own, peak.all = max(peak.own, own), max(peak.all, everything)
            if looks % _MAPS_EVERY == 0:
                peak.files = max(peak.files, sum(mapped_files(pid, pack) for pid in pids))
            looks += 1
            time.sleep(EVERY)
        peak.seconds = round(time.perf_counter() - start, 1)
        if child.returncode:
            said.seek(0)
            peak.failure = f"ended with {child.returncode}: {said.read().decode(errors='replace').strip()[-300:]}"
    return peak


def tree(pid: int) -> Iterator[int]:
    """A process and all that it started."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in children.read_text().split():
                yield from tree(int(child))


def resident(pid: int) -> tuple[float, float]:
    """MB of anonymous and shared pages, and of all resident pages; 0 for a process that has just ended."""
    kilobytes = dict.fromkeys(("RssAnon", "RssShmem", "VmRSS"), 0)
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key in kilobytes:
                kilobytes[key] = int(value.split()[0])
    return (kilobytes["RssAnon"] + kilobytes["RssShmem"]) / 1024, kilobytes["VmRSS"] / 1024


def mapped_files(pid: int, without: Path) -> float:
    """MB of the resident pages of mapped files (libraries, mostly) that do not lie under a folder."""
    total, counts = 0.0, False
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps").read_text(errors="replace").splitlines():
            if "-" in line.partition(" ")[0]:  # address range, permissions, offset, device, inode, path
                path = line.split(maxsplit=5)[5:]
                counts = bool(path) and path[0].startswith("/") and not path[0].startswith(os.fspath(without))
            elif counts and line.startswith("Rss:"):
                total += int(line.split()[1])
            elif counts and line.startswith("Anonymous:"):
                total -= int(line.split()[1])  # written pages of a private mapping: counted as anonymous already
    return total / 1024


if __name__ == "__main__":
    main()
