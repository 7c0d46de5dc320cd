"""`vitreous see`: the table of stages, the arithmetic of a number, pictures, and what is said where it cannot be done."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured, small_model, small_network
from trained_run import Said, watched

from vitreous.inside import inside

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]


def test_the_table_has_every_stage_the_totals_and_the_answer(model: Path, photo: Path, vitreous: Vitreous) -> None:
    said = vitreous("see", model, photo)
    assert said.code == 0 and said.err == "" and said.out.startswith("red.png: ")
    assert "positive     24 × 14 × 14       5 × 5 px     2     0    1,824        352,800\n" in said.out
    assert said.out.splitlines()[-1].split() == ["in", "all", "1,899", "352,872"]


def test_json_is_the_same_for_programs_and_answers_as_predict_does(model: Path, photo: Path, vitreous: Vitreous) -> None:
    (value,) = vitreous("see", model, photo, "--json").lines()
    (predicted,) = vitreous("predict", model, photo, "--json").lines()
    assert [each["label"] for each in value["answers"]] == [each["label"] for each in predicted["answers"]]
    # the engine's fp32 and the walk's, on probabilities
    assert value["answers"][0]["confidence"] == pytest.approx(predicted["answers"][0]["confidence"], abs=1e-4)
    stage = next(each for each in value["stages"] if each["name"] == "positive")
    assert stage["receptive_field"] == {"size": [5, 5], "stride": [2, 2], "offset": [0, 0]} and stage["operators"] == {"Conv": 1, "Relu": 1}


def test_a_run_folder_is_opened_like_its_model(coloured: Coloured, photo: Path, vitreous: Vitreous) -> None:
    folder, file = (vitreous("see", name, photo) for name in (coloured.run.path, coloured.run.path / "model.onnx"))
    assert folder.code == 0 and folder.out == file.out and "standard" in folder.out
    assert "no picture was named" in vitreous("see", coloured.run.path).err


def test_a_number_is_followed_down_to_its_pixel_and_up_to_the_answer(model: Path, photo: Path, vitreous: Vitreous) -> None:
    number = "features[{}]".format(int(np.argmax(inside(small_network(), photo).values["features"])))
    (value,) = vitreous("see", model, photo, "--value", number, "--down", "--up", "--json").lines()
    row, column, channel = value["down"][-1]["place"]
    x0, y0, x1, y1 = (value["pixel"][key] for key in ("x0", "y0", "x1", "y1"))
    assert value["pixel"]["value"] == value["down"][-1]["result"] and 0 <= x0 < x1 <= 48 and 0 <= y0 < y1 <= 40
    # the file is 48 × 40 pixels, of which the central 40 × 40 are seen at 32 × 32
    assert (x0, y0) == (pytest.approx(4 + column * 1.25), pytest.approx(row * 1.25)) and channel == value["pixel"]["channel"]
    assert value["up"][-1]["value"] == "probability"
    text = vitreous("see", model, photo, "--value", number, "--down", "--up").out
    assert "down, by what decides:" in text and "of the file's 48 × 40 pixels" in text and "that is the probability of" in text


def test_a_convolution_is_written_out(model: Path, photo: Path, vitreous: Vitreous) -> None:
    said = vitreous("see", model, photo, "--value", "positive[3,2,1]")
    for words in ("conv[3,2,1] = ", "from planes, rows 4 to 8, columns 2 to 6", "× conv.weight[3]", "sum of products", "+ conv.bias[3]", "Relu"):
        assert words in said.out


@pytest.mark.slow
def test_pictures_are_written_where_asked(model: Path, photo: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    for arguments in (["--atlas"], ["--appearance", "dark", "--stage", "positive", "--atlas"], ["--value", "conv[0,0,0]", "--picture"]):
        for suffix in ("png", "svg"):
            file = tmp_path / f"{len(arguments)}{arguments[0]}.{suffix}"
            said = vitreous("see", model, photo, *arguments, file)
            assert said.code == 0 and said.err == f"picture in {file}\n" and file.stat().st_size > 5000


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--value", "stm[1]"], 2, "the network has no value 'stm'"),
        (["--value", "positve[1,2,3]"], 2, "did you mean 'positive'?"),
        (["--value", "conv[40,0,0]"], 2, "conv has shape [24, 14, 14]; 40 is outside 0..23"),
        (["--value", "conv"], 2, "conv has shape [24, 14, 14]; a place of 3 numbers; conv[0,0,0]"),
        (["--value", "conv[x]"], 2, "names no number: the place [x]"),
        (["--value", "conv.weight[0]"], 2, "is a weight"),
        (["--stage", "positve"], 2, "did you mean 'positive'?"),
        (["--down"], 2, "--down of what?: no --value"),
        (["--picture", "x.png"], 2, "--picture of what?: no --value or "),
        (["--value", "conv[0,0,0]", "--atlas", "x.png"], 2, "--atlas cannot be given with --value"),
        (["--atlas", "x.gif"], 2, "its suffix is .gif"),
        (["--atlas", "none/x.png"], 1, "none"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], code: int, message: str, model: Path, photo: Path, vitreous: Vitreous) -> None:
    said = vitreous("see", model, photo, *arguments)
    assert (said.code, said.out) == (code, "") and message in said.err and said.err.count("\n") == 1


def test_a_picture_is_not_written_over_what_is_seen(model: Path, photo: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    (tmp_path / "link.png").symlink_to(photo)
    before = photo.read_bytes()
    for arguments, message in (
        (["--atlas", photo], "--atlas {}: that is what is to be read, and would be lost; a file of its own"),
        (["--atlas", tmp_path / "link.png"], "--atlas {}: that is what is to be read"),
    ):
        said = vitreous("see", model, photo, *arguments)
        assert (said.code, said.out) == (2, "") and message.format(arguments[-1]) in said.err
    assert photo.read_bytes() == before


def test_a_network_that_takes_other_pictures_is_not_opened(photo: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    import onnx

    other = onnx.load_model_from_string(small_model())
    other.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 64
    (tmp_path / "other.onnx").write_bytes(other.SerializeToString())
    said = vitreous("see", tmp_path / "other.onnx", photo)
    assert said.code == 1 and "cannot open other.onnx: its input is ['N', 64, 32, 3]; [N, 32, 32, 3], as vitreous train writes it" in said.err


def test_what_is_no_run_or_no_picture_is_said(model: Path, photo: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    (tmp_path / "broken.png").write_bytes(b"broken")
    for names, message in (
        ([model], "no picture was named"),
        ([tmp_path / "none", photo], "there is no run"),
        ([model, tmp_path / "broken.png"], "cannot read"),
        ([model, photo, photo], "one picture at a time"),
    ):
        said = vitreous("see", *names)
        assert said.code in (1, 2) and said.out == "" and message in said.err and said.err.count("\n") == 1


@pytest.mark.parametrize("picture", [Image.new("L", (300, 200), 128), Image.new("RGB", (1, 1)), Image.new("RGBA", (9, 70)), Image.new("1", (5, 5))])
def test_constant_grey_and_tiny_pictures_are_seen(picture: Image.Image, tmp_path: Path, model: Path, vitreous: Vitreous) -> None:
    name = tmp_path / "two\nlines.png"
    picture.save(name)
    said = vitreous("see", model, name, "--value", "conv[0,0,0]", "--down", "--up")
    assert said.code == 0
    assert vitreous("see", model, name).out.startswith("two\\nlines.png: ")


@pytest.mark.slow
def test_in_a_notebook_it_is_a_table_and_a_picture(photo: Path) -> None:
    found = inside(small_network(), photo)
    assert repr(found).count("\n") == 10 and found.maps("positive").shape == (24, 14, 14)
    assert "<pre>" in found._repr_html_() and "data:image/png;base64," in found._repr_html_()
    account = found.value("probability", (1,))
    assert "Softmax" in repr(account) and json.dumps(account.to_json()) and "data:image/png" in account._repr_html_()


@pytest.mark.slow
def test_it_loads_no_engine_no_torch_and_nothing_that_draws(photo: Path, tmp_path: Path) -> None:
    said, modules = watched(tmp_path / "m.json", "see", photo, "--value", "stem[3,10,12]", "--down", "--up", cwd=tmp_path)
    heavy = {name.split(".")[0] for name in modules} & {"openvino", "onnxruntime", "torch", "matplotlib", "scipy", "sklearn"}
    assert said.code == 0 and heavy == set()


def test_what_was_decided_is_what_is_said(photo: Path) -> None:
    unsure = {"rule": "confidence", "threshold": 1.1, "wish": "max_error", "unknown": "unknown"}
    found = inside(replace(small_network(), decision=unsure), photo)
    assert found.title.startswith("red.png: unknown ") and found.to_json()["label"] is None
    plain = inside(small_network(), photo).to_json()
    assert found.to_json()["answers"] == plain["answers"] and "label" not in plain


def test_augmentation_is_told_in_words_and_as_an_object(photo: Path, vitreous: Vitreous) -> None:
    said = vitreous("see", photo, "--augment")
    assert said.code == 0 and said.out.startswith("flip,crop=5,brightness=0.2,") and "  mirrored in half of the cases\n" in said.out
    assert said.err == "--picture FILE draws them\n"
    (value,) = vitreous("see", photo.parent, "--augment", "flip,crop=2", "--seed", "3", "--json").lines()
    assert value["text"] == "flip,crop=2" and value["allowed"]["crop"] == 2 and value["seed"] == 3 and value["of"] == 1


@pytest.mark.slow
def test_augmentation_is_drawn(photo: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    said = vitreous("see", photo, "--augment", "--appearance", "dark", "--picture", tmp_path / "views.png")
    assert said.code == 0 and "picture in" in said.err
    with Image.open(tmp_path / "views.png") as page:
        assert page.width == 1280


def test_wrong_use_of_augmentation_is_said(photo: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    for arguments, words in (
        ([photo, "--augment", "flop"], "did you mean 'flip'"),
        ([photo, "--augment", "--atlas", tmp_path / "a.png"], "--atlas cannot be given with --augment"),
        ([photo, "--augment", "--value", "x[0]"], "--augment cannot be given with --value"),
        ([photo, "--seed", "1"], "--seed of what?: no "),
        ([photo, "--augment", "--picture", photo], "--picture"),
        ([photo, "--augment", "--picture", tmp_path / "a.txt"], ".png or .svg"),
    ):
        said = vitreous("see", *arguments)
        assert said.code == 2 and words in said.err, said.err
