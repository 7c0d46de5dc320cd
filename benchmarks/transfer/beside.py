"""How soon is a model how good, from the same pretrained weights: Vitreous, fastai and what a good engineer writes with torch, side by side.

    python benchmarks/transfer/beside.py --work FOLDER [--fastai-python PATH] [--torch-python PATH] [--minutes M ...] [--repeats N]

Every side learns from clothing/train and answers clothing/test; its answers are scored here, by one rule for all. Vitreous gives a point for each
budget of minutes (0: the first model alone), the others one after every epoch, with the time that answering takes taken off. Sides take turns.
FOLDER keeps what the sides said, `SIDE-N.jsonl`, a line {"seconds", "cpu_seconds", "answers": {photo: class}} for each point; sides that are there
already are not run again, so that they can be run elsewhere, two cores each, and brought together here: `machine.txt` in it says where.
Environments: `sh benchmarks/transfer/make_envs.sh FOLDER`. Targets: issue "Deeper transfer".
"""

import json
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import numpy as np  # noqa: E402
from harness import VITREOUS, Benchmark, Claim, begin, environment, parser, require, run, run_well, torch_python  # noqa: E402

from vitreous.metrics.intervals import wilson  # noqa: E402

SIDES = ("vitreous", "fastai", "fastai tuned", "expert")
EPOCHS = 5
DOCUMENTED, TUNED, EXPERT = 1 / 40, 1 / 8, 1 / 3  # of the others' time
PICTURE = HERE.parent.parent / "docs" / "pictures" / "transfer.png"


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--work", type=Path, required=True, help="where the answers are kept")
    options.add_argument("--fastai-python", help="a Python that has fastai")
    options.add_argument("--torch-python", help="a Python that has torch (or VITREOUS_TORCH_PYTHON)")
    options.add_argument("--minutes", type=float, nargs="*", default=(0, 1.5, 5, 8), help="of Vitreous (%(default)s)")
    arguments = options.parse_args()
    clothing: Path = arguments.data / "clothing"
    require(clothing)
    arguments.work.mkdir(parents=True, exist_ok=True)
    benchmark = begin("transfer", arguments)
    machine = arguments.work / "machine.txt"
    if machine.is_file():
        benchmark.machine["processor"] = machine.read_text().strip()
    for number in range(1, arguments.repeats + 1):
        for side, work in _sides(arguments, clothing).items():
            file = arguments.work / f"{side.replace(' ', '-')}-{number}.jsonl"
            if not file.is_file():
                work(file)
    curves = {side: [scored(file) for file in sorted(arguments.work.glob(f"{side.replace(' ', '-')}-[0-9]*.jsonl"))] for side in SIDES}
    benchmark.measured = {"curves": curves}
    claims(benchmark, curves)
    benchmark.write()
    if not arguments.quick:
        draw(curves, benchmark.machine["processor"])


def _sides(arguments: Any, clothing: Path) -> dict[str, Callable[[Path], None]]:
    found: dict[str, Callable[[Path], None]] = {"vitreous": lambda file: ours(clothing, arguments.minutes, file)}
    if arguments.fastai_python:
        side = [arguments.fastai_python, HERE / "fastai_side.py", clothing, str(EPOCHS)]
        found["fastai"] = lambda file: theirs([*side, "documented", file])
        found["fastai tuned"] = lambda file: theirs([*side, "tuned", file])
    if python := torch_python(arguments):
        found["expert"] = lambda file: theirs([python, HERE / "expert_side.py", clothing, str(EPOCHS), file])
    return found


def ours(clothing: Path, minutes: Sequence[float], file: Path) -> None:
    """A training for each budget, in an empty cache."""
    lines = []
    for budget in minutes:
        how = ["--minutes", f"{budget:g}"] if budget else ["--tune", "none"]
        work = file.with_suffix(f".{budget:g}")
        ran = run_well([*VITREOUS, "train", clothing, *how, "--json", "--runs", work / "runs"], environment(work / "cache"))
        answers = (Path(ran.json()["run"]) / "predictions.csv").read_text(encoding="utf-8").splitlines()
        lines.append(json.dumps(point_of(answers, ran.seconds, ran.cpu_seconds, budget)))
    file.write_text("\n".join(lines) + "\n")


