"""What is told, drawn and written of a search: pictures left out, copies, labels, parts of files, channels that are shown."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))
from exact_networks import network_of, node, pictures
from small_network import Coloured, colourful, small_network

from vitreous.api import Run
from vitreous.core.reporter import Quiet
from vitreous.data.decode import Policy
from vitreous.draw.strongest import evidence_colours
from vitreous.errors import DataError, UsageError
from vitreous.inside.strongest import Strongest, pictures_of, strongest
from vitreous.inside.strongest.drawing import patches

pytest_plugins = ["shared_fixtures"]


def searched(folder: Path, stage: str | None = "positive", channels: list[int] | None = None) -> Strongest:
    return strongest(small_network(), pictures_of(folder), Policy(), stage, 1, channels, Quiet())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pictures in two classes; of them a copy, a broken one, and one that is no picture."""
    data = colourful(tmp_path_factory.mktemp("strongest") / "data", {"blue": 20, "red": 20})
    shutil.copy(data / "blue" / "blue-003.png", data / "red" / "zz-copy.png")
    (data / "red" / "broken.png").write_bytes((data / "red" / "red-000.png").read_bytes()[:200])
    (data / "red" / "notes.jpg").write_text("no picture")
    return data


def test_a_broken_picture_is_left_out_and_counted_and_a_copy_passed_over(folder: Path) -> None:
    found = searched(folder)
    assert (len(found.pictures.size), found.pictures.copies) == (40, 1)
    assert sorted(each.relative for each in found.pictures.left_out) == ["red/broken.png", "red/notes.jpg"]
    assert "40 pictures of data looked at; 1 copy passed over" in found.lines()
    assert any(line.startswith("2 files left out, such as red/broken.png: ") for line in found.lines())
    assert all(len({patch.image for patch in each.patches}) == 9 and "red/zz-copy.png" not in repr(each) for each in found.shown)


def test_labels_are_counted_and_the_finding_says_which_stands_out(folder: Path) -> None:
    found = searched(folder, channels=list(range(24)))
    named = found.finding
    assert named is not None and named.count == found.shown[named.number].labels[named.label] == 9
    channel = found.shown[named.number].channel
    assert found.lines()[0] == f"channel {channel} of positive is excited by {named.label} in 9 of its 9 pictures"
    assert found.to_json()["finding"]["channel"] == channel and 0 < named.chance < 0.05


def test_what_a_number_sees_is_said_in_pixels_of_the_file_and_cut_from_what_the_network_sees(folder: Path) -> None:
    found = searched(folder)
    (first, *_), pairs = found.shown, patches(found, found.shown[:1])[0]
    for patch, (pixels, evidence) in zip(first.patches, pairs, strict=True):
        # 5 × 5 pixels, one every 2; the file is 48 × 40, of which the central 40 × 40 are seen at 32 × 32
        assert patch.box == (2 * patch.row, 2 * patch.column, 2 * patch.row + 5, 2 * patch.column + 5)
        assert patch.part == pytest.approx((4 + 2.5 * patch.column, 2.5 * patch.row, 4 + 2.5 * patch.column + 6.25, 2.5 * patch.row + 6.25))
        assert pixels.shape == evidence.shape == (5, 5, 3)
        # the guided gradient of one convolution is its kernel, times the 1 / 255 before it
        kernel = found.walk.constants["conv.weight"][first.channel].transpose(1, 2, 0)
        assert np.allclose(evidence, kernel / 255, rtol=1e-5)
        own = (pixels / 255 * kernel).sum() + found.walk.constants["conv.bias"][first.channel]
        assert own == pytest.approx(patch.value, rel=1e-4)  # the pixels shown give the number that is said


def test_every_stage_gives_one_channel_and_one_stage_eight(folder: Path) -> None:
    found = searched(folder, None)
    assert [each.point.stage for each in found.shown] == ["positive", "logits"]
    assert found.shown[1].name.endswith(("(light)", "(middle)", "(dark)"))
    assert "2 of 27 channels shown, the strongest of each stage; --strongest STAGE shows more of one" in found.lines()
    one = searched(folder)
    values = [each.patches[0].value for each in one.shown]
    assert len(one.shown) == 8 and values == sorted(values, reverse=True)
    assert "8 of 24 channels shown, the strongest; --channels 0-23 shows others" in one.lines()


