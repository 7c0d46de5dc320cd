"""An index brought up to date with its folder: new contents go through the network, the rest is only looked at.

A file whose size and times are those of before is not read. One that is new, or has changed, is hashed: a content that is known (a file
that was renamed, a copy) has its row already. What was never seen goes through the network, some hundred pictures at a time, and is on
the disk before the next ones are begun: a kill costs those at most.
"""

import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.item import Item, LeftOut, Source
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import content_key, read_file
from vitreous.data.pack import open_pack
from vitreous.data.sources import is_missed
from vitreous.errors import DataError, StorageError, UnreadableImage, UsageError
from vitreous.fit.features import Extractor
from vitreous.retrieval import approximate
from vitreous.retrieval.centring import share_of
from vitreous.retrieval.entries import Entries, times_of
from vitreous.retrieval.index import Index, open_index
from vitreous.retrieval.layout import About, Manifest, generation_folder, is_index, read_manifest, row_files
from vitreous.retrieval.learned import WEIGHT, learn, lesson_of
from vitreous.retrieval.maker import Maker
from vitreous.retrieval.rows import Appender, Rows
from vitreous.retrieval.similarity import Similarity, head_of, mean_of, scale_of
from vitreous.storage.atomic import said_as_storage_error, sync_folder
from vitreous.storage.cache import touch
from vitreous.storage.lock import locked

AT_ONCE = 512
UNCHANGED = "nothing has changed since the index was made"
_RACY_NS = 2_000_000_000
_UNKNOWN = (0, 0, 0, 0)
# Rows that no file has any more are dropped when they are more than this share.
_MOST_DEAD = 1 / 3
_SAME = ("folder", "table", "fingerprint", "stage", "pool", "view", "policy", "engine")
_NAMES = {"table": "the table", "fingerprint": "the network", "policy": "the rule of decoding", "view": "what the network sees of a picture"}


def update(folder: Path, source: Source, maker: Maker, reporter: Reporter) -> Index:
    """The index in `folder`, made where there is none.

    Raises DataError where no picture can be read or the index cannot be used, UsageError for an index of something else, RunError where
    another process is at it, StorageError; then the state of before still counts.
    """
    with said_as_storage_error(folder):
        if os.path.isdir(folder) and not is_index(folder) and (other := [name for name in os.listdir(folder) if not name.startswith(".")]):
            arrived = f"{plural(len(other), 'other entry is', 'other entries are')} in it, such as {visible(sorted(other)[0])}"
            raise UsageError(f"no index can be made in {visible(str(folder))}", arrived, "a new or empty folder", "name another one")
        folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        return _Update(folder, source, maker, reporter).run()


