"""Whether another batch would serve better than the recipe's own: four smaller and larger ones, equal epochs, the rate by the recipe's rule.

mlp and lenet on the pictures of benchmarks/rate.py, which also says where they come from. For each batch: accuracy of the last weights on held-out
pictures, mean of two seeds, and processor seconds. Regret: accuracy of the best batch less that of the recipe's own, in points. This is why the
batch is not chosen by measuring (docs/decisions/0025): on few pictures the smallest are as good or better and slower, so speed alone would choose
the largest, which are worse.

    OMP_NUM_THREADS=1 python benchmarks/batch.py
"""

import time
from dataclasses import replace
from statistics import fmean, median
from typing import Any

import harness
import numpy as np
from rate import DATA, EPOCHS, FASHION, LEARNED, MOST_LEARNED, SIZES, at_size, digits, fashion

FACTORS = (0.25, 0.5, 1, 2, 4)
NETS = ("mlp", "lenet")


def trained(net: str, data: str, seed: int, factor: float) -> tuple[int, float, float]:
    """The batch, accuracy on held-out pictures, and processor seconds of the training."""
    import torch

    from vitreous.fit.pictures import Pictures
    from vitreous.fit.settings import TrainSettings
    from vitreous.training.bench import bench
    from vitreous.training.hardware import repeatable
    from vitreous.training.loop import learn, logits_of
    from vitreous.training.pictures import Batches, order_of, standard_of
    from vitreous.training.position import Position
    from vitreous.training.recipe import own_batch, resolve

    raw, target = digits(seed) if data == "digits" else fashion(seed)
    target, learned = target.astype(np.int64), LEARNED[net]
    pictures = Pictures(at_size(raw, SIZES[net]), np.arange(len(raw)))
    standard = standard_of(pictures[:learned], 1)
    batch = int(own_batch(net, learned) * factor)
    recipe, _ = resolve(TrainSettings(epochs=EPOCHS[net], seed=seed, batch=batch), net, (10, 1, SIZES[net]), learned, "cpu", 1)
    parts = (slice(0, learned), slice(MOST_LEARNED, None))
    with repeatable(1):
        sides = [Batches(pictures[part], target[part], standard, torch.device("cpu"), False) for part in parts]
        begun = time.process_time()
        made, position = bench(replace(recipe), *sides), Position()
        made.net.train()
        for epoch in range(1, recipe.epochs + 1):
            order, position.done = order_of(learned, recipe.seed, epoch), 0
            for part in made.parts:
                learn(made, position, order[part], [""] * learned)
        took = time.process_time() - begun
        return batch, float((logits_of(made).argmax(1) == made.held.target).float().mean()), took


def main() -> None:
    parser = harness.parser(__doc__, 2)
    arguments = parser.parse_args()
    try:
        import torch  # noqa: F401
    except ImportError:
        harness.skip("torch is not installed")
    benchmark = harness.begin("batch", arguments)
    cells: list[dict[str, Any]] = []
    for net in NETS[:1] if arguments.quick else NETS:
        for data in [name for name in DATA if name != "fashion" or FASHION.exists()]:
            found = [[trained(net, data, 21 + seed, factor) for seed in range(arguments.repeats)] for factor in FACTORS]
            rows = [{"batch": each[0][0], "accuracy": fmean(x[1] for x in each), "seconds": fmean(x[2] for x in each)} for each in found]
            cells.append({"cell": f"{net}.{data}", "batches": rows})
            print(cells[-1]["cell"], "; ".join(f"{row['batch']}: {row['accuracy']:.3f} in {row['seconds']:.1f} s" for row in rows), flush=True)
    own, largest = FACTORS.index(1), len(FACTORS) - 1
    regrets = {
        place: [100 * (max(row["accuracy"] for row in each["batches"]) - each["batches"][place]["accuracy"]) for each in cells]
        for place in range(len(FACTORS))
    }
    benchmark.measured = {"cells": cells, "median_regret_by_factor": {str(FACTORS[place]): median(values) for place, values in regrets.items()}}
    note = f"the largest, four times it, {median(regrets[largest]):.2f}"
    benchmark.claim(harness.Claim("median regret of the recipe's own batch", median(regrets[own]), "points", "at most", 1.0, regrets[own], note))
    benchmark.write()


if __name__ == "__main__":
    main()
