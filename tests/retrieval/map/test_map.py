"""The map of a folder, by Python and by the command line, on photos and on whatever cannot be mapped."""

import csv
import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2]))
from small_network import coloured_picture, colourful
from trained_run import Said, Trained

import vitreous as vt
from vitreous.errors import DataError, UsageError
from vitreous.infer.network import load_network
from vitreous.retrieval.map.answers import answers_from

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]
SCHEMA = Path(__file__).parents[3] / "docs" / "reference" / "schemas" / "map.json"


@pytest.fixture
def few_photos(tmp_path: Path) -> Path:
    return colourful(tmp_path / "photos", {"red": 20, "blue": 25})


def test_what_looks_alike_lies_together(few_photos: Path, model: Path) -> None:
    found = vt.map(few_photos, net=str(model))
    assert found.positions.shape == (45, 2) and found.positions.dtype == np.float32 and len(found) == 45
    red = np.array([path.startswith("red") for path in found.paths])
    middle = [found.positions[each].mean(axis=0) for each in (red, ~red)]
    nearer = np.linalg.norm(found.positions - middle[0], axis=1) < np.linalg.norm(found.positions - middle[1], axis=1)
    assert (nearer == red).mean() > 0.9
    assert found.near.index.shape == (45, 15) and {each.label for each in found.clusters} <= {"red", "blue"}
    assert repr(found).startswith(f"Map of {few_photos}: 45 pictures in ") and "<li>" in found._repr_html_()
    assert (vt.map(few_photos, net=str(model)).positions == found.positions).all()


