"""Pages of feature maps: zero has one colour, signs are told apart, every stage and map is named."""

import numpy as np
import pytest
from drawn_pictures import all_inside, pixels, texts

from vitreous.draw.atlas import Strip, all_maps, atlas
from vitreous.draw.signed_colours import signed_colours
from vitreous.draw.theme import DARK, LIGHT, Theme, png, rgb, svg
from vitreous.errors import UsageError

PICTURE = np.full((20, 30, 3), 90, np.uint8)


def strip(maps: np.ndarray, name: str = "stem") -> Strip:
    return Strip(name, ("3 × 8 × 8", "sees 3 × 3 px, every 2"), maps, [f"map {k}" for k in range(len(maps))])


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_zero_has_the_colour_of_the_panels_and_lightness_tells_the_distance_from_it(theme: Theme) -> None:
    colours = signed_colours(np.linspace(-2, 2, 401), 2.0, theme) / 255
    assert np.allclose(colours[200], rgb(theme.panel), atol=1 / 255)  # 8 bits
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    light = linear @ (0.2126, 0.7152, 0.0722)
    direction = 1 if theme is DARK else -1
    # a step of 8 bits may stand still
    assert (direction * np.diff(light[200:]) > -0.004).all() and (direction * np.diff(light[200::-1]) > -0.004).all()
    assert colours[400, 2] > colours[400, 0] and colours[40, 0] > colours[40, 2]


def test_what_is_no_number_and_what_lies_beyond_have_a_colour() -> None:
    numbers = np.array([np.nan, np.inf, 5.0, -5.0])
    colours = signed_colours(numbers, 1.0, LIGHT)
    assert np.allclose(colours[:2] / 255, rgb(LIGHT.grid), atol=1 / 255)
    assert (colours[2:] == signed_colours(np.array([1.0, -1.0]), 1.0, LIGHT)).all()
    assert (signed_colours(np.zeros(3), 0.0, LIGHT) == colours.dtype.type(np.rint(255 * rgb(LIGHT.panel)))).all()


def test_every_stage_and_every_map_is_named_and_the_scale_is_written() -> None:
    maps = np.random.default_rng(0).normal(0, 1, (3, 8, 8))
    figure = atlas(PICTURE, [strip(maps), strip(np.zeros((2, 1, 1)), "features")], "dress (97 %)", "It sees all of it")
    shown = texts(figure)
    assert {"stem", "features", "map 2", "dress (97 %)", "It sees all of it", f"{np.abs(maps).max():.3g}"} <= set(shown) and all_inside(figure)


@pytest.mark.slow
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_ugly_names_and_numbers_are_drawn(theme: Theme) -> None:
    maps = np.full((40, 2, 5), np.nan)
    figure = all_maps(PICTURE, Strip("$x$\x1b" * 30, ("a" * 300,), maps, ["连衣裙" * 9] * 40), "_^{}\udcff" * 40, "x\ny", theme)
    assert all_inside(figure) and pixels(png(figure)).shape[1] == 1280
    assert svg(figure).startswith("<?xml")


@pytest.mark.parametrize("dpi", [100, 200])
def test_the_picture_is_at_the_top_of_the_page_and_upright(dpi: int) -> None:
    picture = np.full((30, 30, 3), 90, np.uint8)
    picture[:15] = (200, 10, 10)
    seen = pixels(png(atlas(picture, [strip(np.ones((1, 4, 4)))], "t", "s"), dpi))
    red, grey = (np.argwhere((seen == colour).all(2)) for colour in ((200, 10, 10), (90, 90, 90)))
    # 0.25 inches of margin, 2.2 inches of picture, upper half and lower half
    assert np.abs(red.min(0) - 0.25 * dpi).max() <= 2 and abs(red[:, 0].max() - 1.35 * dpi) <= 2
    assert abs(grey[:, 0].min() - 1.35 * dpi) <= 2 and np.abs(grey.max(0) - 2.45 * dpi).max() <= 2


def test_more_than_64_maps_of_a_stage_stand_forty_in_a_row_in_order_without_names() -> None:
    maps = np.zeros((100, 2, 2))
    maps[[0, 39, 40, 99]] = 1
    figure = atlas(PICTURE, [strip(maps)], "t", "s")
    blue = np.argwhere((pixels(png(figure, 200)) == signed_colours(np.ones(1), 1.0, LIGHT)[0]).all(2))
    step = (12.8 - 2 * 0.25 - 2.3) / 40 * 200  # pixels from map to map
    # the scale has this colour at its end too, left of the maps
    cells = {(int(y // step), int(x // step)) for y, x in (blue - (2.7 * 200, 2.55 * 200)).tolist() if x >= 0}
    assert cells == {(0, 0), (0, 39), (1, 0), (2, 19)} and "map 0" not in texts(figure) and all_inside(figure)


def test_nothing_to_draw_is_said_and_too_much_too() -> None:
    with pytest.raises(UsageError, match="nothing to draw"):
        atlas(PICTURE, [], "t", "s")
    with pytest.raises(UsageError, match="too much for one picture: 48,000 maps of 30 stages"):
        atlas(PICTURE, [strip(np.zeros((1600, 1, 1)))] * 30, "t", "s")


def test_marked_maps_are_crossed_out_or_framed() -> None:
    maps = np.zeros((12, 8, 8))
    plain, marked = (all_maps(PICTURE, Strip("stem", ("12 × 8 × 8",), maps, ["a"] * 12, *marks), "t", "s") for marks in ((), ({3}, {5, 6})))
    lines = [len(figure.axes[0].lines) for figure in (plain, marked)]
    assert lines[1] - lines[0] == 2 + 1 + 1 and all_inside(marked)
    changed = np.argwhere((pixels(png(plain)) != pixels(png(marked))).any(2))
    assert len(changed) > 100
