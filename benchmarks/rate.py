"""The learning rate by measuring against a grid of eight rates: 3 networks × 2 data sets, validation accuracy and cost.

Data sets: scikit-learn's digits and Fashion-MNIST (Debian's dataset-fashion-mnist, else left out), 1,000 pictures to learn from, 500 for ResNet-20,
judged on 797 and 3,000 others; 28 pixels for mlp and lenet, 12 for resnet20-cifar. The grid is the recipe's own rate times 10^(k/2), k from −4 to 3.
Every rate trains the same network on the same pictures in the same order, with the recipe's own schedule; accuracy is that of the last weights.
Beside it: the recipe's own rate, and `lr_find` of fastai with its default, the valley rule. Regret: accuracy of the best of the grid less that of
the pick, in points. Since the recipes' own rates are good ones, the same from recipes whose rate is ten times too small and ten times too large.
Costs: processor time.

    OMP_NUM_THREADS=1 python benchmarks/rate.py [--tune] [--cells mlp.digits …]

--tune: other seeds and other pictures, on which constants may be chosen; kept in a file of its own where --results names a folder.
"""

import gzip
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import harness
import numpy as np

FASHION = Path("/usr/share/datasets/fashion-mnist")
EPOCHS = {"mlp": 20, "lenet": 15, "resnet20-cifar": 10}
LEARNED = {"mlp": 1000, "lenet": 1000, "resnet20-cifar": 500}
SIZES = {"mlp": 28, "lenet": 28, "resnet20-cifar": 12}
DATA = ("digits", "fashion")
MOST_LEARNED, HELD = 1000, 3000
GRID = [10 ** (k / 2) for k in range(-4, 4)]
WRONG = {"from_tenth": 0.1, "from_tenfold": 10.0}


def digits(seed: int) -> tuple[Any, Any]:
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.random.default_rng(seed).permutation(len(found.target))
    return np.uint8(np.round(found.images * (255 / 16)))[order], found.target[order]


