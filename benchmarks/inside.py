"""How long does it take to look inside a network, and is what is shown true?

    python benchmarks/inside.py [--torch-python PATH] [--resnet FILE.onnx]

The shipped network and ResNet-18 (an exported file, or one made here by the torch Python) on one photo. By the clock, after import: opening the
network and drawing every feature map of every stage on one page, at most 3 s (a page for each stage beside it), and the atlas of the strongest,
at most 3 s; the gradient of the loss in one weight with its picture, at most 3 s; the kernels of the first layer, at most 1 s. True: each
gradient's products add up, in fp32, to what the walk has, to 1e-5 of the sum of their sizes; gradients are those of finite differences in
float64; the fields of all values lie where the gradient is.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from harness import NET, ROOT, Benchmark, Claim, begin, environment, median, parser, require, run_well, torch_python
from walk import exported

MOST_SECONDS, MOST_GRADIENT, MOST_FILTERS = 3.0, 3.0, 1.0
MOST_DIFFERENCE, MOST_OF_FINITE = 1e-5, 1e-4
PHOTO = min((ROOT / "src" / "vitreous" / "samples" / "clothing").rglob("*.jpg"))
_STEP = 1e-6  # of central differences in float64: in parts of the weight; larger ones meet the bends of a deep network
_CHILD = """
import json, sys, time
from pathlib import Path
import matplotlib.backends.backend_agg, matplotlib.figure, matplotlib.image, numpy, onnx, PIL.Image
import vitreous.draw.atlas, vitreous.inside.backwards.pictures, vitreous.inside.filters.pictures, vitreous.inside.pictures
from vitreous.infer.network import load_network
from vitreous.inside import inside
from vitreous.inside.filters import filters
network = load_network(Path(sys.argv[1]))
start = time.perf_counter()
found = inside(network, sys.argv[2])
opened = time.perf_counter()
stages = found.stages_at(1)
found.atlas(maps=1600)
drawn = time.perf_counter()
found.atlas()
atlas = time.perf_counter()
found.gradient(sys.argv[3]).picture()
gradient = time.perf_counter()
filters(network).picture()
kernels = time.perf_counter()
for stage in stages:
    found.all_maps(stage.name)
end = time.perf_counter()
count = sum(min(1600, len(stage.maps)) for stage in stages)
print(json.dumps({"open": opened - start, "maps": drawn - start, "count": count, "atlas": opened - start + atlas - drawn,
    "gradient": gradient - atlas, "filters": kernels - gradient, "pages": end - kernels, "stages": len(stages)}))
