"""Corruptions: nothing is changed in place, the harm grows, draws depend on the content alone, and each does what its unit says."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

import vitreous
from vitreous.core.view import View
from vitreous.data.corruptions import CORRUPTIONS, REFERENCE_SIDE, Scene, corrupt
from vitreous.data.decode import content_key, decode_bytes, open_upright, read_file, wanted_side

PHOTOS = sorted((Path(vitreous.__file__).parent / "samples" / "clothing").glob("*/*.jpg"))[::30]
VIEWS = [View.crop(224), View.crop(224, 256), View.whole(224), View.crop(288), View.crop(33), View.crop(1)]
KEY = b"0123456789abcdef"


def photo(number: int, side: int = 224) -> NDArray[np.uint8]:
    image = Image.open(PHOTOS[number]).convert("RGB")
    return np.asarray(image.resize((side, side)))


def grey(level: int, height: int = 200, width: int = 300) -> NDArray[np.uint8]:
    return np.full((height, width, 3), level, np.uint8)


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(float) - other).mean())


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.short)
def test_the_picture_as_it_is_is_the_one_that_every_other_part_sees(view: View) -> None:
    for file in PHOTOS[:3]:
        data = read_file(str(file))
        scene = Scene.of(open_upright(data, wanted_side(view)), view)
        assert np.array_equal(scene.seen, decode_bytes(data, (view,)).views[0])
        assert scene.around.shape == (view.size + 2 * -(-view.size // 2),) * 2 + (3,)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (2, 3), (5000, 40)])
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.short)
def test_pictures_of_any_shape_have_a_scene(size: tuple[int, int], view: View) -> None:
    image = Image.effect_noise(size, 60).convert("RGB")
    scene = Scene.of(image, view)
    expected = image.resize((view.size, view.size), Image.Resampling.BICUBIC, box=view.box(*size))
    assert np.array_equal(scene.seen, np.asarray(expected))


def test_what_lies_around_the_view_is_the_pictures_own_as_far_as_it_reaches() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    scene = Scene.of(Image.fromarray(pixels), View.crop(40))
    assert np.array_equal(scene.around[20:60, 10:70], pixels)  # 10 of its own on either side
    assert np.array_equal(scene.around[20:60, :10], pixels[:, 9::-1]) and np.array_equal(scene.around[:20], scene.around[39:19:-1])


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_array_given_is_never_changed_and_never_given_back(name: str) -> None:
    picture = photo(0, 64).copy()
    before = picture.copy()
    for strength in CORRUPTIONS[name].strengths:
        harmed = corrupt(picture, name, strength, KEY)
        assert harmed.shape == picture.shape and harmed.dtype == np.uint8 and not np.shares_memory(harmed, picture)
    assert np.array_equal(picture, before)


@pytest.mark.slow
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_difference_from_the_original_grows_with_the_strength(name: str) -> None:
    means = [np.mean([difference(corrupt(photo(n), name, s, KEY), photo(n)) for n in range(5)]) for s in CORRUPTIONS[name].strengths]
    assert means[0] > 0.5 and (np.diff(means) > 0).all()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_same_content_meets_the_same_harm_in_any_order(name: str) -> None:
    strengths = CORRUPTIONS[name].strengths
    forwards = [corrupt(photo(1, 48), name, s, KEY) for s in strengths]
    backwards = [corrupt(photo(1, 48), name, s, KEY) for s in strengths[::-1]][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(forwards, backwards, strict=True))


@pytest.mark.parametrize("name", ["Gaussian noise", "shot noise", "motion blur"])
def test_another_content_meets_another_draw(name: str) -> None:
    strength = CORRUPTIONS[name].strengths[2]
    assert not np.array_equal(corrupt(photo(1), name, strength, content_key(b"a")), corrupt(photo(1), name, strength, content_key(b"b")))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(sorted(CORRUPTIONS)), st.integers(0, 4))
def test_pictures_of_any_size_keep_their_size(height: int, width: int, name: str, strength: int) -> None:
    picture = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)
    assert corrupt(picture, name, CORRUPTIONS[name].strengths[strength], KEY).shape == picture.shape


@pytest.mark.parametrize("name", ["Gaussian blur", "motion blur", "contrast", "rotation", "zoom out", "zoom in"])
def test_a_picture_of_one_grey_stays_as_it_is(name: str) -> None:
    for strength in CORRUPTIONS[name].strengths:
        assert np.abs(corrupt(grey(119), name, strength, KEY).astype(int) - 119).max() <= 1  # rounding


@pytest.mark.parametrize("sigma", [1, 2, 4, 8])
def test_gaussian_blur_has_the_standard_deviation_it_says(sigma: float) -> None:
    picture = photo(2)
    expected = ndimage.gaussian_filter(picture.astype(float), (sigma, sigma, 0), mode="reflect")
    # Pillow approximates the Gaussian by box filters (Gwosdek et al. 2011): a mean of under one grey level
    assert difference(corrupt(picture, "Gaussian blur", sigma), expected.round().astype(np.uint8)) < 1


def test_lengths_grow_with_the_seen_picture() -> None:
    picture = photo(2, 2 * REFERENCE_SIDE)
    expected = ndimage.gaussian_filter(picture.astype(float), (4, 4, 0), mode="reflect")
    assert difference(corrupt(picture, "Gaussian blur", 2), expected.round().astype(np.uint8)) < 1


def test_motion_blur_spreads_a_point_along_a_line_of_that_length() -> None:
    point = np.zeros((224, 224, 3), np.uint8)
    point[110:114, 110:114] = 255
    blurred = corrupt(point, "motion blur", 32, KEY)[..., 0].astype(float)
    y, x = np.nonzero(blurred > 4)
    length = np.hypot(np.ptp(y), np.ptp(x))
    assert 28 <= length <= 40
    assert blurred.sum() == pytest.approx(16 * 255, rel=0.1)  # no light is lost; 4 % of a level is lost or won by rounding a pixel


def test_gaussian_noise_has_the_standard_deviation_it_says() -> None:
    # 180,000 numbers: the standard deviation is known to 0.2 %
    for sigma in (0.02, 0.08):
        assert corrupt(grey(128), "Gaussian noise", sigma, KEY).std() == pytest.approx(255 * sigma, rel=0.01)


def test_shot_noise_counts_photons() -> None:
    linear = np.array([v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in np.arange(256) / 255])
    noisy = linear[corrupt(grey(150), "shot noise", 256, KEY)]
    assert noisy.mean() == pytest.approx(linear[150], rel=0.01)
    assert noisy.var() == pytest.approx(linear[150] / 256, rel=0.05)  # Poisson: the variance of a count is its mean


def test_exposure_is_in_stops_of_linear_light() -> None:
    # sRGB 188 is half the light of 255 and 137 a quarter (IEC 61966-2-1)
    assert corrupt(grey(255), "underexposure", -1)[0, 0, 0] == 188 and corrupt(grey(255), "underexposure", -2)[0, 0, 0] == 137
    assert corrupt(grey(188), "overexposure", 1)[0, 0, 0] in (254, 255) and corrupt(grey(200), "overexposure", 2)[0, 0, 0] == 255


def test_contrast_is_the_distance_from_the_mean_colour() -> None:
    picture = photo(3)
    harmed = corrupt(picture, "contrast", 0.5)
    expected = picture.mean((0, 1)) + 0.5 * (picture - picture.mean((0, 1)))
    assert np.abs(harmed - expected).max() <= 0.5 + 1e-9


def test_jpeg_is_that_of_pillow_at_this_quality() -> None:
    import io

    file = io.BytesIO()
    Image.fromarray(photo(0)).save(file, "JPEG", quality=10)
    assert np.array_equal(corrupt(photo(0), "JPEG", 10), np.asarray(Image.open(file)))


def test_rotation_turns_by_the_degrees_it_says() -> None:
    bar = np.zeros((224, 224, 3), np.uint8)
    bar[110:114, 62:162] = 255
    y, x = np.nonzero(corrupt(bar, "rotation", 30, KEY)[..., 0] > 128)
    assert abs(np.polyfit(x, y, 1)[0]) == pytest.approx(np.tan(np.radians(30)), rel=0.02)


def test_rotation_of_a_squeezed_picture_is_that_of_the_camera() -> None:
    # a circle in a picture twice as wide as high stays the same ellipse when the camera turns
    wide = np.zeros((224, 448, 3), np.uint8)
    y, x = np.mgrid[:224, :448]
    wide[np.hypot(y - 111.5, x - 223.5) < 60] = 255
    scene = Scene.of(Image.fromarray(wide), View.whole(224))
    assert scene.aspect == 2
    turned = CORRUPTIONS["rotation"](scene, 45, KEY)
    # the middle: in the corners of the turned view lies what is mirrored; edges are one pixel of half a circle's 470 of 10,000
    assert difference(turned[60:164, 60:164], scene.seen[60:164, 60:164]) < 3
    assert difference(CORRUPTIONS["rotation"](Scene(scene.around), 45, KEY)[60:164, 60:164], scene.seen[60:164, 60:164]) > 20


@pytest.mark.parametrize(("name", "factor"), [("zoom out", 0.5), ("zoom in", 2.0)])
def test_scale_changes_the_size_of_what_is_seen_about_the_middle(name: str, factor: float) -> None:
    square = np.zeros((224, 224, 3), np.uint8)
    square[87:137, 87:137] = 255
    y, x = np.nonzero(corrupt(square, name, factor)[56:168, 56:168, 0] > 128)  # farther out lies what is mirrored
    y, x = y + 56, x + 56
    assert abs(np.ptp(y) + 1 - 50 * factor) <= 1 and abs(y.mean() - 111.5) <= 0.5 and abs(x.mean() - 111.5) <= 0.5


def test_every_corruption_has_five_strengths_and_tells_them_with_their_unit() -> None:
    for corruption in CORRUPTIONS.values():
        assert len(corruption.strengths) == 5
        assert all(corruption.unit in corruption.told(s) and f"{abs(s):g}" in corruption.told(s) for s in corruption.strengths)
