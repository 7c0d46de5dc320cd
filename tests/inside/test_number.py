"""The arithmetic of single numbers: what goes in, recomputed by hand, is what came out; places are where the numbers lie."""

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from made_networks import every_operator, made, node

from vitreous.errors import UsageError
from vitreous.inside.follow import account, down, up
from vitreous.inside.number import Arithmetic, explain, explain_full
from vitreous.inside.place import parse_number
from vitreous.layers.walk import Walk, read_walk

Values = dict[str, Any]


@pytest.fixture(scope="module")
def opened() -> tuple[Walk, Values]:
    walk = read_walk(every_operator())
    return walk, walk.values({"x": np.random.default_rng(0).normal(0, 1, (1, 4, 12, 11)).astype(np.float32)})


def again(made: Arithmetic) -> float:
    """The number worked out again from what is said to go in."""
    numbers = np.concatenate([operand.numbers[~operand.padding].ravel() for operand in made.operands] or [np.zeros(0)]).astype(np.float64)
    if made.form == "weighted sum":
        return made.sum + (made.bias or 0)
    if made.form == "softmax":
        powers = np.exp(numbers)
        own = (made.operands[0].places == np.asarray(made.place)).all(-1)
        return float(powers[own][0] / powers.sum())
    kinds = {"product": np.prod, "largest": np.max, "smallest": np.min, "copied": np.sum}
    if made.form in kinds:
        return float(kinds[made.form](numbers))
    (x,) = numbers
    functions = {"Relu": max(x, 0), "Sigmoid": 1 / (1 + np.exp(-x)), "Tanh": np.tanh(x), "Clip": min(max(x, -0.3), 0.4)}
    return float(functions[made.kind] if made.kind in functions else x if x > 0 else 0.01 * x)


def test_every_number_of_every_operator_is_what_is_said_to_make_it(opened: tuple[Walk, Values]) -> None:
    walk, values = opened
    random = np.random.default_rng(2)
    for name in walk.names:
        places = list(np.ndindex(values[name].shape))
        for at in random.permutation(len(places))[:40]:
            arithmetic = explain_full(walk, values, name, places[at])
            # fp32 against float64: sums of at most 18 products
            assert again(arithmetic) == pytest.approx(arithmetic.result, rel=1e-5, abs=1e-5), (name, places[at], arithmetic.form)


def test_every_number_that_goes_in_lies_where_it_is_said_to_lie(opened: tuple[Walk, Values]) -> None:
    walk, values = opened
    for name in walk.names:
        last = tuple(size - 1 for size in values[name].shape)
        for place in (last, (0,) * len(last)):
            for operand in explain_full(walk, values, name, place).operands:
                for number, source in zip(operand.numbers.ravel(), operand.places.reshape(-1, operand.places.shape[-1]), strict=True):
                    assert number == (0 if source[0] < 0 else values[operand.value][tuple(source)])


def test_a_number_by_hand() -> None:
    weight = np.array([[[[1, 2], [3, 4]]]], np.float32)
    walk = read_walk(made([node("Conv", ["x", "w", "b"], "y", pads=[1, 0, 0, 0])], {"w": weight, "b": np.array([10], np.float32)}, [1, 1, 2, 2], "y"))
    values = walk.values({"x": np.array([[[[5, 6], [7, 8]]]], np.float32)})
    found = explain(walk, values, "y", (0, 0, 0))
    (operand,) = found.operands
    assert operand.numbers.tolist() == [[[0, 0], [5, 6]]] and operand.padding.tolist() == [[[True, True], [False, False]]]
    assert operand.products.tolist() == [[[0, 0], [15, 24]]] and (found.sum, found.bias, found.result, found.count) == (39, 10, 49, 2)


def test_the_way_down_ends_at_the_input_and_each_step_is_an_input_of_the_one_above(opened: tuple[Walk, Values]) -> None:
    walk, values = opened
    steps = down(walk, values, explain(walk, values, "probability", (1,)))
    assert steps[-1].value == "x" and steps[-1].form == "input"
    for above, below in pairwise(steps):
        assert any(operand.value == below.value and (operand.places == below.place).all(-1).any() for operand in above.operands)


