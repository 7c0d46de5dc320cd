"""The learning rate by measuring against a grid of eight rates: 3 networks × 2 data sets, validation accuracy and cost.

Data sets: 1,000 of scikit-learn's digits and 1,000 of Fashion-MNIST (Debian's dataset-fashion-mnist, else left out), judged on 797 and 3,000 others;
28 pixels for mlp and lenet, 16 for resnet20-cifar. The grid is the recipe's own rate times 10^(k/2), k from −4 to 3. Every rate trains the same
network on the same pictures in the same order, with the recipe's own schedule; accuracy is that of the last weights. Beside it: the recipe's rate
and the valley rule of fastai on the same curve. Regret: accuracy of the best of the grid less that of the pick, in points. Costs: processor time.

    OMP_NUM_THREADS=1 python benchmarks/rate.py [--tune] [--cells mlp.digits …]

--tune: other seeds and other pictures, on which constants may be chosen; nothing is kept.
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
EPOCHS = {"mlp": 20, "lenet": 20, "resnet20-cifar": 12}
SIZES = {"mlp": 28, "lenet": 28, "resnet20-cifar": 16}
DATA = ("digits", "fashion")
LEARNED, HELD = 1000, 3000
GRID = [10 ** (k / 2) for k in range(-4, 4)]


def digits(seed: int) -> tuple[Any, Any]:
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.random.default_rng(seed).permutation(len(found.target))
    return np.uint8(np.round(found.images * (255 / 16)))[order], found.target[order]


def fashion(seed: int) -> tuple[Any, Any]:
    def values(name: str, skip: int) -> Any:
        return np.frombuffer(gzip.decompress((FASHION / name).read_bytes()), np.uint8)[skip:]

    pictures = values("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    chosen = np.random.default_rng(seed).permutation(len(pictures))[: LEARNED + HELD]
    return pictures[chosen], values("train-labels-idx1-ubyte.gz", 8)[chosen].astype(np.int64)


def at_size(pictures: Any, size: int) -> Any:
    from PIL import Image

    return np.stack([np.asarray(Image.fromarray(each).resize((size, size), Image.Resampling.BICUBIC)) for each in pictures])[..., None]


def valley(rates: list[float], losses: list[float]) -> float:
    """fastai's `valley`, after its documentation (docs.fast.ai, callback.schedule): the longest valley of the loss, and in it the rate about two
    thirds of the way; here the longest falling subsequence of the losses, and a third and a half of a third behind its begin."""
    lengths = [1] * len(losses)
    for at in range(1, len(losses)):
        lengths[at] = 1 + max((lengths[i] for i in range(at) if losses[i] > losses[at]), default=0)
    end = int(np.argmax(lengths))
    begin, third = end - lengths[end], lengths[end] / 3
    return float(rates[max(0, begin + int(third) + int(third / 2))])


def cell(net: str, data: str, seed: int) -> dict[str, Any]:
    import torch

    from vitreous.fit.pictures import Pictures
    from vitreous.fit.settings import TrainSettings
    from vitreous.training.bench import bench
    from vitreous.training.hardware import repeatable
    from vitreous.training.loop import NotFinite, learn, logits_of
    from vitreous.training.pictures import Batches, order_of, standard_of
    from vitreous.training.position import Position
    from vitreous.training.rate import measured_rate
    from vitreous.training.recipe import resolve

    raw, labels = digits(seed) if data == "digits" else fashion(seed)
    target = labels.astype(np.int64)
    pictures = Pictures(at_size(raw, SIZES[net]), np.arange(len(raw)))
    standard = standard_of(pictures[:LEARNED], 1)
    settings = TrainSettings(epochs=EPOCHS[net], seed=seed)
    recipe, _ = resolve(settings, net, (10, 1, SIZES[net]), LEARNED, "cpu", 1)

    def accuracy(rate: float) -> tuple[float, float]:
        parts = [Batches(pictures[part], target[part], standard, torch.device("cpu"), False) for part in (slice(0, LEARNED), slice(LEARNED, None))]
        begun = time.process_time()
        made, position = bench(replace(recipe, rate=rate), *parts), Position()
        made.net.train()
        try:
            for epoch in range(1, recipe.epochs + 1):
                order, position.done = order_of(LEARNED, recipe.seed, epoch), 0
                for part in made.parts:
                    learn(made, position, order[part], [""] * LEARNED)
        except NotFinite:
            return 0.1, time.process_time() - begun
        took = time.process_time() - begun
        return float((logits_of(made).argmax(1) == made.held.target).float().mean()), took

    with repeatable(1):
        measured_rate(recipe, pictures[:LEARNED], target[:LEARNED], standard)  # loads what torch loads late, which a training pays too
        begun = time.process_time()
        curve = measured_rate(recipe, pictures[:LEARNED], target[:LEARNED], standard)
        cost = time.process_time() - begun
        tried = {round(recipe.rate * factor, 9): accuracy(recipe.rate * factor) for factor in GRID}
        grid = {rate: found[0] for rate, found in tried.items()}
        training = median(found[1] for found in tried.values())
        theirs = valley(list(curve.rates), list(curve.losses))
        own, other = accuracy(curve.pick)[0], accuracy(theirs)[0]
    best = max(grid.values())
    usual = grid[round(recipe.rate, 9)]
    found = {
        "cell": f"{net}.{data}", "seed": seed, "grid": grid, "best": best, "best_rate": max(grid, key=lambda rate: grid[rate]),
        "pick": curve.pick, "bottom": curve.bottom, "ours": own, "valley_rate": theirs, "valley": other, "default_rate": recipe.rate,
        "default": usual, "steps": [len(curve.rates), curve.steps], "cost": cost / training, "seconds": training, "curve": curve.to_json(),
    }  # fmt: skip
    print(
        f"{found['cell']}: best {best:.3f} at {found['best_rate']:.3g}; ours {own:.3f} at {curve.pick:.3g} (bottom {curve.bottom}); "
        f"valley {other:.3f} at {theirs:.3g}; default {usual:.3f} at {recipe.rate:.3g}; cost {found['cost']:.1%} of {training:.1f} s; "
        + " ".join(f"{rate:.2g}:{value:.3f}" for rate, value in grid.items()),
        flush=True,
    )
    return found


def main() -> None:
    parser = harness.parser(__doc__, 1)
    parser.add_argument("--tune", action="store_true", help="on other seeds and pictures; nothing is kept")
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
    regrets = {way: [100 * (each["best"] - each[way]) for each in found] for way in ("ours", "valley", "default")}
    for way, values in regrets.items():
        benchmark.measured[f"median_regret_{way}"] = median(values)
        print(f"{way}: median regret {median(values):.2f} points ({' '.join(f'{value:.2f}' for value in values)})")
    costs = [each["cost"] for each in found]
    note = f"valley {median(regrets['valley']):.2f}, the recipe's own rate {median(regrets['default']):.2f}"
    benchmark.claim(harness.Claim("median regret in validation accuracy", median(regrets["ours"]), "points", "at most", 0.5, regrets["ours"], note))
    benchmark.claim(harness.Claim("largest share of the training's processor time", 100 * max(costs), "%", "at most", 5.0, [100 * x for x in costs]))
    if not arguments.tune:
        benchmark.write()


if __name__ == "__main__":
    main()
