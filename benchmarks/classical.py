"""What did convolutional networks replace: how good, how fast is the way of 2010, beside a linear classifier on pixels?

    python benchmarks/classical.py [--repeats N] [--quick]

`vitreous train` on `clothing` with --net classical, with --net linear (32×32 pixels) and with the pretrained network that is the default, each
from process start with an empty cache, by turns; the test part is asked once, at the end of each training. Then the rate of
the classical features alone, beside the pretrained network's in the same engine. Targets: at most 60 s; test accuracy at least
15 points above the linear classifier. All choices (words, pooling, levels, size) were made on the training part:
docs/decisions/0009-classical-as-onnx.md.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from first_model import some_of
from harness import VITREOUS, Benchmark, Claim, alternate, begin, environment, median, parser, require, run_well

from vitreous.fit.classical import SIZE, classical_network
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.infer.network import Network, load_network

CLASSICAL, LINEAR, PRETRAINED = "classical", "linear", "efficientnet-lite0"
MOST_SECONDS, POINTS_ABOVE = 60, 15
KEPT = ("num_images", "accuracy", "accuracy_interval", "balanced_accuracy", "log_loss", "remarks")
QUICK_PHOTOS = 6


def main() -> None:
    options = parser(__doc__, repeats=3)
    arguments = options.parse_args()
    photos = arguments.data / "clothing"
    require(photos)
    benchmark = begin("classical", arguments)
    with tempfile.TemporaryDirectory() as work:
        if arguments.quick:
            arguments.repeats, photos = 1, some_of(photos, Path(work), QUICK_PHOTOS)
        trainings(benchmark, photos)
    rates(benchmark)
    benchmark.write()


def trainings(benchmark: Benchmark, photos: Path) -> None:
    options = {CLASSICAL: ["--size", str(SIZE)], LINEAR: ["--minutes", "1"], PRETRAINED: []}
    sides: dict[str, Callable[[], dict[str, Any]]] = {net: partial(train, photos, net, extra) for net, extra in options.items()}
    found = alternate(benchmark.arguments.repeats, sides)
    benchmark.measured |= found
    seconds, accuracy = ({net: [run[key] for run in runs] for net, runs in found.items()} for key in ("seconds", "accuracy"))
    count = sum(each.is_file() for each in photos.glob("*/*/*"))
    note = f"{median(seconds[PRETRAINED]):.1f} s with {PRETRAINED}, {median(seconds[LINEAR]):.1f} s linear on pixels"
    benchmark.claim(Claim(f"classical model of {count:,} photos", median(seconds[CLASSICAL]), "s", "at most", MOST_SECONDS, seconds[CLASSICAL], note))
    gain = [round(100 * (ours - theirs), 1) for ours, theirs in zip(accuracy[CLASSICAL], accuracy[LINEAR], strict=True)]
    note = f"{median(accuracy[CLASSICAL]):.3f} against {median(accuracy[LINEAR]):.3f}; {PRETRAINED}: {median(accuracy[PRETRAINED]):.3f}"
    benchmark.claim(Claim("test accuracy of the classical way above linear on pixels", median(gain), "points", "at least", POINTS_ABOVE, gain, note))


def train(photos: Path, net: str, extra: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as fresh:
        command = [*VITREOUS, "train", photos, "--tune", "none", "--net", net, *extra, "--json", "--runs", Path(fresh) / "runs"]
        ran = run_well(command, environment(Path(fresh) / "cache"))
        metrics = {name: value for name, value in ran.json()["metrics"].items() if name in KEPT}
        return {"seconds": round(ran.seconds, 2), "cpu_seconds": round(ran.cpu_seconds, 2), **metrics}


def rates(benchmark: Benchmark) -> None:
    """Features per second of both networks, by turns, on random pictures of each one's size."""
    random = np.random.default_rng(0)
    classical = classical_network(random.integers(0, 256, (32, SIZE, SIZE, 3), np.uint8))
    count = 16 if benchmark.arguments.quick else 128
    sides = {net: partial(rate, network, count) for net, network in ((CLASSICAL, classical), (PRETRAINED, load_network()))}
    found = alternate(benchmark.arguments.repeats, sides)
    benchmark.measured["pictures_per_second"] = found
    print("; ".join(f"{net}: {median(each):.0f} pictures/s" for net, each in found.items()), file=sys.stderr)


def rate(network: Network, count: int) -> float:
    side = network.view.size
    pictures = np.random.default_rng(1).integers(0, 256, (count, side, side, 3), np.uint8)
    engine = start_engine(network, Setting("openvino", "f32", 8, 2), ("features",))
    run_batch(engine, pictures[:16])
    start = time.perf_counter()
    run_batch(engine, pictures)
    return round(count / (time.perf_counter() - start), 1)


if __name__ == "__main__":
    main()
