"""Photos with their answers: the pixels are there, a wrong answer is marked by more than colour, every shape has its place."""

import numpy as np
import pytest
from drawn_pictures import all_inside, pixels, texts

from vitreous.draw.photos import Photo, photo_grid
from vitreous.draw.theme import DARK, png
from vitreous.errors import UsageError


def plain(height: int, width: int, colour: tuple[int, int, int] = (200, 30, 120)) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def test_a_wrong_answer_is_marked_in_words_too() -> None:
    shown = texts(photo_grid([Photo(plain(4, 4), "shirt", 0.62, "dress"), Photo(plain(4, 4), "hat", 0.999, "hat"), Photo(plain(4, 4), "cap", 0.5)]))
    assert shown == ["✗ shirt", "62 %", "truth: dress", "✓ hat", ">99 %", "cap", "50 %"]


def test_the_bar_is_as_long_as_the_answer_is_sure() -> None:
    figure = photo_grid([Photo(plain(9, 9), "a", 0.25)])
    background, bar = figure.axes[0].patches[-2:]
    assert bar.get_width() == pytest.approx(0.25 * background.get_width())


def test_the_photo_is_seen_upright_and_whole() -> None:
    picture = np.zeros((200, 100, 3), np.uint8)
    picture[:100] = (255, 0, 0)
    picture[100:] = (0, 0, 255)
    seen = pixels(png(photo_grid([Photo(picture, "a", 1.0)], columns=1, width=3))).astype(int)
    red = np.argwhere((seen[..., 0] > 250) & (seen[..., 1:].max(axis=2) < 5))
    blue = np.argwhere((seen[..., 2] > 250) & (seen[..., :2].max(axis=2) < 5))
    assert red[:, 0].max() < blue[:, 0].min() + 3 and abs(len(red) - len(blue)) < 0.03 * len(red)
    height, width = np.ptp(np.vstack([red, blue]), axis=0) + 1
    assert height / width == pytest.approx(2, rel=0.03)  # a pixel at each edge may be mixed


def test_any_shape_and_any_label_has_its_place() -> None:
    photos = [
        Photo(plain(1, 1), "\U0001f457 $x$", 0.0, "فستان"),
        Photo(plain(2, 900), "a very long name of a class", 1.0),
        Photo(plain(900, 2), "x" * 200, 0.5, "y" * 200),
        Photo(np.zeros((5, 5), np.uint8), "", 0.5),
        Photo(plain(3000, 2000), "dress", 0.5),
    ]
    figure = photo_grid(photos, 3, "a title", DARK)
    assert png(figure) and all_inside(figure)
    assert max(image.get_size()[0] for image in figure.axes[0].images) < 900  # not the 3000 that came


@pytest.mark.parametrize(
    "picture, confidence",
    [(np.zeros((4, 4, 3)), 0.5), (np.zeros((4, 4, 4), np.uint8), 0.5), (np.zeros((0, 4, 3), np.uint8), 0.5), (plain(2, 2), float("nan"))],
)
def test_what_is_no_photo_is_refused(picture: np.ndarray, confidence: float) -> None:
    with pytest.raises(UsageError):
        Photo(picture, "a", confidence)


def test_an_empty_grid_is_refused() -> None:
    with pytest.raises(UsageError):
        photo_grid([])