@dataclass
class _Update:
    folder: Path
    source: Source
    maker: Maker
    reporter: Reporter
    known: dict[bytes, int] = field(default_factory=dict)
    errors: dict[int, LeftOut] = field(default_factory=dict)
    computed: int = 0

    def run(self) -> Index:
        about, manifest = self.maker.about(self.source), read_manifest(self.folder)
        if manifest:
            require_same(self.folder, manifest.about, about)
        before = open_index(self.folder) if manifest else None
        self.appender = Appender.begun(self.folder, about.width, manifest.token if manifest else None, manifest.rows if manifest else 0)
        self.known = self.appender.rows().by_key()
        items = self.source.items
        rows, times = self._unchanged(before)
        self._read([number for number, row in enumerate(rows) if row < 0], rows, times)
        kept = [number for number, row in enumerate(rows) if row >= 0]
        if not kept:
            raise self._nothing()
        chosen = [items[number] for number in kept]
        entries = Entries.of(
            [rows[n] for n in kept], [each.relative for each in chosen], [each.label for each in chosen], [str(each.split or "") for each in chosen],
            [times[n] for n in kept],
        )  # fmt: skip
        left_out = [*(each for each in self.source.left_out if is_missed(each)), *self.errors.values()]
        if before and manifest and manifest.token == self.appender.token and before.entries.same_as(entries) and not self.computed:
            return replace(before, remarks=(UNCHANGED, *_said(left_out)))
        self._commit(about, manifest, before, entries, left_out)
        return replace(open_index(self.folder), remarks=(*self._changes(before, entries), *_said(left_out)))

    def _unchanged(self, before: Index | None) -> tuple[list[int], list[tuple[int, ...]]]:
        """The rows of files that have not changed, -1 for the others; and the times of all."""
        old: dict[str, tuple[int, tuple[int, ...]]] = {}
        if before:
            seen = (tuple(each) for each in before.entries.times.tolist())
            old = dict(zip(before.entries.paths.all(), zip(before.entries.row.tolist(), seen, strict=True), strict=True))
        rows, times = [], []
        for item in self.source.items:
            try:
                now: tuple[int, ...] = times_of(item.path)
            except (OSError, ValueError):
                now = _UNKNOWN
            row, then = old.get(item.relative, (-1, _UNKNOWN))
            rows.append(row if then == now != _UNKNOWN else -1)
            # a file that was changed just now may change again without its times showing it
            times.append(now if time.time_ns() - now[1] > _RACY_NS else _UNKNOWN)
        return rows, times

    def _read(self, numbers: Sequence[int], rows: list[int], times: list[tuple[int, ...]]) -> None:
        """Fill in the rows of these items."""
        new = self._by_content(numbers, rows) if self.known else list(numbers)
        if not new:
            return
        items = self.source.items
        with open_pack(self.source.root, self.maker.policy.key) as pack:
            if pack.remark:
                self.reporter.say(pack.remark)
            told = _Told(self.reporter, len(new))
            extractor = Extractor(self.maker.network, self.maker.setting, pack, self.maker.policy, told.part, self.maker.wanted)
            try:
                for begin in range(0, len(new), AT_ONCE):
                    told.before = begin
                    part = new[begin : begin + AT_ONCE]
                    self._take(extractor, [items[n] for n in part], part, rows)
            except (KeyboardInterrupt, SystemExit) as error:
                error.add_note("what was indexed so far is kept, and the same command goes on from there")
                raise
            except StorageError:
                self.appender.cut_off()
                raise

    def _by_content(self, numbers: Sequence[int], rows: list[int]) -> list[int]:
        """Find what is known by its content; the numbers of the others."""
        new = []
        for number in numbers:
            try:
                rows[number] = self.known.get(content_key(read_file(self.source.items[number].path)), -1)
            except UnreadableImage:
                rows[number] = -1
            if rows[number] < 0:
                new.append(number)
        return new

    def _take(self, extractor: Extractor, items: list[Item], numbers: list[int], rows: list[int]) -> None:
        gathered = extractor.gather(items, self.maker.network.view, "index")
        if gathered.remark:
            self.reporter.say(gathered.remark)
        for place, left_out in gathered.errors.items():
            self.errors[numbers[place]] = left_out
        finite = np.isfinite(gathered.features).all(1)
        fresh: dict[bytes, int] = {}
        for place in gathered.readable:
            if finite[place]:
                fresh.setdefault(gathered.keys[place], place)
            else:
                self.errors[numbers[place]] = LeftOut(items[place].relative, "the network makes no finite numbers of it")
        added = {key: place for key, place in fresh.items() if key not in self.known}
        places = list(added.values())
        first = self.appender.count
        self.appender.append(list(added), gathered.features[places], gathered.facts["thumbnail"][places])
        self.known |= {key: first + n for n, key in enumerate(added)}
        self.computed += len(added)
        for place in gathered.readable:
            if finite[place]:
                rows[numbers[place]] = self.known[gathered.keys[place]]

    def _commit(self, about: About, manifest: Manifest | None, before: Index | None, entries: Entries, left_out: list[LeftOut]) -> None:
        """Write the state to a folder of its own, then make it the one that counts."""
        appender = self.appender
        live = np.unique(entries.row)
        if len(live) < (1 - _MOST_DEAD) * appender.count:
            appender = appender.without_dead(live)
            entries = replace(entries, row=np.searchsorted(live, entries.row).astype(np.int32))
        generation = manifest.generation + 1 if manifest else 1
        state = generation_folder(self.folder, generation)
        try:
            with said_as_storage_error(state):
                shutil.rmtree(state, ignore_errors=True)  # of a writer that was killed
                state.mkdir()
                entries.write(state)
                similarity, facts = measured(appender.rows(), entries, self.source.several is not None, before)
                similarity.write(state)
                if approximate.is_wanted(len(live)):
                    facts["graph"] = approximate.build(
                        state / approximate.GRAPH, appender.rows().vectors, similarity, self._graph(before, appender), self.reporter
                    )
                sync_folder(state)
                sync_folder(self.folder)
            named = [{"path": each.relative, "reason": each.reason} for each in left_out[:1000]]
            facts |= {"left_out": named, "num_left_out": len(left_out), "remarks": self.source.remarks}
            Manifest(about, appender.token, appender.count, generation, facts).write(self.folder)
        except BaseException:
            shutil.rmtree(state, ignore_errors=True)
            if appender is not self.appender:
                appender.remove()
            raise
        self._tidy(appender.token, generation)

    def _graph(self, before: Index | None, appender: Appender) -> tuple[Path, int] | None:
        """The graph of the state before, where it is of the same row files, and how many rows it has seen."""
        if before is None or before.manifest.token != appender.token or "graph" not in before.facts:
            return None
        return generation_folder(self.folder, before.manifest.generation) / approximate.GRAPH, int(before.facts["graph"]["rows"])

    def _tidy(self, token: str, generation: int) -> None:
        """Remove what no longer counts. Readers that have it open keep it."""
        keep = {*row_files(self.folder, token), generation_folder(self.folder, generation)}
        for each in self.folder.iterdir():
            if each in keep or not each.name.startswith(("vectors-", "records-", "thumbs-", "generation-")):
                continue
            with suppress(OSError):
                shutil.rmtree(each) if each.is_dir() else each.unlink()
        touch(self.folder)

    def _nothing(self) -> DataError:
        left_out = [*self.errors.values(), *(each for each in self.source.left_out if is_missed(each))]
        arrived = f"{plural(len(left_out), 'file')} that cannot be read"
        if left_out:
            arrived += f", such as {visible(left_out[0].relative)}: {left_out[0].reason}"
        return DataError(f"no picture of {visible(str(self.source.root))} can be indexed", arrived if left_out else "there is none")

    def _changes(self, before: Index | None, entries: Entries) -> list[str]:
        if before is None:
            return [f"{plural(self.computed, 'picture')} through the network"] if self.computed else []
        old, new = set(before.entries.paths.all()), set(entries.paths.all())
        came, went = len(new - old), len(old - new)
        parts = [f"{plural(came, 'file')} came" if came else "", f"{plural(went, 'file')} went" if went else ""]
        parts.append(f"{plural(self.computed, 'picture')} through the network")
        return [", ".join(part for part in parts if part)]