def test_of_ten_thousand_channels_a_page_is_told_and_drawn_and_the_rest_is_said(tmp_path: Path) -> None:
    weights = np.random.default_rng(0).normal(0, 1, (10_000, 3, 1, 1)).astype(np.float32)
    network = network_of([node("Conv", ["planes", "w"], "wide")], {"w": weights}, "wide")
    for number, pixels in enumerate(pictures(10)):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    found = strongest(network, pictures_of(tmp_path), Policy(), "wide", 1, None, Quiet())
    assert len(found.shown) == 8 and "8 of 10,000 channels shown, the strongest; --channels 0-23 shows others" in found.lines()
    found = strongest(network, pictures_of(tmp_path), Policy(), "wide", 1, range(9_000, 10_000), Quiet())
    assert "24 of the 1,000 asked for of 10,000 channels shown; --channels 9024-9047 shows the next" in found.lines() and len(found.lines()) < 40
    assert len(found.to_json()["stages"][0]["channels"]) == 1_000


def test_where_more_are_equal_it_is_said_and_their_labels_are_no_finding(tmp_path: Path) -> None:
    network = network_of([node("Conv", ["planes", "w"], "y")], {"w": np.ones((1, 3, 1, 1), np.float32)}, "y")
    for number, pixels in enumerate(pictures(40)):
        pixels[0, 0] = 200  # the brightest pixel of every picture
        folder = tmp_path / ("first" if number < 20 else "second")
        folder.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    found = strongest(network, pictures_of(tmp_path), Policy(), "y", 1, None, Quiet())
    (excited,) = found.shown
    assert excited.labels == {"first": 9} and excited.tied and found.finding is None
    assert "=: other pictures excite it as much as the last; these come first in the data" in found.lines()
    assert "600 =" in repr(found)


def test_a_run_is_searched_over_what_it_learned_from(coloured: Coloured, tmp_path: Path) -> None:
    run = Run(coloured.run)
    found = run.strongest("positive")
    assert found.pictures.used.endswith("training pictures") and len(found.pictures.size) < 60
    assert {label for number in found.pictures.size for label in found.pictures.labels(number)} == {"red", "green", "blue"}
    elsewhere = run.strongest("positive", data=colourful(tmp_path / "more", {"red": 3, "blue": 2}), channels=[5])
    assert len(elsewhere.pictures.size) == 5 and [each.channel for each in elsewhere.shown] == [5]


def test_pictures_that_are_gone_or_changed_are_said(coloured: Coloured, tmp_path: Path) -> None:
    run = Run(coloured.run)
    moved = tmp_path / "moved"
    shutil.copytree(coloured.data, moved)
    facts = dict(run._run.facts)
    run._run.facts["data"] = {**facts["data"], "folder": str(moved)}
    try:
        for picture in moved.rglob("red*.png"):
            Image.new("RGB", (48, 40), "white").save(picture)
        for picture in moved.rglob("blue*.png"):
            picture.unlink()
        found = run.strongest("positive")
        reasons = {each.relative.split("/")[0]: each.reason for each in found.pictures.left_out}
        assert reasons["red"] == "the file has changed since the training" and "no such file" in reasons["blue"].lower() and len(reasons) == 2
        shutil.rmtree(moved)
        with pytest.raises(DataError, match="the pictures of the run are gone"):
            run.strongest("positive")
    finally:
        run._run.facts["data"] = facts["data"]


def test_what_there_is_not_is_said(folder: Path, tmp_path: Path) -> None:
    for stage, channels, message in (
        ("positve", None, "did you mean 'positive'"),
        ("positive", [24], "positive has no channel 24: it has 24; one of 0 to 23"),
        (None, [1], "channels of which stage"),
    ):
        with pytest.raises(UsageError, match=message):
            searched(folder, stage, channels)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError):
        searched(tmp_path / "empty")
    (tmp_path / "empty" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match="no picture is left to look at: 1 file left out"):
        searched(tmp_path / "empty")


def test_names_and_labels_with_markup_stay_text(tmp_path: Path) -> None:
    data = colourful(tmp_path / "data", {"blue": 10, "red": 10})
    (data / "red").rename(data / "<b>红\x1b[31m")
    (data / "blue").rename(data / ("红" * 80))
    found = searched(data)
    assert not any("\x1b" in line for line in found.lines()) and "<b>红\\x1b[31m" in repr(found)


def test_evidence_is_grey_where_nothing_did_it() -> None:
    colours = evidence_colours(np.array([[[0.0, 2.0, -2.0]], [[np.nan, 1.0, 0.0]]]))
    assert colours.tolist() == [[[128, 255, 0]], [[128, 191, 128]]] and (evidence_colours(np.zeros((2, 2, 3))) == 128).all()


@pytest.mark.slow
def test_it_is_drawn_as_png_and_svg(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "data")
    (tmp_path / "data" / "red").rename(tmp_path / "data" / "<b>&red")
    found = searched(tmp_path / "data")
    assert found.picture().startswith(b"\x89PNG") and b"<svg" in found.picture("svg")
    html = found._repr_html_()
    assert html.startswith("<pre>") and html.count("<") == 3  # names are escaped: pre, its end, and img are all the markup
