"""Pictures that were turned, scaled, cropped and mirrored are found where they are, by maps that need no network."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from vitreous.errors import DataError
from vitreous.retrieval.matching.homography import Floats, corners_of, errors, moved
from vitreous.retrieval.matching.match import Match
from vitreous.retrieval.matching.matching import matched, query
from vitreous.retrieval.matching.picture import SIDE, Picture


@dataclass
class Plain:
    """Stands in for a network: a cell is the means of red, green and blue, and of how grey changes, over squares of 8 pixels and those around."""

    stride = 8

    def maps(self, canvases: NDArray[np.uint8]) -> NDArray[np.float32]:
        from scipy.ndimage import uniform_filter

        x = canvases.astype(np.float32)
        grey = x.mean(-1, keepdims=True)
        dy, dx = np.gradient(grey, axis=(1, 2))
        channels = np.concatenate([x, dy, dx, np.abs(dy), np.abs(dx)], -1)
        near, wide = (uniform_filter(channels, (1, size, size, 1))[:, 4::8, 4::8] for size in (8, 20))
        shifted = [np.roll(near, shift, axis) for axis in (1, 2) for shift in (-1, 1)]
        return np.concatenate([near, wide, *shifted], -1)

    def centres(self, shape: tuple[int, int]) -> Floats:
        y, x = (8.0 * np.arange(side) + 4.5 for side in shape)
        return np.stack(np.meshgrid(x, y), -1)


def scene(seed: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Discs of all colours and sizes."""
    from PIL import ImageDraw

    rng = np.random.default_rng(seed)
    image = Image.new("RGB", size, tuple(rng.integers(60, 200, 3).tolist()))
    draw = ImageDraw.Draw(image)
    for _ in range(120):
        x, y, r = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(4, 30)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(rng.integers(0, 256, 3).tolist()))
    return image


def picture(image: Image.Image, name: str = "x") -> Picture:
    return Picture(np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)), *image.size, image.tobytes()[:16] + name.encode(), name)


def similarity(angle: float, scale: float, mirrored: bool, middle: tuple[float, float], size: tuple[int, int]) -> Floats:
    """What takes pixels of a picture of `size` to those of the scene."""
    c, s = scale * np.cos(np.deg2rad(angle)), scale * np.sin(np.deg2rad(angle))
    L = np.array([(c, -s), (s, c)]) @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    H = np.eye(3)
    H[:2, :2], H[:2, 2] = L, np.array(middle) - L @ np.array(size) / 2
    return H


def taken(image: Image.Image, H: Floats, size: tuple[int, int]) -> Image.Image:
    return image.transform(size, Image.Transform.PERSPECTIVE, (H / H[2, 2]).reshape(9)[:8].tolist(), Image.Resampling.BICUBIC)


def found(A: Image.Image, B: Image.Image) -> Match:
    return matched(picture(A, "a.png"), query(picture(B, "b.png"), Plain()))  # a stand-in


CASES = [(0, 1.0, False), (20, 0.7, False), (75, 0.8, False), (-140, 0.6, False), (180, 0.9, True), (35, 0.75, True)]


@pytest.mark.slow
@pytest.mark.parametrize(("angle", "scale", "mirrored"), CASES)
def test_a_turned_scaled_and_mirrored_part_is_found_where_it_is(angle: float, scale: float, mirrored: bool) -> None:
    A, size = scene(1), (300, 240)
    H = similarity(angle, scale, mirrored, (210, 140), size)
    match = found(A, taken(A, H, size))
    assert match.same and match.homography is not None and match.mirrored == mirrored
    assert errors(match.homography, corners_of(*size), moved(H, corners_of(*size))).max() < 0.03 * 400
    assert match.scale == pytest.approx(scale, rel=0.03) and len(match.places_a) == len(match.places_b) > 20
    assert np.median(errors(H, match.places_b, match.places_a)) < 8


@pytest.mark.slow
def test_other_scenes_do_not_match_and_say_no() -> None:
    # made of one kind of stuff, they have a little in common: of 24 such pairs the mean score was 0.08, the largest 0.32
    matches = [found(scene(seed), scene(seed + 30)) for seed in range(5, 12)]
    for match in matches:
        assert not match.same and match.homography is None and match.corners is None
        assert match.sentence.startswith("no:") and match.to_json()["homography"] is None
    assert np.median([match.score for match in matches]) < 0.1 and max(match.score for match in matches) < 0.5


@pytest.mark.slow
def test_the_same_file_is_itself() -> None:
    A = picture(scene(3), "a.png")
    match = matched(A, query(A, Plain()))
    assert match.identical and match.score == 1.0 and match.homography is not None and np.array_equal(match.homography, np.eye(3))
    assert "byte for byte" in match.sentence and match.share == 1.0 and match.turn == 0.0
    assert match.scored == "1.000"
    other = replace(match, B=replace(match.B, key=b"another file"))
    told = [replace(other, score=score).scored for score in (0.99999, 0.9994, 0.5, 0.0001)]
    assert told == [">0.999", "0.999", "0.500", "<0.001"]


@pytest.mark.parametrize(("image", "said"), [(Image.new("RGB", (200, 90), "white"), "it is blank"), (scene(1).resize((8, 8)), "8 × 8 pixels")])
def test_what_holds_nothing_to_match_is_said(image: Image.Image, said: str) -> None:
    with pytest.raises(DataError, match=said):
        query(picture(image), Plain())


def test_turn_and_share_are_those_of_the_homography() -> None:
    size = (100, 80)
    for angle in (30.0, -120.0):
        for mirrored in (False, True):
            H = similarity(angle, 0.5, mirrored, (200, 150), size)
            A, B = picture(scene(1)), picture(scene(2, size))
            match = Match("a", "b", (400, 300), size, 1.0, H, np.empty((0, 2)), np.empty((0, 2)), A, B)
            assert match.mirrored == mirrored and match.turn == pytest.approx(angle) and match.scale == pytest.approx(0.5)
            assert match.share == pytest.approx(50 * 40 / (400 * 300), rel=0.15)


@pytest.mark.slow
def test_a_drawn_match_is_a_picture() -> None:
    A = scene(1)
    match = found(A, taken(A, similarity(40, 0.8, False, (200, 150), (300, 240)), (300, 240)))
    assert match.picture()[:4] == b"\x89PNG" and "<img" in match._repr_html_()
