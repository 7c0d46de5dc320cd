"""`vitreous see --weight` and `--value --backwards`: text, JSON and pictures, and what is said where it cannot be done."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from trained_run import Said

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]
SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "see_backwards.json"


def test_a_weight_is_written_out_up_to_the_loss(model: Path, photo: Path, vitreous: Vitreous) -> None:
    said = vitreous("see", model, photo, "--weight", "conv.weight", "--label", "dark")
    assert said.code == 0 and said.err == ""
    for words in ("a weight of the convolution conv", "loss: cross-entropy for dark, ", "196 products", "in its turn, up to the loss:", "true: "):
        assert words in said.out, words


def test_for_programs_every_product_is_there_and_they_add_up(model: Path, photo: Path, vitreous: Vitreous) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    for arguments in (["--weight", "conv.weight[3,0,2,2]"], ["--weight", "head.bias[1]"], ["--value", "image[3,4,1]", "--backwards"]):
        (value,) = vitreous("see", model, photo, *arguments, "--json").lines()
        jsonschema.validate(value, json.loads(SCHEMA.read_text()))
        for step in value["steps"]:
            products = [product for each in step["terms"] for product in each["products"]]
            assert step["terms"] == [] or step["gradient"] == pytest.approx(sum(products), abs=1e-5 * sum(map(abs, products)))
            for each in step["terms"]:
                assert each["products"] == pytest.approx(np.multiply(each["slopes"], each["gradients"]).tolist(), rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--weight", "conv.wieght[0]"], "did you mean 'conv.weight'"),
        (["--weight", "conv.weight[0]"], "conv.weight has shape [24, 3, 5, 5]; a place of 4 numbers"),
        (["--weight", "conv.weight", "--label", "darc"], "did you mean 'dark'"),
        (["--weight", "conv.weight", "--value", "conv"], "cannot be given with"),
        (["--value", "conv[0,0,0]", "--label", "dark"], "--label of what?"),
        (["--value", "conv[0,0,0]", "--backwards", "--up"], "--up cannot be given with --backwards"),
        (["--backwards"], "--backwards of what?"),
        (["--weight", "conv.weight", "--picture", "x.gif"], "its suffix is .gif"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], message: str, model: Path, photo: Path, vitreous: Vitreous) -> None:
    said = vitreous("see", model, photo, *arguments)
    assert (said.code, said.out) == (2, "") and message in said.err and said.err.count("\n") == 1, said.err


@pytest.mark.slow
@pytest.mark.parametrize("weight", ["conv.weight", "head.weight", "conv.weight[3,0,2,2]"])
def test_pictures_are_written(weight: str, model: Path, photo: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    for file in (tmp_path / "a.png", tmp_path / "b.svg"):
        said = vitreous("see", model, photo, "--weight", weight, "--appearance", "dark", "--picture", file)
        assert said.code == 0 and said.err == f"picture in {file}\n" and file.stat().st_size > 5000
