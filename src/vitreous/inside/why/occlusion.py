"""Occlusion: how far the score falls when a part of the picture is covered, part by part.

A square of the picture's mean colour, two cells wide, is laid over each cell of a grid of 14 × 14; the number of a cell is the score of the
picture less that of the covered one. Nothing is assumed of the network, which only has to answer 196 more pictures.

Source: Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
"""

import numpy as np

from vitreous.inside.why.integrated_gradients import plain_picture
from vitreous.inside.why.question import Pictures, Question
from vitreous.inside.why.saliency import Saliency

GRID = 14
# How many cells a square is wide: narrower ones leave too much of a thing to be seen, wider ones do not show where it is.
WIDE = 2.0


def occlusion(question: Question, cells: int = GRID, wide: float = WIDE, every: int = 1) -> Saliency:
    """By `cells` × `cells` positions of a square, at most one a pixel; of them every second row and column, where `every` is 2."""
    cells = min(cells, question.size)
    shown = np.arange(cells * cells).reshape(cells, cells)[::every, ::every]
    covered = covered_pictures(question.picture, cells, wide)[shown.ravel()]
    scores = question.scores(covered)[:, question.score.index]
    untouched = float(question.values[question.score.value][question.place])
    fall = untouched - scores.reshape(shown.shape)
    step = question.size / cells
    said = f"{shown.size} squares of {round(wide * step)} pixels; the score {untouched:.4g} falls to {scores.min():.4g} at the worst"
    facts = (("score", untouched), ("least", float(scores.min())))
    return Saliency("occlusion", fall, (step / 2, step / 2), (every * step, every * step), said, facts)


def covered_pictures(picture: Pictures, cells: int, wide: float) -> Pictures:
    """The picture with a square over each of `cells` × `cells` places, row by row: uint8 [cells², S, S, 3]. Squares end at the border."""
    size = len(picture)
    colour = np.rint(plain_picture(picture)[0, 0]).astype(np.uint8)
    centres = (np.arange(cells) + 0.5) * size / cells
    first = np.rint(np.maximum(0, centres - wide * size / cells / 2)).astype(int)
    last = np.rint(np.minimum(size, centres + wide * size / cells / 2)).astype(int)
    covered = np.repeat(picture[None], cells * cells, 0)
    for number, (row, column) in enumerate(np.ndindex(cells, cells)):
        covered[number, first[row] : last[row], first[column] : last[column]] = colour
    return covered
