"""Networks in whole numbers: every engine works them out without rounding, so equals are equal and order can be tested to the last place."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper

sys.path.insert(0, str(Path(__file__).parents[1]))
from made_networks import made, node

from vitreous.core.view import View
from vitreous.infer.network import Network, with_metadata

SIDE = 12


def network_of(nodes: list[Any], weights: dict[str, Any], output: str, side: int = SIDE) -> Network:
    """`nodes` work on `planes` [N, 3, side, side], the pictures as floats."""
    first = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
    ]
    data = made([*first, *nodes], weights, ["N", side, side, 3], output, TensorProto.UINT8, "image")
    facts = {"task": "classify", "labels": ["a", "b"], "view": View.crop(side).to_json()}
    return Network(with_metadata(data, "none", None), Path("exact.onnx"), facts)


def whole_numbers(seed: int = 0) -> Network:
    """A convolution with ReLU6, a grouped one with a stride and ReLU, a residual sum, a pool, and two numbers a picture."""
    random = np.random.default_rng(seed)

    def draw(*shape: int) -> Any:
        return random.integers(-2, 3, shape).astype(np.float32)

    weights = {
        "w1": draw(6, 3, 3, 3), "b1": np.array([0, -9, 5, -999, 999, 1], np.float32), "least": np.float32(0), "most": np.float32(6),
        "w2": draw(4, 3, 3, 3), "b2": draw(4), "w3": draw(4, 4, 1, 1), "w4": draw(2, 4 * 9),
    }  # fmt: skip
    nodes = [
        node("Conv", ["planes", "w1", "b1"], "first.conv", pads=[1, 1, 1, 1]),
        node("Clip", ["first.conv", "least", "most"], "first"),
        node("Conv", ["first", "w2", "b2"], "second.conv", strides=[2, 2], pads=[1, 1, 1, 1], group=2),
        node("Relu", ["second.conv"], "second"),
        node("Conv", ["second", "w3"], "third.conv"),
        node("Add", ["third.conv", "second"], "third"),
        node("MaxPool", ["third"], "pooled", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["pooled"], "flat"),
        helper.make_node("Gemm", ["flat", "w4"], ["score"], transB=1, name="score"),
    ]
    return network_of(nodes, weights, "score")


def pictures(count: int, seed: int = 0, side: int = SIDE) -> Any:
    """uint8 [count, side, side, 3] of 0 to 3: many of their maxima are equal."""
    return np.random.default_rng(seed).integers(0, 4, (count, side, side, 3)).astype(np.uint8)


def values_of(network: Network, names: list[str], images: Any) -> dict[str, Any]:
    """Every value by onnxruntime, [N, …]."""
    import onnxruntime
    from onnx import load_model_from_string

    model = load_model_from_string(network.data)
    known = {each.name for each in model.graph.output}
    model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names if name not in known)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return dict(zip(names, session.run(names, {"image": images}), strict=True))
