"""Do promises of `vitreous decide` hold on pictures that nobody has seen?

    python benchmarks/operating_point.py [--draws N] [--quick]

Made-up scores, whose true rates are known: the share of draws in which the promised miss rate, false-alarm rate and error rate are not
exceeded. Target: 95 %.

The clothing photos, 1,842 of 10 classes: in each of N draws they are divided in halves by chance, whole groups of copies together. On one half
a probe is trained from the features on, as `vitreous train` does where no part is given; it is asked out of fold, and the operating point is chosen
on that. The other half is the judge: a promise counts as kept unless the 95 % interval of what happens there lies above it. Beside it the share of
draws in which the plain figure of the unseen half, with its own noise, is at most the promise. A promise that is refused for too few pictures is
counted apart. Features are made once; that takes a minute.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from harness import Benchmark, Claim, begin, parser, require
from numpy.typing import NDArray

from vitreous.core.item import Split
from vitreous.core.reporter import Quiet
from vitreous.core.view import View
from vitreous.data.decode import Policy
from vitreous.data.duplicates import find_duplicates
from vitreous.data.pack import open_pack
from vitreous.data.sources import read_source
from vitreous.data.split import hold_out
from vitreous.fit.classifier import Parts
from vitreous.fit.features import Extractor
from vitreous.fit.probe import ProbeLearner, choosing_order
from vitreous.infer.engine import default_setting
from vitreous.infer.network import load_network
from vitreous.metrics.operating_point import Rate, operating_curve, rate_of
from vitreous.metrics.selective import confidence_threshold

DRAWS, KEPT, MADE_UP_DRAWS = 200, 95.0, 4000
MAX_MISS, MAX_FALSE_ALARMS, MAX_ERROR = 0.15, 0.05, 0.1


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--draws", type=int, default=DRAWS, help="halvings of the clothing photos (%(default)s)")
    arguments = options.parse_args()
    if arguments.quick:
        arguments.draws = 3
    benchmark = begin("operating_point", arguments)
    made_up(benchmark, 100 if arguments.quick else MADE_UP_DRAWS)
    clothing = arguments.data / "clothing"
    require(clothing)
    unseen_halves(benchmark, clothing, arguments.draws)
    benchmark.write()


def made_up(benchmark: Benchmark, draws: int) -> None:
    """Scores of the class uniform, so that t misses t; of the others 1 − √u, so that (1 − t)² are alarms; confidences calibrated."""
    rng = np.random.default_rng(0)
    wishes: dict[str, Callable[[], bool | None]] = {
        "miss rate ≤ 2 %, 300 pictures of the class": lambda: _miss(rng, 300, 0.02),
        "miss rate ≤ 10 %, 100 pictures of the class": lambda: _miss(rng, 100, 0.1),
        "false-alarm rate ≤ 2 %, 500 others": lambda: _alarms(rng, 500, 0.02),
        "error rate ≤ 5 %, 800 pictures": lambda: _error(rng, 800, 0.05),
    }
    for name, drawn in wishes.items():
        found = [drawn() for _ in range(draws)]
        promised = [each for each in found if each is not None]
        kept = 100 * float(np.mean(promised)) if promised else 0.0
        benchmark.measured[name] = {"draws": draws, "promised": len(promised), "kept_percent": round(kept, 2)}
        # the others refused, which breaks nothing
        share = 100 * (1 - sum(not each for each in promised) / draws)
        benchmark.claim(
            Claim(f"made-up scores, {name}: not broken", round(share, 2), "% of draws", "at least", KEPT, note=f"{len(promised)} promised")
        )


def _miss(rng: np.random.Generator, count: int, asked: float) -> bool | None:
    curve = operating_curve(np.concatenate([rng.random(count), 1 - np.sqrt(rng.random(50))]), np.arange(count + 50) < count)
    place = curve.highest_for(asked)
    return None if place is None else bool(curve.threshold[place] <= asked)


def _alarms(rng: np.random.Generator, count: int, asked: float) -> bool | None:
    curve = operating_curve(np.concatenate([rng.random(50), 1 - np.sqrt(rng.random(count))]), np.arange(count + 50) < 50)
    place = curve.lowest_for(asked)
    return None if place is None else bool((1 - min(1.0, curve.threshold[place])) ** 2 <= asked)


def _error(rng: np.random.Generator, count: int, asked: float) -> bool | None:
    """Confidence c = 1 − u³ / 2 and wrong with 1 − c: above t wrong is on average (1 − t) / 4."""
    confidence = 1 - rng.random(count) ** 3 / 2
    threshold = confidence_threshold(confidence, rng.random(count) > confidence, asked)
    return None if threshold is None else bool((1 - max(threshold, 0.5)) / 4 <= asked)


def unseen_halves(benchmark: Benchmark, folder: Path, draws: int) -> None:
    features, target, group, labels = features_of(folder)
    outcomes: dict[str, list[tuple[float, Rate] | None]] = {}
    for seed in range(draws):
        other = hold_out(target, group, 0.5, seed)
        held, held_target, held_group, seen = trained_half(features[~other], features[other], target[~other], group[~other], len(labels), seed)
        for number, label in enumerate(labels):
            curve = operating_curve(held[:, number], held_target == number, held_group)
            own, score = target[other] == number, seen[:, number]
            for what, place, asked in (
                ("misses", curve.highest_for(MAX_MISS), MAX_MISS),
                ("false alarms", curve.lowest_for(MAX_FALSE_ALARMS), MAX_FALSE_ALARMS),
            ):
                event = None
                if place is not None:
                    said = score >= curve.threshold[place]
                    event = rate_of(~said[own], group[other][own]) if what == "misses" else rate_of(said[~own], group[other][~own])
                outcomes.setdefault(what, []).append(None if event is None else (asked, event))
                outcomes.setdefault(f"{what} of {label}", []).append(None if event is None else (asked, event))
        threshold = confidence_threshold(held.max(1), held.argmax(1) != held_target, MAX_ERROR, held_group)
        sure = seen.max(1) >= (2 if threshold is None else threshold)
        mistakes = rate_of((seen.argmax(1) != target[other])[sure], group[other][sure])
        outcomes.setdefault("errors", []).append(None if threshold is None else (MAX_ERROR, mistakes))
        print(f"\r{seed + 1} of {draws}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for what, found in outcomes.items():
        promised = [each for each in found if each is not None]
        kept = 100 * float(np.mean([rate.interval[0] <= asked for asked, rate in promised])) if promised else None
        plain = 100 * float(np.mean([(rate.value or 0) <= asked for asked, rate in promised])) if promised else None
        benchmark.measured[f"clothing, {what}"] = {"asked": len(found), "promised": len(promised), "kept_percent": kept, "plainly_at_most": plain}
    for what, asked in (("misses", MAX_MISS), ("false alarms", MAX_FALSE_ALARMS), ("errors", MAX_ERROR)):
        row = benchmark.measured[f"clothing, {what}"]
        note = f"{row['promised']} promised of {row['asked']}; the plain figure is at most the promise in {row['plainly_at_most']:.1f} %"
        name = f"clothing, {draws} unseen halves: at most {100 * asked:g} % {what}, within the interval"
        benchmark.claim(Claim(name, round(row["kept_percent"], 2), "% of draws", "at least", KEPT, note=note))


def trained_half(
    mine: NDArray[np.float32], others: NDArray[np.float32], target: NDArray[np.intp], group: NDArray[np.intp], classes: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Probabilities out of fold, their classes and groups, and the answers of the final head to the other half."""
    order, fitted = choosing_order([Split.TRAIN] * len(target), target, group, seed)
    rows = np.concatenate([mine[order], others])
    parts = Parts(rows, target[order], group[order], classes, fitted, len(order), 0, seed)
    probe = ProbeLearner().fit(parts, Quiet().progress)
    held = probe.out_of_fold(parts)
    return held.astype(np.float64), parts.target, parts.groups, probe.probability(rows[len(order) :]).astype(np.float64)


def features_of(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.intp], list[str]]:
    source, policy, network = read_source(folder), Policy(), load_network()
    with tempfile.TemporaryDirectory() as cache, open_pack(Path(cache), policy.key) as pack:
        setting = default_setting(len(source.items), "f32")
        gathered = Extractor(network, setting, pack, policy, Quiet().progress).gather(source.items, View.crop(224), "features")
    kept = gathered.readable
    number = {label: place for place, label in enumerate(source.labels)}
    target = np.array([number[source.items[place].label] for place in kept])
    group = find_duplicates([gathered.keys[place] for place in kept], gathered.facts["thumbnail"][kept]).group
    return gathered.features[kept], target, group, source.labels


if __name__ == "__main__":
    main()
