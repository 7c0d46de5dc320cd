"""Pictures in batches: the same bits in any batch, the same colours as Pillow, whole pixels where it is said."""

import threading
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_pictures import as_image, noise
from PIL import Image, ImageEnhance

from vitreous.errors import UsageError
from vitreous.training.augment import Augmentation, augmented, parse
from vitreous.training.augment.colours import UNIT, brighten, colour, contrast, mean_grey, sharpen
from vitreous.training.augment.places import places

EVERYTHING = Augmentation(True, True, 3, 1.5, 30.0, 0.4, 0.4, 0.4, 0.9)
KINDS = [EVERYTHING, parse("auto", 32), parse("auto", 224), parse("flip,crop=5", 12), parse("rotation=90", 12), Augmentation()]


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_picture_comes_out_the_same_in_any_batch_and_order(data: st.DataObject) -> None:
    allowed, channels = data.draw(st.sampled_from(KINDS)), data.draw(st.sampled_from([1, 3]))
    seed, epoch = data.draw(st.integers(0, 2**32)), data.draw(st.integers(0, 1000))
    numbers = np.array(data.draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=9, unique=True)))
    pictures = noise(len(numbers), channels=channels, seed=seed % 7)
    together = augmented(pictures, numbers, seed, epoch, allowed)
    order = np.array(data.draw(st.permutations(range(len(numbers)))))
    cut = data.draw(st.integers(0, len(numbers)))
    parts = [augmented(pictures[part], numbers[part], seed, epoch, allowed) for part in (order[:cut], order[cut:])]
    assert (np.concatenate(parts) == together[order]).all()


def test_a_large_batch_is_worked_on_in_parts_with_the_same_result() -> None:
    pictures, numbers = noise(400, 32, 32), np.arange(400)
    together = augmented(pictures, numbers, 0, 0, EVERYTHING)
    assert all((augmented(pictures[k : k + 1], numbers[k : k + 1], 0, 0, EVERYTHING)[0] == together[k]).all() for k in range(0, 400, 31))


def test_threads_side_by_side_make_the_same_pictures() -> None:
    pictures, numbers = noise(64), np.arange(64)
    whole = augmented(pictures, numbers, 1, 1, EVERYTHING)
    found: dict[int, np.ndarray] = {}

    def work(first: int) -> None:
        found[first] = augmented(pictures[first : first + 16], numbers[first : first + 16], 1, 1, EVERYTHING)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 64, 16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (np.concatenate([found[first] for first in range(0, 64, 16)]) == whole).all()


def test_epochs_and_seeds_differ_and_nothing_allowed_changes_nothing() -> None:
    pictures, numbers = noise(8), np.arange(8)
    first = augmented(pictures, numbers, 0, 0, EVERYTHING)
    assert (first != augmented(pictures, numbers, 0, 1, EVERYTHING)).any() and (first != augmented(pictures, numbers, 1, 0, EVERYTHING)).any()
    assert (augmented(pictures, numbers, 0, 0, Augmentation()) == pictures).all()


def test_what_is_given_is_not_written_into() -> None:
    pictures = noise(8)
    before = pictures.copy()
    for allowed in KINDS:
        result = augmented(pictures, np.arange(8), 0, 0, allowed)
        assert not np.shares_memory(result, pictures)
    assert (pictures == before).all()


def test_half_of_the_pictures_are_mirrored_exactly_and_twice_is_as_before() -> None:
    pictures, numbers = noise(1000, 6, 6), np.arange(1000)
    allowed = Augmentation(flip=True)
    once = augmented(pictures, numbers, 3, 5, allowed)
    mirrored = (once == pictures[:, :, ::-1]).all((1, 2, 3))
    assert (once[~mirrored] == pictures[~mirrored]).all()
    assert 420 < mirrored.sum() < 580  # five standard deviations of a fair coin
    assert (augmented(once, numbers, 3, 5, allowed) == pictures).all()
    upside_down = augmented(pictures, numbers, 3, 5, Augmentation(vertical_flip=True))
    assert ((upside_down == pictures[:, ::-1]).all((1, 2, 3)) | (upside_down == pictures).all((1, 2, 3))).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_crops_are_windows_of_the_picture_mirrored_at_its_edges(channels: int) -> None:
    pictures, numbers, most = noise(300, channels=channels), np.arange(300), 4
    result = augmented(pictures, numbers, 0, 0, Augmentation(crop=most))
    around = np.pad(pictures, ((0, 0), (most, most), (most, most), (0, 0)), mode="reflect")
    where = places(12, 10, numbers, 0, 0, Augmentation(crop=most))
    starts = {(int(top), int(left)) for top, left in zip(where.top, where.left, strict=True)}
    assert {top for top, _ in starts} == {left for _, left in starts} == set(range(-most, most + 1))
    for k, (top, left) in enumerate(zip(where.top.astype(int) + most, where.left.astype(int) + most, strict=True)):
        assert (result[k] == around[k, top : top + 12, left : left + 10]).all()


