"""Copies are found by their looks; different photos of like things are not taken for copies."""

import io
from hashlib import blake2b
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from vitreous.data.duplicates import Duplicates, connected, find_duplicates

Thumbnails = npt.NDArray[np.uint8]


def thumbnail(picture: Image.Image) -> Thumbnails:
    return np.asarray(picture.convert("L").resize((32, 32), Image.Resampling.BILINEAR, reducing_gap=2.0))


def scene(seed: int, count: int = 1) -> Thumbnails:
    """Pictures with structure at all sizes, as photos have: random, with amplitudes that fall with the frequency."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(32)[:, None], np.fft.fftfreq(32)[None, :]) + 1 / 32
    waves = np.fft.ifft2(np.fft.fft2(rng.normal(size=(count, 32, 32))) / frequency).real
    return np.clip(128 + 45 * waves / waves.std(axis=(1, 2), keepdims=True), 0, 255).astype(np.uint8)


def grouped(*pictures: Thumbnails) -> Duplicates:
    together = np.concatenate([picture.reshape(-1, 32, 32) for picture in pictures])
    return find_duplicates([i.to_bytes(16, "big") for i in range(len(together))], together)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirrored", ["mirrored", "not mirrored"])
def test_every_mirrored_or_turned_copy_is_found(turns: int, mirrored: str) -> None:
    picture = scene(3)[0]
    copy = np.rot90(picture[:, ::-1] if mirrored == "mirrored" else picture, turns)
    slightly_brighter = np.clip(copy.astype(int) + 7, 0, 255).astype(np.uint8)
    result = grouped(picture, scene(4), slightly_brighter)
    assert result.near == [[0, 2]]
    assert result.exact == []


def enlarged(picture: Thumbnails, size: int) -> Image.Image:
    return Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("box", [(24, 24, 296, 296), (0, 0, 272, 272), (48, 0, 320, 272), (10, 38, 282, 310)], ids=str)
def test_a_part_of_a_picture_that_lacks_15_percent_of_each_side_is_its_copy(box: tuple[int, int, int, int]) -> None:
    picture = enlarged(scene(20)[0], 320)
    result = grouped(thumbnail(picture), scene(21, 50), thumbnail(picture.crop(box)))
    assert result.near == [[0, 51]]


@pytest.mark.parametrize("width", [10, 20, 32, 45])
@pytest.mark.parametrize("colour", [0, 255, 90])
def test_a_picture_in_a_frame_is_its_copy(width: int, colour: int) -> None:
    picture = enlarged(scene(22)[0], 320)
    result = grouped(thumbnail(picture), scene(23, 50), thumbnail(ImageOps.expand(picture, width, colour)))
    assert result.near == [[0, 51]]


def test_a_picture_that_was_written_on_is_its_copy() -> None:
    picture = enlarged(scene(24)[0], 320)
    marked = picture.copy()
    ImageDraw.Draw(marked).text((20, 280), "an example", 255, ImageFont.load_default(40))
    assert grouped(thumbnail(picture), scene(25, 50), thumbnail(marked)).near == [[0, 51]]


def test_two_views_of_which_each_shows_what_the_other_lacks_are_no_copies() -> None:
    wide = enlarged(scene(26)[0], 400)
    assert grouped(thumbnail(wide.crop((0, 0, 340, 340))), thumbnail(wide.crop((50, 60, 390, 400)))).near == []


def test_different_pictures_stay_apart() -> None:
    assert grouped(scene(27, 300)).near == []


def test_equal_bytes_are_exact_copies_even_where_thumbnails_are_flat() -> None:
    flat = np.full((3, 32, 32), 200, dtype=np.uint8)
    flat[2, 0, 0] = 201
    result = find_duplicates([b"a" * 16, b"b" * 16, b"b" * 16], flat)
    assert result.exact == [[1, 2]]
    assert len(set(result.group.tolist())) == 1
    assert result.near == [[0, 1, 2]]


def test_flat_pictures_that_differ_stay_apart() -> None:
    rng = np.random.default_rng(5)
    flat = 250 + rng.integers(0, 2, size=(300, 32, 32)).astype(np.uint8)
    assert grouped(flat).near == []


def test_groups_are_numbered_in_the_order_in_which_they_begin() -> None:
    pictures = scene(6, 3)
    result = grouped(pictures[0], pictures[1], pictures[1][:, ::-1], pictures[2], pictures[0][::-1])
    assert result.group.tolist() == [0, 1, 1, 2, 0]


def test_nothing_and_one_picture_are_no_copies() -> None:
    assert grouped(np.zeros((0, 32, 32), dtype=np.uint8)).group.tolist() == []
    assert grouped(scene(7)).group.tolist() == [0]


def test_a_file_key_is_any_bytes() -> None:
    keys = [blake2b(bytes([value]), digest_size=16).digest() for value in (1, 2, 1)]
    assert find_duplicates(keys, scene(12, 3)).exact == [[0, 2]]


def test_keys_and_thumbnails_of_different_number_are_refused() -> None:
    with pytest.raises(ValueError, match="2 keys and 1 thumbnails"):
        find_duplicates([b"a", b"b"], scene(8))


@pytest.mark.slow
def test_five_thousand_frames_of_one_scene_are_one_group() -> None:
    frame = scene(9)[0].astype(int)
    frames = np.clip(frame + np.random.default_rng(10).integers(-5, 6, size=(5000, 32, 32)), 0, 255).astype(np.uint8)
    assert set(grouped(frames).group.tolist()) == {0}


def test_connected_parts_are_those_of_scipy() -> None:
    rng = np.random.default_rng(11)
    for _ in range(50):
        count, edges = int(rng.integers(1, 60)), int(rng.integers(0, 50))
        left, right = rng.integers(0, count, (2, edges))
        number, expected = connected_components(coo_array((np.ones(edges), (left, right)), shape=(count, count)), directed=False)
        ours = connected(count, left, right)
        assert len(set(ours.tolist())) == number == len(set(zip(ours.tolist(), expected.tolist(), strict=True)))


def test_the_copies_of_imagededup_are_found_and_nothing_else(shared_data: Path) -> None:
    names, thumbnails = [], []
    for path in sorted((shared_data / "duplicates").glob("*.jpg")):
        try:
            thumbnails.append(thumbnail(Image.open(path)))
            names.append(path.stem)
        except OSError:
            continue
    result = grouped(np.stack(thumbnails))
    # The fourth, ukbench00120_rotation, is turned by some 15 degrees inside a black frame: copies of that kind are not looked for.
    assert [{names[i] for i in group} for group in result.near] == [{"ukbench00120", "ukbench00120_hflip", "ukbench00120_resize"}]


@pytest.mark.slow
def test_no_two_clothing_photos_are_copies_but_every_altered_one_is(shared_data: Path) -> None:
    paths = sorted((shared_data / "clothing" / "test").glob("*/*.jpg"))
    pictures = [Image.open(path).convert("RGB") for path in paths]
    originals = np.stack([thumbnail(picture) for picture in pictures])
    assert grouped(originals).near == []
    for alter in (re_encoded, halved, brightened, mirrored_and_re_encoded):
        altered = np.stack([thumbnail(alter(picture)) for picture in pictures])
        found = grouped(originals, altered).near
        assert sum(group == [i, i + len(paths)] for group in found for i in group[:1]) >= 0.99 * len(paths)
        assert all(len(group) == 2 for group in found)


def re_encoded(picture: Image.Image) -> Image.Image:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=40)
    return Image.open(buffer)


def halved(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BICUBIC)


def brightened(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(1.15)


def mirrored_and_re_encoded(picture: Image.Image) -> Image.Image:
    return re_encoded(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT))


def test_two_things_of_like_outline_on_a_plain_ground_are_no_copies_but_a_thing_compressed_again_is() -> None:
    def thing(seed: int, height: float) -> Image.Image:
        rows, columns = np.mgrid[-1:1:160j, -1:1:160j]
        inside = (np.abs(columns) < 0.5) & (np.abs(rows) < height)
        return Image.fromarray(np.where(inside, 150 + 0.35 * (np.asarray(enlarged(scene(seed)[0], 160)).astype(float) - 128), 0).astype(np.uint8))

    assert grouped(thumbnail(thing(30, 0.7)), thumbnail(thing(31, 0.72)), scene(32, 50)).near == []
    again = io.BytesIO()
    thing(30, 0.7).save(again, "JPEG", quality=60)
    assert grouped(thumbnail(thing(30, 0.7)), thumbnail(Image.open(again)), scene(32, 50)).near == [[0, 1]]
