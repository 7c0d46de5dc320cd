"""What excites the channels most, as a picture: it picks what is shown, `draw.strongest` draws it."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from vitreous.core.text import visible
from vitreous.data.decode import decode
from vitreous.draw.strongest import Block, strongest_page
from vitreous.draw.theme import Theme
from vitreous.infer.machine import this_machine
from vitreous.inside.strongest import telling
from vitreous.inside.strongest.evidence import Evidence
from vitreous.inside.telling import field_words, figure
from vitreous.layers.window import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vitreous.inside.strongest.strongest import Excited, Patch, Strongest

MOST_DRAWN = 24
_HOW_TO_READ = (
    "Left: what the number sees. Right: its guided gradient (Springenberg et al. 2015), grey for 0: it says what was there,"
    " not what a change would do."
)


def drawn(strongest: "Strongest", theme: Theme) -> "Figure":
    """Of at most 24 of the shown channels. Raises UnreadableImage where a picture has gone meanwhile."""
    shown, pairs = strongest.drawn
    several = len(strongest.found) > 1
    blocks = [_block(each, pictures, several) for each, pictures in zip(shown, pairs, strict=True)]
    title = telling.title(strongest)
    told = [*telling.about_chance(strongest), *([] if several else telling.about_stage(strongest.found[0]))]
    told.append(_HOW_TO_READ)
    told += [*telling.not_shown(strongest, len(shown)), *telling.about_pictures(strongest)]
    return strongest_page(blocks, _begun(title), "\n".join(map(_begun, told)), theme)


def to_draw(strongest: "Strongest") -> "tuple[list[Excited], list[list[tuple[Array, Array]]]]":
    """The channels that are drawn, with their patches and what in each excites it."""
    shown = [each for each in strongest.shown if each.patches][:MOST_DRAWN]
    return shown, patches(strongest, shown)


def patches(strongest: "Strongest", shown: "list[Excited]") -> list[list[tuple[Array, Array]]]:
    """For each channel its patches uint8 [h, w, 3], each with what in it excites the channel, float [h, w, 3]. On all cores."""
    side = strongest.network.view.size
    evidence = {each.point.stage: Evidence(strongest.walk, each.point, side) for each in shown}

    def pair(excited: "Excited", patch: "Patch") -> tuple[Array, Array]:
        path = strongest.pictures.items[patch.picture].path
        picture = decode(path, (strongest.network.view,), strongest.rule).views[0]
        top, left, bottom, right = patch.box
        gradient = evidence[excited.point.stage].of(picture, excited.channel, patch.row, patch.column)
        return np.ascontiguousarray(picture[top:bottom, left:right]), gradient

    with ThreadPoolExecutor(this_machine().cores) as pool:
        waiting = [[pool.submit(pair, excited, patch) for patch in excited.patches] for excited in shown]
        return [[each.result() for each in row] for row in waiting]


def _block(excited: "Excited", pictures: list[tuple[Array, Array]], several: bool) -> Block:
    size, step, _ = field_words(excited.point.field)
    first, last = (figure(excited.patches[k].value).replace("-", "−") for k in (0, -1))
    stage = f"{visible(excited.point.stage)}, " if several else ""
    sees = f"sees {size}" if step else f"sees the {size}"
    labels = telling.label_counts(excited) if excited.labels else ""
    captions = [", ".join(patch.labels) for patch in excited.patches]
    equal = "more are as strong as the last" if excited.tied else ""
    words = "; ".join(filter(None, (labels, f"{first} to {last}", equal, sees)))
    return Block(f"{stage}channel {excited.name}", words, pictures, captions)


def _begun(line: str) -> str:
    """With a capital letter at its beginning."""
    return line[:1].upper() + line[1:]
