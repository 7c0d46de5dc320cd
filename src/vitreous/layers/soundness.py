"""A graph is sound where every tensor is made once, and before it is used. Libraries differ in what they make of one that is not.

Source: the ONNX specification, "Graphs": static single assignment, nodes in topological order.
"""

from collections import Counter
from typing import Any

from vitreous.core.text import visible
from vitreous.errors import ModelError


def require_sound(graph: Any, name: str) -> None:
    """Raises ModelError for a tensor that is made twice, by no node, or only after it is used. `graph` is an ONNX GraphProto."""
    given = {each.name for each in (*graph.input, *graph.initializer)} | {each.values.name for each in graph.sparse_initializer}
    makers = Counter(tensor for node in graph.node for tensor in node.output if tensor)
    if twice := sorted({tensor for tensor, count in makers.items() if count > 1} | (makers.keys() & given)):
        raise _unsound(name, f"{_named(twice)} is made more than once", "every tensor made by one node")
    there = set(given)
    for node in graph.node:
        for tensor in filter(None, node.input):
            if tensor in there:
                continue
            if tensor not in makers:
                raise _unsound(name, f"{visible(node.op_type)} uses {visible(tensor)!r}, which nothing makes", "every tensor made by a node")
            raise _unsound(
                name, f"{visible(node.op_type)} uses {visible(tensor)!r} before it is made", "nodes in working order, without a circle among them"
            )
        there.update(node.output)
    if missing := [each.name for each in graph.output if each.name not in there]:
        raise _unsound(name, f"nothing makes its output {_named(missing)}", "every tensor made by a node")


def _unsound(name: str, arrived: str, needed: str) -> ModelError:
    return ModelError(f"{name} is no sound ONNX network", arrived, needed, "export it again")


def _named(tensors: list[str]) -> str:
    more = f" (and {len(tensors) - 1} more)" if len(tensors) > 1 else ""
    return f"{visible(tensors[0])!r}{more}"
