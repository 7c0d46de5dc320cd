"""Slices of a run: what is known of pictures and from tables, and a planted weakness found by its name."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import COLOURS, Coloured, coloured_picture, colourful, small_network

from vitreous import api
from vitreous.core.item import Item
from vitreous.core.reporter import Quiet
from vitreous.data.sources.columns import has_image_column, read_columns
from vitreous.errors import DataError, UsageError
from vitreous.fit import methods, slices
from vitreous.fit.evaluation import labelled_items
from vitreous.fit.settings import TrainSettings
from vitreous.fit.training import train

pytest_plugins = ["shared_fixtures"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 pictures of each colour as a table with columns. Those of the site "<i>north" lie: they look like another colour's."""
    folder, rng = tmp_path_factory.mktemp("table"), np.random.default_rng(5)
    others = {"red": "green", "green": "blue", "blue": "red"}
    rows = ["image;label;site;exposure;note;image_id"]
    for label in COLOURS:
        for number in range(40):
            north = number % 2
            name = f"{label}-{number:02}.png"
            coloured_picture(rng, others[label] if north and number % 3 else label).save(folder / name)
            rows.append(f"{name};{label};{'<i>north' if north else 'south'};{number / 7:.3f};{rng.choice(['', 'checked'])};{label}{number}")
    (folder / "photos.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "notes.txt").write_text("image of the site\n")
    return folder


def test_a_column_of_a_table_tells_where_the_model_is_worse(coloured: Coloured, pictures: Path) -> None:
    found = api.load(coloured.run.path).slices(pictures / "photos.csv")
    assert found.worse[0].feature == "site" and found.worse[0].value == "<i>north" and found.worse[0].label is None
    assert {"site", "exposure", "note", "brightness", "sharpness"} <= set(found.features) and "folder" not in found.features
    assert found.judged.num_images == 120 and found.judged.looked_at > 30
    text = repr(found)
    assert "slices by" in text and "  site <i>north\n    accuracy 0." in text and "points lower [" in text
    assert "<i>" not in found._repr_html_() and "&lt;i&gt;north" in found._repr_html_()


def test_one_column_alone_can_be_asked_for_in_any_case(coloured: Coloured, pictures: Path) -> None:
    found = api.load(coloured.run.path).slices(pictures / "photos.csv", column="SITE")
    assert found.features == ["site"] and {each.feature for each in found.worse} == {"site"}
    assert api.load(coloured.run.path).slices(pictures / "photos.csv", column="brightness").features == ["brightness"]


def test_an_unknown_column_is_said_before_the_work_with_the_nearest(coloured: Coloured, pictures: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no column 'sight': did you mean .*'site'"):
        api.load(coloured.run.path).slices(pictures / "photos.csv", column="sight")
    with pytest.raises(UsageError, match="there is no column 'site': the pictures come from a folder, which has no columns"):
        api.load(coloured.run.path).slices(column="site")


def test_the_runs_own_table_is_found_again(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "load_network", small_network)
    run = train(pictures / "photos.csv", TrainSettings(seed=5, runs=str(tmp_path / "runs")), Quiet())
    found = api.load(run.path).slices()
    assert {"site", "exposure", "note"} <= set(found.features) and "test pictures" in found.what
    (pictures / "photos.csv").rename(pictures / "photos.gone")
    try:
        assert "site" not in api.load(run.path).slices().features
    finally:
        (pictures / "photos.gone").rename(pictures / "photos.csv")


def test_a_dark_part_is_found_by_its_brightness(coloured: Coloured, tmp_path: Path) -> None:
    folder = colourful(tmp_path / "new", {"red": 50, "green": 50, "blue": 50}, seed=97)
    for file in folder.glob("*/*[05].png"):
        Image.open(file).point(lambda level: level // 8).save(file)
    found = api.load(coloured.run.path).slices(folder)
    assert {each.feature for each in found.worse} & {"brightness", "contrast", "entropy", "bytes per pixel"}
    assert any(each.startswith("brightness ") and "lowest" in each for each in [*(e.name for e in found.worse), *found.worse[0].same_as])


@pytest.mark.slow
def test_where_nothing_is_worse_it_says_so_and_names_a_slice_in_5_percent_at_most(
    coloured: Coloured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether an answer is right is drawn anew within its class, 100 times, so that nothing can have to do with it: of the pictures as they are, the
    model is worse on those whose colour is far from that of their class."""
    folder, draws, named = colourful(tmp_path / "new", {"red": 40, "blue": 40}, seed=96), 100, 0
    opened = api.load(coloured.run.path)
    answered = slices._answered(opened._run, opened.network, labelled_items(opened._run, opened.network, folder), "openvino-f32", Quiet())
    rng = np.random.default_rng(0)

    def drawn(*_: Any) -> Any:
        seen, left_out = answered
        right = np.empty(len(seen.target), np.bool_)
        for label in set(seen.target):
            own = np.array(seen.target) == label
            right[own] = rng.permutation(np.arange(own.sum()) >= 8)
        return replace(seen, right=right.tolist()), left_out

    monkeypatch.setattr(slices, "_answered", drawn)
    for _ in range(draws):
        found = opened.slices(folder)
        named += bool(found.worse)
        said = "No slice is significantly worse than the rest (chance of a false alarm 5 % in all, by Holm's correction)." in found.lines()
        assert said is not bool(found.worse) and found.judged.looked_at >= 10
    assert named <= 10  # 5 % of 100 draws, and 2.3 standard errors: more come once in a hundred


def test_few_pictures_hold_no_slice_and_that_is_said(coloured: Coloured) -> None:
    found = api.load(coloured.run.path).slices()
    assert found.judged.looked_at == 0 and "There is no slice to look at: none has 20 pictures inside and outside it." in found.lines()


def test_broken_pictures_are_left_out_by_name(coloured: Coloured, tmp_path: Path) -> None:
    folder = colourful(tmp_path / "new", {"red": 3}, seed=95)
    (folder / "red" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    found = api.load(coloured.run.path).slices(folder)
    assert found.what == "3 labelled pictures" and [each.relative for each in found.left_out] == ["red/bad.png"]
    for file in folder.glob("red/red*"):
        file.unlink()
    with pytest.raises(DataError, match=r"no picture is left to judge: 1 file left out, such as red/bad\.png"):
        api.load(coloured.run.path).slices(folder)


def test_it_is_plain_json(coloured: Coloured, pictures: Path) -> None:
    value = json.loads(json.dumps(api.load(coloured.run.path).slices(pictures / "photos.csv").to_json(), allow_nan=False))
    assert value["slices"][0]["name"] == "site <i>north" and len(value["findings"]) == len(value["slices"])
    assert set(value) == {"what", "num_images", "errors", "looked_at", "features", "slices", "findings", "left_out", "remarks"}


@pytest.mark.parametrize(
    ("relative", "label", "folder"),
    [("dress/1.jpg", "dress", ""), ("test/dress/1.jpg", "dress", ""), ("VAL/dress/studio/a/1.jpg", "dress", "studio/a"), ("1.jpg", "dress", ""),
     ("plant7/day2/1.jpg", "ok", "plant7/day2"), ("plant7/test/1.jpg", "ok", "plant7/test")],
)  # fmt: skip
def test_the_folder_is_the_path_without_splits_and_classes(relative: str, label: str, folder: str) -> None:
    assert slices._folder(Item("/" + relative, relative, label)) == folder


def test_a_column_of_many_numbers_is_divided_and_others_are_names() -> None:
    numbers = slices._numbers([str(n) for n in range(10)] + ["", "nan", "inf"])
    assert numbers is not None and numbers[:10] == list(range(10)) and np.isnan(numbers[10:]).all()
    assert slices._numbers(["1", "2"] * 10) is None and slices._numbers(["a", "1"]) is None and slices._numbers([""]) is None


def test_columns_are_read_as_the_pictures_are(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(
        "Image\tLabel\tsplit\tDay\tDay\t\n./a/1.jpg\tx\ttest\tMon\t\t7\na\\2.jpg\tx\ttest\t\tTue\t\n\tx\ttest\tno\t\t\n", encoding="utf-16"
    )
    assert read_columns(table) == {"Day": {"a/1.jpg": "Mon", "a/2.jpg": "Tue"}}


def test_only_tables_of_pictures_are_taken_for_such(tmp_path: Path) -> None:
    heads = {"a.csv": "image,label\n", "b.csv": 'x;"Filename"\n', "c.txt": "some notes, an image\n", "d.csv": ""}
    for name, text in heads.items():
        (tmp_path / name).write_text(text)
    assert [name for name in heads if has_image_column(tmp_path / name)] == ["a.csv", "b.csv"]
    assert has_image_column(tmp_path / "a.csv", "photo") is False and has_image_column(tmp_path / "none.csv") is False
