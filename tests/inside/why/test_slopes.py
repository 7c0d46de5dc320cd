"""The gradient by the engine is that of the walk, for what networks are made of; and where it is not to be had, the walk gives it."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

sys.path.insert(0, str(Path(__file__).parent))
from asked import inside_of, linear_network, network_of, small_question

from vitreous.errors import ModelError
from vitreous.inside.why import flip, why
from vitreous.inside.why.question import Question, question_of

SIDE, WIDTH = 11, 6


def close(ours: Any, theirs: Any) -> bool:
    # fp32 sums of some hundred products in another order
    return bool(np.abs(np.asarray(ours) - theirs).max() <= 1e-5 * np.abs(theirs).max())


def question_to(nodes: list[Any], weights: dict[str, Any], last: str) -> Question:
    """These nodes between `planes` [N, 3, SIDE, SIDE] and the maps `last` of WIDTH channels, with a head behind them, on a picture of noise."""
    random = np.random.default_rng(5)
    ends = [
        helper.make_node("GlobalAveragePool", [last], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"], axis=1),
        helper.make_node("Gemm", ["features", "head", "head.bias"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["probability"], axis=1),
    ]
    begin = [
        helper.make_node("Sub", ["float", "grey"], ["centred"]),
        helper.make_node("Div", ["centred", "deviation"], ["unit"]),
        helper.make_node("Transpose", ["unit"], ["planes"], perm=[0, 3, 1, 2]),
    ]
    weights = weights | {
        "grey": np.array([120, 110, 100], np.float32), "deviation": np.float32(60),
        "head": random.normal(0, 1, (3, WIDTH)).astype(np.float32), "head.bias": np.zeros(3, np.float32),
    }  # fmt: skip
    picture = random.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    return question_of(inside_of(network_of([*begin, *nodes, *ends], weights, SIDE, ["a", "b", "c"]), picture), "b")


def kernels(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(0, 0.5, shape).astype(np.float32)


def convolution(source: str, made: str, **attributes: Any) -> Any:
    return helper.make_node("Conv", [source, f"{made}.weight"], [made], **attributes)


STEM, STEM_WEIGHT = convolution("planes", "stem", kernel_shape=[3, 3], pads=[1, 1, 1, 1]), {"stem.weight": kernels(WIDTH, 3, 3, 3)}
NETWORKS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "stride, and a row that no window reaches": (
        [STEM, convolution("stem", "last", kernel_shape=[2, 2], strides=[2, 2])],
        STEM_WEIGHT | {"last.weight": kernels(WIDTH, WIDTH, 2, 2)},
    ),
    "depthwise, padded on one side": (
        [STEM, convolution("stem", "last", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1], group=WIDTH)],
        STEM_WEIGHT | {"last.weight": kernels(WIDTH, 1, 3, 3)},
    ),
    "two groups": (
        [STEM, convolution("stem", "last", kernel_shape=[3, 5], pads=[1, 0, 1, 2], group=2)],
        STEM_WEIGHT | {"last.weight": kernels(WIDTH, WIDTH // 2, 3, 5)},
    ),
    "a residual sum, batch norm and ReLU6": (
        [
            STEM,
            helper.make_node("BatchNormalization", ["stem", "gamma", "beta", "mean", "variance"], ["norm"]),
            helper.make_node("Clip", ["norm", "zero", "six"], ["bent"]),
            convolution("bent", "again", kernel_shape=[1, 1]),
            helper.make_node("Add", ["again", "stem"], ["sum"]),
            helper.make_node("Relu", ["sum"], ["last"]),
        ],
        STEM_WEIGHT
        | {"again.weight": kernels(WIDTH, WIDTH, 1, 1), "zero": np.float32(0), "six": np.float32(6)}
        | {name: np.abs(kernels(WIDTH, seed=k)) + 0.1 for k, name in enumerate(("gamma", "beta", "mean", "variance"))},
    ),
    "a squeeze-and-excite block": (
        [
            STEM,
            helper.make_node("ReduceMean", ["stem"], ["squeezed"], axes=[2, 3], keepdims=1),
            convolution("squeezed", "excited", kernel_shape=[1, 1]),
            helper.make_node("Sigmoid", ["excited"], ["gate"]),
            helper.make_node("Mul", ["stem", "gate"], ["last"]),
        ],
        STEM_WEIGHT | {"excited.weight": kernels(WIDTH, WIDTH, 1, 1)},
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_engine_gives_the_gradient_of_the_walk(name: str) -> None:
    question = question_to(*NETWORKS[name], "last")
    between = np.random.default_rng(1).uniform(0, 255, (3, SIDE, SIDE, 3)).astype(np.float32)
    assert question._backward is not None
    scores, gradients = question.slopes(between)
    by_walk = replace(question, kept=False)
    assert by_walk._backward is None
    expected_scores, expected = by_walk.slopes(between)
    assert close(scores, expected_scores) and close(gradients, expected) and np.abs(expected).max() > 0


def test_of_the_small_network_too(tmp_path: Path) -> None:
    question = small_question(tmp_path, "dark")
    pictures = question.picture[None].astype(np.float32)
    assert question._backward is not None
    scores, gradients = question.slopes(pictures)
    assert close(scores, question.values["logits"][0, 2]) and close(gradients[0], question.gradients(question.values, "image")[0])


def test_through_what_is_not_known_here_the_walk_goes() -> None:
    nodes = [STEM, helper.make_node("MaxPool", ["stem"], ["last"], kernel_shape=[2, 2])]
    question = question_to(nodes, STEM_WEIGHT, "last")
    assert question._backward is None
    scores, gradients = question.slopes(question.picture[None].astype(np.float32))
    assert close(scores, question.values["logits"][0, 1]) and close(gradients[0], question.gradients(question.values, "image")[0])


def test_why_of_a_gate_with_channels_last() -> None:
    """As TensorFlow's exports have it: behind the gate the axes of a map are known by their sizes only."""
    weights = {
        "stem.weight": kernels(WIDTH, 3, 3, 3) / 60,
        "excite": kernels(WIDTH, WIDTH),
        "head": kernels(WIDTH, 3),
        "shift": np.zeros(3, np.float32),
    }
    nodes = [
        helper.make_node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
        convolution("planes", "stem", kernel_shape=[3, 3]),
        helper.make_node("Transpose", ["stem"], ["last"], perm=[0, 2, 3, 1]),
        helper.make_node("Relu", ["last"], ["bent"]),
        helper.make_node("ReduceMean", ["bent"], ["squeezed"], axes=[1, 2], keepdims=1),
        helper.make_node("MatMul", ["squeezed", "excite"], ["excited"]),
        helper.make_node("Sigmoid", ["excited"], ["gate"]),
        helper.make_node("Mul", ["bent", "gate"], ["gated"]),
        helper.make_node("ReduceMean", ["gated"], ["features"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["features", "head"], ["product"]),
        helper.make_node("Add", ["product", "shift"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probability"], axis=1),
    ]
    picture = np.random.default_rng(5).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    found = inside_of(network_of(nodes, weights, SIDE, ["猫", "狗" * 200, "<b>"]), picture)
    question = question_of(found)
    assert question._backward is not None
    _, gradients = question.slopes(picture[None].astype(np.float32))
    assert close(gradients[0], question.gradients(question.values, "image")[0])
    told = why(found, "all")
    assert [each.saliency.values.shape for each in told.explained] == [(9, 9), (9, 9), (11, 11), (11, 11)] and not told.missing
    assert told.explained[1].saliency.values * 81 == pytest.approx(told.explained[0].saliency.values, abs=1e-4)  # behind an average


def test_what_cannot_be_explained_is_said_in_a_line() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    broken = linear_network(np.full((2, 48), np.nan), np.zeros(2), 4)
    for ask in (why, flip):
        with pytest.raises(ModelError, match="gives no probabilities"):
            ask(inside_of(broken, picture))
    nodes = [
        helper.make_node("ReduceMean", ["float"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Softmax", ["mean"], ["probability"], axis=1),
    ]
    with pytest.raises(ModelError, match="weights of the network cannot be redrawn"):
        why(inside_of(network_of(nodes, {}, 4, ["a", "b", "c"]), picture), "cam")


def test_a_picture_of_one_pixel_is_explained() -> None:
    found = inside_of(linear_network(kernels(2, 3) / 100, np.zeros(2), 1), np.array([[[200, 30, 90]]], np.uint8))
    told = why(found, "all")
    assert [each.curves.share.tolist() for each in told.explained] == [[0, 1]] * 2 and len(told.missing) == 2
