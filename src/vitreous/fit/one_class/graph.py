"""One model.onnx for one class: from the decoded picture to a map of how odd each place is, and the score of the picture.

patches [N, P, D] ─ distance to the nearest patch of the bank [M, D] ─ map [N, side, side]
|x − b|² = |x|² − 2 x·b + |b|², least over b, square root; score = the largest of the map
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.view import View
from vitreous.fit.head import Floats
from vitreous.fit.one_class.patches import PATCHES, Patched, White
from vitreous.infer.network import METADATA_KEY, Network

_LARGEST = 0.02


def with_bank(patched: Patched, white: White, bank: Floats, view: View, facts: dict[str, Any]) -> Network:
    """`bank` [M, D] of white patches. Input `image` uint8 [N, S, S, 3], outputs `score` [N] and `map` [N, side, side]; `facts`: its metadata."""
    from onnx import TensorProto, helper, load_model_from_string, numpy_helper

    model = load_model_from_string(patched.network.data)
    graph, side = model.graph, patched.side
    constants = {
        "patches.mean": white.mean,
        "patches.white": white.white,
        "map.largest": np.array([max(1, round(_LARGEST * side * side))], np.int64),
        "bank.transposed": np.ascontiguousarray(-2 * bank.T),
        "bank.square": np.einsum("md,md->m", bank, bank),
        "bank.zero": np.float32(0),
        "map.shape": np.array([0, side, side], np.int64),
    }
    graph.initializer.extend(numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items())
    axes = {"axes": [2], "keepdims": 0}
    steps: list[tuple[str, list[str], str, dict[str, Any]]] = [
        ("Sub", [PATCHES, "patches.mean"], "patches.centred", {}),
        ("MatMul", ["patches.centred", "patches.white"], "patches.placed", {}),
        ("Mul", ["patches.placed", "patches.placed"], "patches.squares", {}),
        ("MatMul", ["patches.placed", "bank.transposed"], "bank.products", {}),
        ("Add", ["bank.products", "bank.square"], "bank.apart", {}),
        ("ReduceMin", ["bank.apart"], "bank.nearest", axes),
    ]
    sum_axes = numpy_helper.from_array(np.array([2], np.int64), "patches.axis")
    graph.initializer.append(sum_axes)
    steps += [
        ("ReduceSum", ["patches.squares", "patches.axis"], "patches.square", {"keepdims": 0}),
        ("Add", ["bank.nearest", "patches.square"], "distance.square", {}),
        ("Max", ["distance.square", "bank.zero"], "distance.positive", {}),
        ("Sqrt", ["distance.positive"], "distance", {}),
        ("Reshape", ["distance", "map.shape"], "map", {}),
    ]
    graph.node.extend(helper.make_node(kind, inputs, [output], name=output, **extra) for kind, inputs, output, extra in steps)
    graph.node.append(helper.make_node("TopK", ["distance", "map.largest"], ["largest", "largest.places"], name="largest", axis=1))
    graph.node.append(helper.make_node("ReduceMean", ["largest"], ["score"], name="score", axes=[1], keepdims=0))
    del graph.input[:], graph.output[:]
    graph.input.append(helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", view.size, view.size, 3]))
    graph.output.append(helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N"]))
    graph.output.append(helper.make_tensor_value_info("map", TensorProto.FLOAT, ["N", side, side]))
    inherited = {key: patched.network.facts[key] for key in ("network", "licence", "source") if key in patched.network.facts}
    written = inherited | {"view": view.to_json()} | facts
    del model.metadata_props[:]
    helper.set_model_props(model, {METADATA_KEY: json.dumps(written)})
    return Network(bytes(model.SerializeToString(deterministic=True)), Path("model.onnx"), written)
