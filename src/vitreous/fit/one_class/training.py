"""From a folder of good pictures to a run that says of others whether they are odd, and where.

read → pictures → copies, held out → patches of the others → coreset → model.onnx → scores of what was held out: the limit → run folder

The limit is a rank among the scores that the finished file gives to good pictures it was not made from, so the stated rate of false alarms holds
without an assumption but that the next good picture comes as these came.
"""

import csv
import io
import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Item, Source, Split
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.core.view import View
from vitreous.data.duplicates import find_duplicates
from vitreous.data.pack import open_pack
from vitreous.data.split import hold_out
from vitreous.errors import DataError, ModelError, UsageError
from vitreous.fit.features import Gathered
from vitreous.fit.head import Floats, Ints
from vitreous.fit.methods import SHIPPED
from vitreous.fit.one_class.coreset import coreset
from vitreous.fit.one_class.graph import with_bank
from vitreous.fit.one_class.patches import PATCHES, Patched, White, white_of, with_patches
from vitreous.fit.pictures import Pictures, gather_pictures
from vitreous.fit.settings import TrainSettings
from vitreous.infer.engine import Setting, default_setting, parse_engine, run_batch, start_engine
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network, load_network
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import ItemRow, cell_of, items_to_csv
from vitreous.runs.use_script import use_script_for_one_class
from vitreous.runs.writing import create
from vitreous.tasks.one_class.answers import ODD, ONE_CLASS, ORDINARY, least_rate, limit_for
from vitreous.tasks.one_class.evaluation import Evaluated, evaluated

RATE = 0.05
LEAST = 8  # pictures
SIZE = 224
_BANK = 2000
_CANDIDATES = 30_000
_MOST_KNOWN = 2000
_AT_ONCE = 32
_WISHED, _SHARE = 40, 0.25  # good pictures that are held out: so many, and of more this share
SCORES_CSV = "scores.csv"


@dataclass(frozen=True)
class _Parts:
    """Numbers of the items: what the bank is made of, good ones held out (of copies one), and those that the data set aside for testing."""

    bank: list[int]
    held_out: list[int]
    test: list[int]


def only_class(source: Source) -> str | None:
    """The class of all pictures to learn from, where there is only one."""
    learned = {item.label for item in source.items if item.split in (None, Split.TRAIN)}
    return next(iter(learned)) if source.task == "classify" and len(learned) == 1 else None


def train_one_class(source: Source, good: str, settings: TrainSettings, reporter: Reporter) -> RunFolder:
    """Raises DataError where there are too few pictures, UsageError for settings that are not for one class, StorageError."""
    started = time.perf_counter()
    _require_plain(settings)
    view = View.whole(settings.size or SIZE)
    count = sum(item.label == good and item.split is not Split.TEST for item in source.items)
    if count < LEAST:
        arrived = f"{visible(good)!r} has {plural(count, 'picture')}"
        raise DataError(f"cannot learn what is ordinary in {visible(str(source.root))}", arrived, f"{LEAST} are needed, 40 or more are better")
    what = f"its {plural(count, 'picture')} become a model of what is ordinary, and what is unlike them is odd"
    reporter.say(f"Plan: one class only, {visible(good)!r}: {what}. To tell classes apart, give a folder for each.")
    for remark in source.remarks:
        reporter.say(remark)
    patched = with_patches(load_network(), view.size)
    setting = _setting(settings, len(source.items))
    with create(Path(settings.runs), settings.name or source.root.resolve().name, settings.to_json()) as writer:
        reporter.say(f"Run: {visible(str(writer.path))}")
        with open_pack(source.root, settings.policy.key) as pack:
            gathered = gather_pictures(pack, source.items, view, 3, settings.policy, reporter.progress)
        parts = _parts(source, gathered, good, settings.seed, reporter)
        reporter.say(f"Bank: {plural(len(parts.bank), 'picture')}; held out for the limit: {len(parts.held_out):,}, copies counted once.")
        white, bank = _bank(patched, setting, gathered.features, parts.bank, settings.seed, reporter)
        rate, known, model = _limited(patched, setting, (white, bank), view, good, gathered.features, parts, reporter)
        scores = dict(zip(parts.held_out, known.tolist(), strict=True))
        scores |= dict(zip(parts.test, _scores(model, setting, gathered.features, parts.test, reporter).tolist(), strict=True))
        limit = limit_for(known.tolist(), rate)
        judged = None
        if parts.test:
            rows = [(source.items[number].label, scores[number]) for number in parts.test]
            judged = evaluated([label for label, _ in rows], np.array([score for _, score in rows]), good, limit, plural(len(rows), "test picture"))
        files = _files(source, gathered, parts, scores, limit.value, view, model)
        run = writer.write_state(files, _facts(source, good, gathered, parts, rate, limit.value, judged, view, patched, bank, setting, started))
        run = writer.finish()
    for line in judged.lines() if judged else []:
        reporter.say(line)
    told = f"at most {100 * rate:.3g} % of good pictures are called odd (chosen on {plural(len(known), 'good picture')} that were held out)"
    reporter.say(f"Limit {limit.value:.3g}: {told}.")
    reporter.say(f"Done in {time.perf_counter() - started:.1f} s.")
    return run


