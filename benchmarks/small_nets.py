"""How well and how fast do small networks learn with no torch?

    python benchmarks/small_nets.py [--minutes M] [--fashion FOLDER] [--quick]

LeNet on scikit-learn's 1,797 digits (8×8 scans as PNG files, not timed), from process start: decode to 28×28, pixels by the engine,
training, temperature, joined model.onnx, and that file's answers on a quarter that was kept aside. Targets: at least 98 % right, at
most 20 s. Each round has another seed for split and weights.

Then linear, classical, mlp and lenet on Fashion-MNIST (Xiao et al. 2017), at most M minutes each: 54,000 pictures learned from, 6,000 held out of
training to judge by, the 10,000 of the test asked once at the end. Its files are those of the Debian package dataset-fashion-mnist.
The classical way sees the pictures enlarged to 56 pixels, with 100 words; its SVM learns from 10,000 of them, with the strength
that is best on 400 after learning from 1,600, since it has no early stopping.
"""

import gzip
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from harness import Benchmark, Claim, begin, environment, median, parser, run_well
from numpy.typing import NDArray

from vitreous.core.view import View
from vitreous.data.decode import Policy
from vitreous.data.split import hold_out
from vitreous.fit.calibrate import temperature
from vitreous.fit.classical import SVM_STRENGTHS, classical_network, fit_svm
from vitreous.fit.classifier import Parts
from vitreous.fit.objective import SOFTMAX
from vitreous.fit.probe import fit_probe, standardize_in_place
from vitreous.fit.small.graphs import small_graph
from vitreous.fit.small.joining import join_small
from vitreous.fit.small.pixels import pixels_network
from vitreous.fit.small.training import SmallFit, train_small
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.infer.network import Network
from vitreous.infer.pipeline import decoded_side_by_side
from vitreous.layers.walk import read_walk
from vitreous.metrics.intervals import wilson

FASHION = Path("/usr/share/datasets/fashion-mnist")
KINDS = ("linear", "classical", "mlp", "lenet")  # in the order of history
ENLARGED, CLASSICAL_WORDS, CLASSICAL_PICTURES = 56, 100, 10_000
SIZE, TEST = 28, 0.25
ACCURACY, SECONDS = 98.0, 20.0
_QUICK_SECONDS, _NO_LIMIT = 2.0, 3600.0


def main() -> None:
    options = parser(__doc__, repeats=3)
    options.add_argument("--minutes", type=float, default=2.0, help="that each network may learn from Fashion-MNIST (%(default)s)")
    options.add_argument("--fashion", type=Path, default=FASHION, help="the folder of its four idx files (%(default)s)")
    options.add_argument("--side", nargs="+", help="used by the benchmark itself: one measurement in a process of its own")
    arguments = options.parse_args()
    if arguments.side:
        print(json.dumps(SIDES[arguments.side[0]](*arguments.side[1:])))
        return
    if arguments.quick:
        arguments.repeats = 1
    benchmark = begin("small_nets", arguments)
    with tempfile.TemporaryDirectory() as folder:
        digits(benchmark, Path(folder), arguments.repeats)
        fashion(benchmark, Path(folder), arguments.fashion, _QUICK_SECONDS if arguments.quick else arguments.minutes * 60)
    benchmark.write()


def digits(benchmark: Benchmark, folder: Path, repeats: int) -> None:
    count = write_digits(folder / "digits", 400 if benchmark.arguments.quick else None)
    runs, seconds_allowed = [], _QUICK_SECONDS if benchmark.arguments.quick else _NO_LIMIT
    for seed in range(repeats):
        command = [sys.executable, __file__, "--side", "digits", folder / "digits", str(seed), str(seconds_allowed)]
        ran = run_well(command, environment(folder / "cache"))
        runs.append(ran.json() | {"seconds": round(ran.seconds, 2), "cpu_seconds": round(ran.cpu_seconds, 2)})
    benchmark.measured["digits"] = {"pictures": count, "runs": runs}
    accuracies, seconds = [each["accuracy"] for each in runs], [each["seconds"] for each in runs]
    low, high = wilson(np.array(median(accuracies) / 100), np.array(runs[0]["test"])) * 100
    note = f"interval of one run {low:.1f} to {high:.1f} on {runs[0]['test']} pictures"
    benchmark.claim(Claim("LeNet on digits with no torch: test accuracy", median(accuracies), "%", "at least", ACCURACY, accuracies, note))
    note = f"{median([each['cpu_seconds'] for each in runs]):.1f} s of processor time; {median([each['epochs'] for each in runs]):.0f} epochs"
    benchmark.claim(Claim("LeNet on digits with no torch: from process start", median(seconds), "s", "at most", SECONDS, seconds, note))


