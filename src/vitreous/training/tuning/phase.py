"""One phase of a tuning: every training in it, judged on what it holds out, and the best so far kept in the run."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from vitreous.core.text import plural
from vitreous.data.split import folds
from vitreous.fit.classifier import HeldOut
from vitreous.fit.head import Head, Ints
from vitreous.fit.improving import Start
from vitreous.fit.link import Link
from vitreous.fit.objective import right
from vitreous.fit.probe import ENOUGH_VALIDATION, Probe
from vitreous.fit.softmax import TOLERANCE
from vitreous.infer.network import Network
from vitreous.infer.rewritten import with_weights
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array
from vitreous.training.tuning.frozen import Frozen
from vitreous.training.tuning.judged import SHARES, Judged, judged
from vitreous.training.tuning.memory import Memory
from vitreous.training.tuning.recipe import TuningRecipe
from vitreous.training.tuning.tail import DTYPES, Tail
from vitreous.training.tuning.tuned import Entry, Tuned
from vitreous.training.tuning.tuning import Learned, Tuning, Weights

_FOLDS = 3
_PARTS = {0.25: "a quarter of the way", 0.5: "halfway", 0.75: "three quarters of the way", 1.0: "all of the way"}


@dataclass
class Line:
    """One training from phase to phase: the rows that it learns from and those it is judged on, its head, and the weights that have changed."""

    name: str
    learned: Ints
    held: Ints
    head: Head
    weights: dict[str, Array] = field(default_factory=dict)


@dataclass
class State:
    """What stands between two phases. `lines` are judged; `last` learns from all of the training part, where `all_again` is not 0."""

    lines: list[Line]
    last: Line
    best: Probe
    network: Network
    what: str
    accuracy: float
    epochs: list[Entry]
    phases: list[Entry] = field(default_factory=list)

    @property
    def all_again(self) -> int:
        return 0 if self.lines[0].name == "validation" else len(self.last.learned)

    @property
    def held(self) -> int:
        return sum(len(line.held) for line in self.lines)

    def lines_of(self) -> tuple[tuple[int, int], ...]:
        return tuple((len(line.learned), len(line.held)) for line in self.lines)


def begin(start: Start, epochs: list[Entry]) -> State:
    """Which pictures are held out, and a head for each training that has not seen them, as strong as the probe's; `epochs`: what was recorded
    of those that are over."""
    parts, probe = start.parts, start.probe
    train, validation = np.arange(parts.train), np.arange(parts.train, parts.train + parts.validation)
    tested = len(parts.target) > parts.train + parts.validation
    if parts.validation >= ENOUGH_VALIDATION and tested:
        pairs = [("validation", train, validation)]
        what = f"{len(validation)} validation pictures"
    elif parts.fitted < parts.train and tested:
        pairs = [("held out", train[: parts.fitted], train[parts.fitted :])]
        what = f"{parts.train - parts.fitted} training pictures held out"
    else:
        number = folds(parts.target[train], parts.groups[train], _FOLDS, parts.seed)
        pairs = [(f"fold {k + 1}", np.flatnonzero(number != k), np.flatnonzero(number == k)) for k in range(_FOLDS) if (number == k).any()]
        what = f"{_FOLDS}-fold cross-validation of {parts.train} training pictures"
    lines, correct = [], 0.0
    for name, learned, held in pairs:
        head = probe.head
        if name != "validation":
            head = probe.fitted(parts.features[learned], parts.target[learned], parts.classes, TOLERANCE)
        lines.append(Line(name, learned, held, head))
        correct += right(head.logits(parts.features[held]), parts.target[held]) * len(held)
    state = State(lines, Line("all", train, train[:0], probe.head), probe, start.network, what, 0.0, epochs)
    state.accuracy = correct / max(1, state.held)
    return state


@dataclass(frozen=True)
class _End:
    """What a line's training ended with, and at each share of the way there the logits of what the line holds out."""

    tuning: Tuning
    weights: Weights
    logits: Mapping[float, Array] = field(default_factory=dict)

    def go(self, line: Line, share: float) -> None:
        """Move the line so far."""
        self.tuning.put(share, self.weights)
        line.head, line.weights = self.tuning.head(), line.weights | self.tuning.tail.arrays()


