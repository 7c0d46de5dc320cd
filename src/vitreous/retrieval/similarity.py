"""How similar two pictures are: the cosine of their features, less what all pictures of the folder have in common.

looks    cos(x − c, q − c), c a share of the mean m of the folder's features (`centring`)
labels   cos((x − m) B, (q − m) B), where B is the head learned from the folder's labels (`learned`); with it, the similarity is the weighted
         mean of both

Either is linear in x but for the length of a row, which is worked out once: a query is one product of the matrix of features with one vector.
A query of several pictures is the mean of their directions, less `NOT` times the mean of those that are not wanted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitreous.retrieval.entries import load, save
from vitreous.retrieval.exact import Term

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
NOT = 0.5
_BLOCK = 4096
# A row without a direction (it is the mean itself) is similar to nothing, but it is asked.
_NO_DIRECTION = np.float32(1e-30)


@dataclass(frozen=True, eq=False)
class Head:
    """`map` float64 [D, C]; `offset` [C], what it makes of the mean; `rows` float32 [R, C], what it makes of the rows, of length 1; `weight` of it
    beside that of the looks, 0 to 1."""

    map: Doubles
    offset: Doubles
    rows: Floats
    weight: float


@dataclass(frozen=True, eq=False)
class Similarity:
    """`centre` float64 [D]; `scale` float32 [R]: one by the length of each row, 0 for rows that no file has."""

    centre: Doubles
    scale: Floats
    head: Head | None = None

    def terms(self, vectors: Floats, query: "Query") -> list[Term]:
        """For `exact.nearest`."""
        looks = query.looks.astype(np.float32)
        terms = [Term(vectors, looks, (self.centre @ query.looks).astype(np.float32), self.scale)]
        if self.head and query.labels is not None:
            ones, none = np.ones(len(self.scale), np.float32), np.zeros(looks.shape[1], np.float32)
            terms.append(Term(self.head.rows, query.labels.astype(np.float32), none, ones))
        return terms

    def query(self, wanted: Floats, unlike: Floats, by_labels: bool) -> "Query":
        """One query by pictures whose features are `wanted` [n, D] and, less, those of others [m, D]."""
        looks = _direction(self._looks(wanted), self._looks(unlike))
        labels = _direction(self._labels(wanted), self._labels(unlike)) if self.head and by_labels else None
        return self._weighted(looks[None], None if labels is None else labels[None])

    def queries(self, wanted: Floats, by_labels: bool) -> "Query":
        """A query for each row of `wanted` [Q, D]."""
        return self._weighted(self._looks(wanted), self._labels(wanted) if self.head and by_labels else None)

    def _weighted(self, looks: Doubles, labels: Doubles | None) -> "Query":
        if self.head is None or labels is None:
            return Query(looks.T, None)
        return Query((1 - self.head.weight) * looks.T, self.head.weight * labels.T)

    def exactly(self, vectors: Floats, query: "Query") -> Doubles:
        """The similarity of rows [n, D] to the queries, in float64: [n, Q]."""
        found = self._looks(vectors) @ query.looks
        if self.head and query.labels is not None:
            found += self._labels(vectors) @ query.labels
        return np.asarray(found)

    def _looks(self, vectors: Floats) -> Doubles:
        return unit(vectors.astype(np.float64) - self.centre)

    def _labels(self, vectors: Floats) -> Doubles:
        assert self.head is not None
        return unit(vectors.astype(np.float64) @ self.head.map - self.head.offset)

    def write(self, folder: Path) -> None:
        save(folder / "centre.npy", self.centre)
        save(folder / "scale.npy", self.scale)
        if self.head:
            save(folder / "head_map.npy", self.head.map)
            save(folder / "head_offset.npy", self.head.offset)
            save(folder / "head_rows.npy", self.head.rows)

    @classmethod
    def read(cls, folder: Path, weight: float | None) -> "Similarity":
        """`weight` of the head; None where there is none. Raises OSError, ValueError."""
        if weight is None:
            return cls(load(folder / "centre.npy"), load(folder / "scale.npy"))
        mapping, offset, rows = (load(folder / f"head_{name}.npy") for name in ("map", "offset", "rows"))
        head = Head(mapping, offset, rows, weight)
        return cls(load(folder / "centre.npy"), load(folder / "scale.npy"), head)


@dataclass(frozen=True, eq=False)
class Query:
    """Directions float64 [D, Q] and, where the labels count, [C, Q]; each times its weight."""

    looks: Doubles
    labels: Doubles | None


def unit(values: Doubles) -> Doubles:
    """Rows of length 1; a row that is nothing but rounding becomes 0."""
    length = np.linalg.norm(values, axis=-1, keepdims=True)
    return np.asarray(np.where(length > 1e-9, values / np.maximum(length, 1e-9), 0))


def mean_of(vectors: Floats, live: npt.NDArray[np.bool_]) -> Doubles:
    """The mean of the rows that count, in float64, by blocks: [D]."""
    total = np.zeros(vectors.shape[1])
    for part in blocks(len(vectors)):
        total += vectors[part][live[part]].sum(0, dtype=np.float64)
    return total / max(1, int(np.count_nonzero(live)))


def scale_of(vectors: Floats, live: npt.NDArray[np.bool_], centre: Doubles) -> Floats:
    """One by the length of each row less the centre: [R]."""
    scale = np.zeros(len(vectors), np.float32)
    middle = centre.astype(np.float32)
    for part in blocks(len(vectors)):
        rows = vectors[part] - middle
        length = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        least = 1e-6 * max(1.0, float(np.abs(middle).max(initial=0)))
        scale[part] = np.where(length > least, 1 / np.maximum(length, least), _NO_DIRECTION)
    scale[~live] = 0
    return scale


def head_of(vectors: Floats, mean: Doubles, mapping: Doubles, weight: float) -> Head:
    """A head, with what it makes of all rows."""
    offset, made = mean @ mapping, np.empty((len(vectors), mapping.shape[1]), np.float32)
    for part in blocks(len(vectors)):
        made[part] = unit(vectors[part].astype(np.float64) @ mapping - offset)
    return Head(mapping, offset, made, weight)


def blocks(count: int) -> Iterator[slice]:
    return (slice(begin, min(begin + _BLOCK, count)) for begin in range(0, count, _BLOCK))


def _direction(wanted: Doubles, unlike: Doubles) -> Doubles:
    return np.asarray(wanted.mean(0) - (NOT * unlike.mean(0) if len(unlike) else 0))