def fashion(benchmark: Benchmark, folder: Path, source: Path, seconds: float) -> None:
    if not (source / "train-images-idx3-ubyte.gz").exists():
        print(f"skipped Fashion-MNIST: {source} is not there; apt install dataset-fashion-mnist, or --fashion FOLDER")
        return
    rows = {}
    print(f"Fashion-MNIST, at most {seconds / 60:.2g} minutes each\nnetwork    accuracy  95 % interval  parameters  multiply-adds  seconds  epochs")
    for kind in KINDS:
        most = "3000" if benchmark.arguments.quick else "60000"
        side = "classical" if kind == "classical" else "fashion"
        ran = run_well([sys.executable, __file__, "--side", side, source, kind, str(seconds), most], environment(folder / "cache"))
        row = rows[kind] = ran.json() | {"process_seconds": round(ran.seconds, 2)}
        low, high = row["interval"]
        print(
            f"{kind:9}  {row['accuracy']:7.2f}%  {low:.2f} – {high:.2f}  {row['parameters']:10,}  {row['multiply_adds']:13,}"
            f"  {row['seconds']:7.1f}  {row['epochs']:4} ({row['stopped']})",
            flush=True,
        )
    benchmark.measured["fashion"] = {"seconds_allowed": seconds, "networks": rows}


# ---- in a process of its own


def learn_digits(folder: str, seed: str, seconds: str) -> dict[str, Any]:
    """What a user's training does, from files to the answers of model.onnx."""
    paths = sorted(Path(folder).glob("*/*.png"))
    labels = sorted({path.parent.name for path in paths})
    y = np.array([labels.index(path.parent.name) for path in paths])
    decoded = decoded_side_by_side(((n, str(path)) for n, path in enumerate(paths)), (View.whole(SIZE),), Policy())
    pictures = np.stack([each.decoded.views[0] for each in decoded if each.decoded])
    pixels = pixels_network(SIZE, 1)
    X = run_batch(start_engine(pixels, default_setting(len(pictures)), ("features",)), pictures)["features"]
    alone = np.arange(len(y))
    test = hold_out(y, alone, TEST, int(seed))
    fit = train_small("lenet", X[~test], y[~test], X[:0], y[:0], len(labels), 1, SIZE, int(seed), float(seconds))
    model = joined(pixels, fit, labels)
    answers = run_batch(start_engine(model, default_setting(int(test.sum()))), pictures[test])["probability"].argmax(1)
    return {
        "accuracy": round(float((answers == y[test]).mean() * 100), 3),
        "test": int(test.sum()),
        "epochs": fit.epochs,
        "best": fit.best,
        "stopped": fit.stopped,
        "training_seconds": fit.history[-1].seconds,
        "torch": "torch" in sys.modules,
    }


def learn_fashion(folder: str, kind: str, seconds: str, most: str) -> dict[str, Any]:
    source = Path(folder)
    X, y = (values[: int(most)] for values in idx_files(source, "train"))
    asked_X, asked_y = (values[: int(most)] for values in idx_files(source, "t10k"))
    start = time.perf_counter()
    fit = train_small(kind, X, y, X[:0], y[:0], 10, 1, SIZE, 0, float(seconds))
    trained = time.perf_counter() - start
    right = int((fit.logits(asked_X).argmax(1) == asked_y).sum())
    share = right / len(asked_y)
    parameters, multiply_adds = sizes(small_graph(kind, 10, 1, SIZE, 0))
    return {
        "accuracy": round(share * 100, 3),
        "interval": [round(float(end) * 100, 3) for end in wilson(np.array(share), np.array(len(asked_y)))],
        "test": len(asked_y),
        "parameters": parameters,
        "multiply_adds": multiply_adds,
        "seconds": round(trained, 2),
        "epochs": fit.epochs,
        "best": fit.best,
        "stopped": fit.stopped,
        "history": [epoch.to_json() for epoch in fit.history],
    }


