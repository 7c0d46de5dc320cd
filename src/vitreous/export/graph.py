"""The ONNX graph while it is written."""

from typing import Any

import numpy as np
from torch import fx


class Graph:
    """Nodes and weights in the order in which they are written; `values` maps nodes of the traced network to names of values.

    `folding`: a batch norm behind a convolution goes into its weights."""

    def __init__(self, folding: bool = True) -> None:
        self.folding = folding
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.values: dict[fx.Node, str] = {}
        self._taken: set[str] = set()

    def constant(self, name: str, value: Any) -> str:
        from onnx import numpy_helper

        self.weights.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self._taken.add(output)
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def free(self, name: str) -> str:
        """The name, numbered where there is already a value of it."""
        number, free = 1, name
        while free in self._taken:
            number += 1
            free = f"{name}_{number}"
        self._taken.add(free)
        return free


def input_of(graph: Graph, node: fx.Node) -> str:
    """The value that a node of the traced network reads first."""
    return graph.values[node.all_input_nodes[0]]


def array_of(value: Any, dtype: Any = np.float32) -> Any:
    """A tensor as an array."""
    return value.detach().cpu().numpy().astype(dtype)
