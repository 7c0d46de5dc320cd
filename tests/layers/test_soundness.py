"""Graphs that are none are refused before an engine, or the walk, makes of them what it likes."""

from typing import Any

import numpy as np
import pytest

from vitreous.errors import ModelError
from vitreous.layers.soundness import require_sound
from vitreous.layers.walk import read_walk

Step = tuple[str, list[str], list[str]]
SOUND: list[Step] = [("Conv", ["x", "w"], ["c"]), ("Clip", ["c", "", "most"], ["r"]), ("Flatten", ["r"], ["y"])]
UNSOUND: dict[str, tuple[list[Step], str]] = {
    "backwards": (SOUND[::-1], "Flatten uses 'r' before it is made"),
    "a circle": ([("Add", ["x", "b"], ["a"]), ("Relu", ["a"], ["b"]), ("Relu", ["a"], ["y"])], "Add uses 'b' before it is made; .*without a circle"),
    "a node fed by itself": ([("Relu", ["y"], ["y"])], "Relu uses 'y' before it is made"),
    "out of nothing": ([("Relu", ["nowhere"], ["y"])], "Relu uses 'nowhere', which nothing makes"),
    "made twice": ([*SOUND, ("Relu", ["x"], ["r"])], "'r' is made more than once"),
    "two made twice": ([*SOUND, ("Relu", ["x"], ["r"]), ("Relu", ["x"], ["c"])], r"'c' \(and 1 more\) is made more than once"),
    "a weight made again": ([*SOUND, ("Relu", ["x"], ["w"])], "'w' is made more than once"),
    "the picture made again": ([("Relu", ["w"], ["x"]), ("Relu", ["x"], ["y"])], "'x' is made more than once"),
    "without its output": ([("Relu", ["x"], ["z"])], "nothing makes its output 'y'"),
}


def model(steps: list[Step], opset: int = 17) -> Any:
    from onnx import TensorProto, helper, numpy_helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("x", [1, 1, 4, 4]), ("y", None))]
    weights = {"w": np.ones((1, 1, 3, 3), np.float32), "most": np.float32(6)}
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()]
    nodes = [helper.make_node(*step) for step in steps]
    return helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:], tensors), opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


@pytest.mark.parametrize("case", UNSOUND)
def test_a_graph_that_is_none_is_refused_with_the_tensor(case: str) -> None:
    steps, message = UNSOUND[case]
    with pytest.raises(ModelError, match=f"net is no sound ONNX network: {message}"):
        require_sound(model(steps).graph, "net")
    with pytest.raises(ModelError, match=message):
        read_walk(model(steps).SerializeToString())


def test_left_out_inputs_are_sound() -> None:
    require_sound(model(SOUND).graph, "net")
    assert read_walk(model(SOUND).SerializeToString()).values({"x": np.ones((1, 1, 4, 4), np.float32)})["y"].tolist() == [[6.0] * 4]


@pytest.mark.parametrize(("opset", "remedy"), [(0, "export it again"), (6, "export it again"), (99, "pip install --upgrade onnx")])
def test_the_walk_takes_no_set_of_operators_that_it_does_not_know(opset: int, remedy: str) -> None:
    with pytest.raises(ModelError, match=f"operator set {opset}; 7 to .*; {remedy}"):
        read_walk(model(SOUND, opset).SerializeToString())


@pytest.mark.parametrize("damage", ["half of the bytes", "another shape", "no such type"])
def test_weights_that_cannot_be_read_are_named(damage: str) -> None:
    damaged = model(SOUND)
    weights = damaged.graph.initializer[0]
    if damage == "half of the bytes":
        weights.raw_data = weights.raw_data[:17]
    elif damage == "another shape":
        weights.dims[0] = 2**40
    else:
        weights.data_type = 99
    with pytest.raises(ModelError, match=r"the weights w of shape \[\d+, 1, 3, 3\] cannot be read"):
        read_walk(damaged.SerializeToString())