"""


def main() -> None:
    options = parser(__doc__, repeats=7)
    options.add_argument("--torch-python", help="a Python that has torch (or VITREOUS_TORCH_PYTHON)")
    options.add_argument("--resnet", type=Path, help="an exported ResNet-18")
    arguments = options.parse_args()
    require(NET)
    if arguments.quick:
        arguments.repeats = 1
    benchmark = begin("inside", arguments)
    python = torch_python(arguments)
    with tempfile.TemporaryDirectory() as made:
        files = {"EfficientNet-Lite0": (NET, "stem.weight")}
        if arguments.resnet or python:
            files["ResNet-18"] = (arguments.resnet or exported(str(python), Path(made) / "resnet18.onnx"), "conv1.weight")
        for name, (file, weight) in files.items():
            by_the_clock(benchmark, name, file, weight, Path(made))
            arithmetic(benchmark, name, file)
            fields(benchmark, name, file)
    benchmark.write()


def by_the_clock(benchmark: Benchmark, name: str, file: Path, weight: str, work: Path) -> None:
    """In a process of its own each time: caches of fonts and figures are part of what somebody waits for."""
    runs = [
        run_well([sys.executable, "-c", _CHILD, str(file), str(PHOTO), weight], environment(work)).json() for _ in range(benchmark.arguments.repeats)
    ]
    benchmark.measured[name] = runs
    for key, what, most in (
        ("maps", f"all {runs[0]['count']:,} feature maps of {name} drawn on one page", MOST_SECONDS),
        ("atlas", f"the sixteen strongest maps of every stage of {name} drawn", MOST_SECONDS),
        ("gradient", f"the gradient in one weight, written out and drawn, {name}", MOST_GRADIENT),
        ("filters", f"the kernels of the first layer drawn, {name}", MOST_FILTERS),
    ):
        seconds = [round(run[key], 3) for run in runs]
        benchmark.claim(Claim(what, median(seconds), "s", "at most", most, seconds))


def opened(file: Path, dtype: Any) -> Any:
    from vitreous.data.decode import Policy, decode
    from vitreous.infer.network import load_network
    from vitreous.layers.walk import read_walk

    network, walk = load_network(file), read_walk(file, dtype)
    picture = decode(str(PHOTO), (network.view,), Policy()).views[0][None]
    return network, walk, walk.values({"image": picture})


def arithmetic(benchmark: Benchmark, name: str, file: Path) -> None:
    """Weights of every layer: the products of each, and of every factor on its way to the loss, beside float64; and finite differences."""
    from vitreous.inside.backwards.chain import Backwards, strongest_place
    from vitreous.inside.backwards.loss import loss_of
    from vitreous.inside.backwards.weights import learned_names

    network, walk, values = opened(file, np.float32)
    _, exact_walk, exact_values = opened(file, np.float64)
    # the loss of the second label: of a network that is sure of its own answer it would be flat
    second = np.eye(len(network.labels))[int(np.argsort(-values["probability"][0], kind="stable")[1])]
    loss, exact_loss = (loss_of(each, kept, network.labels, second, None) for each, kept in ((walk, values), (exact_walk, exact_values)))
    weights = learned_names(walk)[:: 12 if benchmark.arguments.quick else 4]
    sums, beside, finite, factors = 0.0, 0.0, 0.0, 0
    for weight in weights:
        backwards, exact = Backwards(walk, values, loss, weight), Backwards(exact_walk, exact_values, exact_loss, weight)
        place = strongest_place(exact.gradients[weight])
        for step in backwards.follow(weight, place):
            if step.terms:
                sums, factors = max(sums, abs(step.sum - step.gradient) / max(step.size, 1e-30)), factors + 1
        truth = exact.factor(weight, place)
        beside = max(beside, abs(backwards.factor(weight, place).gradient - truth.gradient) / max(truth.size, 1e-30))
        finite = max(finite, abs(by_differences(exact_walk, exact_values, exact_loss, weight, place) - truth.gradient) / max(truth.size, 1e-30))
    note = f"{factors:,} factors from {len(weights)} weights"
    benchmark.measured[f"{name}, arithmetic"] = {"weights": weights, "factors": factors, "sums": sums, "beside_float64": beside, "finite": finite}
    unit = "of the sum of sizes"
    benchmark.claim(Claim(f"products of a gradient from what the walk has, {name}", sums, unit, "at most", MOST_DIFFERENCE, note=note))
    benchmark.claim(Claim(f"gradients in float64 from finite differences, {name}", finite, unit, "at most", MOST_OF_FINITE))
    benchmark.claim(Claim(f"gradients in fp32 from those in float64, {name}", beside, unit, "at most", MOST_OF_FINITE))


def by_differences(walk: Any, values: Any, loss: Any, weight: str, place: Any) -> float:
    """The change of the loss with one weight, by walking what lies behind it again, float64."""
    from vitreous.layers.operators import OPERATORS

    losses = []
    for change in (_STEP, -_STEP):
        changed = values[weight].copy()
        changed[place] *= 1 + change
        again, behind = dict(values) | {weight: changed}, {weight}
        for node in (*walk.folded, *walk.nodes):
            if behind.intersection(node.inputs):
                again.update(
                    zip(node.outputs, OPERATORS[node.kind].forward(node, [again[each] if each else None for each in node.inputs]), strict=False)
                )
                behind.update(node.outputs)
        Z = again[loss.scores]
        logarithms = Z - Z.max() - np.log(np.exp(Z - Z.max()).sum())
        losses.append(float(-(loss.target * logarithms).sum()))
    step = 2 * _STEP * float(values[weight][place])
    return (losses[0] - losses[1]) / step if step else 0.0


def fields(benchmark: Benchmark, name: str, file: Path) -> None:
    """Every map's field beside where its gradient is, by the network made positive and thin (tests/inside/test_receptive_field.py)."""
    sys.path.insert(0, str(ROOT / "tests" / "inside"))
    from test_receptive_field import checked

    from vitreous.infer.network import load_network
    from vitreous.layers.walk import read_walk

    start = time.perf_counter()
    try:
        count, failure = len(checked(read_walk(file), load_network(file).view.size)), ""
    except AssertionError as error:
        count, failure = 0, f"{error}"[:200]
    benchmark.measured[f"{name}, fields"] = {"values": count, "seconds": round(time.perf_counter() - start, 2)}
    benchmark.claim(Claim(f"maps whose field is where their gradient is, {name}", count, "maps", "at least", 20, failure=failure))


if __name__ == "__main__":
    main()
