"""ONNX nodes put down one after the other, each named by the value that it makes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

OPSET, IR_VERSION = 17, 8


@dataclass
class Graph:
    """Nodes in working order, and the constants that they use."""

    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def add(self, kind: str, inputs: Sequence[str], output: str, attributes: dict[str, Any] | None = None) -> str:
        """Put down a node of the operator `kind`; returns the name of its output."""
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **(attributes or {})))
        return output

    def constant(self, name: str, value: ArrayLike, dtype: DTypeLike = np.float32) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def sum_of_channels(self, value: str, channels: int, output: str) -> str:
        """[N, C, H, W] → [N, 1, H, W], as a convolution with ones: in OpenVINO some times faster than ReduceSum over channels."""
        return self.add("Conv", [value, self.constant(f"{output}.ones", np.ones((1, channels, 1, 1)))], output)

    def to_bytes(self, side: int, outputs: dict[str, Sequence[int | str]], metadata: dict[str, str]) -> bytes:
        """The model: input `image` uint8 [N, side, side, 3], and these outputs with their shapes. Equal graphs give equal bytes."""
        from onnx import TensorProto, helper

        image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", side, side, 3])
        made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()]
        graph = helper.make_graph(self.nodes, "classical", [image], made, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        helper.set_model_props(model, metadata)
        return bytes(model.SerializeToString(deterministic=True))
