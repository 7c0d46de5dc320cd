"""`vitreous index` and `vitreous find`: text for people, JSON for programs, a page, a table, and what is said of wrong use."""

import csv
import io
import json
import shutil
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import colourful
from trained_run import Said

pytest_plugins = ["shared_fixtures"]
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
Vitreous = Callable[..., Said]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """With a copy, and a label and names that are markup or a formula."""
    folder = colourful(tmp_path / "photos", {"red": 8, "green": 8})
    (folder / "green").rename(folder / "<i>green")
    shutil.copy(folder / "red/red-003.png", folder / "red/=1+1.png")
    return folder


@pytest.fixture
def query(photos: Path) -> Path:
    return photos / "red/red-001.png"


def fits(value: object, name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)] == []


def test_json_is_one_object_that_fits_the_schema_and_says_nothing_else(photos: Path, query: Path, model: Path, vitreous: Vitreous) -> None:
    made = vitreous("index", photos, "--net", model, "--json")
    (value,) = made.lines()
    assert made.code == 0 and made.err == "" and value["pictures"] == 17 and value["contents"] == 16
    fits(value, "index")
    found = vitreous("find", photos, query, "--net", model, "--n", 5, "--json", "--not", photos / "<i>green/green-001.png")
    (value,) = found.lines()
    assert found.code == 0 and found.err == "" and len(value["answers"]) == 5
    fits(value, "find")
    boxed = vitreous("find", photos, query, "--net", model, "--box", "0,0,20,20", "--json")
    fits(boxed.lines()[0], "find")
    assert boxed.lines()[0]["asked"][0]["box"] == [0, 0, 20, 20]
    beyond = vitreous("find", photos, query, "--net", model, "--box", "4,0,2000,20")
    with Image.open(query) as picture:
        assert beyond.code == 0 and f"--box reaches beyond {query.name}: 4,0,{picture.width},20 counts." in beyond.err


def test_the_text_is_a_table_with_ranks_labels_and_copies(photos: Path, query: Path, model: Path, vitreous: Vitreous) -> None:
    said = vitreous("find", photos, query, "--net", model, "--n", 20)
    lines = said.out.splitlines()
    assert said.code == 0 and lines[0].startswith("16 pictures of 17 most similar to ") and lines[1].startswith("  1  ")
    assert any("the same file as red/" in line for line in lines) and any("there are no more than 16 other pictures" in line for line in lines)
    assert "no answer, for it is the picture that is looked for: red/red-001.png" in lines
    assert said.err.splitlines() == ["photos: 16 pictures through the network."]
    (photos / "red/broken.png").write_bytes(b"\x89PNG")
    again = vitreous("find", photos, query, "--net", model, "--n", 2)
    assert again.err.startswith("photos: 1 file is left out, such as red/broken.png: ")


def test_an_index_is_asked_as_it_is(photos: Path, query: Path, model: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    made = vitreous("index", photos, "--net", model, "--index", tmp_path / "index")
    assert made.code == 0 and made.out.splitlines()[-2:] == [f"Index: {tmp_path / 'index'}", f"Try: vitreous find {tmp_path / 'index'} PHOTO"]
    (photos / "red/red-002.png").unlink()
    assert "red/red-002.png" in vitreous("find", tmp_path / "index", query, "--n", 20).out
    assert "red/red-002.png" not in vitreous("find", photos, query, "--n", 20, "--net", model, "--index", tmp_path / "index").out


def test_the_table_can_be_opened_and_runs_nothing(photos: Path, query: Path, model: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    assert vitreous("find", photos, query, "--net", model, "--csv", tmp_path / "a.csv", "--n", 20).code == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8"))))
    assert [row["rank"] for row in rows] == [str(n) for n in range(1, 17)] and "red/=1+1.png" in {row["path"] for row in rows}
    assert list(rows[0]) == ["rank", "path", "similarity", "label", "split", "copy_of", "gone"]


def test_the_page_shows_every_picture_and_obeys_no_markup(photos: Path, query: Path, model: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    assert vitreous("find", photos, query, "--net", model, "--html", tmp_path / "a.html", "--n", 20, "--box", "4,4,40,36").code == 0
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tags.append(tag)
    parser.feed(text)
    assert tags.count("img") == 18 and "i" not in tags and "script" not in tags and "http" not in text
    assert "&lt;i&gt;green" in text and "the same file as" in text and "the part in the frame" in text
    assert (
        "There are no more than 17 other pictures (--n 20)." in text
    )  # with --box the picture itself is one; names in a sentence keep their capitals


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["find", "PHOTOS"], 2, "vitreous find: no photo to look for; a folder of pictures, and a photo behind it; vitreous find"),
        (["index", "PHOTOS", "QUERY"], 2, "vitreous index: 2 folders; one folder or table of pictures"),
        (["find", "PHOTOS", "none.png"], 1, "cannot read none.png: no such file or directory"),
        (["find", "nowhere", "QUERY"], 1, "cannot read nowhere: there is no such folder or file"),
        (["find", "PHOTOS", "QUERY", "--box", "1,2,3"], 2, "--box 1,2,3: four numbers, x0,y0,x1,y1, in pixels from the top left corner"),
        (["find", "PHOTOS", "QUERY", "--box", "30,2,3,9"], 2, "--box 30,2,3,9 has no area: x0 left of x1 and y0 above y1; --box 3,2,30,9"),
        (["find", "PHOTOS", "QUERY", "--box", "nan,2,3,9"], 2, "--box nan,2,3,9 has no area"),
        (["find", "PHOTOS", "QUERY", "QUERY", "--box", "0,0,9,9"], 2, "--box with several pictures: 2 pictures; one picture, of which"),
        (["find", "PHOTOS", "QUERY", "--html", "page.txt"], 2, "--html page.txt: it ends with .txt; a name that ends with .html or .htm"),
        (["find", "PHOTOS", "QUERY", "--csv", "QUERY"], 2, "it ends with .png; a name that ends with .csv"),
        (["find", "PHOTOS", "QUERY", "--n", "0"], 2, "0 is not in the range"),
        (["find", "PHOTOS", "QUERY", "--stage", "stge"], 2, "stge"),
        (["find", "PHOTOS", "QUERY", "--by", "labels"], 2, "--by labels: this index has nothing learned from labels: too few pictures have labels"),
        (["find", "PHOTOS", ""], 2, "an empty name; is a variable of your shell not set?"),
    ],
)
def test_wrong_use_is_one_line(
    photos: Path, query: Path, model: Path, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(photos.parent)
    named = [str(photos) if each == "PHOTOS" else str(query) if each == "QUERY" else each for each in arguments]
    answer = vitreous(*named, "--net", model)
    assert answer.code == code and said in answer.err and "Traceback" not in answer.err and answer.out == ""