def test_the_command_writes_page_and_tables_and_says_what_they_hold(few_photos: Path, model: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    shutil.copy(few_photos / "red" / "red-000.png", few_photos / "red" / "zz.png")
    small = Image.open(few_photos / "blue" / "blue-000.png")
    small.resize((small.width * 2, small.height * 2)).save(few_photos / "blue" / "larger.png")
    files = {name: tmp_path / f"x-{name}" for name in ("map.html", "places.csv", "copies.csv")}
    options = ("--out", files["map.html"], "--csv", files["places.csv"], "--duplicates", files["copies.csv"])
    said = vitreous("map", few_photos, "--net", model, *options, "--json")
    assert said.code == 0, said
    (value,) = said.lines()
    jsonschema.validate(value, json.loads(SCHEMA.read_text()))
    assert value["pictures"] == 47 and sum(each["pictures"] for each in value["clusters"]) == 47
    assert {"keep": "red/red-000.png", "others": ["red/zz.png"], "exact": True} in value["duplicates"]
    rows = list(csv.DictReader(io.StringIO(files["places.csv"].read_text())))
    assert len(rows) == 47 and {"image", "label", "split", "x", "y", "cluster", "outlier", "apart"} == set(rows[0])
    kept = [row["image"] for row in csv.DictReader(io.StringIO(files["copies.csv"].read_text())) if row["keep"] == "1"]
    assert "red/red-000.png" in kept and "red/zz.png" not in kept
    page = files["map.html"].read_text()
    assert page.count("<script") == page.count("</script>") and "http" not in page.replace("http-equiv", "")
    said = vitreous("map", few_photos, "--net", model, "--out", files["map.html"])
    assert said.code == 0 and said.out.startswith("47 pictures in ") and f"map in {files['map.html']}" in said.out and "Copies: " in said.out


def test_names_of_files_are_text_in_the_page_and_no_formulas_in_tables(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    names = [
        "</script><script>alert(1)</script>.png".replace("/", "∕"),
        "=1+1.png",
        "a&b;é漢.png",
        "two\nlines.png",
        "\udce9.png",
        " .png",
        "q\"'.png",
    ]
    for number, name in enumerate(names):
        file = folder / "<b>class" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        coloured_picture(np.random.default_rng(number), "red").save(file)
    colourful(folder, {"blue": 3})
    found = vt.map(folder, net=str(model))
    page = found.save(tmp_path / "map.html").read_text()
    facts = json.loads(page.split('<script type="application/json" id="facts">')[1].split("</script>")[0])
    assert sorted(facts["paths"]) == sorted(found.paths) and "<b>class" in facts["labels"]
    assert "<b>class" not in page and "<script>alert" not in page
    rows = list(csv.reader(found.csv().decode().splitlines(keepends=True)))
    assert len(rows) == 11 and not any(cell.startswith("=") for row in rows for cell in row)


def test_pictures_that_cannot_be_read_are_left_out_and_said(few_photos: Path, model: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    for number, file in enumerate(sorted(few_photos.glob("*/*.png"))):
        if number % 3 == 0:
            file.write_bytes(b"" if number % 2 else file.read_bytes()[:60])
    said = vitreous("map", few_photos, "--net", model, "--out", tmp_path / "m.html")
    assert said.code == 0 and said.out.count("left out: ") == 6 and "10 more files" in said.out
    assert "15 left out" in (tmp_path / "m.html").read_text()


@pytest.mark.parametrize("count", [1, 2, 10])
def test_few_pictures_make_a_small_map_and_it_says_so(count: int, model: Path, tmp_path: Path) -> None:
    found = vt.map(colourful(tmp_path / "few", {"red": count}), net=str(model))
    assert found.positions.shape == (count, 2) and np.isfinite(found.positions).all() and len(found.clusters) == 1
    assert count == 1 or any("few for a map" in each or "alike" in each for each in found.remarks)
    assert found.save(tmp_path / "m.html").stat().st_size > 10_000


def test_pictures_that_are_all_the_same_are_said_to_be(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "same"
    folder.mkdir()
    coloured_picture(np.random.default_rng(0), "red").save(folder / "0.png")
    for number in range(1, 30):
        shutil.copy(folder / "0.png", folder / f"{number}.png")
    found = vt.map(folder, net=str(model))
    assert "alike" in found.remarks[-1] and np.isfinite(found.positions).all() and not found.outliers
    assert [len(each.others) for each in found.pictures.copies] == [29] and found.pictures.copies[0].exact
    assert found.clusters[0].name == "cluster 1"


def test_features_that_are_no_numbers_leave_their_pictures_out(few_photos: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vitreous.fit.features import Extractor, Gathered

    original = Extractor.gather

    def spoiled(self: Extractor, *arguments: object) -> Gathered:
        gathered = original(self, *arguments)
        gathered.features[[3, 7]] = np.nan
        return gathered

    monkeypatch.setattr(Extractor, "gather", spoiled)
    found = vt.map(few_photos, net=str(model))
    assert len(found) == 43 and [each.reason for each in found.pictures.left_out] == ["the network makes no numbers of it"] * 2


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["map", "EMPTY"], 1, "the folder is empty"),
        (["map", "gone"], 1, "there is no such folder or file"),
        (["map", "PHOTOS", "--out", "x.txt"], 2, ".html"),
        (["map", "PHOTOS", "--out", "notes.html"], 2, "no map of Vitreous, and would be lost"),
        (["map", "PHOTOS", "--csv", "x.html"], 2, ".csv"),
        (["map", "PHOTOS", "--csv", "x.csv", "--duplicates", "x.csv"], 2, "the file of --csv"),
        (["map", "PHOTOS", "--net", "vgg16"], 2, "it has no weights before it is trained"),
        (["map", "PHOTOS", "--net", "MODEL", "--stage", "positiv"], 2, "did you mean 'positive'?"),
        (["map", "PHOTOS", "--seed", "-1"], 2, "--seed"),
        (["map", "PHOTOS", "gone"], 1, "gone"),
        (["map"], 2, "FOLDER"),
        (["map", ""], 2, "an empty name"),
    ],
)
def test_mistakes_are_said_in_a_line(
    arguments: list[str], code: int, expected: str, few_photos: Path, model: Path, tmp_path: Path, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.html").write_text("<p>mine")
    named = {"PHOTOS": str(few_photos), "MODEL": str(model), "EMPTY": str(tmp_path / "empty")}
    said = vitreous(*(named.get(each, each) for each in arguments))
    assert said.code == code and expected in said.err and "Traceback" not in said.err, said
    assert (tmp_path / "notes.html").read_text() == "<p>mine" and not (tmp_path / "map.html").exists()


def test_nothing_of_a_folder_can_be_read(model: Path, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    for number in range(3):
        (tmp_path / "broken" / f"{number}.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match="no picture is left to make a map of: 3 files that cannot be used, such as 0"):
        vt.map(tmp_path / "broken", net=str(model))


def test_answers_from_features_are_those_of_the_whole_network(few_photos: Path, model: Path) -> None:
    network = load_network(model)
    said = answers_from(network, vt.features(few_photos, net=str(model)).values)
    expected = [vt.api.answers(network, [str(few_photos / path)]) for path in vt.features(few_photos, net=str(model)).paths]
    for label, confidence, ((answer, _),) in zip(said.labels, said.confidence, map(list, expected), strict=True):
        assert label == answer.label and abs(confidence - answer.confidence) < 1e-5


@pytest.mark.slow
def test_a_run_shows_which_of_its_answers_are_right(trained: Trained, warm_cache: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    said = vitreous("map", trained.photos, trained.folder, "--out", tmp_path / "m.html", "--json")
    assert said.code == 0, said
    (value,) = said.lines()
    jsonschema.validate(value, json.loads(SCHEMA.read_text()))
    assert value["right"] > 60 and value["pictures"] == 70
    found = vt.map(trained.photos, vt.load(trained.folder))
    answers = {str(each.image): each.label for each in vt.load(trained.folder).predict_many(trained.photos)}
    assert found.said is not None
    same = [answers[str(trained.photos / path)] == label for path, label in zip(found.paths, found.said.labels, strict=True)]
    assert np.mean(same) == 1
    with pytest.raises(UsageError, match="has its own"):
        vt.map(trained.photos, trained.folder, net="x.onnx")
    said = vitreous("map", trained.photos, trained.folder, "--stage", "stage2", "--out", tmp_path / "m.html")
    assert said.code == 2 and "its answers follow from its features" in said.err