def _require_plain(settings: TrainSettings) -> None:
    if settings.net not in (None, SHIPPED):
        raise UsageError(f"--net {visible(str(settings.net))}", "there is one class only", f"patches of {SHIPPED}", "leave --net away")
    if settings.size is not None and (settings.size % 32 or not 64 <= settings.size <= 640):
        raise UsageError("--size", f"{settings.size}", "a multiple of 32 from 64 to 640")


def _setting(settings: TrainSettings, count: int) -> Setting:
    library, _ = parse_engine(settings.engine)
    return default_setting(count, "f32", library)


def _parts(source: Source, gathered: Gathered, good: str, seed: int, reporter: Reporter) -> _Parts:
    kept = gathered.readable
    mine = [number for number in kept if source.items[number].label == good and source.items[number].split is not Split.TEST]
    test = [number for number in kept if source.items[number].split is Split.TEST]
    if len(mine) < LEAST:
        raise DataError(
            f"cannot learn what is ordinary in {visible(str(source.root))}",
            f"{plural(len(mine), 'picture')} of {visible(good)!r} can be read",
            f"{LEAST} are needed",
        )
    group, aligned = _copies([gathered.keys[number] for number in mine], gathered.facts["thumbnail"][mine])
    if aligned:
        reporter.say("Most of them look like copies of each other, as parts before a fixed camera do: only equal files count as copies.")
    different = len(np.unique(group))
    if different < 3:
        arrived = f"{plural(len(mine), 'picture')} that are copies of {plural(different, 'picture')}"
        raise DataError(f"cannot learn what is ordinary in {visible(str(source.root))}", arrived, "pictures that differ")
    share = max(_SHARE, min(0.5, _WISHED / different))
    aside = hold_out(np.zeros(len(mine), np.intp), group, share, seed)
    first = np.isin(np.arange(len(mine)), np.unique(group, return_index=True)[1])
    held = [mine[place] for place in np.flatnonzero(aside & first).tolist()]
    return _Parts([mine[place] for place in np.flatnonzero(~aside).tolist()], held[:_MOST_KNOWN], test)


def _copies(keys: list[bytes], thumbnails: NDArray[np.uint8]) -> tuple[Ints, bool]:
    """A number for each picture, the same for copies; and whether looks tell nothing of copies: where more than half of the files look like others,
    the camera stands still, and different parts look so."""
    group = find_duplicates(keys, thumbnails).group
    first = {key: place for place, key in reversed(list(enumerate(keys)))}
    equal = np.array([first[key] for key in keys], np.intp)
    aligned = 2 * len(np.unique(group)) < len(first)
    return (equal if aligned else group), aligned