@pytest.mark.parametrize("height,width", [(1, 1), (1, 5), (2, 2), (3, 300)])
def test_pictures_of_any_size_are_taken(height: int, width: int) -> None:
    for allowed in (EVERYTHING, Augmentation(flip=True, crop=9)):
        assert augmented(noise(3, height, width), np.arange(3), 0, 0, allowed).shape == (3, height, width, 3)
    assert augmented(noise(0, 4, 4), np.arange(0), 0, 0, EVERYTHING).shape == (0, 4, 4, 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_zooms_are_pillows_of_a_part_with_the_form_of_the_picture(channels: int) -> None:
    pictures, numbers, allowed = noise(50, 24, 36, channels), np.arange(50), Augmentation(zoom=2.0)
    result, where = augmented(pictures, numbers, 0, 0, allowed), places(24, 36, numbers, 0, 0, allowed)
    assert where.scale.min() < 0.55 and where.scale.max() > 0.95 and (where.left >= 0).all() and (where.top + 24 * where.scale <= 24 + 1e-9).all()
    for k, (left, top, scale) in enumerate(zip(where.left, where.top, where.scale, strict=True)):
        box = (left, top, min(36.0, left + 36 * scale), min(24.0, top + 24 * scale))
        wanted = as_image(pictures[k]).resize((36, 24), Image.Resampling.BILINEAR, box=box)
        # the corners are sums of the same numbers in another order: weights of Pillow's 8 bits may round otherwise
        assert np.abs(np.asarray(wanted, np.int16).reshape(24, 36, channels) - result[k].astype(np.int16)).max() <= 1


def test_a_rotation_by_a_known_angle_is_pillows_in_the_middle() -> None:
    blurred = Image.fromarray(noise(1, 8, 8)[0]).resize((64, 64), Image.Resampling.BICUBIC)
    pictures, allowed = np.asarray(blurred)[None], Augmentation(rotation=40.0)
    (angle,) = places(64, 64, np.array([7]), 0, 0, allowed).angle
    assert abs(angle) > 5
    result = augmented(pictures, np.array([7]), 0, 0, allowed)[0]
    wanted = np.asarray(blurred.rotate(angle, Image.Resampling.BILINEAR))  # Pillow counts anticlockwise what it does to the picture
    disc = np.hypot(*np.mgrid[-31.5:32, -31.5:32]) < 28
    # both are bilinear; Pillow's own rounds its matrix to 15 decimals
    assert np.abs(wanted.astype(int) - result)[disc].max() <= 1


FACTORS = [0, 13, 51, 64, 77, 100, 128]


@pytest.mark.parametrize("k", FACTORS)
@pytest.mark.parametrize(("name", "channels"), [*product(("Brightness", "Contrast", "Sharpness"), (1, 3)), ("Color", 3)])
def test_colours_are_those_of_pillow_within_one_step_of_256(name: str, channels: int, k: int) -> None:
    pictures = noise(20, channels=channels)
    x, factors = pictures.astype(np.int16), np.full(20, k, np.int16)
    {"Brightness": brighten, "Contrast": contrast, "Sharpness": sharpen, "Color": colour}[name](x, factors)
    most = 1
    if name == "Contrast":
        # Pillow's mean is of greys that are rounded one by one: it may be the next whole number, by which |1 − f| is moved
        most += 1
    for picture, result in zip(pictures, x, strict=True):
        wanted = np.asarray(getattr(ImageEnhance, name)(as_image(picture)).enhance(k / UNIT)).reshape(picture.shape)
        assert np.abs(wanted.astype(int) - result).max() <= most
    if k == UNIT:
        assert (x == pictures).all()


def test_the_mean_grey_is_pillows_within_one() -> None:
    pictures = noise(50, 200, 300)
    wanted = [np.asarray(as_image(picture).convert("L")).mean() for picture in pictures]
    assert np.abs(mean_grey(pictures.astype(np.int16)) - wanted).max() <= 1


def test_factors_reach_the_ends_of_their_range_and_no_farther() -> None:
    grey = np.full((2000, 1, 1, 1), 64, np.uint8)  # a step of a factor is a step of the result
    result = augmented(grey, np.arange(2000), 0, 0, Augmentation(brightness=0.25))
    assert set(result.ravel().tolist()) == set(range(48, 81))


@pytest.mark.parametrize(
    ("pictures", "numbers", "words"),
    [
        (noise(2).astype(np.float32), np.arange(2), "float32"),
        (noise(2)[..., :2], np.arange(2), "channels"),
        (noise(2)[0], np.arange(12), "uint8 [12, 10, 3]"),
        (noise(2), np.arange(3), "whole numbers [N]"),
        (noise(2), np.zeros(2), "whole numbers [N]"),
        (noise(2), np.array([0, -1]), "0 or more"),
        (noise(2)[:, :0], np.arange(2), "[2, 0, 10, 3]"),
    ],
)
def test_arrays_of_another_kind_are_refused(pictures: np.ndarray, numbers: np.ndarray, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        augmented(pictures, numbers, 0, 0, EVERYTHING)
    assert words in str(raised.value)
    with pytest.raises(UsageError, match="seed -1"):
        augmented(noise(1), np.arange(1), -1, 0, EVERYTHING)
