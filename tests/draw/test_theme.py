"""The visual language: colours that stay apart, bytes that stay the same, names of files, and no trace in the home folder."""

import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from drawn_pictures import pixels

from vitreous.core.item import Split
from vitreous.draw.confusion import confusion
from vitreous.draw.theme import DARK, LIGHT, SPLIT_COLOURS, Theme, class_colours, ink_on, picture_format, png, rgb, svg
from vitreous.errors import UsageError

LABELS = ["dress", "pants", "shirt", "shoes", "skirt"]
TABLE = np.diag([5, 6, 6, 6, 5]) + np.eye(5, k=2, dtype=int)

# G. Machado, M. Oliveira, L. Fernandes, "A physiologically-based model for simulation of color vision deficiency", 2009: severity 1.0,
# for linear RGB.
SEEN_BY = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> np.ndarray:
    part = rgb(colour)
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """CIE 1976 L*a*b* of linear RGB, D65."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(light, 0, 1)
    f = np.cbrt(xyz / (0.9505, 1.0, 1.089))
    f = np.where(f > 6 / 29, f, xyz / (0.9505, 1.0, 1.089) / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    """WCAG 2."""
    low, high = sorted(linear(colour) @ (0.2126, 0.7152, 0.0722) for colour in (one, other))
    return float((high + 0.05) / (low + 0.05))


@pytest.mark.parametrize("eye", SEEN_BY)
def test_colours_stay_apart_for_every_eye(eye: str) -> None:
    seen = np.array(SEEN_BY[eye])
    kinds = {"classes": list(class_colours(list("abcdefg")).values()), "splits": list(SPLIT_COLOURS.values())}
    kinds |= {"answers": [LIGHT.right, LIGHT.wrong], "dark answers": [DARK.right, DARK.wrong]}
    for kind, colours in kinds.items():
        apart = min(np.linalg.norm(lab(seen @ linear(a)) - lab(seen @ linear(b))) for a, b in combinations(colours, 2))
        assert apart > 10, (kind, apart)  # a difference of 2.3 is just noticed (M. Mahy et al. 1994)


def test_the_splits_stay_apart_in_grey() -> None:
    lightness = sorted(lab(linear(colour))[0] for colour in SPLIT_COLOURS.values())
    assert min(np.diff(lightness)) > 15
    assert set(SPLIT_COLOURS) == set(Split)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_letters_can_be_read_on_their_background(theme: Theme) -> None:
    assert contrast(theme.ink, theme.background) > 7 and contrast(theme.muted, theme.background) > 4.5
    assert contrast(theme.right, theme.background) > 3 and contrast(theme.wrong, theme.background) > 3


def test_letters_on_a_colour_have_a_contrast_of_three() -> None:
    rng = np.random.default_rng(0)
    for colour in rng.integers(0, 256, (200, 3)):
        name = "#" + "".join(f"{part:02x}" for part in colour)
        assert contrast(ink_on(rgb(name)), name) >= 3


def test_a_class_has_the_same_colour_in_every_order() -> None:
    assert class_colours(LABELS) == class_colours(LABELS[::-1])
    many = class_colours([f"{k:03}" for k in range(50)])
    assert len(set(many.values())) == 21 and all(len(colour) == 7 for colour in many.values())


@pytest.mark.slow
def test_the_same_values_give_the_same_bytes() -> None:
    first, second = confusion(TABLE, LABELS), confusion(TABLE, LABELS)
    assert png(first) == png(second)
    assert svg(first) == svg(second)
    assert b"matplotlib" not in png(first).lower() and "<dc:date>" not in svg(first)


def test_what_the_user_set_changes_nothing() -> None:
    import matplotlib

    expected = png(confusion(TABLE, LABELS))
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "savefig.bbox": "tight", "savefig.facecolor": "green"}):
        assert png(confusion(TABLE, LABELS)) == expected
        assert matplotlib.rcParams["font.size"] == 30


@pytest.mark.slow
def test_resolution_scales_the_picture_and_an_svg_is_well_formed() -> None:
    figure = confusion(TABLE, LABELS)
    one, two = pixels(png(figure)), pixels(png(figure, 200))
    assert abs(two.shape[0] - 2 * one.shape[0]) <= 1 and abs(two.shape[1] - 2 * one.shape[1]) <= 1
    assert ElementTree.fromstring(svg(figure)).tag.endswith("svg")


def test_the_suffix_names_the_format() -> None:
    assert picture_format("a/b.PNG") == "png" and picture_format(Path("x.y.svg")) == "svg"
    for name in ("x.jpg", "x", ".png", "x.png.gz"):
        with pytest.raises(UsageError, match=r"\.png or \.svg"):
            picture_format(name)


@pytest.mark.slow
def test_drawing_leaves_no_trace_in_the_home_folder_and_needs_no_pyplot(tmp_path: Path) -> None:
    code = (
        "import sys; from vitreous.draw import confusion, evaluation, photos, theme, lettering\n"
        "assert 'matplotlib' not in sys.modules\n"
        "import numpy as np; theme.png(confusion.confusion(np.eye(2, dtype=int), ['a', 'b']))\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    home, cache = tmp_path / "home", tmp_path / "cache"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "MPL"))}
    environment = kept | {"HOME": str(home), "USERPROFILE": str(home), "VITREOUS_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=60)
    assert not list(home.rglob("*"))
    assert list((cache / "matplotlib").glob("fontlist*"))
