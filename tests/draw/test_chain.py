"""The chain rule as a picture: every number of the way is named with its gradient, products as maps or as a list."""

import numpy as np
import pytest
from drawn_pictures import all_inside, pixels, texts

from vitreous.draw.chain import Link, Plane, Product, chain
from vitreous.draw.theme import DARK, LIGHT, Theme, png
from vitreous.errors import UsageError

LINKS = [
    Link("stem.weight[3,0,1,1]", -0.0053, "Conv: −0.5 × 0.004"),
    Link("stem[3,9,9]", 0.004, "Clip: 1 × 0.004"),
    Link("logits[1]", -0.7, "said of b"),
]


def test_every_number_on_the_way_is_named_with_its_gradient() -> None:
    planes = [Plane(heading, np.random.default_rng(0).normal(0, 1, (6, 8))) for heading in ("what it meets", "gradient", "products")]
    figure = chain("dL/d stem.weight", "the loss", planes, [], LINKS)
    assert {each.name for each in LINKS} | {"−0.0053", "0.004", "−0.7", "×", "=", "what it meets", "said of b"} <= set(texts(figure))
    assert all_inside(figure) and any(text.startswith("from −") for text in texts(figure))


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_ugly_names_and_numbers_are_drawn(theme: Theme) -> None:
    links = [Link("$x$\x1b连衣裙" * 30, number, "said of " + "W" * 24) for number in (np.nan, np.inf, 0.0, 1e-38, -1e38)]
    products = [Product("_^{}\udcff" * 60, number) for number in (np.nan, -np.inf, 0.0, 3.0)]
    figure = chain("t" * 500, "x\ny" * 100, [], products, links, theme)
    assert all_inside(figure) and pixels(png(figure)).shape[1] == 1280


def test_of_a_very_long_way_the_end_is_kept() -> None:
    links = [Link(f"value{k}", 1.0, "words") for k in range(400)]
    shown = texts(chain("t", "s", [], [], links))
    assert "value0" in shown and "value399" in shown and any("250 more numbers lie before it" in text for text in shown)


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(UsageError, match="nothing to draw"):
        chain("t", "s", [], [], [])
