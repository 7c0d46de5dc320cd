"""Are wrong labels found, and is it known how many there are?

    python benchmarks/suspects.py --cleanlab-python PYTHON [--only NAME] [--work FOLDER] [--quick]

Of the labels of each data set 2, 5, 10 and 20 % are changed: at random, and each to the class that its own is most taken for; five seeds. Then the
average precision with which the ranking finds them. Beside it stands cleanlab 2.9 (in an environment of its own: `pip install cleanlab`), by
fifteen of its methods, on the out-of-fold probabilities that our ranking begins with, and, as a harder question, on those it ends with. Its best
method is the one with the best mean over the cells of a data set; the best of each cell by itself is nobody's to choose, and stands beside it.

Then whether the expected number of errors lies within its interval, what the test accuracy gains where every listed suspect is looked at and
gets its true label, and how long 5,000 pictures take after their features.

The method was chosen on other pictures of CIFAR-10 and Fashion-MNIST, on digits, and with other seeds. Clothing has wrong labels of its own:
they count against every ranking and for no interval. `--only`: one data set, or "time"; the others keep the figures that they have.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from harness import SIDES, Benchmark, Claim, begin, median, parser, require, run_well, skip
from numpy.typing import NDArray

from vitreous.core.item import Split
from vitreous.core.reporter import Quiet
from vitreous.data.decode import Policy
from vitreous.fit.softmax import fit_softmax
from vitreous.trust.suspects import pictures_of_folder
from vitreous.trust.suspects.opinions import components
from vitreous.trust.suspects.ranking import Ranking, rank

RATES, KINDS, SEEDS = (0.02, 0.05, 0.1, 0.2), ("random", "confused"), 5
SETS = ("clothing", "fashion-mnist", "cifar10", "digits")
MOST_SECONDS, AHEAD, COVERED = 3.0, 0.03, 0.85
_FIRST_SEED = 1000  # those below were used while the method was chosen


def main() -> None:
    options = parser(__doc__, repeats=SEEDS)
    options.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "vitreous-benchmarks", help="where features are kept")
    options.add_argument("--folders", type=Path, default=Path(tempfile.gettempdir()) / "suspects", help="the folders NAME-eval of 5,000 pictures")
    options.add_argument("--cleanlab-python", help="a Python that has cleanlab")
    options.add_argument("--only", choices=[*SETS, "time"])
    arguments = options.parse_args()
    if not arguments.cleanlab_python:
        skip("no Python with cleanlab was named (--cleanlab-python)")
    require(Path(arguments.cleanlab_python))
    benchmark = begin("suspects", arguments)
    benchmark.measured = benchmark.measured_before() if arguments.only else {}
    for name in SETS if not arguments.only else [arguments.only] * (arguments.only != "time"):
        if (data := data_of(name, arguments)) is not None:
            benchmark.measured[name] = measured(name, *data, arguments)
    if arguments.only in (None, "time") and (data := data_of("fashion-mnist", arguments)) is not None:
        benchmark.measured["seconds"] = timed(*data[:3])
    claims(benchmark)
    benchmark.write()


def data_of(name: str, arguments: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]] | None:
    """Features, labels, groups, and which are test pictures, kept from call to call; None where the pictures are not there."""
    file = arguments.work / f"suspects-{name}.npz"
    if not file.exists():
        folder = {"clothing": arguments.data / "clothing", "digits": arguments.folders / "digits"}.get(name, arguments.folders / f"{name}-eval")
        if not folder.is_dir():
            print(f"left out: {name} (no folder {folder.name})")
            return None
        found = pictures_of_folder(folder, Policy(), Quiet(), None, None, None)
        test = np.array([item.split is Split.TEST for item in found.items])
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, features=found.features, labels=found.labels, groups=found.groups, test=test if test.any() else np.arange(len(test)) % 5 == 0)
    kept = np.load(file)
    few = slice(None, None, 4 if arguments.quick else 1)
    return kept["features"][few], kept["labels"][few], kept["groups"][few], kept["test"][few]


def measured(name: str, features: NDArray[Any], truth: NDArray[Any], groups: NDArray[Any], test: NDArray[Any], arguments: Any) -> dict[str, Any]:
    """A row for each cell: rate, kind, seed and what came out."""
    classes = int(truth.max()) + 1
    plain = rank(features, truth, groups, classes)
    taken_for = most_taken_for(plain, truth, classes)
    rows: list[dict[str, Any]] = []
    rankings = []
    for rate, kind, seed in cells(arguments.repeats if not arguments.quick else 1):
        labels = planted(truth, rate, kind, seed, taken_for)
        found = rank(features, labels, groups, classes, seed)
        wrong = labels != truth
        rankings.append((found, labels, wrong))
        row = {"rate": rate, "kind": kind, "seed": seed, "ours": precision(wrong, found.wrong), "wrong": int(wrong.sum())}
        row |= {"expected": round(found.expected, 1), "low": found.low, "high": found.high, "brier": brier(wrong, found.wrong)}
        if seed == _FIRST_SEED:
            row |= gain(features, labels, truth, test, found)
        rows.append(row)
        print(name, json.dumps(row), flush=True)
    for key, probability in (("cleanlab", [each.first for each, _, _ in rankings]), ("cleanlab on ours", [each.shown for each, _, _ in rankings])):
        for row, theirs in zip(rows, cleanlab(probability, rankings, arguments.cleanlab_python), strict=True):
            row[key] = theirs
    about = {"pictures": len(truth), "classes": classes, "agreement": round(float((plain.first.argmax(1) == truth).mean()), 4)}
    return about | {"expected of the labels as they are": [round(plain.expected, 1), plain.low, plain.high], "cells": rows}


def cells(seeds: int) -> Iterator[tuple[float, str, int]]:
    for rate in RATES:
        for kind in KINDS:
            for seed in range(_FIRST_SEED, _FIRST_SEED + seeds):
                yield rate, kind, seed


def planted(truth: NDArray[Any], rate: float, kind: str, seed: int, taken_for: NDArray[Any]) -> NDArray[Any]:
    """The labels with this share of them changed."""
    chance = np.random.default_rng([seed, int(1000 * rate), KINDS.index(kind)])
    chosen = chance.choice(len(truth), round(rate * len(truth)), replace=False)
    labels, classes = truth.copy(), len(taken_for)
    labels[chosen] = (truth[chosen] + chance.integers(1, classes, len(chosen))) % classes if kind == "random" else taken_for[truth[chosen]]
    return labels


def most_taken_for(plain: Ranking, truth: NDArray[Any], classes: int) -> NDArray[Any]:
    """For each class the one that its pictures are most taken for."""
    confused = np.zeros((classes, classes))
    np.add.at(confused, truth, plain.first)
    np.fill_diagonal(confused, 0)
    return np.asarray(confused.argmax(1))


def gain(features: NDArray[Any], labels: NDArray[Any], truth: NDArray[Any], test: NDArray[Any], found: Ranking) -> dict[str, Any]:
    """Test accuracy by true labels: learned from the labels as they are, with every listed suspect put right, and from true ones."""
    points, classes = components(features), int(truth.max()) + 1
    listed = found.order[: max(int((found.wrong >= 0.5).sum()), found.high)]
    corrected = labels.copy()
    corrected[listed] = truth[listed]

    def accuracy(target: NDArray[Any]) -> float:
        head = fit_softmax(points[~test], target[~test], classes, 0.001)
        return round(float((head.logits(points[test]).argmax(1) == truth[test]).mean()), 4)

    recall = float((labels != truth)[listed].sum() / max(1, (labels != truth).sum()))
    return {"listed": len(listed), "recall": round(recall, 4), "accuracy": [accuracy(each) for each in (labels, corrected, truth)]}


def precision(wrong: NDArray[Any], score: NDArray[Any]) -> float:
    from sklearn.metrics import average_precision_score

    return round(float(average_precision_score(wrong, score)), 5)


def brier(wrong: NDArray[Any], probability: NDArray[Any]) -> float:
    return round(float(np.square(probability - wrong).mean()), 5)


def cleanlab(probability: list[NDArray[Any]], rankings: list[Any], python: str) -> list[dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cells.npz"
        labels, wrong = (np.stack([each[place] for each in rankings]) for place in (1, 2))
        np.savez(file, probability=np.stack(probability), labels=labels, wrong=wrong)
        found: list[dict[str, float]] = json.loads(run_well([python, SIDES / "cleanlab_ranking.py", file]).output)
        return found


def timed(features: NDArray[Any], labels: NDArray[Any], groups: NDArray[Any]) -> dict[str, Any]:
    classes, seconds = int(labels.max()) + 1, []
    noisy = planted(labels, 0.05, "random", 1, np.zeros(classes, np.intp))
    for _ in range(7):
        begun = time.perf_counter()
        rank(features, noisy, groups, classes)
        seconds.append(round(time.perf_counter() - begun, 3))
    return {"pictures": len(labels), "features": features.shape[1], "runs": seconds}


def best_of(rows: list[dict[str, Any]], key: str) -> tuple[str, float, float]:
    """The method with the best mean over the cells, that mean, and the mean of the best of each cell."""
    means = {name: float(np.mean([row[key][name] for row in rows])) for name in rows[0][key]}
    best = max(means, key=means.__getitem__)
    return best, means[best], float(np.mean([max(row[key].values()) for row in rows]))


def claims(benchmark: Benchmark) -> None:
    ahead, beyond, inside = [], [], []
    for name in (each for each in SETS if each in benchmark.measured):
        rows = benchmark.measured[name]["cells"]
        ours = float(np.mean([row["ours"] for row in rows]))
        method, theirs, oracle = best_of(rows, "cleanlab")
        later = best_of(rows, "cleanlab on ours")[1]
        note = f"{name}: ours {ours:.3f}, cleanlab {theirs:.3f} ({method}), its best of each cell {oracle:.3f}, "
        note += f"its best method on our last probabilities {later:.3f}"
        benchmark.claim(Claim(f"mean average precision less cleanlab's, {name}", round(ours - theirs, 4), "", "at least", 0.0, note=note))
        ahead.append(ours - theirs)
        beyond.append(ours - oracle)
        inside += [row["low"] <= row["wrong"] <= row["high"] for row in rows]
        gains = [row["accuracy"] for row in rows if "accuracy" in row and row["rate"] >= 0.1]
        if gains:
            told = ", ".join(f"{before:.3f} → {after:.3f} (true {true:.3f})" for before, after, true in gains)
            print(f"    test accuracy with listed suspects put right, 10 and 20 %: {told}")
    if ahead:
        note = f"data sets: {', '.join(f'{each:+.3f}' for each in ahead)}; above the best of each cell {np.mean(beyond):+.3f}"
        benchmark.claim(Claim("the same, mean of the data sets", round(float(np.mean(ahead)), 4), "", "at least", AHEAD, note=note))
        what = f"cells of {len(inside)} with the number of errors within its interval"
        benchmark.claim(Claim(what, round(float(np.mean(inside)), 4), "", "at least", COVERED))
    if found := benchmark.measured.get("seconds"):
        what = f"ranking of {found['pictures']:,} pictures of {found['features']:,} features"
        benchmark.claim(Claim(what, median(found["runs"]), "s", "at most", MOST_SECONDS, found["runs"]))


if __name__ == "__main__":
    main()
