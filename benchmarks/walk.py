"""How long, and how large, is a walk through a network, and how far is it from onnxruntime?

    python benchmarks/walk.py [--torch-python PATH] [--resnet FILE.onnx]

The shipped EfficientNet-Lite0 on one photo with every value kept: at most 0.1 s and 150 MB of values; ResNet-18 (an exported file, or one
made here by the torch Python) at most 0.3 s; the gradient in the pixels and in all weights at most 3 × the way forward. Values equal those of
onnxruntime to 1e-5 of the sum of absolute products. And `layers.convolution` beside torch's in fp32, one thread each, by turns: at most 5 × its time.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from harness import NET, ROOT, SIDES, Benchmark, Claim, alternate, begin, environment, median, parser, require, run_well, torch_python

MOST_SECONDS = {"EfficientNet-Lite0": 0.1, "ResNet-18": 0.3}
MOST_MB, MOST_BACKWARD, MOST_DIFFERENCE, MOST_OF_TORCH = 150.0, 3.0, 1e-5, 5.0
# pictures, channels, side, kernels, kernel, stride, padding: of LeNet-5, AlexNet, VGG-16, ResNet-18 and a bottleneck
SHAPES = [
    [64, 1, 32, 6, 5, 1, 0],
    [1, 3, 224, 64, 7, 2, 3],
    [1, 64, 112, 128, 3, 1, 1],
    [1, 128, 28, 128, 3, 1, 1],
    [1, 256, 14, 256, 3, 1, 1],
    [1, 256, 56, 64, 1, 1, 0],
]
_EXPORT = """
import sys
from pathlib import Path
from vitreous.core.view import View
from vitreous.export.onnx_file import to_network
from vitreous.nets import build
net = build("resnet18", classes=1000)
Path(sys.argv[1]).write_bytes(to_network(net, [str(k) for k in range(1000)], View.crop(224), (0.485,) * 3, (0.229,) * 3, {}).data)
"""


def main() -> None:
    options = parser(__doc__, repeats=7)
    options.add_argument("--torch-python", help="a Python that has torch (or VITREOUS_TORCH_PYTHON)")
    options.add_argument("--resnet", type=Path, help="an exported ResNet-18")
    arguments = options.parse_args()
    require(NET)
    if arguments.quick:
        arguments.repeats = 2
    benchmark = begin("walk", arguments)
    python = torch_python(arguments)
    with tempfile.TemporaryDirectory() as made:
        files = {"EfficientNet-Lite0": NET}
        if arguments.resnet or python:
            files["ResNet-18"] = arguments.resnet or exported(str(python), Path(made) / "resnet18.onnx")
        for name, file in files.items():
            walked(benchmark, name, file)
        if python:
            beside_torch(benchmark, python, Path(made))
    benchmark.write()


def exported(python: str, file: Path) -> Path:
    run_well([python, "-c", _EXPORT, str(file)], environment(file.parent) | {"PYTHONPATH": str(ROOT / "src")})
    return file


def walked(benchmark: Benchmark, name: str, file: Path) -> None:
    from vitreous.infer.network import load_network
    from vitreous.layers.walk import read_walk

    walk = read_walk(file)
    side = load_network(file).view.size
    # a smooth picture: noise would leave most of the network dark
    picture = np.random.default_rng(0).integers(0, 256, (1, side // 14, side // 14, 3)).repeat(14, 1).repeat(14, 2).astype(np.uint8)
    weights = [each for each, value in walk.constants.items() if value.ndim >= 2]
    forward, backward, values = [], [], {}
    for _ in range(benchmark.arguments.repeats + 1):
        start = time.perf_counter()
        values = walk.values({"image": picture})
        middle = time.perf_counter()
        walk.gradients(values, {"probability": np.eye(1, values["probability"].shape[1], dtype=np.float32)}, ["image", *weights])
        forward.append(round(middle - start, 4))
        backward.append(round(time.perf_counter() - middle, 4))
    forward, backward = forward[1:], backward[1:]  # the first is for the caches
    megabytes = round(sum(values[each].nbytes for each in walk.names) / 1e6, 1)
    worst = differences(walk, file, picture, values)
    benchmark.measured[name] = {"forward_s": forward, "backward_s": backward, "values_mb": megabytes, "worst": worst}
    ratios = [round(b / f, 2) for f, b in zip(forward, backward, strict=True)]
    benchmark.claim(Claim(f"walk through {name}", median(forward), "s", "at most", MOST_SECONDS[name], forward, f"{megabytes} MB of values"))
    benchmark.claim(Claim(f"its gradient in pixels and weights, {name}", median(ratios), "× forward", "at most", MOST_BACKWARD, ratios))
    benchmark.claim(Claim(f"its farthest value from onnxruntime, {name}", worst, "of the sum of products", "at most", MOST_DIFFERENCE))
    if name == "EfficientNet-Lite0":
        benchmark.claim(Claim("all values of that walk", megabytes, "MB", "at most", MOST_MB))


def differences(walk: Any, file: Path, picture: Any, values: dict[str, Any]) -> float:
    """The largest difference to onnxruntime over all convolutions and products, in units of Σ |weight · input| of that value.

    Each node gets onnxruntime's own inputs, so that what is measured is that node, and not those before it.
    """
    import onnx
    import onnxruntime

    from vitreous.layers.operators import OPERATORS

    model = onnx.load(file)
    known = {each.name for each in model.graph.output}
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(each) for each in walk.names if each not in known)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    theirs = dict(zip(walk.names, session.run(walk.names, {"image": picture}), strict=True)) | {"image": picture} | walk.constants
    worst = 0.0
    for node in walk.nodes:
        if node.kind in ("Conv", "Gemm"):
            inputs = [theirs[each] if each else None for each in node.inputs]
            (own,) = OPERATORS[node.kind].forward(node, inputs)
            (scale,) = OPERATORS[node.kind].forward(node, [None if each is None else np.abs(each) for each in inputs])
            worst = max(worst, float((np.abs(own - theirs[node.outputs[0]]) / np.maximum(scale, 1e-12)).max()))
    return worst


def beside_torch(benchmark: Benchmark, python: str, work: Path) -> None:
    asked = json.dumps(SHAPES)
    found = alternate(
        min(3, benchmark.arguments.repeats),
        {
            "ours": lambda: run_well([sys.executable, SIDES / "our_convolution.py", asked], environment(work)).json(),
            "torch": lambda: run_well([python, SIDES / "torch_convolution.py", asked], environment(work)).json(),
        },
    )
    ratios = [
        round(median([a["seconds"][place] / b["seconds"][place] for a, b in zip(found["ours"], found["torch"], strict=True)]), 2)
        for place in range(len(SHAPES))
    ]
    benchmark.measured["convolution"] = {"shapes": SHAPES, **found, "ratios": ratios}
    benchmark.claim(
        Claim("convolution beside torch, one thread", max(ratios), "× its time", "at most", MOST_OF_TORCH, ratios, "the worst of six shapes")
    )


if __name__ == "__main__":
    main()
