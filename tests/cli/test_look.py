"""`vitreous look`: text for people, JSON for programs, a page, a table, and what is said where there is nothing to look at."""

import csv
import io
import json
import os
import re
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import colourful
from trained_run import Said, watched

pytest_plugins = ["shared_fixtures"]
pytestmark = pytest.mark.usefixtures("as_shipped")
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
Vitreous = Callable[..., Said]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two parts with a leak, a contradiction, an odd one, a broken one, and a label that is markup."""
    for part, count in (("train", 9), ("test", 4)):
        colourful(tmp_path / "photos" / part, {"red": count, "green": count}, seed=count)
        (tmp_path / "photos" / part / "green").rename(tmp_path / "photos" / part / "<i>green")
    folder = tmp_path / "photos"
    (folder / "test/<i>green/leak.png").write_bytes((folder / "train/red/red-001.png").read_bytes())
    Image.new("RGB", (48, 40), "black").save(folder / "train/red/black.png")
    (folder / "train/red/broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    return folder


def test_json_is_one_object_that_fits_the_schema_and_says_nothing_else(photos: Path, vitreous: Vitreous) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    said = vitreous("look", photos, "--json")
    (value,) = said.lines()
    schema = json.loads((SCHEMAS / "look.json").read_text(encoding="utf-8"))
    assert said.code == 0 and said.err == ""
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)] == []
    assert value["num_images"] == 28 and value["classes"] == {"red": 14, "<i>green": 14}
    assert [entry["image"] for entry in value["unreadable"]] == ["train/red/broken.jpg"]
    assert value["duplicates"] == [["test/<i>green/leak.png", "train/red/red-001.png"]] and value["near_duplicates"] == []
    assert value["leaks"][0]["image"] == "test/<i>green/leak.png" and value["leaks"][0]["how"] == "exact"
    assert {entry["image"] for group in value["contradictions"] for entry in group} == {"test/<i>green/leak.png", "train/red/red-001.png"}
    assert {(entry["image"], entry["kind"]) for entry in value["odd"]} == {("train/red/black.png", "dark"), ("train/red/black.png", "flat")}


def test_the_text_names_every_finding_with_its_first_file(photos: Path, vitreous: Vitreous) -> None:
    said = vitreous("look", photos)
    for text in (
        "28 pictures in 2 classes",
        "Unreadable: 1 file",
        "broken.jpg",
        "1 copy in 1 group",
        "One picture under two labels",
        "Leaks across",
        "Odd, dark",
    ):
        assert text in said.out, text
    assert said.code == 0 and max(map(len, said.out.splitlines())) < 300
    counts = [line.split() for line in said.out.splitlines() if re.match(r"  (red|<i>green) ", line)]
    assert [row[1:4] for row in counts] == [["14", "9", "5"], ["14", "10", "4"]]


def test_a_clean_folder_is_said_to_be_clean(tmp_path: Path, vitreous: Vitreous) -> None:
    said = vitreous("look", colourful(tmp_path / "clean", {"red": 8, "blue": 8}))
    assert said.code == 0 and "Nothing wrong was found" in said.out


class _Page(HTMLParser):
    """Collects the tags, the addresses and the pictures of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_is_one_file_with_its_pictures_and_without_foreign_markup(photos: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    said = vitreous("look", photos, "--page", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert said.code == 0 and "page in" in said.err and "script" not in page.tags and "i" not in page.tags
    assert all(source.startswith(("data:image/jpeg;base64,", "#")) for source in page.sources)
    assert 10 < page.tags.count("img") <= 150 and "&lt;i&gt;green" in text and len(text) < 3_000_000


def test_a_page_of_many_findings_stays_small(tmp_path: Path, vitreous: Vitreous) -> None:
    folder = colourful(tmp_path / "many", {"red": 12, "green": 12, "blue": 12})
    for number in range(300):
        Image.new("RGB", (48, 40), (number % 9, 0, 0)).save(folder / "red" / f"black-{number}.png")
    for number in range(60):
        (folder / "blue" / f"copy-{number}.png").write_bytes((folder / "green" / f"green-{number % 12:03}.png").read_bytes())
    vitreous("look", folder, "--page", tmp_path / "page.html")
    page = _Page()
    page.feed((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert page.tags.count("img") <= 150


@pytest.mark.parametrize("count", [0, 1, 2])
def test_pages_and_tables_of_nearly_nothing_are_written(tmp_path: Path, vitreous: Vitreous, count: int) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    (folder / "broken.png").write_bytes(b"x")
    for number in range(count):
        Image.new("L", (9 + number, 9), 100).save(folder / f"{number}.png")
    said = vitreous("look", folder, "--page", tmp_path / "p.html", "--csv", tmp_path / "t.csv")
    assert said.code == 0 and (tmp_path / "p.html").stat().st_size > 1000
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 1 + count


def test_the_table_is_a_csv_that_is_no_formula(photos: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    (photos / "train/red/red-000.png").rename(photos / "train/red/\x1bred.png")
    (photos / "train/red").rename(photos / "train/=1+1")
    vitreous("look", photos, "--csv", tmp_path / "t.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 28 and {row["label"] for row in rows} == {"'=1+1", "red", "<i>green"}
    assert {row["width"] for row in rows} == {"48"} and any("\\x1b" in row["path"] for row in rows)


def test_a_name_that_is_no_utf8_is_shown_and_found(tmp_path: Path, vitreous: Vitreous) -> None:
    folder = colourful(tmp_path / "d", {"red": 3, "blue": 3})
    os.rename(folder / "red/red-000.png", os.fsencode(folder) + b"/red/\xff.png")
    (value,) = vitreous("look", folder, "--json").lines()
    assert value["num_images"] == 6
    assert vitreous("look", folder, "--page", tmp_path / "p.html", "--csv", tmp_path / "t.csv").code == 0


MISTAKES = {
    "no such folder": (["nowhere"], 1, "no such folder"),
    "a picture": (["one.png"], 1, "single picture"),
    "columns of a folder": (["photos", "--label-column", "x"], 2, "give the CSV file itself"),
    "a wrong group": (["photos", "--group", "("], 2, "no regular expression"),
    "no pixel": (["photos", "--max-pixels", "0"], 2, "max-pixels"),
    "a page that cannot be": (["photos", "--page", "nowhere/x.html"], 1, "its folder is not there"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_that_says_what_to_do(mistake: str, photos: Path, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, code, text = MISTAKES[mistake]
    monkeypatch.chdir(photos.parent)
    Image.new("L", (9, 9)).save("one.png")
    said = vitreous("look", *arguments)
    assert said.code == code and text in said.err and "Traceback" not in said.err and said.out == ""


@pytest.mark.slow
def test_look_loads_no_engine_and_nothing_that_learns_or_draws(tmp_path: Path) -> None:
    folder = colourful(tmp_path / "d", {"red": 4, "blue": 4})
    said, modules = watched(tmp_path / "m.json", "look", folder, cwd=tmp_path)
    heavy = {"openvino", "onnx", "onnxruntime", "sklearn", "matplotlib", "torch", "jinja2", "scipy"}
    assert said.code == 0 and not {name.split(".")[0] for name in modules} & heavy
