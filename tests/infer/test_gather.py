"""The shelf: what one pass has decoded, the next takes from the pack."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import colourful

from vitreous.core.item import Item
from vitreous.core.view import View
from vitreous.data.decode import Policy, decode
from vitreous.data.pack import open_pack
from vitreous.infer.gather import Shelf

PLAIN, WHOLE = View.crop(32), View.whole(32)


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    folder = colourful(tmp_path / "data", {"red": 3, "green": 3})
    for file in folder.glob("*/*"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    return [Item(str(file), file.relative_to(folder).as_posix(), file.parent.name) for file in sorted(folder.glob("*/*"))]


def root(items: list[Item]) -> Path:
    return Path(items[0].path).parents[1]


def test_every_fact_of_a_decoded_picture_is_kept(items: list[Item]) -> None:
    with open_pack(root(items), "1") as pack:
        first = Shelf(pack, items)
        assert first.recall() == list(range(6))
        list(first.decode(range(6), (PLAIN,), Policy()))
    with open_pack(root(items), "1") as pack:
        second = Shelf(pack, items)
        assert second.recall() == [] and second.decoded == 0 and second.keys == first.keys
        assert np.array_equal(second.facts, first.facts)
        pixels = second.pixels_of(PLAIN)
        for number, item in enumerate(items):
            seen, facts, cut = decode(item.path, [PLAIN]), second.facts[number], pixels.get(second.keys[number])
            assert (facts["width"], facts["height"], facts["bytes"]) == (seen.width, seen.height, os.path.getsize(item.path))
            assert (facts["format"], facts["mode"], facts["orientation"]) == (b"PNG", b"RGB", 1)
            assert facts["sharpness"] == np.float32(seen.appearance.sharpness) and np.array_equal(facts["thumbnail"], seen.thumbnail)
            assert cut is not None and np.array_equal(cut, seen.views[0])


def test_each_view_is_kept_for_the_pictures_that_it_was_cut_for(items: list[Item]) -> None:
    with open_pack(root(items), "1") as pack:
        shelf = Shelf(pack, items)
        list(shelf.decode([0, 3], (PLAIN, WHOLE), Policy()))
        list(shelf.decode([1, 2, 4, 5], (PLAIN,), Policy()))
        assert [key in shelf.pixels_of(WHOLE) for key in shelf.keys] == [True, False, False, True, False, False]
        assert all(key in shelf.pixels_of(PLAIN) for key in shelf.keys) and shelf.decoded == 6


def test_without_views_the_facts_alone_are_kept(items: list[Item]) -> None:
    with open_pack(root(items), "1") as pack:
        shelf = Shelf(pack, items)
        assert all(decoded is not None and decoded.views == () for _, decoded in shelf.decode(range(6), (), Policy()))
        assert shelf.recall() == [] and not any(key in shelf.pixels_of(PLAIN) for key in shelf.keys)


def test_a_pass_in_which_nothing_is_new_writes_nothing(items: list[Item], own_cache: Path) -> None:
    for _ in range(2):
        with open_pack(root(items), "1") as pack:
            shelf = Shelf(pack, items)
            list(shelf.decode(shelf.recall(), (PLAIN,), Policy()))
    (memory,) = own_cache.glob("packs/*/files.json")
    os.utime(memory, (1, 1))
    with open_pack(root(items), "1") as pack:
        assert Shelf(pack, items).recall() == []
    assert memory.stat().st_mtime == 1
