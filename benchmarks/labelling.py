"""How much work is it to label a folder? How much is saved by the order in which pictures are asked, by groups and by grids to confirm?

    python benchmarks/labelling.py [--part learning|users|time] [--work FOLDER] [--quick]

Three sets without their labels: clothing (1,501 pictures), CIFAR-10 and Fashion-MNIST (5,000 drawn pictures each); their test parts (341, 2,000,
2,000) judge and are never learned from. Folders of classes train/CLASS, test/CLASS in --work are taken, as benchmarks/pictures.py and others leave
them; what is missing is left out.

learning   pictures are labelled one by one, in random order and in ours, by the same head, up to 1,000; a user who answers truly, and one who
           errs in 5 % of the answers. For each accuracy that random order has with so many labels: how many ours needs. 10 seeds.
users      a person before the page, who follows what it suggests until nothing is open: every key and every click counts (a new name: N, its
           letters, Enter). 3 seeds of errors.
time       5,000 pictures, on a quiet machine: a step (journal and table synced, refit) and the next question.
"""

import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from harness import Benchmark, Claim, begin, median, parser, require

sys.path.insert(0, str(Path(__file__).parent / "sides"))

SETS = ("clothing", "cifar10", "fashion-mnist")
EACH, TEST_EACH = 500, 200  # pictures of a class that are drawn from the large sets
SHARE, ACTIONS, SECONDS = 0.6, 0.5, 0.3
ERRING = {"truly": 0.0, "5 % errors": 0.05}
AT = (100, 200, 300, 500, 1000)


def main() -> None:
    options = parser(__doc__, repeats=10)
    options.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "vitreous-benchmarks", help="where the large sets lie")
    options.add_argument("--sets", default=",".join(SETS), help="which, with commas (%(default)s); the others keep their figures")
    options.add_argument("--part", choices=("learning", "users", "time"), help="only that part; the others keep the figures that they have")
    arguments = options.parse_args()
    require(arguments.data / "clothing")
    benchmark = begin("labelling", arguments)
    benchmark.measured = benchmark.measured_before()
    for part, measure in (("learning", learning), ("users", users), ("time", timed)):
        if arguments.part in (None, part):
            benchmark.measured[part] = benchmark.measured.get(part, {}) | measure(arguments) | {"machine": benchmark.machine}
    claim_all(benchmark)
    benchmark.write()


def learning(arguments: Any) -> dict[str, Any]:
    from simulated_labelling import POINTS, curve

    seeds = 2 if arguments.quick else arguments.repeats
    found: dict[str, Any] = {"points": list(POINTS), "seeds": seeds}
    for name in there(arguments):
        data = pictures_of(name, arguments)
        for user, errs in ERRING.items():
            curves = {order: [curve(data, order, errs, seed) for seed in range(seeds)] for order in ("random", "ours")}
            means = {order: np.mean([each["accuracy"] for each in runs], 0) for order, runs in curves.items()}
            needs = {str(at): needed(list(POINTS), means["ours"], means["random"][POINTS.index(at)]) / at for at in AT}
            settled = [each["settled"] for each in curves["ours"]]
            found.setdefault(name, {})[user] = {
                **{order: [round(float(value), 4) for value in values] for order, values in means.items()},
                "spread": {order: [round(float(v), 4) for v in np.std([e["accuracy"] for e in runs], 0)] for order, runs in curves.items()},
                "share of the labels of random order": {at: round(value, 3) for at, value in needs.items()},
                "settled": settled,
                "all labels": round(curves["ours"][0]["all"], 4),
            }
            print(f"{name}, {user}: share of random order's labels {found[name][user]['share of the labels of random order']}", flush=True)
    return found


def needed(points: list[int], ours: Any, accuracy: float) -> float:
    """With how many labels our curve first has that accuracy, between its points on a line; the last point where it never has."""
    for (n0, a0), (n1, a1) in zip(zip(points, ours, strict=True), zip(points[1:], ours[1:], strict=True), strict=False):
        if a0 >= accuracy:
            return float(n0)
        if a1 >= accuracy:
            return float(n0 + (n1 - n0) * (accuracy - a0) / (a1 - a0))
    return float("inf") if ours[-1] < accuracy else float(points[-1])


def users(arguments: Any) -> dict[str, Any]:
    from simulated_labelling import person

    found: dict[str, Any] = {}
    for name in there(arguments):
        data = pictures_of(name, arguments)
        for user, errs in ERRING.items():
            runs = [person(data, errs, seed) for seed in range(1 if arguments.quick or not errs else 3)]
            found.setdefault(name, {})[user] = runs
            print(
                f"{name}, {user}: {[run['actions a picture'] for run in runs]} actions a picture, labels right {[run['right'] for run in runs]}",
                flush=True,
            )
    return found


def timed(arguments: Any) -> dict[str, Any]:
    from simulated_labelling import seconds

    name = next(each for each in reversed(there(arguments)))
    return {"set": name} | seconds(pictures_of(name, arguments))


def claim_all(benchmark: Benchmark) -> None:
    measured = benchmark.measured
    for name in SETS:
        for user in ERRING:
            if (found := measured.get("learning", {}).get(name, {}).get(user)) is not None:
                shares = found["share of the labels of random order"]
                note = "; ".join(f"of {at}: {share:.0%}" for at, share in shares.items())
                what = f"{name}, answered {user}: labels needed for the accuracy of random order with 1,000"
                benchmark.claim(Claim(what, shares["1000"], "of them", "at most", SHARE, note=f"{note}; {measured['learning']['seeds']} seeds"))
    for name in SETS:
        for user in ERRING:
            if (runs := measured.get("users", {}).get(name, {}).get(user)) is not None:
                figures = [run["actions a picture"] for run in runs]
                right = statistics.mean(run["right"] for run in runs)
                what = f"{name}, answered {user}: keys and clicks a picture until all are labelled"
                benchmark.claim(Claim(what, median(figures), "actions", "at most", ACTIONS, figures, note=f"{right:.1%} of the labels are right"))
    for kind, value in measured.get("time", {}).get("by labelled", {}).items():
        note = f"5,000 pictures, {kind} labelled; with journal and table synced {median(value['step and question']):.3f} s"
        runs = value["refit and reorder"]
        benchmark.claim(Claim("refit and reorder", median(runs), "s", "at most", SECONDS, runs, note=note))


def there(arguments: Any) -> list[str]:
    asked = [name for name in SETS if name in arguments.sets.split(",")]
    found = [name for name in asked if folder_of(name, arguments).is_dir()]
    for name in set(asked) - set(found):
        print(f"left out: {name} is not there")
    return found


def folder_of(name: str, arguments: Any) -> Path:
    return Path(arguments.data if name == "clothing" else arguments.work) / name


def pictures_of(name: str, arguments: Any) -> Any:
    from simulated_labelling import read

    folder = folder_of(name, arguments)
    if name != "clothing":
        drawn = Path(arguments.work) / f"labelling-{name}"
        if not drawn.is_dir():
            draw(folder, drawn)
        folder = drawn
    return read(folder)


def draw(folder: Path, drawn: Path) -> None:
    begun = drawn.with_name(f"{drawn.name}.partial-{time.time_ns()}")
    for part, count in (("train", EACH), ("test", TEST_EACH)):
        for label in sorted(each for each in (folder / part).iterdir() if each.is_dir()):
            files = sorted(label.iterdir())
            random.Random(0).shuffle(files)
            place = begun / part / label.name
            place.mkdir(parents=True)
            for file in files[:count]:
                shutil.copyfile(file, place / file.name)
    begun.rename(drawn)


if __name__ == "__main__":
    main()
