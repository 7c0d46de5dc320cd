"""The page of suspects, sat before like a reader: keys, touches, what is kept and what is saved."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from browser import browser
from small_network import coloured_picture

from vitreous.data.decode import Policy, content_key
from vitreous.fit.corrections import Correction, read_corrections
from vitreous.report.suspects_page import suspects_page
from vitreous.trust.suspects import Suspect, Suspects
from vitreous.trust.suspects.suspects import Near

LABELS = ["=blue", "green", 'red "x"']
PATHS = ["a/<b>one.png", "a/two,\u202ex.png", "a/three.png", "a/gone.png"]


@pytest.fixture
def found(tmp_path: Path) -> Suspects:
    """Four suspects with odd names, one of them without its file."""
    folder = tmp_path / "photos"
    ranking = []
    for number, path in enumerate(PATHS):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        coloured_picture(np.random.default_rng(number), "red").save(file)
        key = content_key(file.read_bytes()).hex()
        near = (Near(PATHS[(number + 1) % 4], LABELS[0], 0.9), Near(PATHS[0], LABELS[1], 1.0, True))
        ranking.append(Suspect(path, LABELS[1], LABELS[0], 0.9 - number / 10 if number else 1.0, "test" if number else "", key, near))
    (folder / PATHS[3]).unlink()
    return Suspects(folder, "", LABELS, ranking, 2.0, 1, 4, 0.9, "small, whole", Policy(), "abc")


@pytest.fixture
def page(found: Suspects, tmp_path: Path) -> Path:
    (tmp_path / "suspects.html").write_bytes(suspects_page(found))
    return tmp_path / "suspects.html"


@pytest.fixture
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


def opened(chromium: Any, page: Path, width: int = 1280, **options: Any) -> tuple[Any, list[str]]:
    seat = chromium.new_context(viewport={"width": width, "height": 800}, accept_downloads=True, **options).new_page()
    errors: list[str] = []
    seat.on("pageerror", lambda error: errors.append(str(error)))
    seat.goto(page.as_uri())
    return seat, errors


def saved(seat: Any, folder: Path) -> list[Correction]:
    with seat.expect_download() as waiting:
        seat.click("#save")
    waiting.value.save_as(folder / "corrections.csv")
    return read_corrections(folder / "corrections.csv")


def test_the_page_is_whole_and_names_are_no_markup(found: Suspects) -> None:
    text = suspects_page(found).decode()
    assert "<b>one" not in text and "&lt;b&gt;one.png" in text and "\u202ex.png" not in text.split('id="data"')[0]
    assert "http://" not in text and "https://" not in text and "there is no such file" not in text.lower()[:200]
    assert suspects_page(found, 2).decode().count("<li><a") == 2


def test_no_label_is_said_to_be_certainly_wrong(found: Suspects) -> None:
    text = suspects_page(found, 2).decode()
    assert "&gt;99 % · green" in text and "80 % · green" in text and "100 %" not in text
    assert ">99 %" in "\n".join(found.lines()) and "&gt;99 %" in found._repr_html_() and "100" not in found._repr_html_()


def test_without_suspects_there_is_nothing_to_decide(found: Suspects) -> None:
    none = Suspects(found.folder, "", LABELS, found.ranking, 0.0, 0, 0, 0.9, "small", Policy(), "x")
    assert none.listed == 4  # all four are more probably wrong than not
    quiet = Suspects(found.folder, "", LABELS, [], 0.0, 0, 0, 0.9, "small", Policy(), "x")
    assert "Nothing speaks against the labels." in suspects_page(quiet).decode()


@pytest.mark.slow
def test_suspects_are_decided_by_keys_and_saved_as_corrections(chromium: Any, page: Path, tmp_path: Path, found: Suspects) -> None:
    seat, errors = opened(chromium, page)
    assert seat.inner_text("#position") == "1 of 4" and seat.inner_text("#suggested") == "=blue" and seat.locator("#picture img").count() == 1
    assert seat.inner_text("#wrong") == ">99 %"
    seat.keyboard.press("Enter")  # takes what is suggested
    assert seat.inner_text("#position") == "2 of 4"
    seat.keyboard.press("3")
    seat.keyboard.press("k")
    assert "no such file" in seat.inner_text("#picture").lower() or seat.inner_text("#picture")
    seat.keyboard.press("x")
    assert seat.inner_text("#done") == "4 decided" and "All are decided" in seat.inner_text("#later")
    seat.keyboard.press("u")
    assert seat.inner_text("#done") == "3 decided" and seat.inner_text("#position") == "4 of 4"
    keys = [each.key for each in found.ranking]
    assert [(each.path, each.action, each.label, each.key) for each in saved(seat, tmp_path)] == [
        (PATHS[0], "relabel", LABELS[0], keys[0]),
        (PATHS[1], "relabel", LABELS[2], keys[1]),
        (PATHS[2], "keep", LABELS[1], keys[2]),
    ]
    assert next(csv.reader((tmp_path / "corrections.csv").read_text().splitlines())) == ["path", "action", "label", "hash"]
    seat.reload()
    assert seat.inner_text("#done") == "3 decided" and seat.inner_text("#position") == "4 of 4"
    assert not errors


@pytest.mark.slow
def test_on_a_phone_it_fits_and_goes_by_touch(chromium: Any, page: Path) -> None:
    seat, errors = opened(chromium, page, 390, has_touch=True, is_mobile=True)
    assert seat.evaluate("document.documentElement.scrollWidth") <= 390
    for button in ("#take", "#keep", "#remove"):
        assert seat.locator(button).bounding_box()["height"] >= 40
    seat.tap("#keep")
    seat.tap("#s2")
    assert seat.inner_text("#position") == "3 of 4"
    seat.tap("#remove")
    assert seat.inner_text("#s2 .state") == "removed" and not errors


@pytest.mark.slow
def test_without_storage_it_says_so_and_works(chromium: Any, page: Path, tmp_path: Path) -> None:
    context = chromium.new_context(accept_downloads=True)
    context.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('none'); }})")
    seat = context.new_page()
    seat.goto(page.as_uri())
    assert "keeps nothing here" in seat.inner_text("#kept")
    seat.keyboard.press("Enter")
    assert len(saved(seat, tmp_path)) == 1
