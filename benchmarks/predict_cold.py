"""How long from nothing to an answer: one photo, and a folder of 1,000?

    python benchmarks/predict_cold.py [--torch-python PATH]

`vitreous predict photo.jpg` in a new process, by turns with `python -c "import torch"` in one that has it: target at most 0.45 ×
its time. Files of both are in the system's memory, and the network has been compiled once before (the very first time
is reported beside it). Then a folder of 1,000 photos: target at least 85 % of the rate that decoding and forward passes together
allow, 1 / (1 / decode + 1 / forward), by ../shared/peers/limits.py; the whole command counts. Answers by the
shipped network are always fp32, so the fp32 forward rate is taken.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness import NET, SHARED, VITREOUS, Benchmark, Claim, alternate, begin, environment, median, parser, require, run_well, torch_python

OF_IMPORT_TORCH = 0.45
OF_THE_RATE = 0.85
FOLDER = 1000
FOLDER_ROUNDS = 3


def main() -> None:
    options = parser(__doc__, repeats=10)
    options.add_argument("--torch-python", help="a Python that has torch (or VITREOUS_TORCH_PYTHON)")
    arguments = options.parse_args()
    limits = SHARED / "peers" / "limits.py"
    require(arguments.data / "clothing", limits, NET)
    arguments.repeats = min(arguments.repeats, 2) if arguments.quick else arguments.repeats
    photos = sorted((arguments.data / "clothing").glob("*/*/*.jpg"))[: 40 if arguments.quick else FOLDER]
    benchmark = begin("predict_cold", arguments)
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        one(benchmark, photos[0], work / "cache")
        folder = work / "photos"
        folder.mkdir()
        for number, photo in enumerate(photos):
            shutil.copy(photo, folder / f"{number:04d}.jpg")
        many(benchmark, folder, len(photos), limits, work / "cache")
    benchmark.write()


def predict(target: Path, cache: Path) -> float:
    return round(run_well([*VITREOUS, "predict", target, "--json"], environment(cache)).seconds, 3)


def one(benchmark: Benchmark, photo: Path, cache: Path) -> None:
    python = torch_python(benchmark.arguments)
    first = predict(photo, cache)
    sides = {"predict": lambda: predict(photo, cache)}
    if python:
        import_torch = [python, "-c", "import torch"]
        run_well(import_torch)  # from the disk into memory
        sides["import torch"] = lambda: round(run_well(import_torch).seconds, 3)
    found = alternate(benchmark.arguments.repeats, sides)
    benchmark.measured |= {"one_photo": found, "very_first_seconds": first}
    if python is None:
        print(f"one photo, cold process: {median(found['predict']):.2f} s; nothing to compare with")
        return
    ratios = [round(a / b, 3) for a, b in zip(found["predict"], found["import torch"], strict=True)]
    note = f"{median(found['predict']):.2f} s against {median(found['import torch']):.2f} s; the very first time {first:.2f} s"
    benchmark.claim(Claim("one photo, beside import torch", median(ratios), "×", "at most", OF_IMPORT_TORCH, ratios, note))


def many(benchmark: Benchmark, folder: Path, count: int, limits: Path, cache: Path) -> None:
    rounds = 1 if benchmark.arguments.quick else min(FOLDER_ROUNDS, benchmark.arguments.repeats)
    alone = median(benchmark.measured["one_photo"]["predict"])

    def limit() -> dict[str, Any]:
        return run_well([sys.executable, limits, folder, NET]).json()

    predict(folder, cache)  # measures and keeps the setting for many pictures, as a user's first folder does
    found: dict[str, list[Any]] = alternate(rounds, {"limit": limit, "predict": lambda: predict(folder, cache)})
    rates = [1 / (1 / each["decode_per_s"] + 1 / each["forward_per_s"]["f32"]) for each in found["limit"]]
    whole = [round(count / took / rate, 3) for took, rate in zip(found["predict"], rates, strict=True)]
    # the time of one photo is that of starting
    running = [round((count - 1) / (took - alone) / rate, 3) for took, rate in zip(found["predict"], rates, strict=True)]
    benchmark.measured |= {"folder": found, "photos": count, "share_with_start": whole, "share_without_start": running}
    note = f"{count / median(found['predict']):.0f} of {median(rates):.0f} photos/s; {median(running):.3g} × without the process's start"
    benchmark.claim(Claim(f"{count:,} photos, of the rate that is possible", median(whole), "×", "at least", OF_THE_RATE, whole, note))


if __name__ == "__main__":
    main()
