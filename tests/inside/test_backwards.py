"""The chain rule written out: every slope and every gradient against finite differences in float64, and worked out by hand."""

import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from made_networks import every_operator, in_training, made, node
from small_network import LABELS, coloured_picture, small_network

from vitreous.errors import UsageError
from vitreous.inside import inside
from vitreous.inside.backwards.chain import Backwards, Factor, strongest_place
from vitreous.inside.backwards.loss import loss_of
from vitreous.inside.backwards.slopes import slopes_of
from vitreous.layers.operators import OPERATORS
from vitreous.layers.walk import Walk, read_walk

Values = dict[str, Any]
STEP = 1e-6  # of central differences in float64: their error is about STEP²


@pytest.fixture(scope="module", params=[every_operator, in_training])
def opened(request: Any) -> tuple[Walk, Values]:
    walk = read_walk(request.param(), np.float64)
    (shape,) = walk.inputs.values()
    return walk, walk.values({"x": np.random.default_rng(0).normal(0, 1, shape)})


def draws(value: Any, count: int) -> list[tuple[int, ...]]:
    places = list(np.ndindex(value.shape))
    return [places[k] for k in np.random.default_rng(3).permutation(len(places))[:count]]


def learned_and_made(walk: Walk, values: Values) -> list[str]:
    """Every value with a gradient and every weight, but those that are counted or chosen, not learned."""
    settings = {"mean", "variance", "least", "most", "ratio", "training", "mean2", "variance2", "none", "all"}
    return [
        name for name in (*walk.inputs, *walk.names, *walk.constants) if values[name].dtype.kind == "f" and name not in settings - set(walk.names)
    ]


def loss_with(walk: Walk, values: Values, name: str, place: tuple[int, ...], change: float, target: int) -> float:
    """The cross-entropy after one number was changed: everything behind it is worked out again."""
    changed = values[name].copy()
    changed[place] += change
    again = dict(values) | {name: changed}
    behind = {name}
    for step in (*walk.folded, *walk.nodes):
        if behind.intersection(step.inputs) and name not in step.outputs:
            outputs = OPERATORS[step.kind].forward(step, [again[each] if each else None for each in step.inputs])
            again.update(zip(step.outputs, outputs, strict=False))
            behind.update(step.outputs)
    return float(-np.log(again["probability"][:, target]).mean())


def test_the_gradient_of_the_loss_is_that_of_finite_differences(opened: tuple[Walk, Values]) -> None:
    walk, values = opened
    labels = [str(k) for k in range(values["probability"].shape[1])]
    loss = loss_of(walk, values, labels, np.zeros(len(labels)), "1")
    here, bends = loss.amount, 0
    for name in learned_and_made(walk, values):
        backwards = Backwards(walk, values, loss, name)
        for place in draws(values[name], 4) if name != "probability" else []:
            above, below = (loss_with(walk, values, name, place, change, 1) for change in (STEP, -STEP))
            factor = backwards.factor(name, place)
            if factor.loss is None:
                assert factor.sum == pytest.approx(factor.gradient, rel=1e-9, abs=1e-12), (name, place)
            if abs((above - here) - (here - below)) > 1e-3 * STEP:  # as where two numbers are the largest: there is no derivative
                bends += 1
                continue
            assert factor.gradient == pytest.approx((above - below) / (2 * STEP), rel=1e-5, abs=1e-8), (name, place)
    assert bends <= 3


def test_every_slope_is_how_much_that_number_changes(opened: tuple[Walk, Values]) -> None:
    walk, values = opened
    bends = 0
    for step in (*walk.folded, *walk.nodes):
        for number, name in enumerate(step.inputs):
            if name not in learned_and_made(walk, values):
                continue
            for place in draws(values[name], 2):
                moved = []
                for change in (STEP, 0, -STEP):
                    inputs = [values[each].copy() if each else None for each in step.inputs]
                    inputs[number][place] += change
                    if step.inputs.count(name) > 1:
                        inputs = [inputs[number] if each == name else kept for each, kept in zip(step.inputs, inputs, strict=True)]
                    moved.append(OPERATORS[step.kind].forward(step, inputs)[0])
                column = (moved[0] - moved[2]) / (2 * STEP)
                if np.abs(moved[0] + moved[2] - 2 * moved[1]).max() > 1e-3 * STEP:  # a bend, as above
                    bends += 1
                    continue
                written = np.zeros(column.shape)
                for slopes in slopes_of(step, values, name, place):
                    if slopes.output == step.outputs[0]:
                        np.add.at(written, tuple(slopes.places.T), slopes.slopes)
                assert written == pytest.approx(column, rel=1e-5, abs=1e-7), (step.kind, name, place)
    assert bends <= 4


