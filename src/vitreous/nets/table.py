"""The table of a network's stages: shapes, parameters, multiply-adds, receptive fields.

For each layer with window k and stride s

    r ← r + (k − 1) j,    j ← j s        r the receptive field in pixels of the input, j the step between two outputs in pixels

where branches meet, the larger r counts. A multiply-add is one product in the sum of a convolution or a fully connected layer.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

from torch import fx, nn

from vitreous.nets.stages import stage_of, trace


@dataclass(frozen=True, slots=True)
class Stage:
    """`shape` of what it gives for one picture, channels first; `receptive_field` in pixels, None for the whole picture."""

    name: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    receptive_field: int | None


def stages_of(net: nn.Module, input_shape: tuple[int, int, int]) -> list[Stage]:
    """The stages in order, the head last, for pictures of `input_shape`: channels, rows, columns.

    Raises UsageError where the network cannot take such pictures.
    """
    nodes = trace(net, input_shape)
    layers = dict(net.named_modules())
    fields: dict[fx.Node, tuple[int | None, int]] = {}
    for node in nodes[:-1]:  # the last is the output
        fields[node] = _field(node, layers.get(str(node.target)), [fields[each] for each in node.all_input_nodes])
    stages = []
    for name, module in [*net.stages.items(), ("head", net.head)]:
        own = [node for node in nodes if stage_of(node.meta["path"]) == name]
        parameters = sum(each.numel() for each in module.parameters())
        multiply_adds = sum(_multiply_adds(node, layers.get(str(node.target))) for node in own)
        stages.append(Stage(name, own[-1].meta["shape"][1:], parameters, multiply_adds, fields[own[-1]][0]))
    return stages


def _multiply_adds(node: fx.Node, layer: Any) -> int:
    if isinstance(layer, nn.Conv2d):
        return prod(node.meta["shape"]) * layer.weight[0].numel()
    return prod(node.meta["shape"]) * layer.in_features if isinstance(layer, nn.Linear) else 0


def _field(node: fx.Node, layer: Any, before: list[tuple[int | None, int]]) -> tuple[int | None, int]:
    """Receptive field and step behind a node, from those of its inputs."""
    if not before:
        return 1, 1
    sizes = [field for field, _ in before]
    field, step = (None if None in sizes else max(size for size in sizes if size)), max(step for _, step in before)
    if field is None:
        return None, step
    if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        kernel, stride, dilation = _first(layer.kernel_size), _first(layer.stride), _first(getattr(layer, "dilation", 1))
        return field + dilation * (kernel - 1) * step, step * stride
    old, new = node.all_input_nodes[0].meta["shape"], node.meta["shape"]
    if isinstance(layer, nn.Flatten) and prod(old[2:]) > 1:
        return None, step
    if isinstance(layer, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d) and old != new:
        if new[2:] == (1, 1):
            return None, step
        places = -(-old[2] // new[2])
        return field + (places - 1) * step, step * max(1, old[2] // new[2])
    return field, step


def _first(value: Any) -> int:
    return int(value[0] if isinstance(value, tuple) else value)
