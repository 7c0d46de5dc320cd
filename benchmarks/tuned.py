"""How good does a pretrained network become in so many minutes, and was that said beforehand?

    python benchmarks/tuned.py [--budgets M ...] [--folds N ...] [--work FOLDER]

On the clothing photos' own split, from process start with an empty cache: the first model by itself (`--tune none`), then one training for each
budget of minutes. Then on folds of all 1,842 photos, each of which is the test part once (a shared cache, so that photos are decoded once): the
first model and a training in the middle budget, and their difference. Every training that was tuned has said what accuracy to expect, and when.
Needs torch. `--budgets` or `--folds` without a number leave these as they were measured before. Targets are those for a machine with AMX, which
makes the same views in a tenth of the time that AVX2 takes.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from harness import VITREOUS, Claim, begin, environment, median, parser, require, run_well, skip
from held_out import FOLDS, pooled, tables

from vitreous.runs.folder import open_run

FIRST, SOON, LATE = (0.875, 18.0), (0.90, 1.5), (0.915, 8.0)
NOT_WORSE, POINTS_OFF, TIME_OFF, COVERED = -0.3, 2.0, 15.0, 85.0


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--budgets", type=float, nargs="*", default=(SOON[1], 5.0, LATE[1]), help="minutes (%(default)s)")
    options.add_argument("--folds", type=int, nargs="*", default=range(FOLDS), help="which of the five folds of all photos are tested on")
    options.add_argument("--fold-minutes", type=float, default=5.0, help="of a training on a fold (%(default)s)")
    arguments = options.parse_args()
    require(arguments.data / "clothing")
    try:
        import torch  # noqa: F401
    except ImportError:
        skip("torch is not installed")
    benchmark = begin("tuned", arguments)
    before = benchmark.measured_before() or {"budgets": [], "own": [], "folds": {}}
    budgets, own, folds = before["budgets"], before["own"], before["folds"]
    with tempfile.TemporaryDirectory() as fresh:
        work = Path(fresh)
        clothing = arguments.data / "clothing"
        if arguments.budgets:
            budgets, own = list(arguments.budgets), [trained(clothing, work / "first", "--tune", "none")]
            own += [trained(clothing, work / f"own-{minutes:g}", "--minutes", f"{minutes:g}") for minutes in budgets]
        of_folds = list(tables(pooled(clothing, work)))
        for number in arguments.folds:
            ways = (("--tune", "none"), ("--minutes", f"{arguments.fold_minutes:g}"))
            folds[str(number)] = [trained(of_folds[number], work / "shared", *how) for how in ways]
            benchmark.measured = {"budgets": budgets, "own": own, "fold_minutes": arguments.fold_minutes, "folds": folds}
            benchmark.write()
    benchmark.measured = {"budgets": budgets, "own": own, "fold_minutes": arguments.fold_minutes, "folds": folds}
    if own:
        accuracies(benchmark, own, budgets)
    if folds:
        gains = [round(100 * (tuned["accuracy"] - first["accuracy"]), 2) for first, tuned in folds.values()]
        benchmark.claim(Claim("tuned, less the first model: the worst fold", min(gains), "points", "at least", NOT_WORSE, gains, "accuracy"))
        both = [f"{np.mean([pair[side]['accuracy'] for pair in folds.values()]):.4f}" for side in (0, 1)]
        note = f"accuracy {both[0]} → {both[1]}, mean of {len(folds)} folds"
        benchmark.claim(Claim("tuned, less the first model: the mean", round(float(np.mean(gains)), 2), "points", "at least", 0, gains, note))
    made = [each for each in (*own, *(pair[1] for pair in folds.values())) if each["forecast"]]
    forecasts(benchmark, made, f"{len(made)} trainings on clothing only")
    benchmark.write()


def trained(data: Path, work: Path, *how: str) -> dict[str, Any]:
    """Seconds from process start, accuracy, what was expected."""
    ran = run_well([*VITREOUS, "train", data, *how, "--json", "--runs", work / "runs"], environment(work / "cache"))
    facts = open_run(Path(ran.json()["run"])).facts
    found = {
        "how": " ".join(how),
        "seconds": round(ran.seconds, 1),
        "cpu_seconds": round(ran.cpu_seconds, 1),
        "peak_mb": round(ran.peak_mb),
        "accuracy": facts["metrics"]["accuracy"],
        "interval": facts["metrics"]["accuracy_interval"],
        "forecast": facts.get("forecast"),
        "phases": facts["classifier"].get("phases"),
    }
    print(found, flush=True)
    return found


def accuracies(benchmark: Any, own: list[dict[str, Any]], budgets: list[float]) -> None:
    first = own[0]
    benchmark.claim(Claim("the first model", first["accuracy"], "right", "at least", FIRST[0], note=interval(first)))
    benchmark.claim(Claim("the first model, from process start", first["seconds"], "s", "at most", FIRST[1]))
    for least, minutes in (SOON, LATE):
        for budget, found in zip(budgets, own[1:], strict=True):
            if budget == minutes:
                benchmark.claim(Claim(f"in {minutes:g} minutes", found["accuracy"], "right", "at least", least, note=interval(found)))


def interval(found: dict[str, Any]) -> str:
    low, high = found["interval"]
    return f"[{low:.3f}, {high:.3f}], {found['seconds']:.0f} s"


def forecasts(benchmark: Any, made: list[dict[str, Any]], note: str) -> None:
    """How near trainings came to what they had said."""
    if not made:
        return
    points = [round(100 * abs(each["accuracy"] - each["forecast"]["accuracy"]), 2) for each in made]
    times = [round(100 * abs(each["seconds"] / each["forecast"]["seconds"] - 1), 1) for each in made]
    inside = [each["forecast"]["low"] <= each["accuracy"] <= each["forecast"]["high"] for each in made]
    benchmark.claim(Claim("forecast of the accuracy, off by", median(points), "points", "at most", POINTS_OFF, points, note))
    benchmark.claim(Claim("forecast of the time, off by", median(times), "%", "at most", TIME_OFF, times, note))
    benchmark.claim(
        Claim("accuracies inside the interval that was said", round(100 * float(np.mean(inside)), 1), "%", "at least", COVERED, note=note)
    )


if __name__ == "__main__":
    main()
