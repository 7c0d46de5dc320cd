"""From the votes to one homography: the most promising are corrected coarsely, the best of them finely."""

from collections.abc import Sequence
from dataclasses import dataclass

from vitreous.retrieval.matching.guided import Agreement, agreement, corrected, frame
from vitreous.retrieval.matching.homography import Floats, is_plausible
from vitreous.retrieval.matching.maps import Mapper
from vitreous.retrieval.matching.picture import Picture
from vitreous.retrieval.matching.voting import Vote

TRIED = 3
# Votes of different pictures reach 8 to 20, those of the same one 30 to 500.
_LEAST, _CLOSE = 8.0, 0.4
# Canvas and reach in cells, coarse to fine: each step corrects what the one before left.
_COARSE, _FINE = ((160, 3),), ((224, 2), (320, 2))
JUDGED_AT = 224


@dataclass(frozen=True, eq=False)
class Alignment:
    """H [3, 3] takes pixels of B to those of A; `votes`: the surprise of the vote that it began with."""

    H: Floats
    agreement: Agreement
    votes: float


def align(A: Picture, B: Picture, votes: Sequence[Vote], mapper: Mapper) -> Alignment | None:
    """None where no vote leads to a homography that a camera could see."""
    worth = [vote for vote in votes[:TRIED] if vote.surprise >= max(_LEAST, _CLOSE * votes[0].surprise)]
    begun = [(found, vote) for vote in worth if (found := _followed(A, B, vote.H, mapper, _COARSE)) is not None]
    judged = [(each, H, vote) for H, vote in begun if (each := _judged(A, B, H, mapper, _COARSE[0][0])) is not None]
    if not judged:
        return None
    _, H, vote = max(judged, key=lambda each: (each[0].surprise, each[2].surprise))
    fine = _followed(A, B, H, mapper, _FINE)
    ends = [(each, H) for H in (H, fine) if H is not None and (each := _judged(A, B, H, mapper, JUDGED_AT)) is not None]
    if not ends:
        return None
    best, H = max(ends, key=lambda each: each[0].surprise)
    return Alignment(H, best, vote.surprise)


def _followed(A: Picture, B: Picture, H: Floats, mapper: Mapper, steps: Sequence[tuple[int, int]]) -> Floats | None:
    for size, reach in steps:
        shared = frame(A, B, H, mapper, size)
        found = corrected(H, shared, reach) if shared else None
        if found is None or not is_plausible(found, *B.size):
            return None
        H = found
    return H


def _judged(A: Picture, B: Picture, H: Floats, mapper: Mapper, size: int) -> Agreement | None:
    shared = frame(A, B, H, mapper, size)
    return agreement(shared) if shared else None
