"""Approximate search beyond a million contents: a graph of near neighbours (HNSW) by usearch, which proposes; the exact similarity decides.

    Malkov, Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical navigable small world graphs", 2018

The graph holds the looks of the rows in float16 and is memory-mapped. What it proposes is compared exactly, with what the labels add. How much
of the true answers it proposes is measured on a sample whenever it is made, and said with every answer. When pictures come, their rows
are added to the graph; it is built anew when more than a fifth of its rows have no file any more.
"""

import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.reporter import Reporter
from vitreous.core.text import plural
from vitreous.infer.machine import available_cores
from vitreous.retrieval.entries import load, save
from vitreous.retrieval.exact import IntArray, nearest
from vitreous.retrieval.similarity import Floats, Query, Similarity, blocks, unit

BEYOND = 1_000_000
GRAPH, _CENTRE = "graph.usearch", "graph_centre.npy"
_CONNECTIVITY, _BUILD, _SEARCH = 16, 128, 256
_SAMPLE, _AT = 100, 10
_PROPOSED = 4  # times as many as are wanted
_MOST_DEAD = 0.2


def is_wanted(count: int) -> bool:
    """Whether so many contents are searched by a graph: beyond a million, where usearch is installed."""
    return count > BEYOND and find_spec("usearch") is not None


def build(file: Path, vectors: Floats, similarity: Similarity, before: tuple[Path, int] | None, reporter: Reporter) -> dict[str, Any]:
    """Write a graph of the rows that count, and tell what it finds. `before`: an earlier graph of the same row files, and how many rows it has
    seen. Raises OSError."""
    live, start = similarity.scale > 0, time.perf_counter()
    graph, centre, first = _index(vectors.shape[1]), similarity.centre, 0
    if before and before[0].is_file() and np.count_nonzero(~live[: before[1]]) <= _MOST_DEAD * before[1]:
        graph.load(str(before[0]))
        centre, first = load(before[0].with_name(_CENTRE)), before[1]
    for part in blocks(len(vectors) - first):
        rows = np.arange(first + part.start, first + part.stop)[live[first + part.start : first + part.stop]]
        graph.add(rows, unit(vectors[rows].astype(np.float64) - centre).astype(np.float16), threads=available_cores())
        reporter.progress("graph of neighbours", part.stop, len(vectors) - first)
    graph.save(str(file))
    save(file.with_name(_CENTRE), centre)
    sample = np.random.default_rng(0).choice(np.flatnonzero(live), min(_SAMPLE, int(live.sum())), replace=False)
    true = nearest(similarity.terms(vectors, similarity.queries(vectors[sample], by_labels=False)), _AT + 1).rows
    hits = [
        len(set(_proposed(graph, query, _PROPOSED * (_AT + 1))) & set(rows)) / len(rows)
        for query, rows in zip(unit(vectors[sample].astype(np.float64) - centre), true.tolist(), strict=True)
    ]
    return {"recall": round(float(np.mean(hits)), 4), "sample": len(sample), "rows": len(vectors), "seconds": round(time.perf_counter() - start, 1)}


def propose(file: Path, width: int, similarity: Similarity, query: Query, count: int, without: Sequence[int]) -> IntArray:
    """Rows that may be the nearest: those that count, without some. Raises OSError, RuntimeError."""
    graph = _index(width)
    graph.view(str(file))
    found = np.array(_proposed(graph, query.looks[:, 0], _PROPOSED * (count + len(without))), np.intp)
    return found[(similarity.scale[found] > 0) & ~np.isin(found, np.asarray(list(without), np.intp))]


def said(facts: dict[str, Any]) -> str:
    """
    >>> said({"recall": 0.9934, "sample": 100})
    'approximate search: of the 10 nearest of 100 pictures it finds 99.3 % (--exact finds all)'
    """
    of = plural(int(facts["sample"]), "picture")
    return f"approximate search: of the {_AT} nearest of {of} it finds {100 * float(facts['recall']):.1f} % (--exact finds all)"


def _index(width: int) -> Any:
    from usearch.index import Index

    return Index(ndim=width, metric="ip", dtype="f16", connectivity=_CONNECTIVITY, expansion_add=_BUILD, expansion_search=_SEARCH)


def _proposed(graph: Any, query: npt.NDArray[np.floating[Any]], count: int) -> list[int]:
    # each list that is walked is as long as what is wanted, at least
    graph.expansion_search = max(_SEARCH, count)
    found: list[int] = np.asarray(graph.search(query.astype(np.float16), count).keys).astype(np.int64).tolist()
    return found
