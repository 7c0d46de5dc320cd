"""Networks from elsewhere as tests make them: ONNX files of a few nodes, run by us and, by hand, with onnxruntime."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))
from small_network import SIDE

from vitreous.fit.foreign import ForeignOptions, remarks
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.infer.network import Network

MEAN, STD = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
PLAIN = ForeignOptions(scale="0-1", licence="MIT")
# Sums of some dozen to hundred fp32 products in another order: 24 bits each, relative to values near 1.
FP32 = {"rtol": 1e-4, "atol": 2e-5}
Node = tuple[str, list[str], list[str], dict[str, Any]]


def some_pictures(count: int, side: int = SIDE) -> NDArray[np.uint8]:
    """Noise, each picture between its own two greys."""
    rng = np.random.default_rng(5)
    low = rng.integers(0, 200, (count, 1, 1, 3))
    return (low + rng.random((count, side, side, 3)) * (255 - low)).astype(np.uint8)


def write(
    path: Path,
    nodes: Sequence[Node],
    shape: Sequence[Any] = ("N", 3, SIDE, SIDE),
    outputs: Sequence[str] = ("out",),
    kind: str = "FLOAT",
    metadata: dict[str, str] | None = None,
    opset: int = 17,
    more_inputs: Sequence[tuple[str, Sequence[Any]]] = (),
    weights: dict[str, Any] | None = None,
) -> Path:
    """An ONNX file of these nodes (operator, inputs, outputs, attributes) with the weights of `parts`; its picture is called `x`."""
    from onnx import TensorProto, helper, numpy_helper

    values = parts() | (weights or {})
    used = {name for node in nodes for name in node[1]}
    made = [helper.make_node(kind, inputs, names, **attributes) for kind, inputs, names, attributes in nodes]
    inputs = [helper.make_tensor_value_info("x", TensorProto.DataType.Value(kind), shape)]
    inputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, each) for name, each in more_inputs]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items() if name in used]
    domains = sorted({attributes["domain"] for _, _, _, attributes in nodes if "domain" in attributes})
    versions = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    model = helper.make_model(helper.make_graph(made, "elsewhere", inputs, ends, tensors), opset_imports=versions, ir_version=8)
    helper.set_model_props(model, metadata or {})
    path.write_bytes(model.SerializeToString())
    return path


def parts() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    return {
        "conv.weight": rng.normal(0, 0.3, (8, 3, 5, 5)).astype(np.float32),
        "grey.weight": rng.normal(0, 0.3, (8, 1, 5, 5)).astype(np.float32),
        "four.weight": rng.normal(0, 0.3, (8, 4, 5, 5)).astype(np.float32),
        "classifier.weight": rng.normal(0, 0.5, (5, 8)).astype(np.float32),
        "classifier.bias": rng.normal(0, 0.5, 5).astype(np.float32),
        "rows.1": np.array([1, 8], np.int64),
        "rows.4": np.array([4, -1], np.int64),
    }


def convolution(source: str = "x", weight: str = "conv.weight") -> list[Node]:
    return [("Conv", [source, weight], ["conv"], {"strides": [2, 2]}), ("Relu", ["conv"], ["map"], {})]


POOLED: list[Node] = [("GlobalAveragePool", ["map"], ["mean"], {}), ("Flatten", ["mean"], ["flat"], {})]
CLASSIFIER: list[Node] = [("Gemm", ["flat", "classifier.weight", "classifier.bias"], ["out"], {"transB": 1})]
FEATURES: list[Node] = [*convolution(), *POOLED, ("Identity", ["flat"], ["out"], {})]


def ours(network: Network, pictures: NDArray[np.uint8], batch: int = 3) -> NDArray[np.float32]:
    size = network.view.size
    return run_batch(start_engine(network, Setting("openvino", "f32", batch, 1), ("features",), size), pictures)["features"]


def theirs(path: Path, normal: NDArray[Any], output: str = "out") -> NDArray[np.float32]:
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    result: NDArray[np.float32] = session.run([output], {session.get_inputs()[0].name: normal})[0]
    return result


def planes(pictures: NDArray[Any]) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.moveaxis(pictures.astype(np.float32), 3, 1))


def why(network: Network) -> str:
    return "\n".join(remarks(network))
