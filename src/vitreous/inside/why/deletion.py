"""The second check: does what a map marks matter to the network?

    deletion    parts of the picture give way to its mean colour, what the map marks most first: the probability should fall at once
    insertion   parts of the picture are laid over a blurred copy of it in the same order: the probability should rise at once

The area under each curve stands beside that of nine random orders of the same parts. A map is said to mark what matters where, in both, at most
one of them is as good: a random order may meet the decisive part first, and a map that means nothing gets that far in one of some twenty cases.

Source: Petsiuk, Das, Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.inside.why.integrated_gradients import plain_picture
from vitreous.inside.why.question import Pictures, Question
from vitreous.inside.why.saliency import Floats, Saliency, cell_edges, cell_means

# Parts a side, and how many pictures a curve has beside the untouched one.
CELLS, STEPS = 14, 14
RANDOM_ORDERS, AS_GOOD = 9, 1
_BLUR = 0.06  # of the side, standard deviation


@dataclass(frozen=True, eq=False)
class Curves:
    """`share` of the parts that were deleted or inserted, from 0 to 1, and the probability at each: [T], of random orders [R, T]."""

    share: Floats
    deletion: Floats
    insertion: Floats
    random_deletion: Floats
    random_insertion: Floats

    @property
    def areas(self) -> dict[str, float]:
        """Mean probability along each curve; of random orders the mean of theirs."""
        named = {"deletion": self.deletion, "insertion": self.insertion}
        named |= {"random_deletion": self.random_deletion.mean(0), "random_insertion": self.random_insertion.mean(0)}
        return {name: area(self.share, curve) for name, curve in named.items()}

    @property
    def better(self) -> tuple[bool, bool]:
        """Whether at most one random order is as good as the map's, in deletion and in insertion."""
        deleted = sum(area(self.share, curve) <= area(self.share, self.deletion) for curve in self.random_deletion)
        inserted = sum(area(self.share, curve) >= area(self.share, self.insertion) for curve in self.random_insertion)
        return deleted <= AS_GOOD, inserted <= AS_GOOD

    @property
    def matters(self) -> bool:
        """Whether it is in both."""
        return all(self.better)

    def to_json(self) -> dict[str, Any]:
        curves = {"deletion": self.deletion, "insertion": self.insertion}
        rounded = {name: [round(float(number), 5) for number in curve] for name, curve in curves.items()}
        areas = {f"{name}_area": round(number, 5) for name, number in self.areas.items()}
        return {"share": [round(float(each), 4) for each in self.share], **rounded, **areas, "marks_what_matters": self.matters}


@dataclass(frozen=True, eq=False)
class RandomOrders:
    """What random orders of the parts give, once for all methods: curves [R, T]."""

    share: Floats
    deletion: Floats
    insertion: Floats

    @property
    def ends(self) -> Floats:
        """The probability of the picture, of one of its mean colour, and of the blurred one: every order begins and ends with them."""
        return np.array((self.deletion[0, 0], self.deletion[0, -1], self.insertion[0, 0]))


def random_orders(question: Question, count: int = RANDOM_ORDERS, seed: int = 0) -> RandomOrders:
    """`count` orders of the parts, drawn by `seed`."""
    cells = _cells(question)
    random = np.random.default_rng(seed)
    picture = question.picture
    ends = _probability(question, np.stack((picture, _empty(picture), blurred(picture))))
    deletion, insertion = _curves(question, [random.permutation(cells * cells) for _ in range(count)], ends)
    return RandomOrders(_share(cells), deletion, insertion)


def deletion_and_insertion(question: Question, saliency: Saliency, random: RandomOrders) -> Curves:
    """The curves of a map, beside those of random orders."""
    means = cell_means(saliency.at_pixels(question.size), _cells(question))
    order = np.argsort(-means.ravel(), kind="stable")
    deletion, insertion = _curves(question, [order], random.ends)
    return Curves(random.share, deletion[0], insertion[0], random.deletion, random.insertion)


def area(share: Floats, curve: Floats) -> float:
    """Under a curve over 0 to 1, by trapezoids."""
    return float(np.trapezoid(curve, share))


def blurred(picture: Pictures) -> Pictures:
    """The picture without anything to recognize in it, its colours still about where they were."""
    from scipy.ndimage import gaussian_filter

    sigma = max(1.0, _BLUR * len(picture))
    return np.asarray(np.rint(gaussian_filter(picture.astype(np.float32), (sigma, sigma, 0))), np.uint8)


def _curves(question: Question, orders: list[NDArray[np.intp]], ends: Floats) -> tuple[Floats, Floats]:
    """Probability of the label along each of R orders of the parts, deleted and inserted: [R, T] twice, with `ends` that all have in common."""
    picture = question.picture
    cells = round(len(orders[0]) ** 0.5)
    parts, empty, without = _parts(question.size, cells), _empty(picture), blurred(picture)
    series = []
    for order in orders:
        rank = np.empty(len(order), np.intp)
        rank[order] = np.arange(len(order))
        masks = [(rank[parts] < count)[..., None] for count in _counts(cells)[1:-1]]
        series += [*(np.where(mask, empty, picture) for mask in masks), *(np.where(mask, picture, without) for mask in masks)]
    # a picture of one pixel has one part, and nothing in between
    inner = (_probability(question, np.stack(series)) if series else np.empty(0)).reshape(len(orders), 2, len(_counts(cells)) - 2)
    untouched, nothing, blur = (np.full((len(orders), 1), end) for end in ends)
    return np.hstack((untouched, inner[:, 0], nothing)), np.hstack((blur, inner[:, 1], untouched))


def _probability(question: Question, pictures: Pictures) -> Floats:
    return question.both(pictures)[1][:, question.score.index]


def _empty(picture: Pictures) -> Pictures:
    return np.rint(plain_picture(picture)).astype(np.uint8)


def _parts(size: int, cells: int) -> NDArray[np.intp]:
    """Which part each pixel belongs to: [S, S]."""
    place = np.searchsorted(cell_edges(size, cells)[1:], np.arange(size), side="right")
    return np.asarray(place[:, None] * cells + place)


def _cells(question: Question) -> int:
    return min(CELLS, question.size)


def _counts(cells: int) -> list[int]:
    return sorted({round(share * cells * cells) for share in np.linspace(0, 1, STEPS + 1)})


def _share(cells: int) -> Floats:
    return np.array(_counts(cells)) / (cells * cells)
