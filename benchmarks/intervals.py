"""Do the 95 % intervals hold the truth in 95 % of the cases?

    python benchmarks/intervals.py [--draws N] [--made-draws N] [--answers FILE.npz] [--quick]

A population of answers whose figures are known, and test sets drawn from it with replacement; each is evaluated, and how many of the
intervals hold the figure of the population is counted. *Real*: the 1,842 clothing photos, each answered by one of five models of
`vitreous train` that did not see its fold. *Made up*: 2 to 50 classes, even and uneven, 76 to 99 % right, with probabilities that are
right, too sure or too shy, and in groups of copies.

Target: within 93 and 97 % for test sets of 341 and 1,000 real answers, for accuracy, macro F1, average precision (over all classes) and the
calibration error, whose truth is the same figure over the same 15 bins of the population. Where noise hides the error, an interval that
holds the figure found reaches down to 0, and may hold the truth more often. Also the CPU time of one evaluation.

--answers keeps the real answers in a file, and takes them from there where it exists.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from harness import Benchmark, Claim, begin, parser, require
from held_out import Answers, out_of_fold, pooled

from vitreous.metrics.classification import evaluate

FIGURES = ("accuracy", "balanced_accuracy", "macro_f1", "log_loss", "calibration_error")
OF_CLASSES = ("precision", "recall", "f1", "average_precision")
CLAIMED = ("accuracy", "macro_f1", "average_precision", "calibration_error")
REAL_SIZES, CLAIMED_SIZES, MADE_SIZES = (100, 341, 1000), (341, 1000), (100, 341)
POINTS = 2.0  # either side of 95 %
CPU_SECONDS = {(341, 10): 0.15, (5000, 100): 1.0}


@dataclass(frozen=True)
class Made:
    """A classifier on Gaussian evidence. `sharpness`: how far the classes lie apart; `heat`: its logits are the right ones times this;
    `uneven`: the most frequent class over the least; pictures come in `copies` that share most of their evidence."""

    name: str
    classes: int
    sharpness: float
    heat: float = 1.0
    uneven: float = 1.0
    copies: int = 1

    def population(self, size: int = 48_000) -> Answers:
        rng = np.random.default_rng(self.classes)
        prior = np.linspace(1, self.uneven, self.classes)
        prior /= prior.sum()
        target = np.repeat(rng.choice(self.classes, size // self.copies, p=prior), self.copies)
        evidence = np.repeat(rng.normal(size=(size // self.copies, self.classes)), self.copies, axis=0)
        if self.copies > 1:
            evidence = 0.9 * evidence + np.sqrt(1 - 0.9**2) * rng.normal(size=evidence.shape)
        logits = self.heat * (self.sharpness * (evidence + self.sharpness * np.eye(self.classes)[target]) + np.log(prior))
        odds = np.exp(logits - logits.max(1, keepdims=True))
        return Answers(odds / odds.sum(1, keepdims=True), target, [str(k) for k in range(self.classes)], {})


MADE = (
    Made("2 classes", 2, 1.5),
    Made("2 classes, too sure", 2, 1.5, heat=1.6),
    Made("2 classes, 1 to 9", 2, 1.2, uneven=9),
    Made("3 classes, 99 % right", 3, 4.0, uneven=4),
    Made("10 classes", 10, 2.5, uneven=4),
    Made("10 classes, too sure", 10, 2.5, heat=1.5, uneven=4),
    Made("10 classes, too shy", 10, 2.5, heat=0.6),
    Made("50 classes", 50, 3.0, heat=1.3, uneven=4),
    Made("5 classes, copies by threes", 5, 2.5, heat=1.4, uneven=4, copies=3),
)


@dataclass(frozen=True)
class Coverage:
    """In how many of the cases an interval held the truth, the truth lay below it, and above; and its mean width. `lowest`: of a class."""

    held: float
    below: float
    above: float
    width: float
    lowest: float


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--draws", type=int, default=1000, help="test sets drawn from real answers (%(default)s)")
    options.add_argument("--made-draws", type=int, default=400, help="test sets drawn from made-up answers (%(default)s)")
    options.add_argument("--answers", type=Path, help="an .npz file to keep the real answers in")
    arguments = options.parse_args()
    require(arguments.data / "clothing")
    if arguments.quick:
        arguments.draws = arguments.made_draws = 20
    benchmark = begin("intervals", arguments)
    real = real_answers(arguments.data / "clothing", arguments.answers, arguments.quick)
    for count in REAL_SIZES:
        found = coverage(real, count, arguments.draws)
        tell(benchmark, f"real answers, {count:,} pictures", found)
        if count in CLAIMED_SIZES:
            for name in CLAIMED:
                held = round(100 * found[name].held, 2)
                what, note = f"{_spaced(name)} on {count:,} real answers: from 95 %", f"held in {held} % of {arguments.draws:,} draws"
                benchmark.claim(Claim(what, round(abs(held - 95), 2), "points", "at most", POINTS, note=note))
    for made in MADE[:3] if arguments.quick else MADE:
        answers = made.population()
        for count in MADE_SIZES:
            tell(benchmark, f"{made.name}, {count:,} pictures", coverage(answers, count, arguments.made_draws, made.copies))
    cost(benchmark)
    benchmark.write()


def real_answers(clothing: Path, kept: Path | None, quick: bool) -> Answers:
    if kept is not None and kept.exists():
        with np.load(kept) as stored:
            return Answers(stored["probability"], stored["target"], stored["labels"].tolist(), {})
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        answers = out_of_fold(pooled(clothing, work, 6 if quick else None), work)
    if kept is not None:
        np.savez(kept, probability=answers.probability, target=answers.target, labels=np.array(answers.labels))
    return answers


def coverage(answers: Answers, count: int, draws: int, copies: int = 1) -> dict[str, Coverage]:
    """Test sets of `count` answers, in whole groups of `copies`."""
    truth = evaluate(answers.probability, answers.target, answers.labels)
    rng, scores = np.random.default_rng(count), []
    for seed in range(draws):
        first = copies * rng.integers(0, len(answers.target) // copies, count // copies)
        drawn = (first[:, None] + np.arange(copies)).ravel()
        scores.append(evaluate(answers.probability[drawn], answers.target[drawn], answers.labels, np.repeat(np.arange(len(first)), copies), seed))
    found = {name: _counted([[(each, truth)] for each in scores], name) for name in FIGURES}
    classes = [list(zip(each.per_class, truth.per_class, strict=True)) for each in scores]
    return found | {name: _counted(classes, name) for name in OF_CLASSES}


def _counted(pairs: list[list[tuple[Any, Any]]], name: str) -> Coverage:
    """`pairs`: for each test set its scores beside the true ones; for figures of classes, those of each class."""
    rows = []
    for draw in pairs:
        for place, (scores, truth) in enumerate(draw):
            interval, value = getattr(scores, f"{name}_interval"), getattr(truth, name)
            if interval is not None and value is not None:
                rows.append((place, value < interval[0], value > interval[1], interval[1] - interval[0]))
    place, below, above, width = np.array(rows, float).T
    missed = below + above
    lowest = min(1 - missed[place == each].mean() for each in np.unique(place))
    return Coverage(*(round(float(each), 4) for each in (1 - missed.mean(), below.mean(), above.mean(), width.mean(), lowest)))


def tell(benchmark: Benchmark, name: str, found: dict[str, Coverage]) -> None:
    benchmark.measured[name] = {figure: vars(each) for figure, each in found.items()}
    print(f"{name}: " + ", ".join(f"{_spaced(figure)} {100 * each.held:.1f}" for figure, each in found.items()), flush=True)


def cost(benchmark: Benchmark) -> None:
    for (count, classes), target in CPU_SECONDS.items():
        answers = Made("", classes, 2.5).population(count)
        runs = [cpu_seconds(lambda: evaluate(answers.probability, answers.target, answers.labels)) for _ in range(5)]  # noqa: B023
        runs.sort()
        benchmark.claim(Claim(f"one evaluation, {count:,} pictures × {classes} classes", runs[2], "s CPU", "at most", target, runs=runs))


def cpu_seconds(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return round(time.process_time() - start, 4)


def _spaced(name: str) -> str:
    return name.replace("_", " ").replace("f1", "F1")


if __name__ == "__main__":
    main()
