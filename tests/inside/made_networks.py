"""Networks made by hand for the tests of this folder, with everything that a number can come from."""

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def made(nodes: list[Any], weights: dict[str, Any], shape: list[Any], output: str, kind: int = TensorProto.FLOAT, source: str = "x") -> bytes:
    """The bytes of a network from `source` of this shape to `output`."""
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info(source, kind, shape)],
        [helper.make_empty_tensor_value_info(output)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    return bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString())


def node(kind: str, inputs: list[str], output: str, **attributes: Any) -> Any:
    return helper.make_node(kind, inputs, [output], name=output, **attributes)


def every_operator() -> bytes:
    """Convolutions in groups and with holes, batch norm, pools, branches, a gate, moves, products and softmax: x [1, 4, 12, 11]."""
    random = np.random.default_rng(1)

    def draw(*shape: int) -> Any:
        return random.normal(0, 0.5, shape).astype(np.float32)

    weights = {
        "w1": draw(6, 2, 3, 3), "b1": draw(6), "w2": draw(6, 1, 3, 2), "gamma": draw(6), "beta": draw(6), "mean": draw(6),
        "variance": np.abs(draw(6)) + 0.1, "w3": draw(3, 6, 1, 1), "half": np.float32(0.5), "shift": draw(1, 3, 1, 1),
        "pads": np.array([0, 0, 1, 0, 0, 0, 0, 1]),
        "flat": np.array([0, -1]), "w4": draw(5, 9), "b4": draw(5), "w5": draw(5, 4), "b5": draw(4),
        "least": np.float32(-0.3), "most": np.float32(0.4),
    }  # fmt: skip
    nodes = [
        node("Conv", ["x", "w1", "b1"], "conv1", pads=[1, 2, 1, 2], group=2, dilations=[1, 2]),
        node("BatchNormalization", ["conv1", "gamma", "beta", "mean", "variance"], "bn"),
        node("Relu", ["bn"], "relu"),
        node("Conv", ["relu", "w2"], "depthwise", group=6, strides=[2, 1], auto_pad="SAME_UPPER"),
        node("MaxPool", ["depthwise"], "maxpool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        node("AveragePool", ["depthwise"], "avgpool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1),
        node("AveragePool", ["depthwise"], "avgpool2", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        node("Add", ["maxpool", "avgpool"], "added"),
        node("Sub", ["added", "avgpool2"], "less"),
        node("GlobalAveragePool", ["less"], "squeezed"),
        node("Sigmoid", ["squeezed"], "gate"),
        node("Mul", ["less", "gate"], "gated"),
        node("Conv", ["gated", "w3"], "narrow"),
        node("Mul", ["narrow", "half"], "halved"),
        node("Add", ["halved", "shift"], "shifted"),
        node("Clip", ["shifted", "least", "most"], "clipped"),
        node("Pad", ["clipped", "pads"], "padded"),
        node("Concat", ["padded", "padded"], "twice", axis=1),
        node("Transpose", ["twice"], "turned", perm=[0, 2, 3, 1]),
        node("ReduceMean", ["turned"], "means", axes=[1], keepdims=0),
        node("Tanh", ["means"], "tanh"),
        node("ReduceMax", ["tanh"], "peak", axes=[1], keepdims=0),
        node("GlobalMaxPool", ["padded"], "peaks"),
        node("Flatten", ["peaks"], "flatpeaks"),
        node("Concat", ["peak", "flatpeaks"], "all", axis=1),
        node("Gemm", ["all", "w4", "b4"], "gemm", transB=1, alpha=2.0, beta=0.5),
        node("LeakyRelu", ["gemm"], "leaky"),
        node("MatMul", ["leaky", "w5"], "matmul"),
        node("Add", ["matmul", "b5"], "logits"),
        node("Softmax", ["logits"], "probability", axis=1),
    ]
    return made(nodes, weights, [1, 4, 12, 11], "probability")


def in_training() -> bytes:
    """Batch norm that takes mean and variance from its batch, and dropout that leaves numbers out: x [3, 2, 5, 4]."""
    random = np.random.default_rng(2)

    def draw(*shape: int) -> Any:
        return random.normal(0, 0.5, shape).astype(np.float32)

    weights = {
        "w": draw(4, 2, 3, 3), "gamma": draw(4), "beta": draw(4), "mean": draw(4), "variance": np.abs(draw(4)) + 0.1,
        "scale": draw(4), "shift": draw(4), "ratio": np.float32(0.4), "training": np.array(True), "v": draw(4, 4), "b": draw(4),
    }  # fmt: skip
    nodes = [
        node("Conv", ["x", "w"], "conv", pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["conv", "gamma", "beta", "mean", "variance"], ["bn", "mean2", "variance2"], training_mode=1),
        node("Tanh", ["bn"], "tanh"),
        helper.make_node("Dropout", ["tanh", "ratio", "training"], ["dropped", "kept"], seed=5),
        node("LRN", ["dropped"], "damped", size=3, alpha=0.5, beta=0.75, bias=1.0),
        node("GlobalAveragePool", ["damped"], "pooled"),
        node("Flatten", ["pooled"], "flat"),
        node("LayerNormalization", ["flat", "scale", "shift"], "layered", axis=-1),
        node("Gemm", ["layered", "v", "b"], "logits"),
        node("Softmax", ["logits"], "probability", axis=1),
    ]
    return made(nodes, weights, [3, 2, 5, 4], "probability")
