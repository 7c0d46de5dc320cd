"""Pages of patches and what in them did it: everything is named, inside the page, and where it belongs."""

import numpy as np
import pytest
from drawn_pictures import all_inside, pixels, texts

from vitreous.draw.strongest import Block, strongest_page
from vitreous.draw.theme import DARK, LIGHT, Theme, png
from vitreous.errors import UsageError


def block(name: str = "channel 3", count: int = 9, side: int = 5) -> Block:
    patch, numbers = np.full((side, side, 3), (200, 10, 10), np.uint8), np.zeros((side, side, 3))
    return Block(name, "7 × dress, 2 × skirt; 8.1 to 6.4; sees 5 × 5 px", [(patch, numbers)] * count, ["dress"] * count)


def test_every_channel_is_named_and_every_patch_has_its_label() -> None:
    figure = strongest_page([block(), block("channel 5", 4), block("channel 6", 1)], "dress excites it", "one\ntwo")
    shown = texts(figure)
    assert {"channel 3", "channel 5", "channel 6", "dress excites it", "one\ntwo"} <= set(shown) and shown.count("dress") == 14
    assert all_inside(figure)


def test_patches_stand_left_and_what_did_it_right_of_them() -> None:
    seen = pixels(png(strongest_page([block()], "t", "s")))
    red, grey = (np.argwhere((seen == colour).all(2)) for colour in ((200, 10, 10), (128, 128, 128)))
    assert red[:, 1].max() < grey[:, 1].min() and abs(len(red) - len(grey)) < 0.02 * len(red)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_ugly_names_stay_inside_the_page(theme: Theme) -> None:
    ugly = Block("$x_^{}\x1b" * 30, "连衣裙" * 99, [(np.zeros((1, 60, 3), np.uint8), np.full((1, 60, 3), np.nan))] * 2, ["<b>" * 99, ""])
    assert all_inside(strongest_page([ugly] * 3, "_^{}\udcff" * 40, "a" * 999, theme))


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(UsageError, match="nothing to draw"):
        strongest_page([], "t", "s")
