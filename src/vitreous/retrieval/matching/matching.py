"""Whether two pictures show the same, and where in A is what B shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vitreous.core.text import visible
from vitreous.errors import DataError
from vitreous.retrieval.matching.aligning import JUDGED_AT, Alignment, align
from vitreous.retrieval.matching.guided import agreeing, frame
from vitreous.retrieval.matching.homography import Floats
from vitreous.retrieval.matching.maps import Mapper
from vitreous.retrieval.matching.match import Match
from vitreous.retrieval.matching.neighbours import whitening
from vitreous.retrieval.matching.picture import Picture
from vitreous.retrieval.matching.score import score
from vitreous.retrieval.matching.turns import View, scales, turned
from vitreous.retrieval.matching.voting import votes

LEAST_SIDE = 24
_BLANK = 1.5  # the spread of the grey levels of a picture without anything in it
# From here on it is not asked whether the mirrored picture fits better. Things that are nearly their own mirror image reach a share of 0.3.
_SURE, _SURE_SHARE = 0.99, 0.6


@dataclass(frozen=True, eq=False)
class Query:
    """B, ready to be looked for in many pictures. The views of the mirrored picture are made when they are first needed."""

    picture: Picture
    mapper: Mapper
    plain: list[View]
    mirrored: list[View]


def query(B: Picture, mapper: Mapper) -> Query:
    """Raises DataError for a picture in which there is nothing to match."""
    require_texture(B)
    return Query(B, mapper, turned(B, mapper, mirrored=False), [])


def matched(A: Picture, asked: Query) -> Match:
    """Raises DataError for a picture in which there is nothing to match."""
    require_texture(A)
    B, mapper = asked.picture, asked.mapper
    return _identical(A, B, mapper) if A.key == B.key else _told(A, B, best_alignment(A, asked), mapper)


def best_alignment(A: Picture, asked: Query) -> Alignment | None:
    """The homography for which most speaks, of B as it is or mirrored, however little that may be; None where nothing agrees on one."""
    B, mapper = asked.picture, asked.mapper
    of_a = scales(A, mapper)
    best = _aligned(A, B, of_a, asked.plain, mapper)
    if not _is_sure(best):
        if not asked.mirrored:
            asked.mirrored.extend(turned(B, mapper, mirrored=True))
        other = _aligned(A, B, of_a, asked.mirrored, mapper)
        best = max((best, other), key=lambda each: each.agreement.surprise if each else -1.0)
    return best


def require_texture(picture: Picture) -> None:
    failed = f"{visible(picture.name)} cannot be matched"
    if min(picture.size) < LEAST_SIDE:
        raise DataError(failed, f"{picture.width} × {picture.height} pixels", f"at least {LEAST_SIDE} a side")
    if float(picture.square.mean(-1).std()) < _BLANK:
        raise DataError(failed, "it is blank: all of its pixels have nearly one colour", "a picture with something in it")


def _aligned(A: Picture, B: Picture, of_a: Sequence[View], of_b: Sequence[View], mapper: Mapper) -> Alignment | None:
    of_a, of_b = ([view for view in views if len(view)] for views in (of_a, of_b))
    if not of_a or not of_b:
        return None
    return align(A, B, votes(A, B, of_a, of_b, whitening(of_a[0].cells, of_b[0].cells)), mapper)


def _is_sure(found: Alignment | None) -> bool:
    return found is not None and score(found.agreement) >= _SURE and found.agreement.share >= _SURE_SHARE


def _told(A: Picture, B: Picture, found: Alignment | None, mapper: Mapper) -> Match:
    nothing = Match(A.name, B.name, A.size, B.size, score(found.agreement if found else None), None, np.empty((0, 2)), np.empty((0, 2)), A, B)
    if found is None or not nothing.same:
        return nothing
    shared = frame(A, B, found.H, mapper, JUDGED_AT)
    a, b = agreeing(found.H, shared) if shared else (nothing.places_a, nothing.places_b)
    return replace(nothing, homography=found.H, places_a=a, places_b=b)


def _identical(A: Picture, B: Picture, mapper: Mapper) -> Match:
    H: Floats = np.eye(3)
    shared = frame(A, B, H, mapper, JUDGED_AT)
    a, b = agreeing(H, shared) if shared else (np.empty((0, 2)), np.empty((0, 2)))
    return Match(A.name, B.name, A.size, B.size, 1.0, H, a, b, A, B)
