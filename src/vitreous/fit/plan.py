"""What a training will do, and why: decided from the data's size, the machine and the minutes, said before it begins."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Item, Source, Split
from vitreous.core.text import plural
from vitreous.core.view import View
from vitreous.data.split import SHARES
from vitreous.fit.features import Known
from vitreous.fit.head import Ints
from vitreous.fit.improving import DEFAULT_MINUTES
from vitreous.fit.methods import Method
from vitreous.fit.objective import stratum
from vitreous.fit.settings import TrainSettings
from vitreous.fit.views import LEAST, MOST, SHARE, sample_of
from vitreous.infer.choose import fastest_setting
from vitreous.infer.engine import Setting, default_setting, parse_engine
from vitreous.infer.machine import this_machine
from vitreous.tasks.task import task_named

Booleans = NDArray[np.bool_]
KnownBy = Callable[[Setting, View], Known]

# Where nothing was measured: what a slow machine decodes and sends through the network, in pictures per second.
_CAUTIOUS_RATE = 60.0
# A core decodes a photo of 0.04 MB in 4.7 ms and one of 1.2 MB in 25 ms, and a digit of 0.0003 MB in no time beside these (AMD EPYC, AVX2);
# a head takes this long for each picture and class.
_DECODING_SECONDS, _SECONDS_A_MEGABYTE, _HEAD_SECONDS, _LOOKED_AT = 0.004, 0.017, 150e-6, 100
_LEAST_SECONDS, _SMALL_MEGABYTES = 0.0002, 0.04
# With made splits, at most this share is looked at to choose a view: it all goes to the training part.
_MOST_OF_DATA = 0.5
# The larger views are tried when a whole pass with them takes less than this share of the minutes.
_SHARE_FOR_LARGER = 0.5
# Where the minutes are for tuning, this share: a larger view costs as much again in each of its views.
_SHARE_BEFORE_MORE = 0.05
_LARGER_COSTS = 1.8
_FIXED_SECONDS = 3.0
# Of the probe: its engines, the check of bf16, the figures out of fold.
_PROBE_SECONDS = 2.0
_WORTH_SAYING = 200_000_000
_FEATURES = 1280  # of the shipped network
_WIDER = 2.4  # with those of other stages


@dataclass(frozen=True)
class Plan:
    """`sample`: numbers of the items that the views are tried on. `seconds`: what the passes over the pictures should take."""

    engine: Setting
    views: tuple[View, ...]
    sample: Ints
    seconds: float
    pack_bytes: int
    lines: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "engine": str(self.engine),
            "views_tried": [view.to_json() for view in self.views],
            "sample": len(self.sample),
            "seconds": round(self.seconds, 1),
            "pack_bytes": self.pack_bytes,
            "why": list(self.lines),
        }


def make_plan(source: Source, method: Method, settings: TrainSettings, goes_on: bool = False, known: KnownBy | None = None) -> Plan:
    """The plan for these data on this machine; measures the engine where there are enough pictures. `goes_on`: whether the network is tuned
    behind the probe, for which the minutes are then. `known`: how much is kept of the pictures in a view, by an engine as it is run."""
    items, labels, task = source.items, source.labels, task_named(source.task)
    count = len(items)
    library, number_format = parse_engine(settings.engine)
    if method.network and method.measured:
        engine = fastest_setting(method.network, count, number_format, library)
    else:
        engine = default_setting(count, number_format or "f32", library)
    if method.seconds:
        rate, learning = 1 / _decoding_seconds(items), method.seconds(count, len(labels))
    else:
        rate = 1 / (1 / engine.rate + _decoding_seconds(items)) if engine.rate else _CAUTIOUS_RATE
        learning = _PROBE_SECONDS + count * len(labels) * _HEAD_SECONDS
    target = stratum(task.target(items, labels))
    allowed, most = may_be_looked_at(items, settings.seed)
    size = int(np.clip(SHARE * count, LEAST, MOST))
    pass_seconds = count / rate
    minutes = settings.minutes or (DEFAULT_MINUTES if goes_on else None)
    share = _SHARE_BEFORE_MORE if goes_on else _SHARE_FOR_LARGER
    larger = bool(method.larger_views) and minutes is not None and pass_seconds * _LARGER_COSTS < share * minutes * 60
    if larger:
        size = min(4 * size, MOST)
    sample = sample_of(target, allowed, min(size, most), settings.seed)
    views = method.views + (method.larger_views if larger else ())
    side = views[0].size
    fixed = _FIXED_SECONDS + learning
    seconds = _seconds(count, views, len(sample), rate) + fixed
    remarks: list[str] = []
    if minutes is not None and seconds > minutes * 60 and len(views) > 1:
        views = views[:1]
        plain = _seconds(count, views, 0, rate) + fixed
        remarks.append(
            f"{minutes:g} minutes are too few to compare views" + (f"; one pass alone takes about {plain / 60:.1f}." if plain > minutes * 60 else ".")
        )
        seconds = plain
    elif minutes is not None and seconds > minutes * 60:
        remarks.append(f"{minutes:g} minutes are too few to learn from all of these pictures: it takes about {seconds / 60:.1f}.")
    if known and method.network and not method.channels:  # only now: no choice depends on what the cache holds
        found = known(engine, method.views[0])
        seconds -= found.done / rate + (found.decoded - found.done) * (1 / rate - 1 / (engine.rate or rate))
    width = method.network.facts.get("features", _FEATURES) if method.network else _FEATURES
    width = round(width * _WIDER) if method.tunable else width
    pack_bytes = count * (side * side * 3 + width * 4 + 1100)
    if pack_bytes > _WORTH_SAYING:
        remarks.append(f"The decoded pictures are kept in the cache folder: at most {pack_bytes / 1e9:.1f} GB.")
    allowed_time = f"{minutes:g} minute{'' if minutes == 1 else 's'} allowed" if minutes else "as soon as possible"
    first = f"a first model after about {seconds:.0f} s, then tuning" if goes_on else f"about {seconds:.0f} s"
    lines = (
        f"Plan: {task.in_words(labels)}, {plural(count, 'picture')}: {method.says}; {first} ({allowed_time}).",
        f"Engine: {engine}.",
        *method.remarks,
        *remarks,
    )
    return Plan(engine, views, sample, seconds, pack_bytes, lines)


def training_pictures(items: Sequence[Item]) -> int:
    """About how many of them will be in the training part."""
    return sum(item.split is Split.TRAIN for item in items) or round(SHARES[Split.TRAIN] * len(items))


def may_be_looked_at(items: Sequence[Item], seed: int) -> tuple[Ints, int]:
    """The numbers of the items that choices may be made on before the parts are known, and how many of them at most: no test picture is among
    them, and with made splits all that are looked at go to the training part."""
    allowed = np.flatnonzero([item.split in (None, Split.TRAIN) for item in items])
    if any(item.split not in (None, Split.TRAIN) for item in items):
        return allowed, len(allowed)
    allowed = allowed[_in_half_of_the_groups(items, allowed, seed)]
    return allowed, int(_MOST_OF_DATA * len(allowed))


def _in_half_of_the_groups(items: Sequence[Item], allowed: Ints, seed: int) -> Booleans:
    """Which of the `allowed` items may be looked at, so that half of the groups that the user named can still be tested on."""
    names = sorted({name for number in allowed if (name := items[number].group) is not None})
    half = set(np.random.default_rng([seed, 2]).permutation(len(names))[: len(names) // 2].tolist())
    chosen = {name for number, name in enumerate(names) if number in half}
    return np.array([(name := items[number].group) is None or name in chosen for number in allowed], dtype=np.bool_)


def _seconds(count: int, views: tuple[View, ...], sample: int, rate: float) -> float:
    """What the passes take: all pictures once, and the sample in each view but the plain one."""
    return (count + sample * sum((view.size / views[0].size) ** 2 for view in views[1:])) / rate


def _decoding_seconds(items: Sequence[Item]) -> float:
    """What a picture takes to decode on all cores, by the sizes of some of the files."""
    some = [item.path for item in items[:: max(1, len(items) // _LOOKED_AT)]]
    megabytes = [os.path.getsize(path) / 1e6 for path in some if os.path.isfile(path)] or [0.0]
    small = np.mean(np.minimum(1, np.array(megabytes) / _SMALL_MEGABYTES))
    return float(_LEAST_SECONDS + _DECODING_SECONDS * small + _SECONDS_A_MEGABYTE * np.mean(megabytes)) / this_machine().cores
