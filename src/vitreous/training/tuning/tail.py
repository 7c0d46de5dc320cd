"""The end of a network as matrix products: from the value at a cut to the features, its weights as torch parameters.

A value is a tensor [C, n, P]: the P places of n pictures, channel by channel. In this layout a 1×1 convolution is one product of its kernel
[K, C] with [C, n · P], and a depthwise convolution, on maps as small as those at the end of a network, one batched product of [C, n, P] with a
matrix [P, Q] for each channel that is made of its kernel (Toeplitz). Nothing is ever laid out anew, and both are what a processor does best.
What has no such form goes to torch's own layer and back.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from vitreous.core.text import visible
from vitreous.errors import ModelError
from vitreous.layers.cuts import FEATURES, behind
from vitreous.layers.operators import Node, window_of_node
from vitreous.layers.operators.values import limits
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array, Window

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
# A matrix of so many entries for each channel, at most; above, torch's own convolution is the faster one.
_MOST_ENTRIES = 20_000
Step = Callable[[dict[str, Tensor]], Tensor]


class Tail(nn.Module):
    """`forward` takes what a network gives at `cut`, [n, C, H, W], and gives its features, [n, D]. `names`: of the parameters, in the file;
    `changed`: those that are no longer what the file holds, by name.

    Raises ModelError for an operator that cannot be learned here.
    """

    def __init__(
        self, walk: Walk, values: Mapping[str, Array], cut: str, dtype: torch.dtype = torch.float32, changed: Mapping[str, Array] | None = None
    ) -> None:
        super().__init__()
        self.cut, self.dtype, self.names = cut, dtype, list[str]()
        self._walk, self._values, self._changed = walk, values, changed or {}
        self._weights = nn.ParameterList()
        self._steps: list[tuple[str, Step]] = []
        for node in behind(walk, cut):
            build = _BUILDERS.get(node.kind)
            step = build(self, node) if build else None
            if step is None:
                raise ModelError(f"{visible(node.outputs[0])} cannot be tuned", f"its operator is {node.kind}", "an earlier or a later cut")
            self._steps.append((node.outputs[0], step))
        self._last_used = _last_used(behind(walk, cut), cut)

    def forward(self, X: Tensor) -> Tensor:
        kept = {self.cut: X.flatten(2).transpose(0, 1).to(self.dtype) if X.ndim == 4 else X.to(self.dtype)}
        for name, step in self._steps:
            kept[name] = step(kept)
            for done in self._last_used.get(name, ()):
                del kept[done]
        return kept[FEATURES].float()

    def arrays(self) -> dict[str, Array]:
        """The weights by their names in the file, float32."""
        return {name: weight.detach().float().cpu().numpy() for name, weight in zip(self.names, self._weights, strict=True)}

    def depths(self) -> list[tuple[nn.Parameter, int]]:
        """Each weight with its place from the front: for learning rates that grow with depth."""
        return [(weight, number) for number, weight in enumerate(self._weights)]

    def weight(self, name: str) -> nn.Parameter:
        """The parameter of a constant of the file; made at its first use."""
        if name not in self.names:
            self.names.append(name)
            value = self._changed.get(name, self._walk.constants[name])
            self._weights.append(nn.Parameter(torch.from_numpy(np.array(value, np.float32))))
        found: nn.Parameter = self._weights[self.names.index(name)]
        return found

    def size(self, name: str) -> tuple[int, ...]:
        """Of a value for one picture."""
        return tuple(int(each) for each in self._values[name].shape)

    def constant(self, name: str) -> Array | None:
        return self._walk.constants.get(name)


def _last_used(nodes: Sequence[Node], cut: str) -> dict[str, list[str]]:
    """For each value those that nothing asks for once it is there: kept to the end, the values of some hundred pictures would take gigabytes."""
    last = {name: node.outputs[0] for node in nodes for name in node.inputs}
    made, found = {cut, *(node.outputs[0] for node in nodes)} - {FEATURES}, dict[str, list[str]]()
    for name, by in last.items():
        if name in made:
            found.setdefault(by, []).append(name)
    return found


def _conv(tail: Tail, node: Node) -> Step | None:
    weight = tail.constant(node.inputs[1])
    if weight is None or weight.ndim != 4:
        return None
    _, channels, height, width = tail.size(node.inputs[0])
    W = tail.weight(node.inputs[1])
    b = tail.weight(node.inputs[2]) if len(node.inputs) > 2 and node.inputs[2] else None
    window = window_of_node(node, tail._values[node.inputs[0]], weight.shape[2:])
    groups, source = node.attributes.get("group", 1), node.inputs[0]
    _, _, rows, columns = tail.size(node.outputs[0])
    if groups == 1 and window == Window((1, 1)):

        def pointwise(kept: dict[str, Tensor]) -> Tensor:
            X = kept[source]
            kernel = W.flatten(1).to(X.dtype)
            flat = X.flatten(1)
            made = torch.addmm(b[:, None].to(X.dtype), kernel, flat) if b is not None else kernel @ flat
            return made.view(len(kernel), *X.shape[1:])

        return pointwise
    if groups == channels == len(weight) and height * width * rows * columns <= _MOST_ENTRIES:
        basis = torch.from_numpy(toeplitz_basis(window, height, width))

        def depthwise(kept: dict[str, Tensor]) -> Tensor:
            X = kept[source]
            matrices = (W.flatten(1) @ basis).view(channels, height * width, rows * columns).to(X.dtype)
            made = torch.bmm(X, matrices)
            return made + b[:, None, None].to(X.dtype) if b is not None else made

        return depthwise
    top, left, bottom, right = window.padding

    def as_torch(kept: dict[str, Tensor]) -> Tensor:
        X = functional.pad(_upright(kept[source], height, width), (left, right, top, bottom))
        bias = None if b is None else b.to(X.dtype)
        return _laid(functional.conv2d(X, W.to(X.dtype), bias, window.stride, 0, window.dilation, groups))

    return as_torch


def toeplitz_basis(window: Window, height: int, width: int) -> Array:
    """float32 [K, P · Q] of zeros and ones: element k of a kernel, at the input place p and the output place q that it joins."""
    rows, columns = window.output_size(height, width)
    basis = np.zeros((window.kernel[0] * window.kernel[1], height, width, rows, columns), np.float32)
    top, left = window.padding[:2]
    for u in range(window.kernel[0]):
        for v in range(window.kernel[1]):
            for i in range(rows):
                for j in range(columns):
                    y, x = i * window.stride[0] + u * window.dilation[0] - top, j * window.stride[1] + v * window.dilation[1] - left
                    if 0 <= y < height and 0 <= x < width:
                        basis[u * window.kernel[1] + v, y, x, i, j] = 1
    return basis.reshape(len(basis), -1)


def _upright(X: Tensor, height: int, width: int) -> Tensor:
    """[C, n, P] as [n, C, H, W]."""
    return X.transpose(0, 1).reshape(X.shape[1], X.shape[0], height, width)


def _laid(X: Tensor) -> Tensor:
    """[n, C, H, W] as [C, n, P]."""
    return X.flatten(2).transpose(0, 1)


def _clip(tail: Tail, node: Node) -> Step:
    low, high = limits(node, [tail.constant(name) if name else None for name in node.inputs])
    return lambda kept: kept[node.inputs[0]].clamp(low, high)


def _norm(tail: Tail, node: Node) -> Step | None:
    """With the mean and the deviation of the file: they are not learned."""
    if any(tail.constant(name) is None for name in node.inputs[1:5]):
        return None
    scale, shift = tail.weight(node.inputs[1]), tail.weight(node.inputs[2])
    mean, variance = (torch.from_numpy(np.array(tail.constant(name), np.float32)) for name in node.inputs[3:5])
    inverse = (variance + node.attributes.get("epsilon", 1e-5)).rsqrt()

    def normed(kept: dict[str, Tensor]) -> Tensor:
        X = kept[node.inputs[0]]
        factor = scale * inverse
        return X * factor[:, None, None].to(X.dtype) + (shift - mean * factor)[:, None, None].to(X.dtype)

    return normed


def _two(operation: Callable[[Any, Any], Tensor]) -> Callable[[Tail, Node], Step | None]:
    """Of two values, or of a value and a constant of one number."""

    def build(tail: Tail, node: Node) -> Step | None:
        fixed = [tail.constant(name) for name in node.inputs]
        if any(each is not None and each.size != 1 for each in fixed):
            return None
        numbers = [None if each is None else float(each.item()) for each in fixed]

        def step(kept: dict[str, Tensor]) -> Tensor:
            first, second = (kept[name] if number is None else number for name, number in zip(node.inputs, numbers, strict=True))
            return operation(first, second)

        return step

    return build


def _mean(tail: Tail, node: Node) -> Step | None:
    if node.kind == "ReduceMean":
        axes = node.attributes.get("axes")
        if axes is None and len(node.inputs) > 1:
            named = tail.constant(node.inputs[1])
            axes = None if named is None else named.tolist()
        if sorted(axis % 4 for axis in axes or ()) != [2, 3]:
            return None
        if not node.attributes.get("keepdims", 1):
            return lambda kept: kept[node.inputs[0]].mean(2).t()
    return lambda kept: kept[node.inputs[0]].mean(2, keepdim=True)


def _largest(tail: Tail, node: Node) -> Step:
    return lambda kept: kept[node.inputs[0]].amax(2, keepdim=True)


def _flatten(tail: Tail, node: Node) -> Step | None:
    size = tail.size(node.outputs[0])
    if len(size) != 2 or size[0] != 1:
        return None

    def flat(kept: dict[str, Tensor]) -> Tensor:
        X = kept[node.inputs[0]]
        return X.transpose(0, 1).flatten(1) if X.ndim == 3 else X

    return flat


def _gemm(tail: Tail, node: Node) -> Step | None:
    a = node.attributes
    if tail.constant(node.inputs[1]) is None or a.get("transA") or a.get("alpha", 1) != 1 or a.get("beta", 1) != 1:
        return None
    W = tail.weight(node.inputs[1])
    b = tail.weight(node.inputs[2]) if len(node.inputs) > 2 and node.inputs[2] else None

    def product(kept: dict[str, Tensor]) -> Tensor:
        X = kept[node.inputs[0]]
        made = X @ (W.t() if a.get("transB") else W).to(X.dtype)
        return made if b is None else made + b.to(X.dtype)

    return product


def _pool(own: Callable[..., Tensor]) -> Callable[[Tail, Node], Step | None]:
    def build(tail: Tail, node: Node) -> Step | None:
        a = node.attributes
        top, left, bottom, right = a.get("pads", (0, 0, 0, 0))
        average = node.kind == "AveragePool"
        if (top, left) != (bottom, right) or a.get("ceil_mode") or a.get("auto_pad", "NOTSET") != "NOTSET" or (average and (top or left)):
            return None
        _, _, height, width = tail.size(node.inputs[0])
        return lambda kept: _laid(own(_upright(kept[node.inputs[0]], height, width), a["kernel_shape"], a.get("strides", (1, 1)), (top, left)))

    return build


def _plain(function: Callable[[Tensor], Tensor]) -> Callable[[Tail, Node], Step]:
    return lambda tail, node: lambda kept: function(kept[node.inputs[0]])


def _concat(tail: Tail, node: Node) -> Step | None:
    if node.attributes.get("axis") != 1 or any(tail.constant(name) is not None for name in node.inputs):
        return None
    dimension = 0 if len(tail.size(node.outputs[0])) == 4 else 1  # [C, n, P], or [n, D]
    return lambda kept: torch.cat([kept[name] for name in node.inputs], dimension)


_BUILDERS: dict[str, Callable[[Tail, Node], Step | None]] = {
    "Conv": _conv,
    "Gemm": _gemm,
    "BatchNormalization": _norm,
    "Clip": _clip,
    "Relu": _plain(torch.relu),
    "Sigmoid": _plain(torch.sigmoid),
    "Tanh": _plain(torch.tanh),
    "HardSwish": _plain(functional.hardswish),
    "Identity": _plain(lambda X: X),
    "Dropout": _plain(lambda X: X),
    "Add": _two(lambda a, b: a + b),
    "Mul": _two(lambda a, b: a * b),
    "GlobalAveragePool": _mean,
    "GlobalMaxPool": _largest,
    "ReduceMean": _mean,
    "Flatten": _flatten,
    "Reshape": _flatten,
    "Concat": _concat,
    "MaxPool": _pool(functional.max_pool2d),
    "AveragePool": _pool(functional.avg_pool2d),
}


def layer_rates(tail: Tail, rate: float, fall: float) -> Sequence[dict[str, Any]]:
    """Groups for an optimizer: the last layer learns at `rate`, each one before it at `fall` times that of the next; biases are not shrunk."""
    last = len(tail.names) - 1
    return [
        {"params": [weight], "lr": rate * fall ** ((last - place) // 2), **({"weight_decay": 0.0} if weight.ndim == 1 else {})}
        for weight, place in tail.depths()
    ]
