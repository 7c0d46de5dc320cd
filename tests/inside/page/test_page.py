"""The page as a file: what is in it, how large it is, and that nothing of a label or a name is markup."""

import base64
import hashlib
import json
import re
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))
from opened_pages import LABELS, of_every_operator, of_the_small_network
from small_network import coloured_picture

from vitreous.inside import Inside
from vitreous.inside.page.description import description
from vitreous.inside.page.embedding import choose, exactly, for_showing


class Parsed(HTMLParser):
    """Tags with their attributes, and the text of scripts by id."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", {}))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.tags[-1] if self.tags else ("", {})
        if tag in ("script", "style"):
            key = attributes.get("id") or tag
            self.scripts[key] = self.scripts.get(key, "") + data


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "<b>red & round<b>.png"
    coloured_picture(np.random.default_rng(0), "red").save(file)
    return file


@pytest.fixture
def small(photo: Path) -> Inside:
    return of_the_small_network(photo)


def test_labels_and_file_names_are_text_wherever_they_stand(small: Inside) -> None:
    page = Parsed(small.page())
    assert [tag for tag, _ in page.tags].count("b") == 1  # the name of the network
    assert [attributes.get("src", "")[:5] for tag, attributes in page.tags if tag == "img"] == ["data:"]  # what is there without JavaScript
    assert sum(tag == "script" and attributes.get("type") == "module" for tag, attributes in page.tags) == 1
    assert json.loads(page.scripts["facts"])["labels"] == LABELS
    assert not any(name.startswith("on") or name == "style" for _, attributes in page.tags for name in attributes)


def test_the_policy_lets_in_the_style_and_the_program_of_the_page_and_nothing_else(small: Inside) -> None:
    page = Parsed(small.page())
    (policy,) = (attributes["content"] for tag, attributes in page.tags if tag == "meta" and "http-equiv" in attributes)
    for directive, tag in (("script-src", "script"), ("style-src", "style")):
        digest = base64.b64encode(hashlib.sha256(page.scripts[tag].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in str(policy)
    assert str(policy).startswith("default-src 'none';") and "unsafe" not in str(policy)
    assert not re.search(r'(?:src|href)="(?!data:|#)', small.page().decode())


def test_weights_and_pixels_are_in_the_page_exactly(small: Inside) -> None:
    page = Parsed(small.page())
    arrays = json.loads(page.scripts["facts"])["arrays"]
    for name, expected in (("conv.weight", small.walk.constants["conv.weight"]), ("image", small.decoded.views[0])):
        stored = arrays[name]
        data = zlib.decompress(base64.b64decode(page.scripts[stored["at"]]))
        found = np.frombuffer(data, {"f4": "<f4", "f2": "<f2", "u1": "u1"}[stored["kind"]]).reshape(stored["shape"])
        assert np.array_equal(found, expected)


def test_sixteen_bits_are_taken_only_where_they_change_nothing() -> None:
    assert exactly(np.float32([0.5, -3, 2**-24])).kind == "f2" and exactly(np.float32([0.1])).kind == "f4" and exactly(np.float32([1e6])).kind == "f4"
    shown = for_showing(np.float32([-2, 0, 1, np.nan]))
    assert np.frombuffer(zlib.decompress(base64.b64decode(shown.text)), "i1").tolist() == [-127, 0, 64, 0] and shown.unit == pytest.approx(2 / 127)


@pytest.mark.parametrize("room", [20_000, 9_000, 6_000, 4_500])
def test_what_does_not_fit_is_left_out_and_what_is_told_of_can_be_worked_out(small: Inside, room: int) -> None:
    described = description(small.walk, small.values)
    chosen = choose(described, small.values, small.stages, room)
    assert chosen.whole == (room == 20_000) and "image" in chosen.values
    letters = sum(len(each.text) for each in chosen.arrays.values()) + sum(len(exactly(small.values[name][0]).text) for name in chosen.values)
    assert letters <= room
    last = described.operations[small.stages[-1].value]
    assert all(each in chosen.values for each in last["of"]) or chosen.whole or room < 9_000


def test_every_operator_of_the_made_up_network_is_described_or_given(photo: Path) -> None:
    opened = of_every_operator(photo)
    described = description(opened.walk, opened.values)
    other = {each["kind"] for each in described.operations.values() if each["op"] == "other"}
    assert other == {"Pad", "ReduceMean", "ReduceMax"} and set(described.operations) == set(opened.walk.names)
    chosen = choose(described, opened.values, opened.stages, 10**7)
    assert {"padded", "means", "peak"} <= set(chosen.values)
    assert json.dumps(described.operations)  # plain values
