"""The rows most similar to queries, exactly: products of blocks of the memory-mapped features with all queries at once, of which the best are kept.

The similarity of row x to a query is   Σ_t (x_t · w_t − c_t) r_t   over terms t, each a matrix of rows with a weight for each row (see
`similarity`). One query costs about one reading of the matrix; many cost what the product of the matrices does, for a block of scores stays
in the cache, and only what beats a query's worst so far is looked at further.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.intp]
_SCORES = 1 << 21  # of a block: 8 MB
_MOST_ROWS = 1 << 16
_QUERIES = 1024


@dataclass(frozen=True, eq=False)
class Term:
    """`rows` float32 [R, D]; `weights` [D, Q] and `offsets` [Q] of the queries; `scale` [R], 0 for rows that are not asked."""

    rows: Floats
    weights: Floats
    offsets: Floats
    scale: Floats


@dataclass(frozen=True, eq=False)
class Nearest:
    """For each query the best rows, the best first, and their scores: [Q, k]."""

    rows: IntArray
    scores: Floats


def nearest(terms: Sequence[Term], count: int, without: Sequence[int] = ()) -> Nearest:
    """The `count` best rows of each query; rows of scale 0 in the first term, and those in `without`, are passed over."""
    queries, asked = terms[0].weights.shape[1], int(np.count_nonzero(terms[0].scale))
    left_out = np.array(sorted(set(without)), np.intp)  # numpy.unique would import numpy.ma
    count = max(0, min(count, asked - int(np.count_nonzero(terms[0].scale[left_out]))))
    if not count:
        return Nearest(np.empty((queries, 0), np.intp), np.empty((queries, 0), np.float32))
    parts = [_some(_part(terms, begin), count, left_out) for begin in range(0, queries, _QUERIES)]
    return Nearest(np.concatenate([part.rows for part in parts]), np.concatenate([part.scores for part in parts]))


def _part(terms: Sequence[Term], begin: int) -> list[Term]:
    chosen = slice(begin, begin + _QUERIES)
    return [Term(term.rows, np.ascontiguousarray(term.weights[:, chosen]), term.offsets[chosen], term.scale) for term in terms]


def _some(terms: Sequence[Term], count: int, left_out: IntArray) -> Nearest:
    best = _Best(terms[0].weights.shape[1], count)
    for begin, scores in _scores(terms):
        inside = left_out[(left_out >= begin) & (left_out < begin + len(scores))] - begin
        if len(inside):
            scores[inside] = -np.inf
        best.take(begin, scores)
    return best.sorted()


def _scores(terms: Sequence[Term]) -> Iterator[tuple[int, Floats]]:
    """Blocks of scores [B, Q], each with its first row."""
    total, queries = len(terms[0].rows), terms[0].weights.shape[1]
    block = max(1, min(_MOST_ROWS, _SCORES // queries))
    for begin in range(0, total, block):
        part = slice(begin, min(begin + block, total))
        scores = _product(terms[0], part)
        scores[terms[0].scale[part] == 0] = -np.inf
        for term in terms[1:]:
            scores += _product(term, part)
        yield begin, scores


def _product(term: Term, part: slice) -> Floats:
    alone = term.weights.shape[1] == 1  # a matrix by a vector is faster than by a matrix of one column
    scores = (term.rows[part] @ term.weights[:, 0])[:, None] if alone else term.rows[part] @ term.weights
    scores -= term.offsets
    scores *= term.scale[part, None]
    return scores


class _Best:
    """The best so far. `worst` [Q] is what a score must beat."""

    def __init__(self, queries: int, count: int) -> None:
        self.count = count
        self.worst = np.full(queries, -np.inf, np.float32)
        self.query = self.row = np.empty(0, np.intp)
        self.score = np.empty(0, np.float32)

    def take(self, begin: int, scores: Floats) -> None:
        """Scores [B, Q] of the rows from `begin` on."""
        queries, better = len(self.worst), scores > self.worst
        if np.count_nonzero(better) > 4 * self.count * queries and len(scores) > self.count:
            # only each query's best of the block can be among its best of all
            row = np.argpartition(scores, len(scores) - self.count, axis=0)[-self.count :].ravel()
            query = np.tile(np.arange(queries), self.count)
            kept = better[row, query]
            row, query = row[kept], query[kept]
        else:
            row, query = np.nonzero(better)
        if not len(row):
            return
        self.query = np.concatenate([self.query, query])
        self.row = np.concatenate([self.row, row + begin])
        self.score = np.concatenate([self.score, scores[row, query]])
        if len(self.row) > 2 * self.count * queries or not np.isfinite(self.worst).all():
            self._shrink()

    def _shrink(self) -> None:
        order = np.lexsort((self.row, -self.score, self.query))
        query = self.query[order]
        rank = np.arange(len(query)) - np.searchsorted(query, query)
        order = order[rank < self.count]
        self.query, self.row, self.score = self.query[order], self.row[order], self.score[order]
        last = np.flatnonzero(rank[rank < self.count] == self.count - 1)
        self.worst[self.query[last]] = self.score[last]

    def sorted(self) -> Nearest:
        self._shrink()
        shape = (len(self.worst), self.count)
        return Nearest(self.row.reshape(shape), self.score.reshape(shape))
