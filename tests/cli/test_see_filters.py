"""`vitreous see --filters`: of a run, of a network file, of the network that comes along; pages, pictures, mistakes."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured
from trained_run import Said

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]
SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "see_filters.json"


def test_no_picture_is_needed(model: Path, coloured: Coloured, vitreous: Vitreous) -> None:
    assert vitreous("see", "--filters").out.startswith("stem has 32 kernels of 3 × 3 pixels\n")
    said = vitreous("see", model, "--filters")
    assert said.code == 0 and said.out.startswith("conv has 24 kernels of 5 × 5 pixels\n") and said.err == "--picture FILE draws them\n"
    # a head on a frozen network: the conv was not trained, so there is no moment before it
    assert vitreous("see", coloured.run.path, "--filters", "conv").out == said.out


def test_for_programs_all_numbers_of_the_page(model: Path, vitreous: Vitreous) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    for arguments in ([], ["logits"], ["conv", "--first", "20"]):
        (value,) = vitreous("see", model, "--filters", *arguments, "--json").lines()
        jsonschema.validate(value, json.loads(SCHEMA.read_text()))
        assert len(value["moments"][0]["kernels"]) == len(value["names"]) == value["total"] - value["first"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--filters", "cnv"], "did you mean 'conv'"),
        (["--filters", "conv", "--first", "24"], "there is no kernel 24"),
        (["--first", "24"], "--first of what?"),
        (["--filters", "conv", "--picture", "x.bmp"], "its suffix is .bmp"),
        (["--filters", "conv", "--value", "conv[0,0,0]"], "cannot be given with"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], message: str, model: Path, vitreous: Vitreous) -> None:
    said = vitreous("see", model, *arguments)
    assert (said.code, said.out) == (2, "") and message in said.err and said.err.count("\n") == 1, said.err


def test_without_names_other_views_want_a_picture(vitreous: Vitreous) -> None:
    said = vitreous("see", "--value", "stem[0,0,0]")
    assert said.code == 2 and "Missing argument" in said.err


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["conv", "logits"])
def test_pictures_are_written(layer: str, model: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    for file in (tmp_path / "a.png", tmp_path / "b.svg"):
        said = vitreous("see", model, "--filters", layer, "--appearance", "dark", "--picture", file)
        assert said.code == 0 and said.err == f"picture in {file}\n" and file.stat().st_size > 4000
