"""Each ONNX operator that is covered, against onnxruntime; and its gradient against finite differences in float64."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parent))
from finite_differences import gradient

from vitreous.errors import ModelError
from vitreous.layers.operators import OPERATORS
from vitreous.layers.walk import read_walk

RANDOM = np.random.default_rng(1)
Array = NDArray[Any]


def real(*shape: int) -> Array:
    """Values of size one that keep away from 0, where some operators bend."""
    values = RANDOM.uniform(0.2, 1.8, shape) * RANDOM.choice([-1, 1], shape)
    return np.asarray(values, np.float32)


def positive(*shape: int) -> Array:
    return np.asarray(RANDOM.uniform(0.3, 2, shape), np.float32)


def whole(*values: int) -> Array:
    return np.array(values, np.int64)


IMAGE = real(2, 4, 6, 5)
# operator: inputs (None for one left out), attributes, outputs, opset
Case = tuple[Sequence[Any], dict[str, Any], int, int]
CASES: dict[str, list[Case]] = {
    "Conv": [
        ((IMAGE, real(6, 4, 3, 3), real(6)), {"pads": [1, 1, 1, 1], "strides": [2, 1]}, 1, 17),
        ((IMAGE, real(4, 1, 3, 3)), {"group": 4, "auto_pad": "SAME_UPPER", "strides": [2, 2]}, 1, 17),
        ((IMAGE, real(4, 2, 2, 2)), {"group": 2, "auto_pad": "SAME_LOWER"}, 1, 17),
        ((IMAGE, real(3, 4, 2, 2)), {"dilations": [2, 1], "auto_pad": "VALID"}, 1, 17),
    ],
    "MaxPool": [
        ((IMAGE,), {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}, 1, 17),
        ((IMAGE,), {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}, 1, 17),
    ],
    "AveragePool": [
        ((IMAGE,), {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}, 1, 17),
        ((IMAGE,), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}, 1, 17),
    ],
    "GlobalAveragePool": [((IMAGE,), {}, 1, 17)],
    "GlobalMaxPool": [((IMAGE,), {}, 1, 17)],
    "BatchNormalization": [((IMAGE, real(4), real(4), real(4), positive(4)), {"epsilon": 1e-3}, 1, 15)],
    "LayerNormalization": [((real(2, 5, 6), real(6), real(6)), {"epsilon": 1e-3}, 1, 17)],
    "LRN": [((IMAGE,), {"size": 3, "alpha": 0.3, "beta": 0.6, "bias": 2.0}, 1, 17)],
    "Gemm": [
        ((real(3, 4), real(5, 4), real(5)), {"transB": 1, "alpha": 0.5, "beta": 2.0}, 1, 17),
        ((real(4, 3), real(4, 5)), {"transA": 1}, 1, 17),
    ],
    "MatMul": [((real(2, 3, 4), real(4, 5)), {}, 1, 17)],
    "Softmax": [((real(3, 5),), {"axis": 1}, 1, 17), ((real(3, 5),), {}, 1, 11)],
    "LogSoftmax": [((real(3, 5),), {"axis": -1}, 1, 17)],
    "Relu": [((IMAGE,), {}, 1, 17)],
    "Clip": [
        ((IMAGE, np.float32(-0.5), np.float32(1)), {}, 1, 17),
        ((IMAGE,), {"min": -0.5, "max": 1.0}, 1, 10),
        ((IMAGE, None, np.float32(0.1)), {}, 1, 17),
    ],
    "Sigmoid": [((IMAGE,), {}, 1, 17)],
    "Tanh": [((IMAGE,), {}, 1, 17)],
    "LeakyRelu": [((IMAGE,), {"alpha": 0.2}, 1, 17), ((IMAGE,), {}, 1, 17)],
    "Elu": [((IMAGE,), {"alpha": 0.7}, 1, 17)],
    "HardSigmoid": [((IMAGE,), {"alpha": 0.3}, 1, 17)],
    "HardSwish": [((IMAGE,), {}, 1, 17)],
    "Gelu": [((IMAGE,), {}, 1, 20), ((IMAGE,), {"approximate": "tanh"}, 1, 20)],
    "Softplus": [((IMAGE,), {}, 1, 17)],
    "Exp": [((IMAGE,), {}, 1, 17)],
    "Log": [((positive(3, 4),), {}, 1, 17)],
    "Sqrt": [((positive(3, 4),), {}, 1, 17)],
    "Abs": [((IMAGE,), {}, 1, 17)],
    "Neg": [((IMAGE,), {}, 1, 17)],
    "Reciprocal": [((IMAGE,), {}, 1, 17)],
    "Erf": [((IMAGE,), {}, 1, 17)],
    "Floor": [((IMAGE,), {}, 1, 17)],
    "Ceil": [((IMAGE,), {}, 1, 17)],
    "Round": [((IMAGE,), {}, 1, 17)],
    "Sign": [((IMAGE,), {}, 1, 17)],
    "Add": [((IMAGE, real(4, 1, 1)), {}, 1, 17)],
    "Sub": [((IMAGE, real(5)), {}, 1, 17)],
    "Mul": [((real(4, 1, 1), IMAGE), {}, 1, 17)],
    "Div": [((IMAGE, positive(6, 1)), {}, 1, 17), ((whole(7, -7, 9), whole(2, 2, 3)), {}, 1, 17)],
    "Pow": [((positive(3, 4), np.float32(2.5)), {}, 1, 17)],
    "Max": [((real(3, 4), real(4), real(3, 1)), {}, 1, 17)],
    "Min": [((real(3, 4), real(4)), {}, 1, 17)],
    "Sum": [((real(3, 4), real(4), real(3, 1)), {}, 1, 17)],
    "Greater": [((IMAGE, np.float32(0)), {}, 1, 17)],
    "GreaterOrEqual": [((IMAGE, np.float32(0)), {}, 1, 17)],
    "Less": [((IMAGE, np.float32(0)), {}, 1, 17)],
    "LessOrEqual": [((IMAGE, np.float32(0)), {}, 1, 17)],
    "Equal": [((whole(1, 2, 3), whole(1, 3, 3)), {}, 1, 17)],
    "And": [((np.array([True, False]), np.array([True, True])), {}, 1, 17)],
    "Or": [((np.array([True, False]), np.array([False, False])), {}, 1, 17)],
    "Not": [((np.array([True, False]),), {}, 1, 17)],
    "Where": [((np.array([[True], [False]]), real(2, 3), real(3)), {}, 1, 17)],
    "ReduceMean": [((IMAGE,), {"axes": [2, 3], "keepdims": 0}, 1, 17), ((IMAGE, whole(-1)), {}, 1, 18), ((IMAGE,), {}, 1, 18)],
    "ReduceSum": [((IMAGE, whole(1, 2)), {"keepdims": 0}, 1, 17), ((IMAGE,), {"noop_with_empty_axes": 1}, 1, 17)],
    "ReduceMax": [((IMAGE,), {"axes": [1]}, 1, 17)],
    "ReduceMin": [((IMAGE,), {"axes": [1]}, 1, 17)],
    "ReduceL2": [((IMAGE,), {"axes": [1]}, 1, 17)],
    "Reshape": [((IMAGE, whole(0, -1, 5)), {}, 1, 17)],
    "Flatten": [((IMAGE,), {}, 1, 17), ((IMAGE,), {"axis": -2}, 1, 17), ((IMAGE,), {"axis": 0}, 1, 17)],
    "Squeeze": [((real(1, 3, 1), whole(0)), {}, 1, 17), ((real(1, 3, 1),), {}, 1, 17), ((real(1, 3, 1),), {"axes": [2]}, 1, 11)],
    "Unsqueeze": [((real(3), whole(0, 2)), {}, 1, 17), ((real(3),), {"axes": [1]}, 1, 11)],
    "Transpose": [((IMAGE,), {"perm": [0, 2, 3, 1]}, 1, 17), ((real(2, 3),), {}, 1, 17)],
    "Concat": [((real(2, 3), real(2, 1)), {"axis": 1}, 1, 17), ((real(2, 3), real(1, 3)), {"axis": -2}, 1, 17)],
    "Pad": [
        ((IMAGE, whole(0, 0, 1, 2, 0, 0, 0, 1), np.float32(0.5)), {}, 1, 17),
        ((IMAGE, whole(0, 0, -1, 2, 0, 0, 0, -1)), {}, 1, 17),
        ((IMAGE, whole(1, 2), None, whole(3)), {}, 1, 18),
        ((IMAGE,), {"pads": [0, 0, 1, 1, 0, 0, 1, 1]}, 1, 10),
    ],
    "Slice": [
        ((IMAGE, whole(1, 0), whole(3, 100), whole(1, 3), whole(1, 2)), {}, 1, 17),
        ((IMAGE, whole(-1), whole(-100), whole(2), whole(-2)), {}, 1, 17),
        ((IMAGE,), {"starts": [1], "ends": [3], "axes": [1]}, 1, 9),
    ],
    "Gather": [((IMAGE, np.array([[0, 2], [2, -1]])), {"axis": 1}, 1, 17)],
    "Split": [((IMAGE, whole(1, 3)), {"axis": 1}, 2, 17), ((IMAGE,), {"axis": 1, "split": [2, 2]}, 2, 11)],
    "Expand": [((real(3, 1), whole(2, 1, 4)), {}, 1, 17)],
    "Cast": [((IMAGE,), {"to": TensorProto.FLOAT}, 1, 17), ((IMAGE,), {"to": TensorProto.INT32}, 1, 17)],
    "Identity": [((IMAGE,), {}, 1, 17)],
    "Dropout": [((IMAGE,), {}, 1, 17)],
    "Shape": [((IMAGE,), {}, 1, 17), ((IMAGE,), {"start": 1, "end": -1}, 1, 17)],
    "Constant": [((), {"value": numpy_helper.from_array(real(2, 3))}, 1, 17), ((), {"value_ints": [1, 2]}, 1, 17), ((), {"value_float": 1.5}, 1, 17)],
    "ConstantOfShape": [((whole(2, 3),), {"value": numpy_helper.from_array(np.array([7], np.int64))}, 1, 17), ((whole(2),), {}, 1, 17)],
    "ArgMax": [((IMAGE,), {"axis": 1}, 1, 17), ((IMAGE,), {"axis": -1, "keepdims": 0}, 1, 17)],
}
PAIRS = [(kind, number) for kind, cases in CASES.items() for number in range(len(cases))]
# Derivatives that are zero nearly everywhere, or of whole numbers: no gradient passes, which the walk takes for zero.
FLAT = {"Floor", "Ceil", "Round", "Sign", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal", "And", "Or", "Not", "Shape", "Constant",
        "ConstantOfShape", "ArgMax"}  # fmt: skip
# Which inputs are numbers that a gradient makes sense of; the others are sizes, limits and running values.
LEARNED = {"BatchNormalization": (0, 1, 2), "Clip": (0,), "Pad": (0,), "Pow": (0, 1), "Where": (1, 2)}


def test_every_operator_has_a_case() -> None:
    assert set(CASES) == set(OPERATORS)


def model(kind: str, inputs: Sequence[Any], attributes: dict[str, Any], outputs: int, opset: int) -> onnx.ModelProto:
    """One node; whatever is a floating-point or Boolean array is an input, whole numbers are constants."""
    names = ["" if value is None else f"x{number}" for number, value in enumerate(inputs)]
    fed = [(name, value) for name, value in zip(names, inputs, strict=True) if name and np.asarray(value).dtype.kind != "i"]
    constants = [(name, value) for name, value in zip(names, inputs, strict=True) if name and np.asarray(value).dtype.kind == "i"]
    node = helper.make_node(kind, names, [f"y{number}" for number in range(outputs)], **attributes)
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.asarray(value).dtype), np.shape(value)) for name, value in fed],
        [helper.make_empty_tensor_value_info(f"y{number}") for number in range(outputs)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def fed(inputs: Sequence[Any], dtype: Any = np.float32) -> dict[str, Array]:
    values = {f"x{number}": np.asarray(value) for number, value in enumerate(inputs) if value is not None and np.asarray(value).dtype.kind != "i"}
    return {name: value.astype(dtype) if value.dtype.kind == "f" else value for name, value in values.items()}


@pytest.mark.parametrize(("kind", "number"), PAIRS)
def test_onnxruntime_says_the_same(kind: str, number: int) -> None:
    runtime = pytest.importorskip("onnxruntime")
    inputs, attributes, outputs, opset = CASES[kind][number]
    data = model(kind, inputs, attributes, outputs, opset).SerializeToString()
    theirs = runtime.InferenceSession(data, providers=["CPUExecutionProvider"]).run(None, fed(inputs))
    walk = read_walk(data)
    values = walk.values(fed(inputs))
    for place, value in enumerate(theirs):
        ours = values[f"y{place}"]
        assert ours.shape == value.shape and ours.dtype == value.dtype, (ours.dtype, value.dtype)
        np.testing.assert_allclose(ours, value, rtol=2e-5, atol=2e-6)  # fp32, sums in another order


@pytest.mark.parametrize(("kind", "number"), [pair for pair in PAIRS if pair[0] not in FLAT])
def test_the_gradient_is_that_of_finite_differences(kind: str, number: int) -> None:
    inputs, attributes, outputs, opset = CASES[kind][number]
    if kind == "Cast" and attributes["to"] == TensorProto.INT32:
        pytest.skip("a step has no slope")
    if all(np.asarray(value).dtype.kind == "i" for value in inputs):
        pytest.skip("whole numbers")
    walk = read_walk(model(kind, inputs, attributes, outputs, opset).SerializeToString(), np.float64)
    feed = fed(inputs, np.float64)
    values = walk.values(feed)
    seeds = {f"y{place}": RANDOM.normal(size=values[f"y{place}"].shape) for place in range(outputs)}
    wanted = [name for name in feed if int(name[1:]) in LEARNED.get(kind, range(9))]
    found = walk.gradients(values, seeds, wanted)
    for name in wanted:

        def f(x: Array, name: str = name) -> Array:
            made = walk.values({**feed, name: x})
            return np.concatenate([made[output].ravel() for output in seeds])

        numeric = gradient(f, feed[name], np.concatenate([seed.ravel() for seed in seeds.values()]))
        assert found[name].shape == feed[name].shape
        np.testing.assert_allclose(found[name], numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kind", ["Floor", "Greater", "ArgMax"])
def test_where_nothing_changes_the_gradient_is_zero(kind: str) -> None:
    inputs, attributes, outputs, opset = CASES[kind][0]
    walk = read_walk(model(kind, inputs, attributes, outputs, opset).SerializeToString())
    values = walk.values(fed(inputs))
    found = walk.gradients(values, {"y0": np.ones(values["y0"].shape, np.float32)}, ["x0"])
    assert found["x0"].shape == np.shape(inputs[0]) and not found["x0"].any()


def test_the_mode_of_padding_that_is_not_covered_is_named() -> None:
    walk = read_walk(model("Pad", (IMAGE, whole(0, 0, 1, 1, 0, 0, 1, 1)), {"mode": "reflect"}, 1, 17).SerializeToString())
    with pytest.raises(ModelError, match=r"cannot work out Pad_0 \(Pad\): inputs .*'reflect'; only 'constant' is covered"):
        walk.values(fed((IMAGE,)))
