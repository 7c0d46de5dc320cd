"""In which turn, scale and place one picture may lie in the other: every pair of cells of two views names a shift, and pairs that name the same
one vote for it.

Two views fix turn and scale, so a pair (a, b) says where B lies: a − L b, L taking steps in B to steps in A. Of n pairs k say the same within a
radius that holds the share p of all shifts; how surprising that is, is measured by

    k ln(k / n p) − (k − n p)

the exponent of the Poisson tail, so views with few cells and views with many are compared alike (the a contrario reasoning of Desolneux, Moisan
and Morel 2000).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitreous.retrieval.matching.homography import Floats
from vitreous.retrieval.matching.maps import Cells
from vitreous.retrieval.matching.neighbours import Whitening, mutual
from vitreous.retrieval.matching.picture import Picture
from vitreous.retrieval.matching.turns import View

_RADIUS = 2.5  # cells
_LEAST = 4


@dataclass(frozen=True, eq=False)
class Vote:
    """`surprise` of the pairs a [K, 2] ~ b [K, 2] that agree on B's place in A; H [3, 3], the similarity they agree on."""

    surprise: float
    a: Floats
    b: Floats
    H: Floats
    mirrored: bool


def votes(A: Picture, B: Picture, of_a: Sequence[View], of_b: Sequence[View], whitening: Whitening) -> list[Vote]:
    """The best of each pair of views of which one is at full scale, most surprising first."""
    directions = [whitening.directions(view.cells) for view in of_a]
    found = []
    for b in of_b:
        Y = whitening.directions(b.cells)
        for a, X in zip(of_a, directions, strict=True):
            if min(a.scale, b.scale) == 0 and len(a) >= _LEAST and len(b) >= _LEAST:
                vote = _vote(A, B, a, b, X, Y)
                if vote is not None:
                    found.append(vote)
    return sorted(found, key=lambda vote: -vote.surprise)


def _vote(A: Picture, B: Picture, a: View, b: View, X: Cells, Y: Cells) -> Vote | None:
    i, j = mutual(X, Y)
    L = a.linear @ np.linalg.inv(b.linear)
    p, q = a.places[i], b.places[j]
    shifts = p - q @ L.T
    radius = _RADIUS * a.spacing
    gaps = shifts[:, None] - shifts[None]
    near = np.square(gaps).sum(-1) < radius**2
    counts = near.sum(1)
    best = int(counts.argmax())
    k, n = int(counts[best]), len(i)
    if k < _LEAST:
        return None
    # shifts lie where the two pictures meet: about the area of A and of B as it lies there
    area = A.width * A.height + B.width * B.height * abs(float(np.linalg.det(L)))
    expected = n * min(1.0, np.pi * radius**2 / area)
    surprise = k * np.log(k / expected) - (k - expected) if k > expected else 0.0
    agreeing = near[best]
    H = np.eye(3)
    H[:2, :2], H[:2, 2] = L, shifts[agreeing].mean(0)
    return Vote(float(surprise), p[agreeing], q[agreeing], H, b.mirrored)
