"""What is found: the nearest by the features, without the picture itself, copies called so."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import colourful

import vitreous as vt
from vitreous.errors import DataError, UnreadableImage, UsageError
from vitreous.retrieval import finding, maker

pytest_plugins = ["shared_fixtures"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return colourful(tmp_path / "photos", {"red": 9, "green": 10, "blue": 10})


@pytest.fixture
def index(photos: Path, model: Path, tmp_path: Path) -> Any:
    return vt.index(photos, net=str(model), path=tmp_path / "index")


def by_hand(photos: Path, model: Path, wanted: list[str], unlike: Sequence[str] = ()) -> list[str]:
    """All files, the most similar first, by cosines of centred features."""
    found = vt.features(photos, net=str(model))
    z = found.values.astype(np.float64) - 0.5 * found.values.mean(0, dtype=np.float64)  # too few labelled pictures to choose by
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    place = {str(photos / path): n for n, path in enumerate(found.paths)}
    query = z[[place[path] for path in wanted]].mean(0) - (0.5 * z[[place[path] for path in unlike]].mean(0) if unlike else 0)
    order = np.argsort(-(z @ query), kind="stable")
    return [found.paths[n] for n in order if str(photos / found.paths[n]) not in {*wanted, *unlike}]


def test_the_function_is_there_beside_the_package_of_its_name() -> None:
    import vitreous
    import vitreous.retrieval.exact

    assert vitreous.find is vt.find and callable(vt.find) and vitreous.find is vitreous.api.find
    assert sys.modules["vitreous.retrieval"].find.__module__ == "vitreous.retrieval.finding"


def test_the_answers_are_the_nearest_by_the_features(index: Any, photos: Path, model: Path) -> None:
    query = str(photos / "red/red-004.png")
    found = vt.find(index, query, n=12, by="looks")
    assert [answer.path for answer in found] == by_hand(photos, model, [query])[:12]
    assert found[0].similarity <= 1 and found[0].label == found[0].path.split("/")[0]
    assert [answer.similarity for answer in found] == sorted((answer.similarity for answer in found), reverse=True)


def test_a_picture_from_elsewhere_goes_through_the_same_network(index: Any, photos: Path, model: Path, tmp_path: Path) -> None:
    shutil.copy(photos / "red/red-004.png", tmp_path / "same.png")
    with Image.open(tmp_path / "same.png") as opened:
        opened.save(tmp_path / "other.bmp")  # the same pixels in another file
    found = vt.find(index, tmp_path / "other.bmp", n=3, by="looks")
    assert found[0].path == "red/red-004.png" and found[0].similarity == pytest.approx(1, abs=1e-6)  # 24 features in float32
    assert found[0].copy_of == str(tmp_path / "other.bmp") and not found[0].exact and "nearly the same as" in found[0].remark


def test_the_picture_itself_and_its_copies_are_no_answers(index: Any, photos: Path, model: Path, tmp_path: Path) -> None:
    shutil.copy(photos / "red/red-004.png", photos / "blue/again.png")
    shutil.copy(photos / "red/red-004.png", tmp_path / "elsewhere.png")
    index = vt.index(photos, net=str(model), path=tmp_path / "index")
    found = vt.find(index, tmp_path / "elsewhere.png", n=30)
    assert found.asked[0].copies == ("blue/again.png", "red/red-004.png")
    assert not {answer.path for answer in found} & {"blue/again.png", "red/red-004.png"}
    assert "no answer, for it is the picture that is looked for: blue/again.png, red/red-004.png" in found.remarks


def test_a_picture_of_the_index_does_not_need_the_network(index: Any, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maker, "network_named", lambda *_: pytest.fail("the network was loaded"))
    assert len(vt.find(index, photos / "red/red-004.png", n=5)) == 5


def test_copies_among_the_answers_are_called_so(photos: Path, model: Path, tmp_path: Path) -> None:
    shutil.copy(photos / "red/red-005.png", photos / "red/zz.png")
    index = vt.index(photos, net=str(model), path=tmp_path / "index")
    found = vt.find(index, photos / "red/red-004.png", n=40)
    copy = next(answer for answer in found if answer.path == "red/zz.png")
    assert copy.copy_of == "red/red-005.png" and copy.exact and copy.remark == "the same file as red/red-005.png"


def test_several_pictures_and_what_is_not_wanted(index: Any, photos: Path, model: Path) -> None:
    wanted = [str(photos / f"red/red-00{n}.png") for n in (1, 2, 3)]
    unlike = [str(photos / "green/green-001.png"), str(photos / "blue/blue-001.png")]
    found = vt.find(index, wanted, unlike=unlike, n=9, by="looks")
    assert [answer.path for answer in found] == by_hand(photos, model, wanted, unlike)[:9]
    assert " and unlike " in found.sentence and [each.wanted for each in found.asked] == [True] * 3 + [False] * 2


def test_a_part_of_a_picture_is_looked_for_as_if_it_were_a_picture(index: Any, tmp_path: Path, photos: Path) -> None:
    with Image.open(photos / "red/red-004.png") as red, Image.open(photos / "blue/blue-002.png") as blue:
        both = Image.new("RGB", (red.width + blue.width, max(red.height, blue.height)))
        both.paste(red, (0, 0))
        both.paste(blue, (red.width, 0))
        width, height = red.size
    both.save(tmp_path / "both.png")
    part = vt.find(index, tmp_path / "both.png", box=(width, 0, 2 * width, height), n=5, by="looks")
    assert {answer.label for answer in part.answers[:3]} == {"blue"} and part.asked[0].box == (width, 0, 2 * width, height)
    # the whole of a square picture is what the network sees of it
    with Image.open(photos / "red/red-004.png") as red:
        red.crop((4, 0, 44, 40)).save(tmp_path / "square.png")
    whole, box = (vt.find(index, tmp_path / "square.png", box=each, n=9, by="looks") for each in (None, (-5, -5, 99, 99)))
    assert [answer.path for answer in whole] == [answer.path for answer in box]


@pytest.mark.parametrize(
    ("box", "error", "said"),
    [
        ((100, 0, 120, 20), UsageError, r"--box lies outside of red-004.png: 100,0,120,20 in 48 × 40 pixels; a box within 48 × 40"),
        ((0, 0, 4, 40), DataError, "--box is too small in red-004.png: 4 × 40 pixels; 8 or more a side"),
    ],
)
def test_a_box_that_shows_nothing_is_refused(index: Any, photos: Path, box: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        vt.find(index, photos / "red/red-004.png", box=box)


def test_more_than_there_is_gives_all_there_is(index: Any, photos: Path) -> None:
    found = vt.find(index, photos / "red/red-004.png", n=1000)
    assert len(found) == 28 and "there are no more than 28 other pictures (--n 1000)" in found.remarks


def test_files_that_have_gone_are_marked(index: Any, photos: Path) -> None:
    query = photos / "red/red-004.png"
    for file in photos.rglob("*.png"):
        if file != query:
            file.unlink()
    found = vt.find(index, query, n=5)
    assert all(answer.gone for answer in found) and found.remarks[-1].startswith("5 of the files have gone or changed since")


def test_a_query_that_cannot_be_read_is_named_before_anything_is_indexed(photos: Path, model: Path, tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match=r"cannot read .*none.png: no such file"):
        vt.find(photos, tmp_path / "none.png", net=str(model), path=tmp_path / "new")
    assert not (tmp_path / "new").exists()
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n no")
    with pytest.raises(UnreadableImage, match=r"cannot read .*broken.png: a damaged"):
        vt.find(photos, tmp_path / "broken.png", net=str(model), path=tmp_path / "new")


def test_pictures_that_are_all_the_same_are_all_copies(tmp_path: Path, model: Path) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(6):
        Image.new("RGB", (40, 40), (9, 99, 9)).save(tmp_path / f"photos/{number}.png")
    Image.new("RGB", (40, 40), (99, 9, 9)).save(tmp_path / "other.png")
    found = vt.find(tmp_path / "photos", tmp_path / "other.png", net=str(model), path=tmp_path / "index")
    assert len(found) == 6 and [answer.exact for answer in found] == [False] + [True] * 5
    assert len(vt.find(tmp_path / "index", tmp_path / "photos/0.png")) == 0


def test_a_network_that_has_changed_since_is_said(index: Any, photos: Path, model: Path, tmp_path: Path) -> None:
    Image.new("RGB", (40, 40), (99, 9, 9)).save(tmp_path / "other.png")
    data = model.read_bytes()
    model.write_bytes(data.replace(b"the tests", b"the tesst"))
    with pytest.raises(DataError, match=r"this index needs small, with which it was made: .*is another one now"):
        vt.find(index, tmp_path / "other.png")
    model.unlink()
    with pytest.raises(DataError, match=r"this index needs small, .*put the network back, or index again"):
        vt.find(index, tmp_path / "other.png")


def test_a_row_that_does_not_hold_what_was_written_is_noticed(index: Any, photos: Path) -> None:
    file = next(index.path.glob("vectors-*"))
    file.write_bytes(b"\x00\x00\x40\x3f" + file.read_bytes()[4:])
    with pytest.raises(DataError, match="1 row does not hold what was written"):
        vt.find(index.path, photos / "red/red-004.png", n=28)


def test_labels_that_are_not_there_cannot_be_asked_for(index: Any, photos: Path) -> None:
    assert finding.WAYS == ("auto", "looks", "labels")
    with pytest.raises(UsageError, match=r"--by fun: one of auto, looks, labels"):
        vt.find(index, photos / "red/red-004.png", by="fun")


def test_a_run_finds_by_its_own_network(coloured: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITREOUS_CACHE", str(coloured.cache))
    run = vt.load(coloured.run.path)
    found = run.find(coloured.data / "red/red-000.png", n=4)
    assert found.index.about.net == str(coloured.run.path / "model.onnx") and len(found) == 4
    assert run.index().manifest == found.index.manifest