def fashion(seed: int) -> tuple[Any, Any]:
    def values(name: str, skip: int) -> Any:
        return np.frombuffer(gzip.decompress((FASHION / name).read_bytes()), np.uint8)[skip:]

    pictures = values("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    chosen = np.random.default_rng(seed).permutation(len(pictures))[: MOST_LEARNED + HELD]
    return pictures[chosen], values("train-labels-idx1-ubyte.gz", 8)[chosen].astype(np.int64)


def at_size(pictures: Any, size: int) -> Any:
    from PIL import Image

    return np.stack([np.asarray(Image.fromarray(each).resize((size, size), Image.Resampling.BICUBIC)) for each in pictures])[..., None]


def valley(rates: list[float], losses: list[float]) -> float:
    """The rule `valley` of fastai (2.7, callback/schedule.py): of the longest falling subsequence of the losses, half of the way between a third and
    two thirds behind its begin, counted in places, as if it had no gaps and ended at its last loss."""
    lengths = [1] * len(losses)
    for at in range(1, len(losses)):
        lengths[at] = 1 + max((lengths[i] for i in range(at) if losses[i] > losses[at]), default=0)
    end = int(np.argmax(lengths))
    begin, third = end - lengths[end], lengths[end] / 3
    return float(rates[begin + int(third) + int(third / 2)])


def lr_find(made: Any) -> tuple[float, int]:
    """The rate that `Learner.lr_find` of fastai suggests, and its steps: 100 of them from 1e-7 to 10, losses averaged with a decay of 0.98 (corrected
    for the start), until one is four times the lowest; the first ten and the last five are left aside."""
    from vitreous.training.rate import range_test

    steps, decay = 100, 0.98
    rates, losses = range_test(made, [1e-7 * 1e8 ** (at / steps) for at in range(steps)], np.inf)
    averaged, mean = [], 0.0
    for at, loss in enumerate(losses):
        mean = decay * mean + (1 - decay) * loss
        averaged.append(mean / (1 - decay ** (at + 1)))
        if averaged[-1] > 4 * min(averaged):
            break
    kept = slice(steps // 10, len(averaged) - 5)
    return valley(rates[kept], averaged[kept]), len(averaged)


def cell(net: str, data: str, seed: int) -> dict[str, Any]:
    import torch

    from vitreous.fit.pictures import Pictures
    from vitreous.fit.settings import TrainSettings
    from vitreous.training.bench import Bench, bench
    from vitreous.training.divergence import NotFinite
    from vitreous.training.hardware import repeatable
    from vitreous.training.held_out import logits_of
    from vitreous.training.loop import learn
    from vitreous.training.pictures import Batches, order_of, standard_of
    from vitreous.training.position import Position
    from vitreous.training.rate import measured_rate
    from vitreous.training.recipe import resolve

    raw, target = digits(seed) if data == "digits" else fashion(seed)
    target, learned = target.astype(np.int64), LEARNED[net]
    pictures = Pictures(at_size(raw, SIZES[net]), np.arange(len(raw)))
    standard = standard_of(pictures[:learned], 1)
    recipe, _ = resolve(TrainSettings(epochs=EPOCHS[net], seed=seed), net, (10, 1, SIZES[net]), learned, "cpu", 1)
    known: dict[float, tuple[float, float]] = {}

    def fresh(rate: float) -> Bench:
        parts = (slice(0, learned), slice(MOST_LEARNED, None))
        return bench(replace(recipe, rate=rate), *(Batches(pictures[part], target[part], standard, torch.device("cpu"), False) for part in parts))

    def trained(rate: float) -> tuple[float, float]:
        """Accuracy on the held-out pictures, and processor seconds of the training."""
        if rate in known:
            return known[rate]
        begun = time.process_time()
        made, position = fresh(rate), Position()
        made.net.train()
        try:
            for epoch in range(1, recipe.epochs + 1):
                order, position.done = order_of(learned, recipe.seed, epoch), 0
                for part in made.parts:
                    learn(made, position, order[part], [""] * learned)
        except NotFinite:
            known[rate] = (0.1, time.process_time() - begun)
            return known[rate]
        took = time.process_time() - begun
        known[rate] = (float((logits_of(made).argmax(1) == made.held.target).float().mean()), took)
        return known[rate]

    def measured(factor: float) -> tuple[Any, float]:
        begun = time.process_time()
        curve = measured_rate(replace(recipe, rate=factor * recipe.rate), pictures[:learned], target[:learned], standard)
        return curve, time.process_time() - begun

    with repeatable(1):
        measured(1.0)  # loads what torch loads late, which a training pays too
        costs = [measured(1.0)[1] for _ in range(3)]
        curve = measured(1.0)[0]
        others = {name: measured(factor)[0] for name, factor in WRONG.items()}
        theirs, their_steps = lr_find(fresh(1.0))
        grid = {rate: trained(rate)[0] for rate in (recipe.rate * factor for factor in GRID)}
        training = median(trained(rate)[1] for rate in grid)
        picks = {"ours": curve.pick, "valley": theirs, "default": recipe.rate} | {name: each.pick for name, each in others.items()}
        accuracies = {name: trained(rate)[0] for name, rate in picks.items()}
    found = {
        "cell": f"{net}.{data}", "seed": seed, "grid": grid, "best": max(grid.values()), "picks": picks, "accuracies": accuracies,
        "steps": {"ours": len(curve.rates), "valley": their_steps, "training": curve.steps}, "cost": median(costs) / training, "seconds": training,
        "curves": {"ours": curve.to_json()} | {name: each.to_json() for name, each in others.items()},
    }  # fmt: skip
    print(
        f"{found['cell']}: best {found['best']:.3f}; "
        + ", ".join(f"{name} {value:.3f} at {picks[name]:.2g}" for name, value in accuracies.items())
        + f"; cost {found['cost']:.1%} of {training:.1f} s; "
        + " ".join(f"{rate:.2g}:{value:.3f}" for rate, value in grid.items()),
        flush=True,
    )
    return found


def main() -> None:
    parser = harness.parser(__doc__, 1)
    parser.add_argument("--tune", action="store_true", help="on other seeds and pictures")
    parser.add_argument("--cells", nargs="*", help="some of the cells, as NETWORK.DATA")
    parser.add_argument("--seed", type=int, default=11)
    arguments = parser.parse_args()
    try:
        import torch  # noqa: F401
    except ImportError:
        harness.skip("torch is not installed")
    benchmark = harness.begin("rate", arguments)
    names = [f"{net}.{data}" for net in EPOCHS for data in DATA if data != "fashion" or FASHION.exists()]
    chosen = arguments.cells or (names[:1] if arguments.quick else names)
    found = [cell(*name.split("."), arguments.seed + 1000 * arguments.tune) for name in chosen]
    benchmark.measured = {"cells": found}
    regrets = {way: [100 * (each["best"] - each["accuracies"][way]) for each in found] for way in ("ours", "valley", "default", *WRONG)}
    for way, values in regrets.items():
        benchmark.measured[f"median_regret_{way}"] = median(values)
        print(f"{way}: median regret {median(values):.2f} points ({' '.join(f'{value:.2f}' for value in values)})")
    costs = [each["cost"] for each in found]
    note = f"lr_find {median(regrets['valley']):.2f}, the recipe's own rate {median(regrets['default']):.2f}"
    benchmark.claim(harness.Claim("median regret in validation accuracy", median(regrets["ours"]), "points", "at most", 0.5, regrets["ours"], note))
    benchmark.claim(harness.Claim("largest share of the training's processor time", 100 * max(costs), "%", "at most", 5.0, [100 * x for x in costs]))
    if arguments.tune:
        benchmark.name = f"rate_tuned_{arguments.seed}"
    if not arguments.tune or arguments.results:
        benchmark.write()


if __name__ == "__main__":
    main()
