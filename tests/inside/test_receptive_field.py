"""Receptive fields of every network of the catalogue: where the gradient of a middle number is, exactly, and what the table of torch layers says.

So that nothing cancels and nothing is cut off, all weights are made positive, with one channel for each map (a field does not depend on their
number), and a max-pool becomes a mean over the same window.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vitreous.infer.network import SHIPPED
from vitreous.inside.receptive_field import Field, receptive_fields
from vitreous.layers.operators import OPERATORS
from vitreous.layers.walk import Walk, read_walk
from vitreous.nets.catalogue import CATALOGUE

Values = dict[str, Any]
# These see the whole picture at once.
FLAT = {"linear", "perceptron", "adaline", "madaline", "mlp"}
_ENDS = ("GlobalAveragePool", "Flatten", "Gemm")


def thin(walk: Walk, side: int) -> tuple[Walk, Values]:
    """The network up to its first layer that sees everything, positive and one channel wide, and its values for a dim picture, float64."""
    (image, *_) = walk.inputs
    # sums of many branches stay under the 6 of ReLU6
    values: Values = dict(walk.constants) | {image: np.full((1, side, side, 3), 1e-3)}
    nodes = []
    for node in walk.nodes:
        if node.kind in _ENDS or (node.kind == "MatMul" and node.inputs[0] in walk.constants):
            break
        if node.kind == "Conv":
            kernel, channels = values[node.inputs[1]].shape[2:], values[node.inputs[0]].shape[1]
            values[f"{node.name}.ones"] = np.full((1, channels, *kernel), 1 / (channels * kernel[0] * kernel[1]))
            node = replace(node, inputs=(node.inputs[0], f"{node.name}.ones"), attributes=node.attributes | {"group": 1})
        elif node.kind == "MaxPool":
            node = replace(node, kind="AveragePool", attributes=node.attributes | {"count_include_pad": 1})
        elif node.kind == "Sub":
            node = replace(node, kind="Identity", inputs=node.inputs[:1])
        nodes.append(node)
        values[node.outputs[0]] = OPERATORS[node.kind].forward(node, [values[name] if name else None for name in node.inputs])[0]
    constants = {name: value for name, value in values.items() if name != image and not any(name in each.outputs for each in nodes)}
    return Walk(nodes, constants, {image: [1, side, side, 3]}, {}), values


def seen(walk: Walk, values: Values, name: str, row: int, column: int) -> tuple[int, ...]:
    """The first and last row and column of the pixels that have a gradient of one number: top, left, bottom, right."""
    (image, *_) = walk.inputs
    seed = np.zeros(values[name].shape)
    seed[..., row, column] = 1
    there = np.argwhere(walk.gradients(values, {name: seed}, [image])[image][0].any(-1))
    return (*there.min(0).tolist(), *there.max(0).tolist())


def checked(walk: Walk, side: int, every: int = 1) -> dict[str, Field]:
    """Hold the maps of a network, or every so many of them and all of its stages, to their gradient; their fields by the names of values."""
    slim, values = thin(walk, side)
    fields, found = receptive_fields(slim, values), {}
    for number, name in enumerate(slim.names):
        field = fields[name]
        if field is None or field.axes != (2, 3) or (number % every and "." in name):
            continue
        row, column = (size // 2 for size in values[name].shape[2:])
        top, left, bottom, right = field.pixels(row, column)
        # exactly: nothing outside of the field, and its border is touched where that lies in the picture
        assert seen(slim, values, name, row, column) == (max(0, top), max(0, left), min(side - 1, bottom), min(side - 1, right)), name
        found[name] = field
    return found


def test_the_shipped_network_sees_what_its_gradient_says() -> None:
    walk = read_walk(SHIPPED)
    found = checked(walk, 224)
    # the same numbers for the full network: fields do not depend on channels
    full = receptive_fields(walk, walk.values({"image": np.zeros((1, 224, 224, 3), np.uint8)}))
    assert len(found) > 80 and all(full[name] == field for name, field in found.items())


@pytest.mark.slow
@pytest.mark.parametrize("name", [each for each in CATALOGUE if each not in FLAT])
def test_every_network_of_the_catalogue_sees_what_its_gradient_and_its_table_say(name: str) -> None:
    pytest.importorskip("torch")
    from vitreous.nets import build_outline
    from vitreous.nets.table import stages_of

    entry = CATALOGUE[name]
    outline = build_outline(name)
    table = {stage.name: stage.receptive_field for stage in stages_of(outline, (entry.channels, entry.size, entry.size))}
    found = checked(read_walk(trunk(outline, entry.size)), entry.size, every=6)
    compared = 0
    for stage, size in table.items():
        if stage in found and size is not None:
            assert found[stage].size == (size, size), stage
            compared += 1
    assert compared >= 2


def trunk(outline: Any, size: int) -> bytes:
    """The stages with rows and columns as a file, their weights all alike; the fully connected layers behind them would only be large."""
    import torch
    from torch import nn

    from vitreous.core.view import View
    from vitreous.export.onnx_file import to_network
    from vitreous.nets.stages import Staged

    kept: dict[str, nn.Module] = {}
    for stage, module in outline.stages.items():
        if any(isinstance(each, nn.Linear | nn.Flatten) for each in module.modules()):
            break
        kept[stage] = module
    channels = outline.named_values(torch.empty(1, outline.accepts.channels, size, size, device="meta"))[list(kept)[-1]].shape[1]
    ending = {"mean_of_all": nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())}
    net = Staged(outline.accepts, {**kept, **ending}, nn.Linear(channels, 2)).to_empty(device="cpu")
    with torch.no_grad():
        for value in (*net.parameters(), *net.buffers()):
            value.fill_(1)
    return bytes(to_network(net.eval(), ["a", "b"], View.crop(size), 0.0, 255.0, {}).data)
