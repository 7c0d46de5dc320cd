"""`vitreous suspects`: text for people, JSON for programs, a page, a table, and what is said where nothing can be judged."""

import csv
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import colourful
from trained_run import Said

import vitreous as vt
from vitreous.infer.network import Network

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
pytestmark = pytest.mark.slow


@pytest.fixture
def photos(tmp_path: Path, as_shipped: Network, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Red, green and blue pictures, two of them under a wrong label."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("vitreous.trust.suspects.pictures.load_network", lambda: as_shipped)
    folder = colourful(tmp_path / "photos", {"red": 20, "green": 20, "blue": 20})
    (folder / "red/red-000.png").rename(folder / "green/wrong-0.png")
    (folder / "blue/blue-000.png").rename(folder / "green/wrong-1.png")
    for picture in folder.glob("*/*"):
        os.utime(picture, (1_700_000_000, 1_700_000_000))
    return folder


def test_wrong_labels_come_first_as_text_and_json(photos: Path, vitreous: Vitreous) -> None:
    said = vitreous("suspects", photos)
    assert said.code == 0 and "60 pictures: about " in said.out
    assert "green  red" in said.out and "green  blue" in said.out and "wrong-0.png" in said.out
    (found,) = vitreous("suspects", photos, "--json").lines()
    first = found["suspects"][:2]
    assert {(each["image"], each["label"], each["suggested"]) for each in first} == {
        ("green/wrong-0.png", "green", "red"),
        ("green/wrong-1.png", "green", "blue"),
    }
    assert found["interval"][0] <= 2 <= found["interval"][1] and all(near["label"] == first[0]["suggested"] for near in first[0]["nearest"])
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(found, json.loads((SCHEMAS / "suspects.json").read_text()))


def test_the_table_has_every_picture_and_the_page_the_first(photos: Path, vitreous: Vitreous, tmp_path: Path) -> None:
    said = vitreous("suspects", photos, "--csv", "all.csv", "--page", "suspects.html", "--n", "5")
    assert said.code == 0, said.err
    rows = list(csv.DictReader((tmp_path / "all.csv").read_text().splitlines()))
    assert len(rows) == 60 and rows[0]["path"].startswith("green/wrong") and float(rows[0]["wrong"]) >= float(rows[-1]["wrong"])
    page = (tmp_path / "suspects.html").read_text()
    assert page.count('id="s') == 5 + page.count('id="suggested"') + page.count('id="stay"') + page.count('id="save"')
    assert "http" not in page.replace("http-equiv", "")


def test_corrections_go_into_a_training_and_into_the_data(photos: Path, vitreous: Vitreous, tmp_path: Path) -> None:
    run = vt.train(photos, tune="none")
    found = run.suspects()
    assert len(found) >= 2 and {found[0].path, found[1].path} == {"green/wrong-0.png", "green/wrong-1.png"}
    assert "Suspects" in repr(found) and "<table>" in found._repr_html_()
    rows = "".join(f"{each.path},relabel,{each.suggested},{each.key}\n" for each in list(found)[:2])
    (tmp_path / "corrections.csv").write_text("path,action,label,hash\n" + rows)
    said = vitreous("train", "--again", run.folder, "--corrections", "corrections.csv")
    assert said.code == 0 and "Corrections: 2 relabelled." in said.err and "2 pictures with another label" in said.err
    later = vt.load(Path(said.out.strip()))
    items = {row["path"]: row["label"] for row in csv.DictReader((later.folder / "items.csv").read_text().splitlines())}
    assert items["green/wrong-0.png"] == "red" and (photos / "green/wrong-0.png").exists()
    assert not {each.path for each in list(later.suspects())} & {"green/wrong-0.png", "green/wrong-1.png"}
    once_more = vitreous("train", "--again", later.folder)
    assert once_more.code == 0 and "Corrections: 2 relabelled." in once_more.err and "nothing has changed" in once_more.err
    applied = vitreous("suspects", run.folder, "--apply", "corrections.csv")
    assert applied.code == 0 and (photos / "red/wrong-0.png").exists() and "photos-undo-1.json" in applied.err
    again = vitreous("suspects", run.folder, "--apply", "corrections.csv", "--json")
    assert again.code == 0 and again.lines()[0]["undo"] is None
    undone = vitreous("suspects", "--undo", "photos-undo-1.json")
    assert undone.code == 0 and (photos / "green/wrong-0.png").exists()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "nothing; a run, a folder of class folders or a table"),
        (("photos", "--apply", "c.csv", "--n", "3"), "--n with --apply"),
        (("photos", "--undo", "x"), "the undo file knows the data"),
        (("--apply", "c.csv"), "--apply without data"),
        (("photos", "--page", "x.txt"), "a name that ends with .html"),
        (("photos", "--csv", "photos/red/red-001.png"), "a name that ends with .csv"),
    ],
)
def test_wrong_use_is_said(photos: Path, vitreous: Vitreous, arguments: tuple[str, ...], what: str) -> None:
    said = vitreous("suspects", *arguments)
    assert said.code == 2 and what in said.err


def test_what_cannot_be_judged_is_said(photos: Path, vitreous: Vitreous, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    colourful(tmp_path / "few", {"red": 5, "blue": 5})
    colourful(tmp_path / "one", {"red": 30})
    for label in ("a", "b"):
        for number in range(30):
            (tmp_path / "same" / label).mkdir(parents=True, exist_ok=True)
            (tmp_path / "same" / label / f"{number}.png").write_bytes((photos / "red/red-001.png").read_bytes())
    same = "0 classes with 5 pictures that are no copies of each other, of 2"
    for folder, what in (("few", "10 pictures"), ("one", "one class"), ("same", same), ("none", "there is no such folder")):
        said = vitreous("suspects", folder)
        assert said.code == 1 and what in said.err and "internal" not in said.err, said.err
    several = tmp_path / "labels.csv"
    several.write_text("image,labels\nphotos/red/red-001.png,a;b\nphotos/red/red-002.png,a\nphotos/red/red-003.png,b\n")
    said = vitreous("suspects", several)
    assert said.code == 2 and "several labels for a picture; one label for each picture" in said.err
    said = vitreous("train", "photos", "--corrections", "c.csv")
    assert said.code == 2 and "--again RUN" in said.err


def test_features_that_are_no_numbers_leave_a_picture_out(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vitreous.trust.suspects import pictures

    class Broken(pictures.Extractor):
        def gather(self, *arguments: object, **options: object) -> object:
            gathered = super().gather(*arguments, **options)
            gathered.features[7] = np.nan
            return gathered

    monkeypatch.setattr(pictures, "Extractor", Broken)
    found = vt.suspects(photos)
    assert [each.reason for each in found.left_out] == ["its features are no numbers"] and len(found.ranking) == 59
