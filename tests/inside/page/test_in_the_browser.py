"""The page as a reader uses it: numbers as Python tells them, by pointer, by keyboard, on a phone; nothing fetched, no error in the console."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))
from browser import browser
from opened_pages import Reader, of_a_grey_network, of_every_operator, of_the_small_network
from small_network import coloured_picture

from vitreous.inside import Inside
from vitreous.inside.follow import account, down, up
from vitreous.inside.number import Arithmetic, explain_full
from vitreous.inside.place import number_text
from vitreous.inside.telling import figure

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("photos") / "<b>red & round<b>.png"
    coloured_picture(np.random.default_rng(0), "red").save(file)
    return file


@pytest.fixture
def reader(chromium: Any) -> Iterator[Reader]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    found = Reader(context.new_page())
    yield found
    context.close()
    assert found.wrong == []


@pytest.fixture(scope="module")
def small(photo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Inside, Path]:
    opened, file = of_the_small_network(photo), tmp_path_factory.mktemp("pages") / "small.html"
    file.write_bytes(opened.page())
    return opened, file


def head(made: Arithmetic) -> str:
    return f"{number_text(made.value, made.place)} = {figure(made.result)}: " + (f"{made.kind}, " if made.form != "input" else "") + made.rule


def alike(said: str, expected: str) -> bool:
    """The same words, and numbers that agree to four figures: sums of fp32 in another order."""
    pattern = re.compile(r"(?<![\w.\[,])-?\d+\.?\d*(?:e[+-]\d+)?(?![\w,\]])")
    if pattern.sub("#", said) != pattern.sub("#", expected):
        return False
    return all(float(a) == pytest.approx(float(b), rel=2e-4, abs=1e-6) for a, b in zip(pattern.findall(said), pattern.findall(expected), strict=True))


def test_every_operator_is_told_as_in_the_terminal(reader: Reader, photo: Path, tmp_path: Path) -> None:
    opened, file = of_every_operator(photo), tmp_path / "every.html"
    file.write_bytes(opened.page())
    reader.opens(file)
    random = np.random.default_rng(1)
    for name in opened.walk.names:
        place = tuple(int(random.integers(size)) for size in opened.values[name].shape)
        made = explain_full(opened.walk, opened.values, name, place)
        reader.goes_to(number_text(name, place))
        if opened.walk.node_of(name).kind in ("Pad", "ReduceMean", "ReduceMax"):  # these are not known to the page, and it says so
            assert "its arithmetic is not in this page" in reader.said
            continue
        known = [step for step in account(opened.walk, opened.values, made) if step.kind not in ("Pad", "ReduceMean", "ReduceMax")]
        for step in known:
            told = next((each for each in reader.said.split("; ") if each.startswith(number_text(step.value, step.place) + " ")), "")
            assert told and alike(told, head(step)), (told, head(step))


@pytest.mark.parametrize("open_network", [of_the_small_network, of_a_grey_network])
def test_the_way_down_ends_at_the_pixel_of_the_file_and_the_way_up_at_the_answer(
    reader: Reader, open_network: Callable[[Path], Inside], photo: Path, tmp_path: Path
) -> None:
    opened, file = open_network(photo), tmp_path / "page.html"
    file.write_bytes(opened.page())
    place = tuple(int(k) for k in np.unravel_index(int(opened.maps("positive").argmax()), opened.maps("positive").shape))
    number = opened.value("positive", place)
    reader.opens(file, number_text("positive", (0, *place)))
    reader.shows("positive[")
    reader.page.click("summary:has-text('Down to a pixel')")
    reader.page.wait_for_selector("ol.way")
    steps = [text.split(" = ")[0] for text in reader.page.locator("ol.way li").all_text_contents()]
    assert steps == [number_text(step.value, step.place) for step in down(opened.walk, opened.values, number.made)]
    told, expected = (
        re.findall(r"-?\d+\.\d", text.split("at x ")[-1]) for text in (reader.page.text_content("details[open]"), number.down_lines()[-1])
    )
    assert [float(each) for each in told] == pytest.approx([float(each) for each in expected], abs=0.11)  # 20.25 is rounded up here, down there
    reader.page.click("summary:has-text('Up to the answer')")
    reader.page.wait_for_selector("details[open] table")
    rows = [row.split()[0] for row in reader.page.locator("details:has-text('Up to') tbody th").all_text_contents()]
    answer = (0, int(opened.values["probability"][0].argmax()))
    expected = up(opened.walk, opened.values, number.made, "probability", answer)
    assert rows == [number_text(step.value, step.place) for step in expected]
    influence = [float(row.split()[0]) for row in reader.page.locator("details:has-text('Up to') tbody td:nth-child(4)").all_text_contents()]
    assert influence == pytest.approx([step.influence for step in expected], rel=1e-3)


def test_products_sum_and_bias_are_those_of_python_and_each_leads_on(reader: Reader, small: tuple[Inside, Path]) -> None:
    opened, file = small
    (conv, *_) = opened.value("positive", (2, 3, 4)).steps
    reader.opens(file, "positive[2,3,4]")
    reader.shows("positive[2,3,4]")
    (operand,) = conv.operands
    products = np.array([float(text) for text in reader.page.locator("table.cells:has(caption:text-is('products')) td").all_text_contents()])
    assert products == pytest.approx(operand.products.ravel(), rel=1e-3, abs=1e-6)  # four figures are written
    total = dict(zip(*(reader.page.locator(f"table.total {cell}").all_text_contents() for cell in ("th", "td")), strict=True))
    assert float(total["sum of products"]) == pytest.approx(conv.sum, rel=1e-4) and float(total["+ conv.bias[2]"]) == pytest.approx(
        conv.bias, rel=1e-4
    )
    reader.page.locator("table.cells a").first.click()
    reader.shows("planes[0,6,8]")
    reader.page.go_back()
    reader.shows("positive[2,3,4]")


def test_the_keyboard_is_enough(reader: Reader, small: tuple[Inside, Path]) -> None:
    _, file = small
    reader.opens(file)
    tile = reader.page.locator("a.tile[aria-label^='channel']").first
    tile.wait_for()
    for _ in range(40):
        reader.page.keyboard.press("Tab")
        label = reader.page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")
        if label.startswith("channel"):
            break
    assert label.startswith("channel")
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_selector("#panel-title:focus")
    while reader.page.evaluate("document.activeElement.tagName") != "CANVAS":
        reader.page.keyboard.press("Tab")
    for key in ("Home", "ArrowDown", "ArrowRight", "Shift+ArrowDown", "Enter"):
        reader.page.keyboard.press(key)
    title = reader.page.text_content(".readout").split(" = ")[0]
    reader.shows(title)
    assert reader.page.evaluate("document.activeElement.tagName") == "CANVAS"
    reader.page.keyboard.press("Escape")
    assert reader.page.evaluate("document.activeElement.getAttribute('aria-label')") == label
    assert "#n=" not in reader.page.url


def test_on_a_phone_the_panel_covers_the_page_and_nothing_is_wider_than_it(chromium: Any, small: tuple[Inside, Path]) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme="dark")
    reader = Reader(context.new_page())
    reader.opens(small[1])
    reader.page.tap("nav a:text-is('positive')")
    tile = reader.page.locator("a.tile").nth(3)
    tile.scroll_into_view_if_needed()
    tile.tap()
    reader.page.wait_for_selector("#panel.shown canvas")
    reader.page.locator(".walk canvas").first.tap(position={"x": 100, "y": 80})
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert reader.page.evaluate("document.getElementById('panel').scrollWidth") <= 390
    assert reader.page.evaluate("document.getElementById('content').inert")
    reader.page.tap("#close")
    assert not reader.page.evaluate("document.getElementById('content').inert")
    context.close()
    assert reader.wrong == []


def test_of_a_large_network_the_ends_of_stages_are_told_and_the_command_for_the_rest(
    reader: Reader, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vitreous.inside.page import assembling

    monkeypatch.setattr(assembling, "MOST_TEXT", 14_000)  # room for maps of eight bits and little more
    opened, file = of_the_small_network(photo), tmp_path / "large.html"
    file.write_bytes(opened.page())
    assert "too large for all of it to be" in file.read_text()
    reader.opens(file, "logits[1]")
    reader.shows("logits[1]")
    (made,) = opened.value("logits", (1,)).steps
    assert alike(reader.said, head(made))
    reader.goes_to("positive")
    text = reader.page.text_content("#panel-body")
    assert "are not in this page" in text and "vitreous see small.onnx" in text and "--value 'positive[0,0,0]'" in text


def test_what_excites_a_channel_is_shown_beside_it(reader: Reader, photo: Path, tmp_path: Path) -> None:
    from vitreous.inside.page import page_of

    jpeg = bytes.fromhex("ffd8ffe0")  # whatever: it is the name that must be inert
    file = tmp_path / "examples.html"
    file.write_bytes(page_of(of_the_small_network(photo), {"positive": {5: [(jpeg, "<b>dress</b>: 3.2")] * 9}}))
    reader.opens(file, "positive[5,1,1]")
    reader.shows("positive[5,1,1]")
    assert reader.page.locator(".examples img").count() == 9
    assert reader.page.locator(".examples figcaption").first.text_content() == "<b>dress</b>: 3.2"
    reader.goes_to("positive[6,1,1]")
    assert reader.page.locator(".examples").count() == 0


def test_what_there_is_not_is_said(reader: Reader, small: tuple[Inside, Path]) -> None:
    reader.opens(small[1])
    for number in ("nothing[1,2,3]", "<img src=x onerror=alert(1)>[0]"):
        reader.goes_to(number.split("[")[0])
        assert "The network has no value" in reader.page.text_content("#panel-body")
    reader.page.evaluate("location.hash = '#n=positive%5B999%2C0%2C0%5D'")  # a place that there is not: the first channel
    reader.shows("positive[0,")
