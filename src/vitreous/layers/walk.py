"""Walk through any `model.onnx` node by node: every value on the way, and the gradient of any value in any other.

    walk = read_walk(Path("runs/photos-1/model.onnx"))
    values = walk.values({"image": picture})             # name → array, all of them
    for node, outputs in walk.steps({"image": picture}): # or one after the other, each let go after its last use
    walk.gradients(values, {"logits": seed}, ["image"])  # Σ seed · ∂logits / ∂image, by the chain rule

Weights are values like all others, so their gradients can be had too. The arithmetic is that of this package's layers in the
precision asked for; a node whose inputs are all weights is worked out once, when the file is read.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from vitreous.core.text import visible
from vitreous.errors import ModelError, nearest
from vitreous.layers.operators import OPERATORS, Backward, Node
from vitreous.layers.soundness import require_sound
from vitreous.layers.window import Array

# Protocol buffers end at 2 GiB; larger networks keep their weights in a second file.
_MOST_BYTES = 2**31 - 1
# The operators' meaning is that from this set on: broadcasting, inputs in place of attributes.
_LEAST_OPSET = 7
_FLOATS = ("float16", "bfloat16", "float32", "float64")


class Walk:
    """A network as a list of nodes in working order, and its weights.

    `inputs` and `outputs` map names to shapes, with a text or None where a size is open. `constants`: weights, and what follows
    from them alone. `dtype` is that of all floating-point values.
    """

    def __init__(self, nodes: list[Node], constants: dict[str, Array], inputs: dict[str, list[Any]], outputs: dict[str, list[Any]]) -> None:
        self.constants, self.inputs, self.outputs = constants, inputs, outputs
        self.folded: list[Node] = []  # worked out here, and walked back through like the others
        self.nodes: list[Node] = []
        for node in nodes:
            if all(name in constants for name in node.inputs if name):
                self.folded.append(node)
                constants.update(zip(node.outputs, _forward(node, constants), strict=False))
            else:
                self.nodes.append(node)

    @cached_property
    def names(self) -> list[str]:
        """Every value that a walk makes, in order."""
        return [name for node in self.nodes for name in node.outputs if name]

    def node_of(self, value: str) -> Node:
        """The node that makes a value. Raises ModelError with the nearest names where there is none."""
        for node in (*self.nodes, *self.folded):
            if value in node.outputs:
                return node
        raise self._unknown(value)

    def steps(self, feed: Mapping[str, Array]) -> Iterator[tuple[Node, tuple[Array, ...]]]:
        """Each node with its outputs. A value is let go once the last node that needs it is done."""
        values = self._fed(feed)
        last = {name: place for place, node in enumerate(self.nodes) for name in node.inputs}
        for place, node in enumerate(self.nodes):
            outputs = _forward(node, values)
            values.update(zip(node.outputs, outputs, strict=False))
            yield node, outputs
            for name in (*node.inputs, *node.outputs):
                if last.get(name, place) <= place and name not in self.constants:
                    values.pop(name, None)

    def values(self, feed: Mapping[str, Array]) -> dict[str, Array]:
        """All values by name: the inputs, the constants, and the outputs of every node."""
        values = self._fed(feed)
        for node in self.nodes:
            values.update(zip(node.outputs, _forward(node, values), strict=False))
        return values

    def gradients(
        self,
        values: Mapping[str, Array],
        seeds: Mapping[str, Array],
        wanted: Collection[str],
        other: Mapping[str, Backward] = MappingProxyType({}),
    ) -> dict[str, Array]:
        """For each wanted name Σ seed · ∂value / ∂wanted, in the wanted value's shape; zeros where nothing depends on it.

        `values` are those of `Walk.values`. A seed has the shape of the value it stands for: ones at one place ask for that place.
        `other`: what takes the place of the backward function of an operator, by its kind, such as `layers.guided.GUIDED`.
        Raises ModelError for a name that there is not, and for an operator through which no gradient is known.
        """
        for name in (*seeds, *wanted):
            if name not in values:
                raise self._unknown(name)
        nodes = [*self.folded, *self.nodes]
        reached = set(wanted)  # whatever depends on a wanted value
        for node in nodes:
            if reached.intersection(node.inputs):
                reached.update(node.outputs)
        found = {name: np.array(np.broadcast_to(seed, values[name].shape)) for name, seed in seeds.items()}
        for node in reversed(nodes):
            if not found.keys() & set(node.outputs):
                continue
            for number, name in enumerate(node.inputs):
                if name and name in reached:
                    share = _backward(node, values, found, number, other.get(node.kind))
                    if share is not None:
                        found[name] = found[name] + share if name in found else share
            for name in node.outputs:
                if name not in wanted:
                    found.pop(name, None)
        return {name: found[name] if name in found else np.zeros(values[name].shape, np.float32) for name in wanted}

    def _fed(self, feed: Mapping[str, Array]) -> dict[str, Array]:
        for name in self.inputs:
            if name not in feed:
                given = ", ".join(map(visible, feed)) or "nothing"
                raise ModelError("cannot walk through the network", f"values for {given}", f"a value for its input {visible(name)!r}")
        for name, value in feed.items():
            if name not in self.inputs:
                raise ModelError(f"the network has no input {visible(name)!r}", remedy=nearest(name, list(self.inputs)))
            shape = self.inputs[name]
            if len(shape) != value.ndim or any(isinstance(size, int) and size != own for size, own in zip(shape, value.shape, strict=True)):
                raise ModelError(f"input {visible(name)!r}", f"shape {list(value.shape)}", f"{_shape(shape)} is needed")
        return {**self.constants, **feed}

    def _unknown(self, name: str) -> ModelError:
        return ModelError(f"the network has no value {visible(name)!r}", remedy=nearest(name, [*self.inputs, *self.names, *self.constants]))


def read_walk(source: Path | bytes, dtype: DTypeLike = np.float32) -> Walk:
    """The network of an ONNX file, or of its bytes, with its arithmetic in `dtype`.

    Raises ModelError for a file that is no sound ONNX network or too large for one, for a set of operators older or newer than is known,
    and for operators that are not covered, all of them by name.
    """
    from onnx import load_model_from_string

    name = visible(str(source)) if isinstance(source, Path) else "the network"
    try:
        if isinstance(source, Path) and source.stat().st_size > _MOST_BYTES:
            raise ModelError(f"cannot read {name}", f"{source.stat().st_size:,} bytes", "an ONNX file under 2 GiB")
        model = load_model_from_string(source.read_bytes() if isinstance(source, Path) else source)
    except OSError as error:
        raise ModelError(f"cannot read {name}", error.strerror or str(error), remedy="check the path") from None
    except ModelError:
        raise
    except Exception:  # protobuf's own exceptions differ between its versions
        raise ModelError(f"{name} is no ONNX network", "bytes that do not read as one", "an ONNX file") from None
    if not model.graph.node:
        raise ModelError(f"{name} is no ONNX network", "a file without nodes", "an ONNX file")
    return _walk_of(model, name, np.dtype(dtype))


def _walk_of(model: Any, name: str, dtype: Any) -> Walk:
    from onnx.defs import onnx_opset_version

    graph, newest = model.graph, onnx_opset_version()
    opset = max((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), default=1)
    if not _LEAST_OPSET <= opset <= newest:
        remedy = "export it again" if opset < _LEAST_OPSET else "pip install --upgrade onnx, or export it for an older one"
        raise ModelError(f"cannot walk through {name}", f"operator set {opset}", f"{_LEAST_OPSET} to {newest}", remedy)
    require_sound(graph, name)
    unknown = sorted({node.op_type for node in graph.node if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx")})
    if unknown:
        raise ModelError(
            f"cannot walk through {name}", f"operators that are not covered: {', '.join(map(visible, unknown))}", remedy="predict and evaluate run it"
        )
    if any(each.external_data for each in graph.initializer):
        raise ModelError(f"cannot walk through {name}", "weights in a second file", "a network in one file")
    constants = {each.name: _tensor(each, dtype) for each in graph.initializer}
    nodes = [_node(number, node, opset, dtype) for number, node in enumerate(graph.node)]
    inputs = {each.name: _sizes(each) for each in graph.input if each.name not in constants}
    return Walk(nodes, constants, inputs, {each.name: _sizes(each) for each in graph.output})


def _node(number: int, node: Any, opset: int, dtype: Any) -> Node:
    from onnx import AttributeProto, helper

    attributes: dict[str, Any] = {}
    for each in node.attribute:
        if each.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
            raise ModelError(f"cannot walk through the network at {visible(node.name or node.op_type)}", "a node with a network inside it")
        value = helper.get_attribute_value(each)
        if each.type == AttributeProto.TENSOR:
            value = _tensor(value, dtype)
        attributes[each.name] = value.decode() if isinstance(value, bytes) else list(value) if isinstance(value, (list, tuple)) else value
    if node.op_type == "Cast":
        wanted = np.dtype(helper.tensor_dtype_to_np_dtype(attributes["to"]))
        attributes["to"] = dtype if wanted.kind == "f" else wanted
    if node.op_type == "Constant" and "value" not in attributes:
        (kind, value), *_ = attributes.items()
        attributes["value"] = np.asarray(value, np.int64 if kind.startswith("value_int") else dtype)
    if node.op_type in ("Softmax", "LogSoftmax") and opset < 13:
        attributes.setdefault("axis", 1)
    return Node(node.name or f"{node.op_type}_{number}", node.op_type, tuple(node.input), tuple(node.output), attributes)


def _tensor(stored: Any, dtype: Any) -> Array:
    """The numbers of a TensorProto: floating-point ones in the precision of the walk, others as they are."""
    from onnx import numpy_helper

    try:
        value = np.asarray(numpy_helper.to_array(stored))
    except (ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        shown = f"{visible(stored.name) or 'a constant'} of shape {list(stored.dims)}"
        raise ModelError("cannot walk through the network", f"the weights {shown} cannot be read: {error}", remedy="export it again") from None
    return np.asarray(value, dtype) if value.dtype.name in _FLOATS else value


def _forward(node: Node, values: Mapping[str, Array]) -> tuple[Array, ...]:
    try:
        return OPERATORS[node.kind].forward(node, [values[name] if name else None for name in node.inputs])
    except ModelError:
        raise
    except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        shapes = ", ".join(str(list(values[name].shape)) for name in node.inputs if name in values)
        raise ModelError(f"cannot work out {visible(node.name)} ({node.kind})", f"inputs {shapes}; {error}") from None


def _backward(node: Node, values: Mapping[str, Array], found: Mapping[str, Array], number: int, other: Backward | None) -> Array | None:
    """The gradient in one input of a node, by `other` where it is given; None where none comes through."""
    backward = other or OPERATORS[node.kind].backward
    if backward is None:
        return None
    outputs = tuple(values[name] for name in node.outputs if name)
    if len(node.outputs) == 1:
        dY = found[node.outputs[0]]
    else:
        parts = [found[name] if name in found else np.zeros(values[name].shape, np.float32) for name in node.outputs]
        dY = np.concatenate(parts, node.attributes.get("axis", 0)) if node.kind == "Split" else parts[0]
    try:
        return backward(dY, node, [values[name] if name else None for name in node.inputs], outputs, number)
    except (ValueError, TypeError, IndexError, KeyError) as error:
        raise ModelError(f"cannot work out the gradient of {visible(node.name)} ({node.kind})", str(error)) from None


def _sizes(value: Any) -> list[Any]:
    """A value's shape: whole numbers, and the name of a size that is open (None without one)."""
    return [each.dim_value if each.HasField("dim_value") else each.dim_param or None for each in value.type.tensor_type.shape.dim]


def _shape(shape: list[Any]) -> str:
    return "[" + ", ".join("any" if size is None else str(size) for size in shape) + "]"