def test_slopes_stand_where_they_are_said_to_stand(opened: tuple[Walk, Values]) -> None:
    walk, values = opened
    for step in walk.nodes:
        for name in dict.fromkeys(step.inputs):
            if name not in learned_and_made(walk, values):
                continue
            for place in draws(values[name], 3):
                for slopes in slopes_of(step, values, name, place):
                    if slopes.met is None:
                        continue
                    factor = step.attributes.get("alpha", 1.0) if step.kind == "Gemm" else 1.0
                    there = [0.0 if cell and cell[0] < 0 else float(values[slopes.met.value][tuple(cell)]) for cell in slopes.met.places.tolist()]
                    assert slopes.slopes == pytest.approx(factor * np.array(there)), (step.kind, name)


def by_hand() -> tuple[Walk, Values]:
    """y = w * x over a row of three numbers, two scores, softmax: small enough for a sheet of paper."""
    nodes = [
        node("Conv", ["x", "w"], "y"),
        node("Relu", ["y"], "r"),
        node("Flatten", ["r"], "f"),
        node("Gemm", ["f", "v"], "z", transB=1),
        node("Softmax", ["z"], "probability", axis=1),
    ]
    weights = {"w": np.array([[[[2.0, -1.0]]]], np.float32), "v": np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)}
    walk = read_walk(made(nodes, weights, [1, 1, 1, 3], "probability"), np.float64)
    return walk, walk.values({"x": np.array([[[[1.0, 1.0, 3.0]]]])})


def test_a_gradient_by_hand() -> None:
    walk, values = by_hand()
    # y = (2·1 − 1, 2·1 − 3) = (1, −1), so r = (1, 0): only the first place lets a gradient through
    p = np.exp(1) / (np.exp(1) + 1)
    steps = Backwards(walk, values, loss_of(walk, values, ["a", "b"], np.zeros(2), "b"), "w").follow("w", (0, 0, 0, 1))
    assert [step.value for step in steps] == ["w", "y", "r", "f", "z"]
    (terms,) = steps[0].terms
    # w[1] meets 1 and 3; the gradients there are p (for the first score, which is not b) and 0
    assert terms.slopes.slopes.tolist() == [1, 3] and terms.gradients == pytest.approx([p, 0]) and steps[0].gradient == pytest.approx(p)
    assert steps[-1].loss == (pytest.approx(p), 0) and steps[-1].gradient == pytest.approx(p)


def test_the_way_goes_by_the_strongest_product_and_ends_at_the_loss(opened: tuple[Walk, Values]) -> None:
    walk, values = opened
    loss = loss_of(walk, values, list("abcd"), np.eye(4)[2], None)
    assert loss.own and loss.true == ["c"]
    first = "w1" if "w1" in walk.constants else "w"
    backwards = Backwards(walk, values, loss, first)
    steps = backwards.follow(first, strongest_place(backwards.gradients[first]))
    assert steps[-1].value == loss.scores and steps[-1].loss is not None
    for above, below in pairwise(steps):
        assert above.strongest is not None
        terms, k = above.terms[above.strongest[0]], above.strongest[1]
        assert terms.slopes.output == below.value and tuple(terms.slopes.places[k]) == below.place and terms.gradients[k] == below.gradient
        assert abs(terms.products[k]) == max(np.abs(each.products).max() for each in above.terms)


def test_where_an_activation_is_off_the_way_ends() -> None:
    walk = read_walk(made([node("Relu", ["x"], "z"), node("Softmax", ["z"], "probability", axis=1)], {}, [1, 2], "probability"))
    values = walk.values({"x": np.array([[-1, 3]], np.float32)})
    steps = Backwards(walk, values, loss_of(walk, values, ["a", "b"], np.zeros(2), "a"), "x").follow("x", (0, 0))
    assert len(steps) == 1 and steps[0].gradient == 0 and steps[0].strongest is None


