"""The page as a reader uses it: mouse, keyboard and fingers; search, selection, what is saved; nothing fetched, no error in the console."""

import csv
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from browser import browser

from vitreous.core.reporter import Quiet
from vitreous.data.pack import FACTS
from vitreous.retrieval.map import Map, make_map
from vitreous.retrieval.map.answers import Said
from vitreous.retrieval.map.copies import Copies
from vitreous.retrieval.map.pictures import Pictures

pytestmark = pytest.mark.slow
COUNT = 90
ODD = ["<img src=x onerror=alert(1)>.png", '=1+1, and "quotes".png', "\udce9 no UTF-8.png"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def made() -> Map:
    random = np.random.default_rng(0)
    kinds = np.repeat(range(3), COUNT // 3)
    features = np.abs(random.normal(0, 0.2, (COUNT, 30)) + random.normal(0, 1, (3, 30))[kinds]).astype(np.float32)
    paths = [f"k{kind}/{number:03d}.png" for number, kind in enumerate(kinds.tolist())]
    paths[:3] = [f"k0/{name}" for name in ODD]
    labels = [f"kind {kind}" for kind in kinds.tolist()]
    tiles = np.full((COUNT, 96, 96, 3), 60, np.uint8)
    tiles[np.arange(COUNT), :, :, kinds] = 200
    about = {"network": "made <b>", "fingerprint": "", "stage": "features", "view": {}}
    pictures = Pictures(features, paths, labels, ["train", "test"] * (COUNT // 2), np.zeros(COUNT, FACTS), [Copies(4, [5, 6], False)], tiles, about)
    said = Said([label if number % 10 else "kind 2" for number, label in enumerate(labels)], np.full(COUNT, 0.8, np.float32))
    return make_map(Path("a <i>folder"), pictures, 0, Quiet(), said, ["a remark with <b>markup"])


@pytest.fixture(scope="module")
def file(made: Map, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.save(tmp_path_factory.mktemp("pages") / "map.html")


@pytest.fixture(params=["desk", "phone"])
def page(chromium: Any, file: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    desk = request.param == "desk"
    context = chromium.new_context(viewport={"width": 1280 if desk else 390, "height": 900}, has_touch=not desk, accept_downloads=True)
    opened, wrong = context.new_page(), []
    opened.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("dialog", lambda dialog: wrong.append(dialog.message))
    opened.on("request", lambda asked: wrong.append(asked.url[:80]) if not asked.url.startswith(("file:", "data:", "blob:")) else None)
    opened.goto(file.as_uri())
    opened.wait_for_selector("body[data-ready]")
    yield opened
    assert wrong == []
    context.close()


def test_it_fits_the_window_and_shows_names_as_text(page: Any, made: Map) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert "a <i>folder" in page.inner_text("h1") and "a remark with <b>markup" in page.inner_text("header")
    page.click("#tab-clusters")
    assert page.locator("#clusters .entry").count() == len(made.clusters)
    assert made.clusters[0].name in page.inner_text("#clusters")


def test_it_is_printed_in_light_colours_without_tools_and_goes_back_afterwards(page: Any) -> None:
    page.emulate_media(color_scheme="dark")
    copied = "const one = document.createElement('canvas').getContext('2d'); one.drawImage(document.getElementById('map'), 0, 0)"
    corner = f"(() => {{ {copied}; return one.getImageData(1, 1, 1, 1).data.slice(0, 3).join() }})()"
    page.wait_for_function(f"() => {corner} !== '255,255,255'")
    before = page.evaluate(corner)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(corner) == "255,255,255"
    page.emulate_media(media="print")
    assert not page.is_visible("#tools") and not page.is_visible("#tabs") and page.is_visible("#legend")
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_function(f"() => {corner} === '{before}'")


def test_a_search_finds_and_enter_selects_what_is_found_and_saves_it(page: Any) -> None:
    page.fill("#search", "k0 png")
    assert page.inner_text("#status") == "30 pictures found"
    page.press("#search", "Enter")
    assert "30 of 90 selected" in page.inner_text("#status") and "30 pictures selected" in page.inner_text("#selection")
    with page.expect_download() as saved:
        page.click("#selection >> text=Save as CSV")
    rows = list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text(encoding="utf-8"))))
    images = [row["image"] for row in rows]
    assert images == sorted(images) and {row["label"] for row in rows} == {"kind 0"}
    assert "k0/<img src=x onerror=alert(1)>.png" in images and 'k0/=1+1, and "quotes".png' in images and "k0/\\udce9 no UTF-8.png" in images
    page.click("#selection >> text=Let go")
    page.fill("#search", "nothing is called so")
    assert page.inner_text("#status") == "0 pictures found"


def test_a_rectangle_and_a_lasso_around_everything_select_everything(page: Any) -> None:
    box = page.locator("#map").bounding_box()
    for mode in ("rectangle", "lasso"):
        page.click(f"[data-mode={mode}]")
        corners = [(2, 2), (box["width"] - 2, 2), (box["width"] - 2, box["height"] - 2), (2, box["height"] - 2)]
        path = corners if mode == "lasso" else [corners[0], corners[2]]
        page.mouse.move(box["x"] + path[0][0], box["y"] + path[0][1])
        page.mouse.down()
        for x, y in path[1:]:
            page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
        page.mouse.up()
        assert page.inner_text("#status") == "90 of 90 selected"
        page.click("#selection >> text=Let go")
        assert page.inner_text("#status") == ""


def test_a_picture_is_chosen_by_keyboard_and_tells_of_itself(page: Any) -> None:
    page.fill("#search", "004.png")
    page.press("#search", "Enter")
    page.focus("#map")
    page.keyboard.press("Enter")
    told = page.inner_text("#picture")
    assert "k0/004.png" in told and "kind 0 80 %, right" in told and "Copies of it" in told and "train" in told
    assert page.locator("#picture .tiles").first.locator("button").count() == 6
    page.keyboard.press("Escape")
    assert "Choose a picture" in page.text_content("#picture")


def test_colours_and_the_legend(page: Any) -> None:
    offered = page.locator("#colour option").all_inner_texts()
    assert offered == ["label", "cluster", "split", "answer of the run", "right or wrong", "copies"]
    page.select_option("#colour", "right or wrong")
    page.click("#tab-legend")
    wrong = sum(number % 10 == 0 for number in range(60))
    assert re.findall(r"(right|wrong)\n(\d+)", page.inner_text("#legend")) == [("right", str(COUNT - wrong)), ("wrong", str(wrong))]
    page.click("#legend .key >> nth=1")
    assert page.get_attribute("#legend .key >> nth=1", "aria-pressed") == "true"


def test_copies_are_listed_with_the_one_to_keep(page: Any) -> None:
    page.click("#tab-copies")
    assert "1 group of copies; 2 pictures could go" in page.inner_text("#copies") and "keep k0/004.png" in page.inner_text("#copies")
    with page.expect_download() as saved:
        page.click("#copies >> text=Save as CSV")
    assert Path(saved.value.path()).read_text() == "group,image,keep\n1,k0/004.png,1\n1,k0/005.png,0\n1,k0/006.png,0\n"
    page.click("#copies >> text=Select what could go")
    assert page.inner_text("#status") == "2 of 90 selected"


def test_the_wheel_and_two_fingers_zoom_and_a_drag_moves(page: Any) -> None:
    def seen() -> str:
        return str(page.evaluate("document.getElementById('map').toDataURL()"))

    def settled() -> str:
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return seen()

    page.wait_for_timeout(300)
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    whole = settled()
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=4)
    page.mouse.up()
    moved = settled()
    assert moved != whole
    page.mouse.wheel(0, -120)
    nearer = settled()
    assert nearer != moved
    page.evaluate(
        """() => { const map = document.getElementById("map"); const box = map.getBoundingClientRect(); map.setPointerCapture = () => {};
        const at = (type, id, x) => map.dispatchEvent(new PointerEvent(type, { pointerId: id, pointerType: "touch",
          button: type === "pointermove" ? -1 : 0, clientX: box.left + x, clientY: box.top + 150, bubbles: true }));
        at("pointerdown", 1, 100); at("pointerdown", 2, 160); at("pointermove", 2, 300); at("pointerup", 2, 300); at("pointerup", 1, 100); }"""
    )
    pinched = settled()
    page.click("#whole")
    page.mouse.move(5, 5)
    page.keyboard.press("Escape")
    assert settled() not in (pinched, nearer)


def test_without_webgl_nothing_is_missing(file: Path) -> None:
    assert "webgl" not in file.read_text().lower()
