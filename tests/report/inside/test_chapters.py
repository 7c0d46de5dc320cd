"""The chapters on the inside of a network: kept as they were made, within bounds, inert, and opened one by one."""

import io
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))
from browser import browser
from made_contents import made_contents

from vitreous.draw.theme import LIGHT, Theme
from vitreous.report import documents
from vitreous.report.inside import Inside, InsideChapter, Picture, inside_of
from vitreous.report.inside import chapters as kept
from vitreous.report.inside.chapters import picture_of, within_bounds

MARKUP = "<img src=x onerror=alert(1)>.jpg"


def png(theme: Theme) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((20, 4000, 3), 240 if theme is LIGHT else 20, np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def made() -> Inside:
    return Inside(
        [
            InsideChapter("Maps", [f"{MARKUP}: dress."], [picture_of(f"maps of {MARKUP}", png)], ["stage  output"]),
            InsideChapter("None", missing="gone"),
        ]
    )


def test_a_picture_is_kept_for_light_and_dark_and_no_wider_than_a_page_needs() -> None:
    picture = picture_of("a strip", png)
    assert (picture.width, picture.height) == (1920, 10) and picture.light != picture.dark
    assert picture.letters == len(picture.light) + len(picture.dark) < 2000


def test_what_was_kept_is_what_was_made(made: Inside) -> None:
    assert inside_of(made.to_bytes()).to_bytes() == made.to_bytes()
    assert inside_of(None).chapters == []


@pytest.mark.parametrize("data", [b"{}", b"[]", b"\xff", b'{"version": 2, "chapters": []}', b'{"version": 1, "chapters": [{"title": 1}]}'])
def test_what_another_version_kept_is_not_shown_and_that_is_said(data: bytes) -> None:
    (chapter,) = inside_of(data).chapters
    assert "report RUN --inside" in chapter.missing


def test_no_address_but_a_picture_of_ours_gets_into_the_page(made: Inside) -> None:
    (chapter,) = inside_of(made.to_bytes().replace(b"data:image/webp;base64,", b"https://example.org/")).chapters
    assert not chapter.pictures


def test_pictures_beyond_the_bounds_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Picture("x", "l" * 300, "d" * 300, 1, 1)
    monkeypatch.setattr(kept, "MOST_LETTERS", 1300)
    first, second = within_bounds([InsideChapter("a", pictures=[picture]), InsideChapter("b", pictures=[picture, picture, picture])]).chapters
    assert len(first.pictures) == 1 and first.missing == "" and len(second.pictures) == 1 and second.missing.startswith("2 more")


def test_the_report_has_a_chapter_for_each_closed_and_with_inert_names(made: Inside, tmp_path: Path) -> None:
    contents = replace(made_contents(tmp_path), inside=made.to_bytes())
    page = documents(contents)["report.html"].decode()
    assert page.count('<details class="inside">') == 2 and 'href="#inside"' in page
    assert MARKUP not in page and "&lt;img src=x" in page
    assert all('decoding="async"' in tag and " alt=" in tag for tag in re.findall(r"<img [^>]*webp[^>]*>", page))
    assert re.findall(r'<source media="([^"]*)"', page) == ["screen and (prefers-color-scheme: dark)"]
    assert "#inside" not in documents(made_contents(tmp_path))["report.html"].decode()


@pytest.mark.slow
def test_closed_chapters_decode_nothing_and_are_printed_with_their_pictures(made: Inside, tmp_path: Path) -> None:
    contents, file, paper = replace(made_contents(tmp_path), inside=made.to_bytes()), tmp_path / "report.html", tmp_path / "report.pdf"
    with browser() as chromium:
        sizes = []
        for inside in (b"", made.to_bytes()):
            file.write_bytes(documents(replace(contents, inside=inside or None))["report.html"])
            page = chromium.new_page()
            page.goto(file.as_uri())
            page.pdf(path=paper)
            sizes.append(paper.read_bytes().count(b"/Subtype /Image"))
        assert sizes[1] > sizes[0]
        assert not page.is_visible(".inside img")
        page.click(".inside summary")
        assert page.is_visible(".inside img") and page.evaluate("document.querySelector('.inside img').decode().then(() => true)")