def test_an_answer_that_is_sure_still_has_a_gradient() -> None:
    walk = read_walk(made([node("Identity", ["x"], "z"), node("Softmax", ["z"], "probability", axis=1)], {}, [1, 3], "probability"))
    values = walk.values({"x": np.array([[60, 10, 0]], np.float32)})
    assert values["probability"][0, 0] == 1
    loss = loss_of(walk, values, list("abc"), np.eye(3)[0], None)
    # p − 1 = − Σ of the others, about −e^−50; from fp32 probabilities it would be 0
    assert loss.gradient[0] == pytest.approx([-np.exp(-50), np.exp(-50), np.exp(-60)], rel=1e-4)


def test_the_loss_of_several_labels_is_the_mean_of_their_cross_entropies() -> None:
    walk = read_walk(made([node("Identity", ["x"], "z"), node("Sigmoid", ["z"], "probability")], {}, [1, 3], "probability"), np.float64)
    values = walk.values({"x": np.array([[2.0, -1.0, 0.0]])})
    p = 1 / (1 + np.exp(-np.array([2.0, -1.0, 0.0])))
    loss = loss_of(walk, values, list("abc"), np.array([1.0, 0, 0]), ["b", "c"])
    assert loss.amount == pytest.approx(-(np.log(1 - p[0]) + np.log(p[1]) + np.log(p[2])) / 3) and loss.true == ["b", "c"]
    assert loss.gradient[0] == pytest.approx((p - [0, 1, 1]) / 3)
    with pytest.raises(UsageError, match="did you mean 'abc'"):
        loss_of(walk, values, ["abc", "d", "e"], np.zeros(3), "abd")


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "red.png"
    coloured_picture(np.random.default_rng(0), "red").save(path)
    return path


def test_in_fp32_the_sum_is_the_gradient_to_1e_5_of_the_sizes(photo: Path) -> None:
    found = inside(small_network(), photo)
    exact = replace(found, walk=read_walk(found.network.data, np.float64))
    exact = replace(exact, values=exact.walk.values({"image": found.values["image"]}))
    for name in ("conv.weight", "conv.bias", "head.weight", "head.bias", "positive", "image"):
        for label in (None, *LABELS):
            ours = found.gradient(name, label=label)
            theirs: Factor = exact.gradient(name, ours.place, label).steps[0]
            assert abs(ours.amount - theirs.gradient) <= 1e-5 * max(theirs.size, abs(theirs.gradient)), (name, label)
            assert abs(ours.steps[0].sum - ours.amount) <= 1e-5 * ours.steps[0].size


def test_a_weight_is_found_by_its_stage_and_by_the_name_that_torch_gives_it(photo: Path) -> None:
    found = inside(small_network(), photo)
    for name in ("conv.weight", "positive.weight", "stages.conv.weight"):
        assert found.gradient(name, (3, 0, 2, 2)).name == "conv.weight"
    said = repr(found.gradient("conv.weight", label="dark"))
    assert "a weight of the convolution conv: output channel " in said and "of its 1,800 numbers the one with the largest" in said
    assert "loss: cross-entropy for dark, " in said and "sum of 196 products" in said and "said of " in said
    assert "bias of channel 2 of conv" in repr(found.gradient("conv.bias", (2,)))
    assert "of its 3,072 numbers the one with the largest gradient" in repr(found.gradient("image"))


@pytest.mark.parametrize(
    ("name", "place", "label", "message"),
    [
        ("conv.wight", (0, 0, 0, 0), None, "did you mean 'conv.weight'"),
        ("norm1.weight", None, None, "batch norm is folded into the weights of the convolution before it"),
        ("conv.weight", (24, 0, 0, 0), None, "conv.weight has shape [24, 3, 5, 5]; 24 is outside 0..23"),
        ("conv.weight", (0, 0), None, "conv.weight has shape [24, 3, 5, 5]; a place of 4 numbers; conv.weight[0,0,0,0]"),
        ("positive", (0, 0), None, "a place of 3 numbers"),
        ("conv.weight", None, "darc", "did you mean 'dark'"),
        ("x" * 300, None, None, "there is"),
        ("<b>", None, None, "has no weight or value '<b>'"),
    ],
)
def test_what_there_is_not_is_said_with_the_nearest(name: str, place: Any, label: Any, message: str, photo: Path) -> None:
    with pytest.raises(UsageError) as error:
        inside(small_network(), photo).gradient(name, place, label)
    assert message in str(error.value) and len(str(error.value)) < 400