def measured(rows: Rows, entries: Entries, several: bool, before: Index | None) -> tuple[Similarity, dict[str, Any]]:
    """The measures of similarity of one state. What was learned from the same labels before is not learned again."""
    live = np.zeros(len(rows), np.bool_)
    live[entries.row] = True
    mean = mean_of(rows.vectors, live)
    lesson = lesson_of(entries, several)
    digest = lesson.digest(rows) if lesson else ""
    if before and digest and before.facts.get("learned_from") == digest:
        mapping, helped = before.similarity.head.map if before.similarity.head else None, before.facts["labels_help"]
        share = float(before.facts["share_of_mean"])
    else:
        share = share_of(rows, lesson, mean)
        mapping, found = learn(rows, lesson, mean, share)
        helped = found.to_json()
    head = head_of(rows.vectors, mean, mapping, WEIGHT) if mapping is not None else None
    facts = {"labels_help": helped, "learned_from": digest, "share_of_mean": share}
    return Similarity(share * mean, scale_of(rows.vectors, live, share * mean), head), facts


def require_same(folder: Path, there: About, wanted: About) -> None:
    """Raises UsageError where an index is of something else."""
    different = [name for name in _SAME if getattr(there, name) != getattr(wanted, name)]
    if not different:
        return
    name = different[0]
    was, now = getattr(there, name), getattr(wanted, name)
    if name == "fingerprint":
        was, now = there.network, wanted.network if wanted.network != there.network else f"another state of {wanted.network}"
    what = _NAMES.get(name, f"the {name}")
    raise UsageError(
        f"the index {visible(str(folder))} is of something else", f"{what} is {visible(str(was))} there and {visible(str(now))} here",
        remedy="name another index with --index, or delete that folder",
    )  # fmt: skip


@dataclass
class _Told:
    """Progress over all parts."""

    reporter: Reporter
    total: int
    before: int = 0

    def part(self, stage: str, done: int, total: int) -> None:
        self.reporter.progress(stage, self.before + done, self.total)


def _said(left_out: Sequence[LeftOut]) -> list[str]:
    if not left_out:
        return []
    first = left_out[0]
    return [f"{plural(len(left_out), 'file is', 'files are')} left out, such as {visible(first.relative)}: {first.reason}"]
