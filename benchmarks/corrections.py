"""How soon after labels were fixed are the new figures there?

    python benchmarks/corrections.py [--work FOLDER]

5,000 photos with a run; then in each round 40 of them are moved to another class, 5 are taken away and 5 come. `vitreous train --again RUN`, timed
from process start: until it says how good the new model is, at most 2 s; and until the run with its report is written. Beside it a training
from the beginning, with an empty cache.
"""

import os
import random
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from harness import VITREOUS, Claim, begin, environment, median, parser, require
from pictures import PHOTOS, made

COUNT, MOVED, GONE, NEW = 5000, 40, 5, 5
MOST_SECONDS = 2.0


def main() -> None:
    options = parser(__doc__, repeats=7)
    options.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "vitreous-benchmarks", help="where made pictures are kept")
    arguments = options.parse_args()
    require(arguments.data / "clothing")
    count, rounds = (400, 2) if arguments.quick else (COUNT, arguments.repeats)
    photos = made(PHOTOS, arguments.data / "clothing", arguments.work, count)
    benchmark = begin("corrections", arguments)
    with tempfile.TemporaryDirectory(dir=arguments.work) as fresh:
        folder = Path(fresh) / "photos"
        shutil.copytree(photos, folder, copy_function=os.link)
        others = sorted(folder.rglob("*.jpg"))
        aside = [other.rename(Path(fresh) / other.name) for other in random.Random(0).sample(others, NEW * rounds)]
        known = environment(Path(fresh) / "cache")
        first = said([*VITREOUS, "train", str(folder), "--tune", "none", "--runs", str(Path(fresh) / "runs"), "--name", "it"], known)
        rounds_of = []
        for number in range(rounds):
            corrected(folder, aside[NEW * number : NEW * (number + 1)], random.Random(number))
            rounds_of.append(said([*VITREOUS, "train", "--again", str(Path(fresh) / "runs" / f"it-{number + 1}")], known))
            print(f"round {number + 1}: {rounds_of[-1]}", flush=True)
    benchmark.measured = {"photos": count, "first": first, "again": rounds_of}
    for key, what, most in (("figures", "figures of the corrected data", MOST_SECONDS), ("all", "the whole run, with its report", 2 * MOST_SECONDS)):
        seconds = [each[key] for each in rounds_of]
        note = f"{count:,} photos; from the beginning {first[key]:.1f} s"
        benchmark.claim(Claim(what, median(seconds), "s", "at most", most, seconds, note=note))
    benchmark.write()


def corrected(folder: Path, new: list[Path], chance: random.Random) -> None:
    """Some photos into other classes of their part, some away, some new ones into the training part."""
    chosen = chance.sample(sorted(folder.rglob("*.jpg")), MOVED + GONE)
    for photo in chosen[:MOVED]:
        others = sorted(each for each in photo.parent.parent.iterdir() if each != photo.parent)
        photo.rename(chance.choice(others) / f"moved-{photo.name}")
    for photo in chosen[MOVED:]:
        photo.unlink()
    for photo in new:
        photo.rename(chance.choice(sorted((folder / "train").iterdir())) / f"new-{photo.name}")


def said(command: list[str], env: dict[str, str]) -> dict[str, Any]:
    """Seconds until the figures are said, and until the end."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    figures, lines = 0.0, []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("Accuracy") and not figures:
            figures = time.perf_counter() - begun
    if process.wait() or not figures:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{''.join(lines)[-2000:]}")
    return {"figures": round(figures, 3), "all": round(time.perf_counter() - begun, 3)}


if __name__ == "__main__":
    main()