def learn_classical(folder: str, kind: str, seconds: str, most: str) -> dict[str, Any]:
    """HOG and LBP of the enlarged pictures over a dictionary, and an SVM."""
    source, random = Path(folder), np.random.default_rng(0)
    X, y = idx_files(source, "train")
    chosen = random.permutation(len(y))[: min(int(most), CLASSICAL_PICTURES)]
    asked_X, asked_y = (values[: int(most)] for values in idx_files(source, "t10k"))
    start = time.perf_counter()
    network = classical_network(enlarged(X[chosen[:500]]), ENLARGED, CLASSICAL_WORDS)
    engine = start_engine(network, default_setting(len(chosen)), ("features",))

    def features(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.concatenate([run_batch(engine, enlarged(pictures[first : first + 1000]))["features"] for first in range(0, len(pictures), 1000)])

    seen = features(X[chosen])
    mean, deviation = standardize_in_place(seen, slice(None))
    few = np.arange(min(2000, len(chosen)))
    strength = fit_probe(
        Parts(seen[few], y[chosen[few]], few, 10, len(few) * 4 // 5, len(few), 0, 0), objective=replace(SOFTMAX, fit=fit_svm), strengths=SVM_STRENGTHS
    ).strength
    head = fit_svm(seen, y[chosen], 10, strength)
    trained = time.perf_counter() - start
    right = int((head.logits((features(asked_X) - mean) / deviation).argmax(1) == asked_y).sum())
    share, width = right / len(asked_y), seen.shape[1]
    return {
        "accuracy": round(share * 100, 3),
        "interval": [round(float(end) * 100, 3) for end in wilson(np.array(share), np.array(len(asked_y)))],
        "test": len(asked_y),
        "parameters": 10 * (width + 1),
        "multiply_adds": 10 * width,
        "seconds": round(trained, 2),
        "epochs": 1,
        "stopped": f"{len(chosen):,} pictures, strength {strength:g}; without the extractor's own {len(network.data):,} bytes and products",
    }


def enlarged(X: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Pictures [N, 784] in 0..1 as uint8 [N, 56, 56, 3], every pixel doubled."""
    grey = np.round(X * 255).astype(np.uint8).reshape(-1, SIZE, SIZE, 1)
    return grey.repeat(ENLARGED // SIZE, 1).repeat(ENLARGED // SIZE, 2).repeat(3, 3)


SIDES = {"digits": learn_digits, "fashion": learn_fashion, "classical": learn_classical}


def joined(pixels: Network, fit: SmallFit, labels: list[str]) -> Network:
    return join_small(pixels, fit.model, temperature(fit.held_logits, fit.held_target), labels, {"number_format": "f32"})


def sizes(model: bytes) -> tuple[int, int]:
    """Weights that are learned, and products of one picture's values with weights."""
    walk = read_walk(model)
    ((name, shape),) = walk.inputs.items()
    values = walk.values({name: np.zeros((1, shape[1]), np.float32)})
    products = 0
    for node in walk.nodes:
        if node.kind in ("Conv", "Gemm"):
            weight, output = values[node.inputs[1]], values[node.outputs[0]]
            products += output.size * (weight.size // len(weight))
    return sum(value.size for name, value in walk.constants.items() if name.endswith((".weight", ".bias"))), products


def idx_files(folder: Path, part: str) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Pixels [N, 784] in 0..1 and classes [N] of a part: "train" or "t10k". Big-endian sizes stand before the bytes: 16 and 8 bytes."""
    with ThreadPoolExecutor(2) as pool:
        pictures, labels = pool.map(lambda name: gzip.decompress((folder / f"{part}-{name}-ubyte.gz").read_bytes()), ("images-idx3", "labels-idx1"))
    X = np.frombuffer(pictures, np.uint8, offset=16).reshape(-1, SIZE * SIZE)
    return np.divide(X, 255, dtype=np.float32), np.frombuffer(labels, np.uint8, offset=8).astype(np.intp)


def write_digits(folder: Path, most: int | None) -> int:
    """The digits as class folders of grey PNG files; returns how many."""
    from PIL import Image
    from sklearn.datasets import load_digits

    found = load_digits()
    scans = np.uint8(np.round(found.images * (255 / 16)))[:most]  # ink in 0 to 16
    for number, (scan, label) in enumerate(zip(scans, found.target[:most], strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(scan).save(folder / str(label) / f"{number:04}.png")
    return len(scans)


if __name__ == "__main__":
    main()