def point_of(predictions: Sequence[str], seconds: float, cpu_seconds: float | None, minutes: float) -> dict[str, Any]:
    """Of the lines of a predictions.csv, whose first columns are the path, the truth and the answer."""
    names = predictions[0].split(",")
    path, answer = names.index("path"), names.index("predicted")
    answers = {line.split(",")[path]: line.split(",")[answer] for line in predictions[1:]}
    return {"minutes": minutes, "seconds": round(seconds, 1), "cpu_seconds": cpu_seconds, "answers": answers}


def theirs(command: list[Any]) -> None:
    part = Path(f"{command[-1]}.part")
    ran = run([*command[:-1], part])
    if ran.code:
        raise SystemExit(f"{command[1]} ended with {ran.code}:\n{ran.errors[-2000:]}")
    part.rename(command[-1])


def scored(file: Path) -> list[dict[str, Any]]:
    """Points of a curve: the class of a photo is the folder that it lies in."""
    found = []
    for line in file.read_text().splitlines():
        said = json.loads(line)
        right = sum(Path(photo).parent.name == answer for photo, answer in said["answers"].items())
        count = len(said["answers"])
        low, high = (round(float(each), 4) for each in wilson(np.array(right / count), np.array(count)))
        found.append({"seconds": said["seconds"], "cpu_seconds": said["cpu_seconds"], "accuracy": round(right / count, 4), "interval": [low, high]})
    return found


def claims(benchmark: Benchmark, curves: dict[str, list[list[dict[str, Any]]]]) -> None:
    """How long each side takes to the best accuracy that fastai has in these epochs, in either form. A side that does not come to it counts with
    the time of its last point, which makes the ratio a bound."""
    goal = max((point["accuracy"] for side in SIDES[1:3] for curve in curves[side] for point in curve), default=None)
    if goal is None or not curves["vitreous"]:
        return
    us = statistics.median(first for curve in curves["vitreous"] if (first := reached(curve, goal)) is not None)
    for side, target in zip(SIDES[1:], (DOCUMENTED, TUNED, EXPERT), strict=True):
        if not curves[side]:
            continue
        times = [reached(curve, goal) for curve in curves[side]]
        seconds = [curve[-1]["seconds"] if first is None else first for first, curve in zip(times, curves[side], strict=True)]
        epochs = min(len(curve) for curve in curves[side])
        note = f"{us:.0f} s and {statistics.median(seconds):.0f} s" + (f"; {side} had not come to it after {epochs} epochs" if None in times else "")
        what = f"time to {goal:.3f}, the best of fastai, beside that of {side}"
        benchmark.claim(Claim(what, round(us / statistics.median(seconds), 4), "x", "at most", round(target, 4), note=note))


def reached(curve: Sequence[dict[str, Any]], goal: float) -> float | None:
    return next((point["seconds"] for point in curve if point["accuracy"] >= goal), None)


def draw(curves: dict[str, list[list[dict[str, Any]]]], machine: str) -> None:
    """Accuracy against seconds, a line for each side."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    colours = dict(zip(SIDES, ("#0b5cad", "#c2410c", "#e08a3c", "#5f6b76"), strict=True))
    figure, axes = pyplot.subplots(figsize=(8, 4.4), dpi=130)
    for side, runs in curves.items():
        for number, curve in enumerate(runs):
            xs, ys = [point["seconds"] for point in curve], [100 * point["accuracy"] for point in curve]
            axes.plot(xs, ys, "o-", color=colours[side], linewidth=2, markersize=5)
            if number == 0:
                axes.annotate(f" {side}", (xs[-1], ys[-1]), color=colours[side], va="center", fontsize=11)
    last = max(point["seconds"] for runs in curves.values() for curve in runs for point in curve)
    axes.set(xlabel="seconds from process start", ylabel="test photos answered right, %", xlim=(0, 1.1 * last), ylim=(65, 95))
    axes.set_title("A first model before the others have theirs, and better ones after it", loc="left", fontsize=12)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.text(0.99, 0.01, "\n".join(wrap(machine, 120)), ha="right", va="bottom", fontsize=7, color="#555")
    figure.savefig(PICTURE)


if __name__ == "__main__":
    main()
