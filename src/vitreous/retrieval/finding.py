"""The pictures of an index that are most like what is asked for."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import content_key, read_file
from vitreous.data.duplicates import find_duplicates
from vitreous.errors import DataError, UnreadableImage, UsageError
from vitreous.retrieval import approximate
from vitreous.retrieval.entries import times_of
from vitreous.retrieval.exact import IntArray, nearest
from vitreous.retrieval.found import Answer, Asked, Found
from vitreous.retrieval.index import Index
from vitreous.retrieval.layout import damaged, generation_folder
from vitreous.retrieval.regions import Box
from vitreous.retrieval.similarity import Floats, Query

COUNT = 20
WAYS = ("auto", "looks", "labels")
_NAMED = 3
_WHO = {True: "it is the picture that is looked for", False: "it is not wanted"}
# Further rows beside those wanted: what float32 ranks otherwise than float64 is put right among them.
_MORE = 16


def find(
    index: Index,
    wanted: Sequence[str],
    reporter: Reporter,
    *,
    unlike: Sequence[str] = (),
    box: Box | None = None,
    count: int = COUNT,
    by: str = "auto",
    exact: bool = False,
) -> Found:
    """The `count` files most similar to `wanted`, and unlike `unlike`; `box`: only this part of the one picture that is wanted counts.

    A picture that is in the index is known by its content and not sent through the network; it and its copies are no answers.
    Raises UnreadableImage, UsageError, DataError.
    """
    by_labels, remarks = _way(index, by, wanted, box)
    pictures = _pictures(index, wanted, unlike, box, reporter)
    ours = [each for each in pictures if each.asked.wanted]
    others = [each for each in pictures if not each.asked.wanted]
    width = index.about.width
    query = index.similarity.query(_stack(ours, width), _stack(others, width), by_labels)
    # of what is asked for in whole, and of what is not wanted, the copies are no answers
    without = [each.row for each in pictures if each.row is not None]
    rows, how = _candidates(index, query, count + _MORE, without, exact)
    if bad := [row for row in rows.tolist() if not index.rows.whole(row)]:
        raise damaged(index.path, f"{plural(len(bad), 'row does', 'rows do')} not hold what was written")
    similarity = index.similarity.exactly(index.rows.vectors[rows], query)[:, 0]
    order = np.lexsort((rows, -similarity))
    answers = _answers(index, rows[order], similarity[order], count)
    marked = _marked(index, answers, ours)
    remarks += [*_remarks(index, pictures, marked, count), *how]
    return Found(index, tuple(each.asked for each in pictures), tuple(answer for answer, _ in marked), by_labels, tuple(remarks))


def _candidates(index: Index, query: Query, count: int, without: Sequence[int], exact: bool) -> tuple[IntArray, list[str]]:
    """The rows among which the answers are; and what is to be said of the search."""
    graph = index.facts.get("graph")
    if graph and not exact:
        try:
            file = generation_folder(index.path, index.manifest.generation) / approximate.GRAPH
            return approximate.propose(file, index.about.width, index.similarity, query, count, without), [approximate.said(graph)]
        except (ImportError, OSError, RuntimeError) as error:
            reason = "usearch is not installed here" if isinstance(error, ImportError) else str(error)
            said = [f"the graph of neighbours cannot be used ({visible(reason)})"]
    else:
        said = []
    start = time.perf_counter()
    rows = nearest(index.similarity.terms(index.rows.vectors, query), count, without).rows[0]
    if len(index.rows) > approximate.BEYOND and not exact:
        seconds = time.perf_counter() - start
        said.append(
            f"exact search of {len(index.rows):,} contents in {seconds:.1f} s; pip install 'vitreous[search]' and index again for approximate search"
        )
    return rows, said


@dataclass(frozen=True, eq=False)
class _Picture:
    """One that is asked for: its features [D], content key and thumbnail; `row`: of the index, where its content is there."""

    asked: Asked
    features: Floats
    key: bytes
    thumbnail: npt.NDArray[np.uint8]
    row: int | None


def _way(index: Index, by: str, wanted: Sequence[str], box: Box | None) -> tuple[bool, list[str]]:
    """Whether the labels count; what is to be said of it."""
    if by not in WAYS:
        raise UsageError(f"--by {visible(by)}", needed="one of " + ", ".join(WAYS))
    if not wanted:
        raise UsageError("no picture was named to look for", needed="one or more files")
    if box and len(wanted) > 1:
        raise UsageError("--box with several pictures", f"{len(wanted)} pictures", "one picture, of which the box is a part")
    head = index.similarity.head
    if by == "labels" and head is None:
        why = str((index.facts.get("labels_help") or {}).get("said") or "its pictures have no labels")
        raise UsageError("--by labels", f"this index has nothing learned from labels: {why}", remedy="--by looks")
    return by != "looks" and head is not None, []


def _pictures(index: Index, wanted: Sequence[str], unlike: Sequence[str], box: Box | None, reporter: Reporter) -> list[_Picture]:
    keys = [_key(path) for path in (*wanted, *unlike)]
    found: list[_Picture | None] = []
    for number, path in enumerate((*wanted, *unlike)):
        ours = number < len(wanted)
        row = None if box and ours else index.rows.find(keys[number])
        asked = Asked(path, box if ours else None, (), ours)
        known = row is not None and index.rows.whole(row)
        found.append(_Picture(asked, index.rows.vectors[row], keys[number], index.rows.thumbs[row], row) if known and row is not None else None)
    missing = [number for number, each in enumerate(found) if each is None]
    if missing:
        found = _through_the_network(index, [*wanted, *unlike], len(wanted), box, found, missing, reporter)
    pictures = [each for each in found if each is not None]
    entries = index.entries.of_rows([each.row for each in pictures if each.row is not None])
    return [
        replace(
            each,
            asked=replace(each.asked, copies=tuple(index.entries.paths[entry] for entry in entries.get(-1 if each.row is None else each.row, ()))),
        )
        for each in pictures
    ]


def _through_the_network(
    index: Index, paths: Sequence[str], ours: int, box: Box | None, found: list[_Picture | None], missing: list[int], reporter: Reporter
) -> list[_Picture | None]:
    from vitreous.retrieval.maker import maker_again  # the network and its engine, which a picture of the index does without

    maker = maker_again(index.about, reporter)
    for number in missing:
        part = box if number < ours else None
        rows = maker.of_region(paths[number], part, reporter) if part else maker.of_files([paths[number]], reporter)
        if rows.errors:
            raise rows.errors[0]
        if not np.isfinite(rows.values).all():
            raise DataError(f"cannot look for {visible(paths[number])}", "the network makes no finite numbers of it")
        asked = Asked(paths[number], part, (), number < ours)
        found[number] = _Picture(asked, rows.values[0], rows.keys[0], rows.thumbnails[0], None if part else index.rows.find(rows.keys[0]))
    return found


def _key(path: str) -> bytes:
    try:
        return content_key(read_file(path))
    except UnreadableImage as error:
        raise UnreadableImage(f"cannot read {visible(path)}", error.arrived, error.needed, error.remedy) from None


def _stack(pictures: Sequence[_Picture], width: int) -> Floats:
    return np.array([each.features for each in pictures], np.float32).reshape(-1, width)


def _answers(index: Index, rows: IntArray, similarity: npt.NDArray[Any], count: int) -> list[tuple[Answer, int]]:
    """The first `count` files that have these rows, with their rows."""
    entries = index.entries.of_rows(rows.tolist())
    found: list[tuple[Answer, int]] = []
    for row, value in zip(rows.tolist(), similarity.tolist(), strict=True):
        for entry in entries[row]:
            if len(found) == count:
                return found
            texts = index.entries.texts
            label, split = texts[int(index.entries.label[entry])], texts[int(index.entries.split[entry])]
            path = index.entries.paths[entry]
            answer = Answer(path, value, label, split, index.rows.records["key"][row].tobytes().hex(), gone=_gone(index, path, entry))
            found.append((answer, row))
    return found


def _gone(index: Index, path: str, entry: int) -> bool:
    """Whether a file is missing, or another one by its size."""
    try:
        size = times_of(os.path.join(index.about.folder, path))[0]
    except (OSError, ValueError):
        return True
    known = int(index.entries.times[entry, 0])
    return bool(known) and size != known


def _marked(index: Index, answers: list[tuple[Answer, int]], asked: Sequence[_Picture]) -> list[tuple[Answer, int]]:
    """Copies of what was asked for, and of answers above, are called so."""
    whole = [each for each in asked if each.asked.box is None]
    keys = [*(each.key for each in whole), *(bytes.fromhex(answer.key) for answer, _ in answers)]
    thumbs = [*(each.thumbnail for each in whole), *(index.rows.thumbs[row] for _, row in answers)]
    if len(keys) < 2:
        return answers
    group = find_duplicates(keys, np.array(thumbs)).group
    first: dict[int, int] = {}
    for place, number in enumerate(group.tolist()):
        first.setdefault(number, place)
    names = [*(each.asked.path for each in whole), *(answer.path for answer, _ in answers)]
    marked = []
    for place, (answer, row) in enumerate(answers, len(whole)):
        earlier = first[int(group[place])]
        if earlier < place:
            exact = keys.index(keys[place])
            same = exact if exact < place else earlier
            answer = replace(answer, copy_of=names[same], exact=exact < place)
        marked.append((answer, row))
    return marked


def _remarks(index: Index, pictures: Sequence[_Picture], answers: list[tuple[Answer, int]], count: int) -> list[str]:
    said = []
    for each in pictures:
        if copies := each.asked.copies:
            named = ", ".join(visible(path) for path in copies[:_NAMED]) + (f" and {len(copies) - _NAMED:,} more" if len(copies) > _NAMED else "")
            said.append(f"no answer, for {_WHO[each.asked.wanted]}: {named}")
    if len(answers) < count:
        said.append(f"there {'are' if len(answers) != 1 else 'is'} no more than {plural(len(answers), 'other picture')} (--n {count})")
    if gone := sum(answer.gone for answer, _ in answers):
        said.append(
            f"{plural(gone, 'of the files has', 'of the files have')} gone or changed since the index was made: vitreous index brings it up to date"
        )
    return said
