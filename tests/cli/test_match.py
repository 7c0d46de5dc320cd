"""`vitreous match A.jpg B.jpg|FOLDER [RUN]`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[1]))
from jsonschema import Draft202012Validator
from trained_run import Said

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]
SCHEMA = Draft202012Validator(json.loads((Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "match.json").read_bytes()))


def scene(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Discs of all colours and sizes."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", size, (120, 130, 140))
    draw = ImageDraw.Draw(image)
    for _ in range(100):
        x, y, r = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(4, 26)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(rng.integers(0, 256, 3).tolist()))
    return image


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A scene, and its right two thirds, turned by a quarter clockwise."""
    image = scene(1)
    image.save(tmp_path / "a.png")
    image.crop((110, 10, 310, 230)).transpose(Image.Transpose.ROTATE_270).save(tmp_path / "b.png")
    return tmp_path / "a.png", tmp_path / "b.png"


@pytest.mark.slow
def test_a_turned_part_is_found_said_drawn_and_given_to_programs(pair: tuple[Path, Path], tmp_path: Path, vitreous: Vitreous) -> None:
    said = vitreous("match", *pair, "--out", tmp_path / "out.png", "--json")
    (value,) = said.lines()
    assert said.code == 0 and list(SCHEMA.iter_errors(value)) == [] and value["same"] and value["score"] > 0.9
    # clockwise by a quarter: the upper left corner of b is the lower left one of the part
    assert np.abs(np.array(value["corners"]) - [(110, 230), (110, 10), (310, 10), (310, 230)]).max() < 6
    assert value["turn"] == pytest.approx(-90, abs=2) and value["scale"] == pytest.approx(1, abs=0.03) and value["mirrored"] is False
    assert (tmp_path / "out.png").read_bytes()[:4] == b"\x89PNG"
    text = vitreous("match", *pair)
    assert text.code == 0 and text.out.startswith("yes: ") and "anticlockwise" in text.out
    assert not SCHEMA.is_valid(value | {"score": 2})


@pytest.mark.slow
def test_of_a_folder_the_copies_come_first_and_what_cannot_be_read_is_named(tmp_path: Path, vitreous: Vitreous) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    scene(2).save(tmp_path / "query.png")
    scene(2).transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((200, 150)).save(folder / "mirrored.png")
    scene(2).rotate(25, expand=True).save(folder / "turned.jpg")
    for seed in (7, 8):
        scene(seed).save(folder / f"other-{seed}.png")
    Image.new("RGB", (90, 90), "white").save(folder / "blank.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    said = vitreous("match", tmp_path / "query.png", folder, "--json", "--out", tmp_path / "out.png")
    (value,) = said.lines()
    assert said.code == 0 and list(SCHEMA.iter_errors(value)) == []
    assert {each["a"]: each["mirrored"] for each in value["found"]} == {"mirrored.png": True, "turned.jpg": False}
    assert {each["image"] for each in value["left_out"]} == {"blank.png", "broken.jpg"} and value["pictures"] == 4
    fewer = vitreous("match", tmp_path / "query.png", folder, "--most", "3")
    assert fewer.code == 0 and "nearest were compared" in fewer.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["a.png", "missing.png"], 1, "missing.png"),
        (["a.png", "empty"], 1, "empty"),
        (["a.png", "text.jpg"], 1, "text.jpg"),
        (["a.png", "b.png", "--out", "out.txt"], 2, ".png or .svg"),
        (["a.png", "b.png", "--out", "a.png"], 2, "would be lost"),
        (["a.png", "b.png", "--most", "5"], 2, "--most without a folder"),
        (["a.png", "b.png", "run", "--net", "x.onnx"], 2, "--net beside a run"),
        (["empty", "a.png"], 2, "is a folder"),
        (["a.png", ""], 2, "empty name"),
        (["a.png", "b.png", "nowhere"], 1, "nowhere"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    arguments: list[str], code: int, said: str, pair: tuple[Path, Path], tmp_path: Path, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.jpg").write_text("no picture")
    before = pair[0].read_bytes()
    answer = vitreous("match", *arguments)
    assert answer.code == code and said in answer.err and "Traceback" not in answer.err and answer.out == ""
    assert pair[0].read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "said"), [("features", "is no map"), ("stage6", "too coarse"), ("stage33", "no stage")])
def test_a_stage_that_does_not_suit_is_refused_with_those_that_do(stage: str, said: str, pair: tuple[Path, Path], vitreous: Vitreous) -> None:
    answer = vitreous("match", *pair, "--stage", stage)
    assert answer.code == 2 and said in answer.err and "stage3" in answer.err


@pytest.mark.slow
def test_a_blank_and_a_tiny_picture_hold_nothing_to_match(pair: tuple[Path, Path], tmp_path: Path, vitreous: Vitreous) -> None:
    Image.new("RGB", (200, 100), (9, 9, 9)).save(tmp_path / "blank.png")
    scene(1).resize((8, 8)).save(tmp_path / "tiny.png")
    for name, reason in (("blank.png", "it is blank"), ("tiny.png", "8 × 8 pixels")):
        for names in ((pair[0], tmp_path / name), (tmp_path / name, pair[0])):
            answer = vitreous("match", *names)
            assert answer.code == 1 and reason in answer.err and name in answer.err


@pytest.mark.slow
def test_another_network_matches_too(pair: tuple[Path, Path], model: Path, vitreous: Vitreous) -> None:
    for arguments in ((*pair, model), (*pair, "--net", model, "--stage", "positive")):
        answer = vitreous("match", *arguments)
        assert answer.code == 0 and answer.out.startswith(("yes", "no"))
