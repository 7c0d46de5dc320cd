"""Which network, by measuring: `--net auto`, or several with commas.

Each candidate answers a small sample of the training pictures out of fold, by a head on its features; the better half stays and is asked again
on a sample four times as large, until one or the largest sample is left (successive halving). No network is the best for all: the table shows
accuracy with its interval, time, size and licence of each, and the choice can be another than the most accurate: the smallest or the fastest
within so many points.

Source: K. Jamieson, A. Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from vitreous.core.item import Source
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.core.view import View
from vitreous.data.pack import Pack
from vitreous.errors import UsageError, VitreousError
from vitreous.fit.features import Extractor
from vitreous.fit.head import Ints
from vitreous.fit.methods import Method, method_for
from vitreous.fit.objective import OBJECTIVES, stratum
from vitreous.fit.plan import may_be_looked_at
from vitreous.fit.settings import TrainSettings
from vitreous.fit.stages import with_more_stages
from vitreous.fit.views import choose_view, sample_of
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.infer.network import Network
from vitreous.metrics.bounds import share_interval
from vitreous.tasks.task import task_named

FIRST_SAMPLE, GROWS, ROUNDS = 200, 4, 2
_TIMED, _SECONDS = 16, 0.5

# Makes a network of ours from a name that has to be exported; None for the others.
Exported = Callable[[TrainSettings], Network | None]


@dataclass(frozen=True)
class Row:
    """A candidate and how it did on `pictures` of the training part. `interval`: 95 %. `milliseconds` of a picture on this machine, in batches;
    `megabytes` of its file. `dropped`: why it went no further; empty for those in the last round."""

    name: str
    pictures: int
    accuracy: float
    interval: tuple[float, float]
    loss: float
    milliseconds: float
    megabytes: float
    licence: str
    dropped: str = ""


@dataclass(frozen=True)
class Selection:
    """`sample`: the numbers of the items that were looked at, which do not go to the test part."""

    rows: tuple[Row, ...]
    chosen: str
    why: str
    sample: Ints

    def table(self) -> list[str]:
        """The best first, as aligned lines."""
        width = max(len(visible(row.name)) for row in self.rows)
        lines = [f"{'network':{width}}  accuracy  95 % interval   log loss  ms/picture    MB  pictures  licence"]
        for row in self.rows:
            figures = f"{row.accuracy:8.3f}  [{row.interval[0]:.3f}, {row.interval[1]:.3f}]  {row.loss:8.3f}  {row.milliseconds:10.1f}"
            mark = "  ← taken" if row.name == self.chosen else ""
            lines.append(f"{visible(row.name):{width}}  {figures} {row.megabytes:5.1f}  {row.pictures:8,}  {visible(row.licence)}{mark}")
        return lines

    def to_json(self) -> dict[str, Any]:
        return {"chosen": self.chosen, "why": self.why, "networks": [asdict(row) for row in self.rows]}


def select(source: Source, settings: TrainSettings, names: Sequence[str], exported: Exported, pack: Pack, reporter: Reporter) -> Selection:
    """Try the networks of these names and choose one. One that cannot be used is said and left out.

    Raises UsageError where none can be.
    """
    task = task_named(source.task)
    target = task.target(source.items, source.labels)
    allowed, most = may_be_looked_at(source.items, settings.seed)
    candidates: dict[str, Method] = {}
    for name in dict.fromkeys(names):
        asked = replace(settings, net=name, smallest_within=None, fastest_within=None)
        try:
            method = method_for(asked, source.items, exported(asked), source.task)
        except VitreousError as error:
            reporter.say(f"{visible(name)} is left out: {error}")
            continue
        if method.channels:
            reporter.say(f"{visible(name)} is left out: it learns from the pixels on, which a short trial cannot judge; for itself: --net {name}")
            continue
        candidates[name] = method
    if not candidates:
        raise UsageError("no network can be tried", ", ".join(map(visible, names)), remedy="--net with other names")
    rows: dict[str, Row] = {}
    sample = np.zeros(0, np.intp)
    for number in range(ROUNDS):
        size = min(FIRST_SAMPLE * GROWS**number, most)
        if number and size <= len(sample):
            break
        sample = sample_of(stratum(target), allowed, size, settings.seed)
        if not len(sample):
            raise UsageError("no network can be tried", "no picture that may be looked at", remedy="name one with --net")
        left = [name for name in candidates if not rows.get(name) or not rows[name].dropped]
        reporter.say(f"Trying {', '.join(map(visible, left))} on {plural(len(sample), 'training picture')}.")
        for name in left:
            rows[name] = _tried(name, candidates[name], source, target, sample, settings, pack, reporter)
        still = sorted((row for row in rows.values() if not row.dropped), key=lambda row: row.loss)
        if number + 1 < ROUNDS and len(still) > 1:
            for row in still[(len(still) + 1) // 2 :]:
                rows[row.name] = replace(row, dropped=f"among the worse half on {plural(row.pictures, 'picture')}")
        if len(still) <= 1:
            break
    ordered = sorted(rows.values(), key=lambda row: (bool(row.dropped), row.loss))
    chosen, why = _chosen(ordered, settings)
    return Selection(tuple(ordered), chosen.name, why, sample)


def _tried(name: str, method: Method, source: Source, target: Any, sample: Ints, settings: TrainSettings, pack: Pack, reporter: Reporter) -> Row:
    items, view = [source.items[number] for number in sample], method.views[0]
    network = method.network
    if network is None:
        assert method.learned is not None, "a method has a network or learns one"
        network = method.learned(_pictures(items, view, settings, pack), settings.seed, reporter.progress)
    if method.tunable:
        network = with_more_stages(network)  # as the training will ask it
    setting = default_setting(len(items), "f32")
    extractor = Extractor(network, setting, pack, settings.policy, reporter.progress)
    objective = OBJECTIVES[source.task]
    trial = choose_view(target[sample], (view,), lambda each: extractor.gather(items, each, f"trying {name}"), settings.seed, objective).trials
    if not trial:
        raise UsageError("no network can be tried", "the pictures looked at are of one class", remedy="name one with --net")
    low, high = share_interval(trial[0].accuracy * len(items), len(items))
    licence = str(network.facts.get("licence", "unknown"))
    return Row(name, len(items), trial[0].accuracy, (low, high), trial[0].loss, _milliseconds(network, view), len(network.data) / 1e6, licence)


def _pictures(items: Sequence[Any], view: View, settings: TrainSettings, pack: Pack) -> Any:
    from vitreous.fit.pictures import gather_pictures

    gathered = gather_pictures(pack, items, view, 3, settings.policy, lambda *_: None)
    return gathered.features.take(gathered.readable)


def _milliseconds(network: Network, view: View) -> float:
    """Of a picture at full load, the best of some batches."""
    setting = replace(default_setting(1000, "f32"), batch=8)
    engine = start_engine(network, setting, ("features",), view.size, keep=False)
    pictures = np.random.default_rng(0).integers(0, 256, (_TIMED, view.size, view.size, 3), np.uint8)
    run_batch(engine, pictures)
    begun, best = time.perf_counter(), float("inf")
    while time.perf_counter() - begun < _SECONDS:
        before = time.perf_counter()
        run_batch(engine, pictures)
        best = min(best, time.perf_counter() - before)
    return 1000 * best / _TIMED


def _chosen(rows: Sequence[Row], settings: TrainSettings) -> tuple[Row, str]:
    """Of the last round the one of least loss, or the smallest or fastest of all whose accuracy is near that of the most accurate."""
    best = rows[0]
    for within, of, what in ((settings.smallest_within, "megabytes", "smallest"), (settings.fastest_within, "milliseconds", "fastest")):
        if within is not None:
            near = [row for row in rows if row.accuracy >= best.accuracy - within / 100]
            taken = min(near, key=lambda row: getattr(row, of))
            return taken, f"the {what} within {within:g} points of {visible(best.name)}"
    return best, "the least log loss" if len(rows) > 1 else "the only one"
