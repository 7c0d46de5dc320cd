"""`vitreous see --why` and `--flip`: text, JSON and pictures, and what is said where it cannot be done."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured
from trained_run import Said, Trained

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"


def test_every_method_is_told_with_its_checks(model: Path, photo: Path, vitreous: Vitreous) -> None:
    said = vitreous("see", model, photo, "--why", "all")
    assert said.code == 0 and said.err == "" and said.out.startswith("red.png: why ")
    for words in ("the score before the softmax", "\ncam ", "\ngrad-cam ", "\nintegrated-gradients ", "\nocclusion ", "196 squares of 5 pixels"):
        assert words in said.out, words
    assert vitreous("see", model, photo, "--why").out.count("grad-cam") == 2


def test_for_programs_there_are_the_map_the_curves_and_the_verdict(model: Path, photo: Path, vitreous: Vitreous) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    (value,) = vitreous("see", model, photo, "--why", "all", "--label", "dark", "--json").lines()
    jsonschema.validate(value, json.loads((SCHEMAS / "see_why.json").read_text()))
    assert value["label"] == "dark" and value["evidence"] is None and [each["method"] for each in value["methods"]] == [
        "cam", "grad-cam", "integrated-gradients", "occlusion",
    ]  # fmt: skip
    (turned,) = vitreous("see", model, photo, "--flip", "--json").lines()
    jsonschema.validate(turned, json.loads((SCHEMAS / "see_flip.json").read_text()))
    assert turned["before"]["label"] != turned["after"]["label"] and turned["pixels"] <= turned["of_pixels"] == 32 * 32


@pytest.mark.slow
def test_pictures_are_written_light_and_dark(model: Path, photo: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    for arguments in (["--why", "all"], ["--flip"]):
        for suffix, appearance in (("png", "light"), ("svg", "dark")):
            file = tmp_path / f"{arguments[0]}.{suffix}"
            said = vitreous("see", model, photo, *arguments, "--appearance", appearance, "--picture", file)
            assert said.code == 0 and said.err == f"picture in {file}\n" and file.stat().st_size > 5000


def test_of_a_run_the_nearest_training_pictures_are_evidence(coloured: Coloured, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITREOUS_CACHE", str(coloured.cache))
    trained = next(coloured.data / row.split(",")[0] for row in (coloured.run.path / "items.csv").read_text().splitlines() if ",train," in row)
    (value,) = vitreous("see", coloured.run.path, trained, "--why", "cam", "--json").lines()
    nearest = value["evidence"]["nearest"]
    assert len(nearest) == 6 and nearest[0]["image"] == f"{trained.parent.name}/{trained.name}"
    # the engine that made the stored features and the walk are two libraries
    assert nearest[0]["distance"] < 0.01 and "the picture itself was trained on" in value["evidence"]["remarks"]
    assert [each["distance"] for each in nearest] == sorted(each["distance"] for each in nearest)


def test_of_pictures_that_are_gone_the_stored_features_are_used(
    coloured: Coloured, photo: Path, tmp_path: Path, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = coloured.data.rename(coloured.data.with_name("away"))
    try:
        without = vitreous("see", coloured.run.path, photo, "--why", "cam")
        monkeypatch.setenv("VITREOUS_CACHE", str(coloured.cache))
        said = vitreous("see", coloured.run.path, photo, "--why", "cam", "--picture", tmp_path / "why.png")
    finally:
        away.rename(coloured.data)
    assert without.code == 0 and f"the training pictures are gone: {coloured.data}" in without.out
    assert said.code == 0 and said.out.count("(gone)") == 6 and (tmp_path / "why.png").stat().st_size > 5000


def test_a_flip_turns_what_predict_says_by_a_stored_decision(coloured: Coloured, photo: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    run = Path(shutil.copytree(coloured.run.path, tmp_path / "colours-1"))
    costs = tmp_path / "costs.csv"  # so dear is every mistake that it never answers, unless it is all but sure
    costs.write_text("true,red,green,blue,unknown\nred,0,9,9,0.1\ngreen,9,0,9,0.1\nblue,9,9,0,0.1\n")
    assert vitreous("decide", run, "--costs", costs).code == 0
    (predicted,) = vitreous("predict", run, photo, "--json").lines()
    (turned,) = vitreous("see", run, photo, "--flip", "--json").lines()
    jsonschema.validate(turned, json.loads((SCHEMAS / "see_flip.json").read_text()))
    assert turned["before"]["label"] == predicted["label"] != turned["after"]["label"] and turned["decided"] == predicted["decided"] == "costs"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--why", "grad"], 2, "did you mean 'grad-cam'"),
        (["--why", "--label", "lihgt"], 2, "did you mean 'light'?"),
        (["--flip", "--label", "none"], 2, "there is: dark, light, middle"),
        (["--why", "--flip"], 2, "--flip cannot be given with --why"),
        (["--why", "--picture", "x.gif"], 2, "its suffix is .gif"),
        (["--flip", "--picture", "none/x.png"], 1, "none"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], code: int, message: str, model: Path, photo: Path, vitreous: Vitreous) -> None:
    said = vitreous("see", model, photo, *arguments)
    assert (said.code, said.out) == (code, "") and message in said.err and said.err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.usefixtures("warm_cache")
def test_the_features_that_a_training_of_the_shipped_network_left_are_the_evidence(trained: Trained, vitreous: Vitreous) -> None:
    row = next(row.split(",")[0] for row in (trained.folder / "items.csv").read_text().splitlines() if ",train," in row)
    (value,) = vitreous("see", trained.folder, trained.photos / row, "--why", "cam", "--json").lines()
    nearest = value["evidence"]["nearest"]
    assert nearest[0]["image"] == row and nearest[0]["distance"] < 0.01 and value["evidence"]["of_pictures"] > 40
