"""A match as a picture: it picks the lines that are shown, `draw.match` draws them."""

from os.path import basename
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vitreous.draw.match import Outlined, Side, found_page, match_page
from vitreous.draw.theme import Theme
from vitreous.errors import UsageError
from vitreous.retrieval.matching.homography import Floats
from vitreous.retrieval.matching.picture import SIDE, Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vitreous.retrieval.matching.folder import Matches
    from vitreous.retrieval.matching.match import Match

_LINES, _MOST_FOUND = 32, 12


def drawn(match: "Match", theme: Theme) -> "Figure":
    chosen = spread(match.places_b / match.size_b, _LINES)
    words = f"{len(chosen)} of {len(match.places_a)} places that agree" if len(chosen) < len(match.places_a) else f"{len(chosen)} places that agree"
    words = f"{words}; outlined: what B shows" if match.same else "nothing in them agrees on a place"
    return match_page(
        Side(shown(match.A), match.size_a, f"A  {basename(match.a)}"), Side(shown(match.B), match.size_b, f"B  {basename(match.b)}"),
        match.places_a[chosen], match.places_b[chosen], match.corners, match.title, words, theme,
    )  # fmt: skip


def drawn_folder(matches: "Matches", theme: Theme) -> "Figure":
    """The first twelve."""
    first = matches.found[:_MOST_FOUND]
    if not first:
        raise UsageError("there is nothing to draw", matches.sentence, "a picture in which something was found")
    asked = Side(shown(first[0].B), first[0].size_b, basename(matches.image))
    sides = [Outlined(Side(shown(each.A), each.size_a, f"{basename(each.a)} · {each.scored}"), each.corners, each.how) for each in first]
    more = f"the first {len(first)} of {len(matches.found):,}; " if len(first) < len(matches.found) else ""
    return found_page(asked, sides, matches.title, f"{more}outlined: where it lies, with a mark at its upper left corner", theme)


def shown(picture: Picture) -> NDArray[np.uint8]:
    """In its own form again, the long side SIDE pixels or less."""
    scale = min(1.0, SIDE / max(picture.size))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return np.asarray(Image.fromarray(picture.square).resize(size, Image.Resampling.BICUBIC))


def spread(points: Floats, count: int) -> list[int]:
    """The numbers of at most `count` of the points [N, 2], each as far as can be from those before it."""
    if not len(points):
        return []
    far = np.hypot(*(points - points.mean(0)).T)
    chosen = [int(far.argmax())]
    away = np.full(len(points), np.inf)
    while len(chosen) < min(count, len(points)):
        away = np.minimum(away, np.hypot(*(points - points[chosen[-1]]).T))
        chosen.append(int(away.argmax()))
    return chosen
