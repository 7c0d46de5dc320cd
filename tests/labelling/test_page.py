"""The page as somebody uses it: by keyboard, by pointer, on a phone, in two windows; no error in the console, nothing fetched from elsewhere."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from browser import browser
from pictures_to_label import coloured, made

from vitreous.data.decode import content_key
from vitreous.errors import StorageError
from vitreous.labelling.journal import open_journal
from vitreous.labelling.saving import Saving
from vitreous.labelling.server import Served
from vitreous.labelling.session import Session

pytestmark = pytest.mark.slow

MARKUP = "<img src=x onerror=alert(1)>, long"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """60 pictures with files, of three classes by their features."""
    folder = coloured(tmp_path / "photos", 60)
    pictures, _ = made()
    files = sorted(folder.iterdir())
    keys = [content_key(file.read_bytes()).hex() for file in files]
    pictures = replace(pictures, folder=folder, keys=keys, paths=[[file.name] for file in files])
    with open_journal(tmp_path / "photos.labels.jsonl", "photos") as journal:
        found = Served(Session(pictures, journal, Saving(tmp_path / "photos.labels.csv", folder, journal)))
        yield found
        found.close()


class Window:
    """A window of the browser. What goes wrong in it is kept in `wrong`."""

    def __init__(self, chromium: Any, served: Served, **options: Any) -> None:
        self.context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page, self.served, self.wrong = self.context.new_page(), served, list[str]()
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        host = served.url.split("/?")[0]
        self.page.on("request", lambda request: self.wrong.append(request.url) if not request.url.startswith((host, "data:")) else None)
        self.page.goto(served.url)
        self.page.wait_for_selector("body[data-ready]")

    def names(self, label: str) -> None:
        self.page.keyboard.press("n")
        self.page.keyboard.type(label)
        self.does("Enter")

    def does(self, key: str) -> None:
        """Press a key that is a step, and wait until it is taken."""
        before = self.served.session.version
        self.page.keyboard.press(key)
        self.page.wait_for_function("version => Number(document.body.dataset.version) > version", arg=before, timeout=10_000)

    def text(self, selector: str) -> str:
        return str(self.page.text_content(selector))

    def closes(self) -> None:
        self.context.close()
        assert self.wrong == []


def test_a_folder_is_labelled_by_keyboard_alone(chromium: Any, served: Served) -> None:
    window = Window(chromium, served)
    assert window.text("#question") == "What are these?"
    window.names(MARKUP)
    window.names("two")
    assert [label.strip() for label in window.page.locator("#labels .text").all_text_contents()] == [MARKUP, "two"]
    window.does("1")
    window.page.keyboard.press("o")
    window.page.wait_for_selector(".one img")
    window.does("Enter")  # the guess
    window.does("2")
    labelled = served.session.labelled
    window.does("z")
    assert served.session.labelled == labelled - 1
    window.does("y")
    assert served.session.labelled == labelled
    window.does("x")
    assert len(served.session.put_aside) == 1
    window.page.keyboard.press("c")
    window.page.wait_for_selector(".tiles")
    assert window.text("#question").startswith("Are these all")
    window.page.keyboard.press("ArrowRight")
    window.page.keyboard.press("ArrowRight")
    window.page.keyboard.press("Space")
    assert window.page.locator(".tile[aria-pressed=false]").count() == 1
    wrong = int(window.page.locator(".tile[aria-pressed=false]").get_attribute("data-number"))
    window.does("Enter")
    assert served.session.label_of(wrong) is None and served.session.book.excluded[served.session.pictures.keys[wrong]]
    window.closes()


def test_groups_by_pointer_leave_out_what_was_clicked(chromium: Any, served: Served) -> None:
    window = Window(chromium, served)
    tiles = window.page.locator(".tile")
    first, count = int(tiles.first.get_attribute("data-number")), tiles.count()
    tiles.first.click()
    window.names("one")
    assert served.session.label_of(first) is None and served.session.labelled == count - 1
    window.closes()


def test_a_label_is_renamed_and_put_together_with_another(chromium: Any, served: Served) -> None:
    window = Window(chromium, served)
    for label in ("one", "two"):
        window.names(label)
    window.page.get_by_role("button", name="Rename two").click()
    window.page.fill("#to", "one")
    window.does("Enter")
    assert served.session.book.labels == ["one"] and window.page.locator("#labels li").count() == 1
    window.page.get_by_role("button", name="See the pictures of one").click()
    window.page.wait_for_function("() => document.getElementById('question').textContent.startsWith('one:')")
    window.closes()


def test_two_windows_see_each_other_without_asking(chromium: Any, served: Served) -> None:
    one, two = Window(chromium, served), Window(chromium, served)
    shown = one.page.locator(".tile").first.get_attribute("data-number")
    one.names("dress")
    two.page.wait_for_function("() => document.querySelectorAll('#labels li').length === 1", timeout=5000)
    two.page.wait_for_function("number => !document.querySelector(`.tile[data-number='${number}']`)", arg=shown, timeout=5000)
    one.page.get_by_role("button", name="Rename dress").click()
    one.page.fill("#to", "gown")
    one.does("Enter")
    two.page.wait_for_function("() => document.querySelector('#labels .text').textContent === 'gown'", timeout=5000)
    two.does("1")
    assert served.session.book.labels == ["gown"]
    one.closes()
    two.closes()


def test_a_disk_that_is_full_is_said_and_the_page_goes_on(chromium: Any, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    window = Window(chromium, served)
    shown = window.page.locator(".tile").count()
    append = served.session._journal.append

    def full(_: Any) -> Any:
        raise StorageError("cannot write photos.labels.jsonl", "the disk is full (0.0 MB free)", remedy="make room there")

    monkeypatch.setattr(served.session._journal, "append", full)
    window.page.keyboard.press("n")
    window.page.keyboard.type("dress")
    window.page.keyboard.press("Enter")
    window.page.wait_for_function("() => document.getElementById('said').textContent.startsWith('Not saved')")
    assert "the disk is full" in window.text("#said") and window.page.locator(".tile").count() == shown and served.session.labelled == 0
    monkeypatch.setattr(served.session._journal, "append", append)
    window.names("dress")
    assert served.session.labelled == shown
    window.wrong = [each for each in window.wrong if "507" not in each]  # the browser notes the refusal itself
    window.closes()


def test_on_a_phone_everything_is_in_reach_and_nothing_is_wider_than_it(chromium: Any, served: Served) -> None:
    window = Window(chromium, served, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 390
    window.page.locator(".tile").nth(1).tap()
    window.page.fill("#name", "x" * 90)
    window.page.get_by_role("button", name="OK").tap()
    window.page.wait_for_selector("#labels li")
    window.page.get_by_role("button", name="One by one").tap()
    window.page.wait_for_selector(".one img")
    window.page.locator("#labels .use").first.tap()
    window.page.wait_for_function("() => document.getElementById('said').textContent.length > 0")
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 390
    small = window.page.evaluate("[...document.querySelectorAll('button')].filter(b => b.offsetParent && b.offsetHeight < 36).length")
    assert small == 0
    tops = window.page.evaluate("[...document.querySelectorAll('#ways button')].map(b => b.getBoundingClientRect().y)")  # all at one moment
    assert len(tops) > 1 and len(set(tops)) == 1  # the ways stand in one line
    window.page.locator("#labels .see").first.tap()  # where a label is taken off a picture again
    window.page.wait_for_selector("#question:has-text('xxx')")
    window.closes()


def test_a_program_that_has_gone_is_said_and_finish_ends_it(chromium: Any, served: Served) -> None:
    window = Window(chromium, served)
    window.names("one")
    window.page.get_by_role("button", name="Finish").click()
    window.page.wait_for_selector("h1:has-text('Finished')")
    assert served.finished.is_set() and window.wrong == []
    served.close()
    window.page.goto("about:blank")
    window.wrong.clear()
    window.closes()
    journal = (served.session.table or Path()).with_suffix(".jsonl").read_text().splitlines()
    assert json.loads(journal[1])["label"] == "one"
