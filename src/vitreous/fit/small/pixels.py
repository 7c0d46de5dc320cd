"""The plainest features of a picture: its pixels. A network without weights, which the engine runs like any other.

    image uint8 [N, S, S, 3] ─ 1/255 ─ (grey) ─ planes [N, C, S, S] ─ features [N, C · S · S] in 0..1

With one channel, grey is 0.299 R + 0.587 G + 0.114 B.

Source of the weights: Recommendation ITU-R BT.601.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.view import View
from vitreous.errors import UsageError
from vitreous.infer.network import METADATA_KEY, Network

LUMA = (0.299, 0.587, 0.114)
# Opset and file version that onnxruntime, onnxruntime-web and OpenVINO all run.
OPSET, IR_VERSION = 17, 8
_MOST_SIDE = 1024


def pixels_network(size: int, channels: int) -> Network:
    """The backbone "pixels": input `image` uint8 [N, S, S, 3], output `features` [N, C · S · S], plane after plane.

    `size`: the square's side in pixels, 1 to 1024; `channels`: 3 for colour, 1 for grey. The same arguments give the same bytes.
    Raises UsageError for others. Run it in fp32: bf16 would keep only about 7 of a pixel's 8 bits.
    """
    from onnx import TensorProto, helper, numpy_helper

    if channels not in (1, 3):
        raise UsageError("cannot read pixels", f"{channels} channels", "1 (grey) or 3 (red, green, blue)")
    if not 1 <= size <= _MOST_SIDE:
        needed = f"1 to {_MOST_SIDE:,}"
        raise UsageError("a small network cannot take pictures of this size", f"{size} pixels a side", needed, "choose another size")
    constants: dict[str, npt.NDArray[np.float32]] = {"pixels.scale": np.array(1 / 255, np.float32)}
    nodes = [
        helper.make_node("Cast", ["image"], ["pixels.float"], name="pixels.float", to=TensorProto.FLOAT),
        helper.make_node("Mul", ["pixels.float", "pixels.scale"], ["pixels.unit"], name="pixels.unit"),
    ]
    last = "pixels.unit"
    if channels == 1:
        constants["pixels.luma"] = np.array(LUMA, np.float32)[:, None]
        nodes.append(helper.make_node("MatMul", [last, "pixels.luma"], ["pixels.grey"], name="pixels.grey"))
        last = "pixels.grey"
    nodes += [
        helper.make_node("Transpose", [last], ["pixels.planes"], name="pixels.planes", perm=[0, 3, 1, 2]),
        helper.make_node("Flatten", ["pixels.planes"], ["features"], name="pixels", axis=1),
    ]
    width = channels * size * size
    graph = helper.make_graph(
        nodes,
        "pixels",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", size, size, 3])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", width])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    facts: dict[str, Any] = {
        "network": "pixels",
        "task": "features",
        "labels": [],
        "view": View.whole(size).to_json(),
        "features": width,
        "channels": channels,
        "number_format": "f32",
        "licence": "Apache-2.0",
        "source": "Vitreous",
    }
    helper.set_model_props(model, {METADATA_KEY: json.dumps(facts)})
    return Network(bytes(model.SerializeToString(deterministic=True)), Path("pixels.onnx"), facts)
