"""Stages, receptive fields, weights and multiply-adds, against published figures, torch's gradients and counting by hand."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from made_networks import every_operator, made, node

from vitreous.errors import UsageError
from vitreous.infer.network import SHIPPED
from vitreous.inside.receptive_field import receptive_fields
from vitreous.inside.stages import DEEPEST, stage_called, stages
from vitreous.layers.walk import read_walk


def chain(*windows: tuple[str, int, int, int]) -> bytes:
    """Convolutions and max-pools of (kind, kernel, stride, padding)."""
    nodes, weights, below = [], {}, "x"
    for number, (kind, k, s, p) in enumerate(windows):
        name = f"layer{number}"
        if kind == "Conv":
            weights[f"w{number}"] = np.ones((1, 1, k, k), np.float32)
            nodes.append(node("Conv", [below, f"w{number}"], name, strides=[s, s], pads=[p] * 4))
        else:
            nodes.append(node(kind, [below], name, kernel_shape=[k, k], strides=[s, s], pads=[p] * 4))
        below = name
    return made(nodes, weights, [1, 1, 224, 224], below)


# Araujo, Norris, Sim 2019, table of receptive fields: AlexNet (v2) 195 pixels at conv5 and pool5, VGG-16 212 at pool5.
ALEXNET = [("Conv", 11, 4, 0), ("MaxPool", 3, 2, 0), ("Conv", 5, 1, 2), ("MaxPool", 3, 2, 0), *[("Conv", 3, 1, 1)] * 3, ("MaxPool", 3, 2, 0)]
VGG16 = [layer for count in (2, 2, 3, 3, 3) for layer in (*[("Conv", 3, 1, 1)] * count, ("MaxPool", 2, 2, 0))]


@pytest.mark.parametrize(("windows", "size", "stride"), [(ALEXNET, 195, 32), (VGG16, 212, 32)])
def test_receptive_fields_are_the_published_ones(windows: list[tuple[str, int, int, int]], size: int, stride: int) -> None:
    walk = read_walk(chain(*windows))
    field = receptive_fields(walk, walk.values({"x": np.zeros((1, 1, 224, 224), np.float32)}))[walk.names[-1]]
    assert field is not None and field.size == (size, size) and field.stride == (stride, stride)


def test_the_receptive_field_is_where_the_gradient_is() -> None:
    walk = read_walk(every_operator(), np.float64)
    values = walk.values({"x": np.random.default_rng(0).normal(0, 1, (1, 4, 12, 11))})
    field = receptive_fields(walk, values)["depthwise"]
    assert field is not None
    seed = np.zeros(values["depthwise"].shape)
    seed[0, :, 3, 5] = 1
    # a seed in every channel, so that no Relu hides a pixel
    there = np.argwhere(walk.gradients(values | {"relu": np.abs(values["relu"]) + 1}, {"depthwise": seed}, ["conv1"])["conv1"].any((0, 1)))
    top, left, bottom, right = field.pixels(3, 5)
    # conv1 sees one row and two columns to each side of its place
    assert (top, left, bottom, right) == (there[0, 0] - 1, there[0, 1] - 2, there[-1, 0] + 1, there[-1, 1] + 2)


def test_what_is_pooled_globally_sees_the_whole_picture_and_so_does_what_is_gated_by_it() -> None:
    walk = read_walk(every_operator())
    fields = receptive_fields(walk, walk.values({"x": np.zeros((1, 4, 12, 11), np.float32)}))
    assert fields["less"] is not None and fields["squeezed"] is None and fields["gated"] is None and fields["probability"] is None


def test_what_is_made_grey_or_laid_flat_and_back_sees_no_more() -> None:
    weights = {
        "luma": np.ones((3, 1), np.float32),
        "maps": np.array([1, 1, 12, 12]),
        "other": np.array([1, 4, 6, 6]),
        "w": np.ones((2, 1, 3, 3), np.float32),
    }
    nodes = [
        node("MatMul", ["x", "luma"], "grey"),
        node("Transpose", ["grey"], "planes", perm=[0, 3, 1, 2]),
        node("Flatten", ["planes"], "flat"),
        node("Reshape", ["flat", "maps"], "back"),
        node("Conv", ["back", "w"], "conv"),
        node("Reshape", ["flat", "other"], "shuffled"),
    ]
    walk = read_walk(made(nodes, weights, [1, 12, 12, 3], "conv"))
    fields = receptive_fields(walk, walk.values({"x": np.zeros((1, 12, 12, 3), np.float32)}))
    assert fields["back"] == fields["planes"] and fields["conv"] is not None and fields["conv"].size == (3, 3)
    assert fields["shuffled"] is None


def test_the_shipped_network_has_its_stages_weights_and_multiply_adds() -> None:
    walk = read_walk(SHIPPED)
    values = walk.values({"image": np.zeros((1, 224, 224, 3), np.uint8)})
    found = stages(walk, values)
    assert [s.name for s in found] == ["pixels", "stem", *[f"stage{k}" for k in range(1, 8)], "head", "pool", "features", "logits", "probability"]
    # 4,652,008 parameters (Tan 2020), less one of the two of each of the 21,008 channels of batch norm, which are folded into a bias
    assert sum(s.weights for s in found) == 4_652_008 - 21_008
    by_name = {s.name: s for s in found}
    assert by_name["stem"].multiply_adds == 112 * 112 * 32 * 27 and by_name["logits"].multiply_adds == 1_280_000
    assert by_name["stem"].shape == (32, 112, 112) and by_name["features"].shape == (1280,)
    for depth in (2, DEEPEST):
        finer = stages(walk, values, depth)
        assert len(finer) > len(found) and sum(s.weights for s in finer) == sum(s.weights for s in found)
        assert sum(s.multiply_adds for s in finer) == sum(s.multiply_adds for s in found)
    assert stage_called(walk, values, "stage2.block1.project").value == "stage2.block1.project.conv"
    with pytest.raises(UsageError, match="did you mean 'stem'"):
        stage_called(walk, values, "stm")


def test_a_network_from_elsewhere_has_its_steps_for_stages() -> None:
    walk = read_walk(every_operator())
    found = stages(walk, walk.values({"x": np.zeros((1, 4, 12, 11), np.float32)}))
    names = [s.name for s in found]
    assert names[:3] == ["relu", "depthwise", "maxpool"] and names[-1] == "probability"
    by_name = {s.name: s for s in found}
    assert by_name["relu"].weights == 6 * 2 * 9 + 6 + 12 and by_name["relu"].kinds == ("Conv", "BatchNormalization", "Relu")
    assert by_name["logits"].weights == 20 + 4 and by_name["leaky"].multiply_adds == 45


def test_the_strongest_maps_come_first() -> None:
    walk = read_walk(made([node("Relu", ["x"], "y")], {}, [1, 3, 2, 2], "y"))
    values = walk.values({"x": np.array([1, 9, 4], np.float32)[None, :, None, None] * np.ones((1, 3, 2, 2), np.float32)})
    (stage,) = stages(walk, values)
    assert stage.strongest(2) == [1, 2] and stage.strongest(9) == [1, 2, 0]