def test_the_way_up_ends_at_the_answer_and_its_changes_are_true(opened: tuple[Walk, Values]) -> None:
    walk, values = opened
    start = explain(walk, values, "conv1", (0, 5, 5))
    steps = up(walk, values, start, "probability", (0, 2))
    assert steps[-1].value == "probability" and steps[-1].place == (0, 2)
    # the last change: softmax without that score, by hand
    scores = values["logits"][0].astype(np.float64).copy()
    before = np.exp(scores)[2] / np.exp(scores).sum()
    scores[steps[-2].place[1]] = 0
    assert steps[-1].change == pytest.approx(before - np.exp(scores)[2] / np.exp(scores).sum(), abs=1e-6)


def test_what_changes_nothing_has_no_way_up() -> None:
    walk = read_walk(made([node("Relu", ["x"], "y")], {}, [1, 2], "y"))
    values = walk.values({"x": np.array([[-1, 3]], np.float32)})
    assert up(walk, values, explain(walk, values, "x", (0,)), "y", (0, 1)) == []


def test_an_answer_that_is_sure_is_followed_by_its_score() -> None:
    walk = read_walk(made([node("Relu", ["x"], "z"), node("Softmax", ["z"], "y")], {}, [1, 2], "y"))
    values = walk.values({"x": np.array([[900, 3]], np.float32)})
    assert values["y"][0, 0] == 1
    assert [step.value for step in up(walk, values, explain(walk, values, "x", (0,)), "y", (0, 0))] == ["z", "y"]


def test_an_account_begins_with_the_sum_and_ends_with_the_number(opened: tuple[Walk, Values]) -> None:
    walk, values = opened
    assert [step.value for step in account(walk, values, explain(walk, values, "relu", (1, 2, 3)))] == ["conv1", "bn", "relu"]


def test_names_and_places_that_there_are_not_are_said(opened: tuple[Walk, Values]) -> None:
    walk, values = opened
    for name, place, message in (
        ("conv2", (0, 0, 0), "did you mean 'conv1'?"),
        ("conv1", (6, 0, 0), "conv1 has shape [6, 12, 11]; 6 is outside 0..5"),
        ("conv1", (0, -1, 0), "-1 is outside 0..11"),
        ("logits", (0, 0), "logits has shape [4]; a place of 1 number; logits[0]"),
        ("conv1", (), "conv1 is no number: conv1 has shape [6, 12, 11]"),
        ("w1", (0, 0), "'w1' is a weight"),
        ("conv1[3,1,2", (), "has no value 'conv1[3,1,2': NAME[PLACE], such as stem[3,10,12] for channel 3, row 10, column 12; did you mean 'conv1'?"),
        ("x" * 500, (), f"has no value '{'x' * 80}…': there is"),
    ):
        with pytest.raises(UsageError) as error:
            explain(walk, values, name, place)
        assert message in str(error.value)


def test_a_place_is_read_from_text() -> None:
    assert parse_number("a.b[0][3,10,12]") == ("a.b[0]", (3, 10, 12)) and parse_number("logits[7]") == ("logits", (7,))
    assert parse_number("stem") == ("stem", ())
    for text in ("stem[]", "stem[a]", "stem[1.5]", "stem[1,,2]", "stem[99999999999]"):
        with pytest.raises(UsageError, match="names no number"):
            parse_number(text)


def test_numbers_that_are_none_do_not_stop_it() -> None:
    walk = read_walk(made([node("Conv", ["x", "w"], "y")], {"w": np.full((1, 1, 1, 1), np.nan, np.float32)}, [1, 1, 2, 2], "y"))
    values = walk.values({"x": np.ones((1, 1, 2, 2), np.float32)})
    found = explain(walk, values, "y", (0, 0, 0))
    assert np.isnan(found.result) and found.to_json()["result"] is None and len(down(walk, values, found)) == 2
