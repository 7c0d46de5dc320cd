"""`vitreous see RUN --landscape`: of a probe its head, without torch; a ravine; and what is said where there is none."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from trained_run import Said, Trained

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]
SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "see_landscape.json"


def test_the_landscape_of_a_probe_is_that_of_its_head(trained: Trained, warm_cache: Path, vitreous: Vitreous, tmp_path: Path) -> None:
    picture = tmp_path / "landscape.png"
    said = vitreous("see", trained.folder, "--landscape", "--points", 9, "--pictures", 20, "--picture", picture, "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    jsonschema.validate(found, json.loads(SCHEMA.read_text()))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert found["about"] == ["14,965 weights of the head alone: the network before it was not trained"]
    loss = np.array(found["loss"])
    assert loss.shape == (9, 9) and loss[4, 4] == pytest.approx(found["centre"], rel=1e-5)
    assert found["noise"]["pictures"] == 20 and found["noise"]["second_sample"]["pictures"] > 10


def test_a_ravine_needs_no_run(vitreous: Vitreous) -> None:
    said = vitreous("see", "--landscape", "ravine", "--points", 5)
    assert said.code == 0 and said.out.startswith("Momentum is lowest after 40 steps, gradient descent highest\n")
    found = json.loads(vitreous("see", "--landscape", "ravine", "--points", 5, "--json").out)
    jsonschema.validate(found, json.loads(SCHEMA.read_text()))
    assert found["loss"][0][0] == 0.5 * (50 * 25 + 25) and found["loss"][2] == [12.5, 3.125, 0.0, 3.125, 12.5]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--points", 1], "--points: 1; 3 to 501 a side"),
        (["--points", 10_000], "--points: 10,000; 3 to 501 a side"),
        (["--span", 0], "--span: 0; more than 0 and at most 100"),
        (["--span", "nan"], "--span: nan; more than 0 and at most 100"),
        (["--pictures", 1], "--pictures: 1; 2 to 1,000,000"),
    ],
)
def test_numbers_that_cannot_be_meant_are_refused(options: list[str | int], message: str, trained: Trained, vitreous: Vitreous) -> None:
    said = vitreous("see", trained.folder, "--landscape", *options)
    assert said.code == 2 and said.out == "" and said.err == f"error: {message}\n"


def test_what_has_no_landscape_is_said(trained: Trained, vitreous: Vitreous, tmp_path: Path) -> None:
    said = vitreous("see", trained.folder, "--landscape", "pth")
    assert said.code == 2 and "there is no plane 'pth': did you mean 'path'?" in said.err
    said = vitreous("see", trained.folder, "--landscape", "path")
    assert said.code == 1 and "holds no path of its training" in said.err and "--keep-path" in said.err
    said = vitreous("see", trained.folder / "model.onnx", "--landscape")
    assert said.code == 2 and "a network without its training" in said.err
    said = vitreous("see", "--landscape")
    assert said.code == 2 and "the landscape of which run?" in said.err
    said = vitreous("see", trained.folder, "--landscape", "ravine")
    assert said.code == 2 and "which is a formula" in said.err
    said = vitreous("see")
    assert said.code == 2 and "Missing argument" in said.err


def test_a_run_whose_pictures_are_gone_says_so(trained: Trained, vitreous: Vitreous) -> None:
    elsewhere = trained.photos.rename(trained.photos.with_name("elsewhere"))
    try:
        said = vitreous("see", trained.folder, "--landscape")
    finally:
        elsewhere.rename(trained.photos)
    assert said.code == 1 and said.err.startswith("error: the pictures of the run are gone: ") and "restore them there" in said.err
