"""Explanations and flips as pictures: it picks what is shown and says what was found, `draw` draws it."""

from typing import TYPE_CHECKING

import numpy as np

from vitreous.core.text import percent, plural, visible
from vitreous.draw.lettering import within_a_sentence
from vitreous.draw.theme import Theme
from vitreous.draw.why import MapPanel, NearPicture, flip_picture, why_picture
from vitreous.errors import UsageError
from vitreous.inside.why.redrawn import ALIKE
from vitreous.inside.why.saliency import Saliency

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vitreous.inside.why.flip import Flip
    from vitreous.inside.why.why import Explained, Why

# A map of single pixels is drawn as means over so much of the side (deviation): pixels a screen apart are not seen.
_SOFT = 0.01
_FINE = 60


def why_of(found: "Why", theme: Theme) -> "Figure":
    """Each map with its checks, and the nearest training pictures."""
    near = found.evidence
    pictures = [NearPicture(each.picture, (each.label, f"{each.distance:.2f} away")) for each in near.neighbours] if near else []
    title = ""
    if near:
        same = near.share(found.label)
        title = f"{same} of the {len(pictures)} nearest training pictures {'is' if same == 1 else 'are'} {within_a_sentence(found.label)}"
        title = "; ".join([title, *near.remarks] if pictures else near.remarks)
    score = found.question.score
    lines = [
        f"Explained is {score.words}, {found.value:.4g}. Blue speaks for it, orange against it; the frame is around what speaks most for it",
        f"likeness: rank correlation with the map of a network whose weights were redrawn; above {ALIKE} (shaded) the map is not to be trusted",
        "deletion should fall, and insertion rise, faster than in random orders (dotted)",
        *(f"{method}: {reason}" for method, reason in found.missing),
    ]
    panels = [_panel(found, each) for each in found.explained]
    return why_picture(found.question.picture, panels, pictures, finding(found), "\n".join(lines), title, theme)


def finding(found: "Why") -> str:
    """What was found, as a title."""
    good = [each for each in found.explained if each.redrawn.trustworthy and each.curves.matters]
    name = within_a_sentence(found.inside.image.replace("\\", "/").rsplit("/", 1)[-1], 40)
    label = f"{within_a_sentence(found.label)} ({percent(found.confidence)})"
    if not good:
        return f"No map of why {label} in {name} passes both of its checks"
    where = place_words(good[0].saliency, found.question.size)
    count = len(found.explained)
    passed = "the map passes" if count == 1 else f"{len(good)} of {plural(count, 'map')} {'passes' if len(good) == 1 else 'pass'}"
    return f"What speaks most for {label} lies {where} of {name}; {passed} both checks"


def place_words(saliency: Saliency, size: int) -> str:
    """Where the strongest cell lies, in words: "in the middle", "at the upper left"."""
    x0, y0, x1, y1 = saliency.box(saliency.peak)
    row, column = (min(2, max(0, int(3 * (a + b) / 2 / size))) for a, b in ((y0, y1), (x0, x1)))
    up, side = ("upper ", "", "lower ")[row], ("left", "middle", "right")[column]
    if row == 1:
        return "in the middle" if column == 1 else f"at the {side}"
    return f"in the {up}{side}"


def flip_of(found: "Flip", theme: Theme) -> "Figure":
    """The picture, the change, and the changed picture."""
    if found.changed is None:
        raise UsageError("there is nothing to draw", "no change was found that flips the answer")
    (before, sure), (after, then) = found.answers
    title = (
        f"{within_a_sentence(before)} becomes {within_a_sentence(after)} by {plural(found.largest, 'grey level')} in {plural(found.pixels, 'pixel')}"
    )
    times = 127.5 / max(1, found.largest)
    mean = float(np.abs(found.difference).mean())
    lines = [
        f"of {len(found.before)} × {len(found.before)} pixels and 255 levels; {mean:.2g} levels on average, size {found.size:.3g}",
        "run by the engine; the smallest change that was found, others may be smaller",
    ]
    names = (f"{visible(found.said)} {percent(sure, 1)}", f"the change, {times:.3g} times; grey is none", f"{visible(after)} {percent(then, 1)}")
    return flip_picture(found.before, found.changed, names, title, "\n".join(lines), theme)


def _panel(found: "Why", each: "Explained") -> MapPanel:
    from scipy.ndimage import gaussian_filter

    size = found.question.size
    numbers = each.saliency.at_pixels(size)
    if max(each.saliency.values.shape) > _FINE:
        numbers = gaussian_filter(numbers, max(0.7, _SOFT * size))
    curves = each.curves
    return MapPanel(
        each.saliency.method, each.verdict + (f"; {each.saliency.said}" if each.saliency.said else ""), numbers,
        float(np.quantile(np.abs(numbers), 0.998)), each.saliency.box(each.saliency.peak), each.redrawn.layers, each.redrawn.likeness, ALIKE,
        curves.share, curves.deletion, curves.insertion, curves.random_deletion, curves.random_insertion,
    )  # fmt: skip