def _bank(patched: Patched, setting: Setting, pictures: Pictures, rows: list[int], seed: int, reporter: Reporter) -> tuple[White, Floats]:
    """Where patches are compared, and there those [M, D] that stand for all of these pictures'."""
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.permutation(np.array(rows))[: max(1, _CANDIDATES // 16)])
    each = max(16, min(patched.side**2, _CANDIDATES // len(drawn)))
    engine, found = start_engine(patched.network, setting, (PATCHES,), keep=False), []
    for first in range(0, len(drawn), _AT_ONCE):
        patches = run_batch(engine, pictures.take(drawn[first : first + _AT_ONCE]))[PATCHES]
        if not np.isfinite(patches).all():
            raise ModelError("the features of the network are no numbers", "infinite ones, or none", "the network that comes with Vitreous")
        found += [picture[rng.permutation(len(picture))[:each]] for picture in patches]
        reporter.progress("patches", min(first + _AT_ONCE, len(drawn)), len(drawn))
    candidates = np.concatenate(found)
    white = white_of(candidates)
    candidates = white.placed(candidates)
    return white, candidates[coreset(candidates, min(_BANK, max(1, len(candidates) // 2)), seed)]


def _limited(
    patched: Patched, setting: Setting, made: tuple[White, Floats], view: View, good: str, pictures: Pictures, parts: _Parts, reporter: Reporter
) -> tuple[float, NDArray[np.float64], Network]:
    """The rate that can be kept, the scores of the held-out pictures, and the model with both in its metadata."""
    bare = with_bank(patched, *made, view, {"task": ONE_CLASS, "labels": [ORDINARY, ODD]})
    known = _scores(bare, setting, pictures, parts.held_out, reporter).round(6)
    rate = max(RATE, least_rate(len(known)))
    if rate > RATE:
        can = f"{plural(len(known), 'held-out picture')} can keep false alarms to {100 * rate:.3g} %"
        reporter.say(f"{can}; for {100 * RATE:g} % take 40 good pictures or more.")
    facts = {"task": ONE_CLASS, "labels": [ORDINARY, ODD], "good": good, "rate": rate, "known": np.sort(known).tolist()}
    return rate, known, with_bank(patched, *made, view, facts)


def _scores(model: Network, setting: Setting, pictures: Pictures, rows: list[int] | Ints, reporter: Reporter) -> NDArray[np.float64]:
    if not len(rows):
        return np.zeros(0)
    engine, found = start_engine(model, setting, ("score",), keep=False), []
    for first in range(0, len(rows), _AT_ONCE):
        found.append(run_batch(engine, pictures.take(rows[first : first + _AT_ONCE]))["score"])
        reporter.progress("scores", min(first + _AT_ONCE, len(rows)), len(rows))
    return np.concatenate(found).astype(np.float64)


def _files(source: Source, gathered: Gathered, parts: _Parts, scores: dict[int, float], limit: float, view: View, model: Network) -> dict[str, bytes]:
    part_of = dict.fromkeys(parts.test, Split.TEST) | dict.fromkeys(parts.held_out, Split.VALIDATION) | dict.fromkeys(parts.bank, Split.TRAIN)
    items = []
    for number in gathered.readable:
        item, facts = source.items[number], gathered.facts[number]
        reason = "" if number in part_of else _why(item)
        split = part_of.get(number)
        items.append(ItemRow(item.relative, gathered.keys[number].hex(), int(facts["width"]), int(facts["height"]), item.label, split, reason))
    items += [ItemRow(each.relative, left_out=each.reason) for each in (*gathered.errors.values(), *source.left_out)]
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(["path", "label", "split", "score", "said"])
    for number in sorted(scores):
        item = source.items[number]
        said = ODD if scores[number] > limit else ORDINARY
        table.writerow([cell_of(item.relative), cell_of(item.label), part_of[number], f"{scores[number]:.6f}", said])
    return {
        "model.onnx": model.data,
        "items.csv": items_to_csv(items),
        SCORES_CSV: stream.getvalue().encode(),
        "use.py": use_script_for_one_class(view).encode(),
    }


def _why(item: Item) -> str:
    return "a copy of another held-out picture" if item.split in (None, Split.TRAIN) else f"not of the class that was learned: {item.label}"


def _facts(
    source: Source, good: str, gathered: Gathered, parts: _Parts, rate: float, limit: float, judged: Evaluated | None, view: View, patched: Patched,
    bank: Floats, setting: Setting, started: float,
) -> dict[str, Any]:  # fmt: skip
    packages = ("vitreous", "numpy", "scipy", "pillow", "openvino", "onnx")
    counts = {"train": len(parts.bank), "validation": len(parts.held_out), "test": len(parts.test)}
    return {
        "task": ONE_CLASS,
        "labels": [ORDINARY, ODD],
        "good": good,
        "data": {
            "folder": os.path.abspath(source.root), "kind": source.kind, "table": source.table, "pictures": len(gathered.readable), "split": counts,
        },
        "network": {key: patched.network.facts[key] for key in ("network", "licence", "source") if key in patched.network.facts},
        "preprocessing": {"view": view.to_json(), "normalization": "inside model.onnx"},
        "number_format": setting.number_format,
        "bank": {"patches": len(bank), "width": patched.width, "stages": list(patched.stages)},
        "limit": {"score": limit, "rate": rate, "chosen_on": f"{plural(len(parts.held_out), 'good picture')} held out"},
        "metrics": judged.to_json() if judged else {"what": f"{plural(len(parts.held_out), 'good picture')} held out", "false_alarm_rate": rate},
        "seconds": round(time.perf_counter() - started, 2),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        "machine": {
            "processor": this_machine().name, "instructions": this_machine().instructions, "cores": this_machine().cores, "system": platform.system(),
        },
    }  # fmt: skip
