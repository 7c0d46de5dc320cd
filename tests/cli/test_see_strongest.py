"""`vitreous see [RUN] [FOLDER] --strongest [STAGE]`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from jsonschema import Draft202012Validator
from small_network import Coloured, colourful, small_model
from trained_run import Said

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]
SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "strongest.json"


def test_a_run_a_folder_and_a_model_are_searched(coloured: Coloured, model: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    folder = colourful(tmp_path / "photos", {"red": 5, "blue": 5})
    own = vitreous("see", coloured.run.path, "--strongest", "positive")
    assert own.code == 0 and "training pictures looked at" in own.out and "--picture FILE draws" in own.err
    for name in (coloured.run.path, model):
        said = vitreous("see", name, folder, "--strongest")
        assert said.code == 0 and "10 pictures of photos looked at" in said.out and "positive  24 × 14 × 14" in said.out


def test_json_fits_its_schema(model: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    folder = colourful(tmp_path / "photos", {"red": 8, "blue": 8})
    (value,) = vitreous("see", model, folder, "--strongest", "positive", "--channels", "23,7-8", "--json").lines()
    assert list(Draft202012Validator(json.loads(SCHEMA.read_bytes())).iter_errors(value)) == []
    (stage,) = value["stages"]
    assert [each["channel"] for each in stage["channels"]] == [23, 7, 8]
    assert all(len(each["patches"]) == 0 for each in stage["channels"] if each["channel"] in stage["dead"])
    assert any(len(each["patches"]) == 9 for each in stage["channels"])
    assert not Draft202012Validator(json.loads(SCHEMA.read_bytes())).is_valid(value | {"stages": [{}]})


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--strongest", "positve"], 2, "did you mean 'positive'?"),
        (["--strongest", "positive", "--channels", "24"], 2, "positive has no channel 24"),
        (["--strongest", "positive", "--channels", "7-3"], 2, "names no channels"),
        (["--strongest", "positive", "--channels", "0-999999999"], 2, "names no channels"),
        (["--strongest", "--channels", "1"], 2, "--channels of which stage?"),
        (["--channels", "1"], 2, "--channels of what?: no --strongest, nor --stage with --atlas"),
        (["--strongest", "--value", "x[0]"], 2, "cannot be given with"),
        (["--strongest", "--picture", "x.gif"], 2, "its suffix is .gif"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], code: int, message: str, model: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    folder = colourful(tmp_path / "photos", {"red": 2})
    said = vitreous("see", model, folder, *arguments)
    assert (said.code, said.out) == (code, "") and message in said.err and said.err.count("\n") == 1


def test_what_cannot_be_searched_is_said(model: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "foreign.onnx").write_bytes(small_model(metadata={}))
    folder = colourful(tmp_path / "photos", {"red": 2})
    for names, code, message in (
        ([model, tmp_path / "empty"], 1, "empty"),
        ([model], 2, "no pictures were named"),
        ([model, folder, folder], 2, "one folder at a time"),
        ([tmp_path / "foreign.onnx", folder], 1, "comes from elsewhere"),
        ([model, tmp_path / "nothing"], 1, "no such folder"),
    ):
        said = vitreous("see", *names, "--strongest")
        assert (said.code, said.out) == (code, "") and message in said.err and said.err.count("\n") == 1, said.err


@pytest.mark.slow
def test_a_picture_is_written_and_never_over_one_of_the_folder(model: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    folder = colourful(tmp_path / "photos", {"red": 12, "blue": 12})
    said = vitreous("see", model, folder, "--strongest", "positive", "--picture", tmp_path / "x.png", "--appearance", "dark")
    assert said.code == 0 and (tmp_path / "x.png").stat().st_size > 20_000 and f"picture in {tmp_path / 'x.png'}" in said.err
    assert "would be lost" in vitreous("see", model, folder, "--strongest", "--picture", folder / "red" / "red-000.png").err


def test_dead_and_saturated_channels_over_many_pictures_are_told_beside_a_stage(
    coloured: Coloured, model: Path, tmp_path: Path, vitreous: Vitreous
) -> None:
    folder = colourful(tmp_path / "photos", {"red": 5, "blue": 5})
    photo = folder / "red" / "red-000.png"
    (value,) = vitreous("see", coloured.run.path, photo, "--stage", "positive", "--over", "--json").lines()
    (searched,) = vitreous("see", coloured.run.path, "--strongest", "positive", "--json").lines()
    assert value["over"]["dead"] == searched["stages"][0]["dead"] and value["over"]["pictures"] == searched["pictures"]
    assert list(Draft202012Validator(json.loads(SCHEMA.with_name("see.json").read_bytes())).iter_errors(value)) == []
    text = vitreous("see", model, photo, "--stage", "positive", "--over", folder).out
    assert "dead, never above zero in any picture: " in text and "10 pictures of photos looked at" in text
    for arguments, message in (
        (["--over", folder], "--over for which stage?"),
        (["--stage", "positive", "--over"], "--over which pictures?"),
        (["--stage", "positive", "--channels", "1"], "--channels of what?"),
        (["--stage", "positive", "--channels", "24", "--atlas", tmp_path / "x.png"], "positive has no channel 24"),
        (["--stage", "positive", "--over", folder, "--atlas", folder / "red" / "red-001.png"], "would be lost"),
    ):
        said = vitreous("see", model, photo, *arguments)
        assert said.code == 2 and message in said.err and said.err.count("\n") == 1, said.err
