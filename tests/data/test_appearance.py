"""Numbers of a picture: against values by hand, and against edits whose direction is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageFilter

from vitreous.data.appearance import Appearance, reduced, sharpness
from vitreous.data.appearance import appearance as of_reduced


def appearance(picture: Image.Image) -> Appearance:
    return of_reduced(reduced(picture))


def scene(seed: int = 0, size: tuple[int, int] = (300, 240)) -> Image.Image:
    """Overlapping rectangles of all sizes: edges at every scale, as photographs have them."""
    rng = np.random.default_rng(seed)
    pixels = np.full(size[::-1], 120, np.uint8)
    for _ in range(400):
        height, width = (rng.pareto(1.2, 2) * 4 + 3).astype(int)
        top, left = rng.integers(-20, size[1]), rng.integers(-20, size[0])
        pixels[max(0, top) : max(0, top + height), max(0, left) : max(0, left + width)] = rng.integers(10, 246)
    return Image.fromarray(pixels)


def test_the_histogram_of_two_tones_by_hand() -> None:
    pixels = np.full((100, 100), 50, np.uint8)
    pixels[:, 75:] = 250
    looks = appearance(Image.fromarray(pixels))
    assert looks.brightness == pytest.approx(100) and looks.darkest == 50 and looks.brightest == 250
    assert looks.contrast == pytest.approx(math.sqrt(0.75 * 0.25) * 200)
    assert looks.entropy == pytest.approx(-(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)))


@pytest.mark.parametrize("tone", [0, 1, 128, 255])
def test_one_tone_has_no_contrast_no_entropy_and_no_sharpness(tone: int) -> None:
    looks = appearance(Image.new("L", (640, 480), tone))
    assert (looks.brightness, looks.darkest, looks.brightest) == (tone, tone, tone)
    assert looks.contrast == looks.entropy == 0 and math.isnan(looks.sharpness)


def test_every_grey_level_once_has_eight_bits() -> None:
    looks = appearance(Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)))
    assert looks.entropy == pytest.approx(8) and looks.brightness == pytest.approx(127.5)
    assert looks.contrast == pytest.approx(np.arange(256).std())


def test_a_ramp_is_smooth_an_edge_is_sharp_and_noise_is_sharper() -> None:
    ramp = np.tile(np.arange(0, 240, 2, dtype=np.uint8), (120, 1))
    edge = np.where(np.arange(120) < 60, 20, 220).astype(np.uint8) * np.ones((120, 1), np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (120, 120), np.uint8)
    # D(1)/D(4) is 1/16, 1/4 and 1; an edge has one place less to stand for a difference of 4: (119 · 4) / 116 instead of 4
    assert sharpness(ramp) == pytest.approx(0, abs=1e-6)
    assert sharpness(edge) == pytest.approx(4 * math.sqrt(116 / 119 / 4) - 1)
    assert sharpness(noise) == pytest.approx(3, abs=0.1)


def test_the_more_blur_the_less_sharp() -> None:
    values = [appearance(scene().filter(ImageFilter.GaussianBlur(radius))).sharpness for radius in (0, 1, 2, 4)]
    assert values == sorted(values, reverse=True) and values[0] > 0.8 and values[-1] < 0.15


@pytest.mark.parametrize("factor", [0.3, 0.6])
def test_sharpness_does_not_depend_on_contrast(factor: float) -> None:
    picture = scene()
    flatter = ImageEnhance.Contrast(picture).enhance(factor)
    # the rounding to whole grey levels adds 1/12 to the mean square of differences
    assert appearance(flatter).sharpness == pytest.approx(appearance(picture).sharpness, abs=0.02)


def test_a_large_picture_is_judged_at_the_scale_of_a_small_one() -> None:
    picture = scene(size=(1200, 960))
    assert appearance(picture).sharpness == pytest.approx(appearance(picture.reduce(5)).sharpness, abs=1e-9)


def test_the_histogram_of_some_rows_stands_for_that_of_the_whole() -> None:
    for seed in range(5):
        picture = scene(seed, size=(640, 520))
        pixels, looks = np.asarray(reduced(picture)), appearance(picture)
        share = np.bincount(pixels.ravel(), minlength=256) / pixels.size
        entropy = -float(share[share > 0] @ np.log2(share[share > 0]))
        # a quarter of the rows; the rules begin at 60 and 4 grey levels and a third of the bits from what is usual
        assert looks.brightness == pytest.approx(pixels.mean(), abs=2) and looks.contrast == pytest.approx(pixels.std(), abs=2)
        assert looks.entropy == pytest.approx(entropy, abs=0.1)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_any_picture_has_numbers_in_their_ranges(width: int, height: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    looks = appearance(Image.fromarray(pixels))
    assert 0 <= looks.darkest <= looks.brightest <= 255 and 0 <= looks.entropy <= 8 and 0 <= looks.contrast <= 127.5
    assert looks.brightness == pytest.approx(pixels.mean()) and looks.contrast == pytest.approx(pixels.std(), abs=1e-4)
    assert math.isnan(looks.sharpness) or looks.sharpness >= -1
