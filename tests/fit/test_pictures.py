"""Pictures for what learns from pixels: the same from memory, from the pack, and from the network "pixels"."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import colourful

from vitreous.core.item import Item
from vitreous.core.reporter import Quiet
from vitreous.core.view import View
from vitreous.data.decode import Policy
from vitreous.data.pack import Pack, open_pack
from vitreous.errors import StorageError
from vitreous.fit import pictures as module
from vitreous.fit.features import Gathered
from vitreous.fit.pictures import Pictures, gather_pictures, planes
from vitreous.fit.small.pixels import pixels_network
from vitreous.infer.engine import Setting, run_batch, start_engine

VIEW, QUIET = View.whole(12), Quiet().progress


def items_of(folder: Path) -> list[Item]:
    return [Item(str(path), path.name, path.parent.name) for path in sorted(folder.glob("*/*"))]


@pytest.fixture
def photos(tmp_path: Path, own_cache: Path) -> Path:
    return colourful(tmp_path / "photos", {"red": 5, "green": 4})


def gathered(folder: Path, channels: int = 3) -> Gathered:
    with open_pack(folder, Policy().key) as pack:
        return gather_pictures(pack, items_of(folder), VIEW, channels, Policy(), QUIET)


def test_pictures_are_decoded_once_and_come_from_the_pack_the_next_time(photos: Path) -> None:
    first, second = gathered(photos), gathered(photos)
    assert (first.decoded, second.decoded) == (9, 0) and first.features.shape == (9, 12, 12, 3)
    assert first.features.source.dtype == np.uint8 and not first.features.mapped
    np.testing.assert_array_equal(first.features.source, second.features.source)


def test_what_is_too_much_for_memory_is_read_from_the_pack(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = gathered(photos)
    monkeypatch.setattr(module, "IN_MEMORY", 100)
    there = gathered(photos)
    assert there.features.mapped and isinstance(there.features[2:5], Pictures) and there.features[2:5].mapped
    np.testing.assert_array_equal(there.features[[7, 1]].take(slice(None)), here.features.take([7, 1]))


def test_where_neither_memory_nor_cache_holds_them_it_is_said(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IN_MEMORY", 100)
    with Pack(photos, Policy().key, None) as pack, pytest.raises(StorageError, match="neither into memory nor into the cache folder"):
        gather_pictures(pack, items_of(photos), VIEW, 3, Policy(), QUIET)


def test_grey_pictures_have_one_channel_and_one_with_colours_makes_it_three(tmp_path: Path, own_cache: Path) -> None:
    rng = np.random.default_rng(0)
    folder = tmp_path / "grey" / "a"
    folder.mkdir(parents=True)
    for number in range(3):
        Image.fromarray(rng.integers(0, 256, (12, 12), np.uint8)).save(folder / f"{number}.png")
    grey = gathered(folder.parent, channels=1)
    assert grey.features.shape == (3, 12, 12, 1)
    Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8)).save(folder / "9.png")
    mixed = gathered(folder.parent, channels=1)
    assert mixed.features.shape == (4, 12, 12, 3)
    np.testing.assert_allclose(planes(grey.features, 1), planes(mixed.features[:3], 1), atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_planes_are_what_the_network_pixels_gives(photos: Path, channels: int) -> None:
    found = gathered(photos, channels)
    engine = start_engine(pixels_network(12, channels), Setting("openvino", "f32", 1, 1), ("features",))
    expected = run_batch(engine, np.asarray(gathered(photos, 3).features.source))["features"]
    np.testing.assert_allclose(planes(found.features, channels), expected, atol=1e-6)


def test_an_unreadable_picture_is_an_error_in_its_place(photos: Path) -> None:
    (photos / "red" / "zz.png").write_bytes(b"no picture")
    found = gathered(photos)
    assert list(found.errors) == [9] and found.readable == list(range(9)) and found.keys[9] == b""