class Phase:
    """The network cut at one place. `frozen_seconds`: what the part before it takes for a picture, once a view is made."""

    def __init__(self, start: Start, state: State, memory: Memory, number: int, walk: Walk, values: Mapping[str, Array], kept: Frozen) -> None:
        self.start, self.state, self.memory, self.number, self.walk, self.values, self.kept = start, state, memory, number, walk, values, kept
        self.frozen_seconds, self.since = 0.0, time.perf_counter() - start.work.begun
        self.name = f"Tuning {number + 1}"

    def add_view(self, views: int) -> None:
        """One more view of every picture at the cut."""
        count, before, done = len(self.kept.pictures), time.perf_counter(), self.kept.made * len(self.kept.pictures)

        def tell(more: int) -> None:
            nonlocal done
            done += more
            self.start.progress(f"{self.name.lower()}: views", done, views * count)

        self.kept.add(tell)
        self.frozen_seconds = (time.perf_counter() - before) / max(1, count)

    def tuning(self, recipe: TuningRecipe, line: Line) -> Tuning:
        """From where the line stands."""
        tail = Tail(self.walk, self.values, recipe.cut, DTYPES[recipe.number_format], line.weights)
        return Tuning(tail, line.head, self.start.probe.mean, self.start.probe.deviation, recipe)

    def tune(self, recipe: TuningRecipe, left: Callable[[], float]) -> bool:
        """Whether something better came of it. `left`: seconds that are left of the minutes."""
        begun, state = time.perf_counter(), self.state
        ends = self.ends_of_lines(recipe)
        if ends is None:
            return False
        found = self.judged(ends)
        self.note(recipe, found)
        if not found.share:
            return False
        for line, end in zip(state.lines, ends, strict=True):
            end.go(line, found.share)
        link, single = self.start.probe.objective.link(found.logits, self.target(found.rows)), len(state.lines) == 1
        if single:
            self.keep(state.lines[0], link, found, ends[0].tuning)
        estimate = (time.perf_counter() - begun) * len(state.last.learned) / sum(len(line.learned) for line in state.lines)
        if recipe.refit and state.all_again and (not single or self.memory.follows or left() > estimate):
            return self.once_more_with_all(recipe, link, found)
        self.leave_all_as_judged(recipe)
        return True

    def ends_of_lines(self, recipe: TuningRecipe) -> list[_End] | None:
        """Train every line, and ask what it holds out at each share of the way; None where one diverged."""
        ends = []
        for line in self.state.lines:
            tuning = self.tuning(recipe, line)
            weights = self.learned(tuning, line)
            if weights is None:
                return None
            ends.append(_End(tuning, weights, {share: self.asked(tuning, weights, share, line.held) for share in SHARES}))
        return ends

    def asked(self, tuning: Tuning, end: Weights, share: float, rows: Ints) -> Array:
        tuning.put(share, end)
        return tuning.ask(self.kept, rows)

    def judged(self, ends: list[_End]) -> Judged:
        """How far all lines go, by what each of them holds out."""
        rows = np.concatenate([line.held for line in self.state.lines])
        logits = {share: np.concatenate([end.logits[share] for end in ends]) for share in SHARES}
        return judged(rows, logits, self.target(rows), self.start.probe.objective)

    def once_more_with_all(self, recipe: TuningRecipe, link: Link, found: Judged) -> bool:
        """The same training with what was held out too, as far; whether it came to an end."""
        last = self.state.last
        tuning = self.tuning(recipe, last)
        weights = self.learned(tuning, last)
        if weights is None:
            return False
        _End(tuning, weights).go(last, found.share)
        self.keep(last, link, found, tuning)
        return True

    def leave_all_as_judged(self, recipe: TuningRecipe) -> None:
        """No training on all pictures: what was judged is what goes on, and whoever repeats it does the same."""
        state = self.state
        state.phases[-1]["refit"] = False
        self.memory.recipes[self.number] = replace(recipe, refit=False)
        state.last.head, state.last.weights = state.lines[0].head, dict(state.lines[0].weights)

    def learned(self, tuning: Tuning, line: Line) -> Weights | None:
        """The weights at the end of the training of a line, from memory where they are there; None where it diverged."""
        key = f"{self.number}/{line.name}"
        if key in self.memory.ends:
            return self.memory.ends[key]
        recipe, state, begun = tuning.recipe, self.state, time.perf_counter()
        which = "" if line.name in ("validation", "held out") else f", {line.name}" if len(line.held) else ", all pictures"

        def pause(step: int, steps: int) -> None:
            self.start.progress(f"{self.name.lower()}{which}", step, steps)

        def told(now: Learned) -> None:
            entry: Entry = {
                "epoch": len(state.epochs) + 1, "step": now.step, "phase": f"{self.number + 1}{which}",
                "train_loss": now.loss, "train_accuracy": now.accuracy, "held_loss": now.loss, "held_accuracy": None,
                "rate": now.rate, "seconds": time.perf_counter() - self.start.work.begun, "gradient_norm": now.gradient_norm, "layers": {},
            }  # fmt: skip
            words = f"{self.name}{which}, epoch {now.epoch} of {recipe.epochs}: loss {now.loss:.3f}, accuracy {now.accuracy:.1%}"
            if len(line.held):
                logits, target, objective = tuning.ask(self.kept, line.held), self.target(line.held), self.start.probe.objective
                entry |= {"held_loss": objective.calibrated_loss(logits, target), "held_accuracy": right(logits, target)}
                words += f"; held out {entry['held_loss']:.3f}, {entry['held_accuracy']:.1%}"
            state.epochs.append(entry)
            rate = now.epoch * len(line.learned) / (time.perf_counter() - begun)
            self.start.work.epoch(f"{words}; {rate:,.0f} pictures/s.", state.epochs)

        try:
            end = tuning.learn(self.kept, line.learned, self.target(line.learned), told, pause)
        except ArithmeticError as error:
            self.start.work.say(f"{self.name} diverged ({error}): what was best before stays.")
            return None
        self.memory.ends[key] = end
        self.start.work.keep(state.best, self.memory.files())
        return end

    def target(self, rows: Ints) -> Array:
        return np.asarray(self.start.parts.target[rows])

    def note(self, recipe: TuningRecipe, found: Judged) -> None:
        """Store and say what came of it."""
        before, after = found.losses[0.0], found.losses[found.share]
        until = time.perf_counter() - self.start.work.begun
        self.state.phases.append(
            recipe.to_json()
            | {"share": found.share, "held_accuracy": list(found.accuracy), "since": round(self.since, 1), "until": round(until, 1)}
            | {"gain": found.gain, "error": found.error, "losses": {str(share): loss for share, loss in found.losses.items()}}
        )
        held = f"{plural(len(found.rows), 'picture')} held out"
        if found.share:
            told = f"{found.accuracy[0]:.1%} → {found.accuracy[1]:.1%}, log loss {before:.3f} → {after:.3f}; {_PARTS[found.share]}"
            self.start.work.say(f"{self.name}: better on {held}: {told}.")
        else:
            self.start.work.say(f"{self.name}: nothing better on {held} (log loss {before:.3f}): what was best before stays.")

    def keep(self, line: Line, link: Link, found: Judged, tuning: Tuning) -> None:
        """The line's weights are the best so far."""
        state, start, parts = self.state, self.start, self.start.parts
        state.network = with_weights(start.network, line.weights)
        known = HeldOut(found.rows, link.probability(found.logits))
        validation = np.arange(parts.train, parts.train + parts.validation)
        if len(more := np.setdiff1d(validation, found.rows)):
            known = known.and_also(HeldOut(more, link.probability(tuning.ask(self.kept, more))))
        state.best = Tuned.of(start.probe, line.head, link, state.what, known, state.network, state.phases, state.epochs)
        start.work.keep(state.best, self.memory.files())
