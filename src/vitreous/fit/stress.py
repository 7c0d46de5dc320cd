"""How much of its accuracy a model keeps when pictures get worse: eleven corruptions at five strengths, on the same pictures.

Each picture is decoded once; its corrupted versions are made side by side on all cores while the engine answers those of the pictures
before it, so a few pictures with their versions are in memory, however many there are. The corruptions are those of
`vitreous.data.corruptions` (D. Hendrycks, T. Dietterich, ICLR 2019, with strengths in units of photography).

The accuracy on the pictures as they are is that of `evaluate`, for they are seen in the same way. A loss is beyond chance by the exact
test of Q. McNemar, 1947, on the answers that changed between right and wrong. The interval of the mean over all corruptions is Wilson's
with the number of pictures that has the variance seen between them (E. Korn, B. Graubard 1998).
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitreous.core.item import Item, LeftOut
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.core.view import View
from vitreous.data.corruptions import CORRUPTIONS, Picture, Scene
from vitreous.data.decode import Policy, content_key, open_upright, policy, read_file, wanted_side
from vitreous.errors import DataError, ModelError, UnreadableImage
from vitreous.fit.evaluation import labelled_items
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.engine import Outputs, Setting, start_engine
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network
from vitreous.infer.pipeline import Forward
from vitreous.metrics.intervals import Trials, wilson
from vitreous.runs.folder import RunFolder
from vitreous.tasks.classify.stress import Cell, Harm, Stress
from vitreous.tasks.task import require_one_label

__all__ = ["MOST_PICTURES", "Stress", "stress"]

MOST_PICTURES = 500
SIGNIFICANCE = 0.05
VERSIONS = [(each, strength) for each in CORRUPTIONS.values() for strength in each.strengths]

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


def stress(run: RunFolder, network: Network, data: Path | None, engine: str, reporter: Reporter) -> Stress:
    """On the run's own test pictures where `data` is None, else on a labelled folder or CSV; of more than 500 pictures on so many, drawn by
    class. Raises DataError where there are none, ModelError where the network gives no probabilities."""
    require_one_label(network.facts, "evaluate --stress")
    labelled = labelled_items(run, network, data)
    seed = int(run.settings.get("seed", 0))
    items, remarks = labelled.items, list(labelled.remarks)
    if len(items) > MOST_PICTURES:
        items = sampled(items, MOST_PICTURES, seed)
        remarks.append(f"{len(items)} of the {len(labelled.items):,} pictures were drawn, from each class its share (seed {seed})")
    setting = setting_for_answers(network, len(items) * (1 + len(VERSIONS)), engine)
    rate = f", about {len(items) * len(VERSIONS) / setting.rate:.0f} s or more" if setting.rate else ""
    reporter.say(f"Engine: {setting}.")
    reporter.say(f"{plural(len(CORRUPTIONS), 'corruption')} at 5 strengths on {plural(len(items), labelled.what)}{rate}.")
    rule = policy(run.settings.get("max_pixels"), bool(run.settings.get("tolerate_truncated")))
    answered = _Answered(network, setting, items)
    left_out = list(labelled.left_out)
    for number, versions, reason in _side_by_side(items, network.view, rule, labelled.known_keys):
        if versions is None:
            left_out.append(LeftOut(items[number].relative, reason))
        else:
            answered.add(number, versions)
        reporter.progress("corrupted pictures", (number + 1) * len(VERSIONS), len(items) * len(VERSIONS))
    answered.finish()
    there = np.flatnonzero(answered.there)
    if not len(there):
        first = left_out[0]
        raise DataError("no picture is left to test", f"{plural(len(left_out), 'file')} left out, such as {visible(first.relative)}: {first.reason}")
    stored = run.facts.get("groups", {}) if labelled.known_keys else {}
    group = np.array([stored.get(items[number].relative, -1 - number) for number in there])
    return summary(answered.right[there], answered.confidence[there], group, plural(len(there), labelled.what), left_out, remarks)


def sampled(items: Sequence[Item], count: int, seed: int) -> list[Item]:
    """So many of the items in their order: of each class its share, to the nearest picture, by lot."""
    rng = np.random.default_rng(seed)
    labels = np.array([item.label for item in items], dtype=object)
    rank = np.empty(len(items))
    for label in sorted(set(labels)):
        places = np.flatnonzero(labels == label)
        # the pictures of a class in a random order, spread evenly over 0 to 1: the first of all are a stratified sample
        rank[rng.permutation(places)] = (np.arange(len(places)) + rng.random()) / len(places)
    return [items[place] for place in sorted(np.argsort(rank, kind="stable")[:count])]


def summary(right: BoolArray, confidence: FloatArray, group: IntArray, what: str, left_out: list[LeftOut], remarks: list[str]) -> Stress:
    """From whether each of N pictures was answered rightly, as it is and in each of V versions [N, 1 + V], the confidence of the answers in
    the same shape, and the numbers [N] of the groups that belong together."""
    _, group = np.unique(group, return_inverse=True)
    plain = float(right[:, 0].mean())

    def cell(place: int, strength: float, told: str) -> Cell:
        low, high = Trials(np.zeros(len(right), np.intp), right[:, place], group, 1).interval()[0]
        accuracy = float(right[:, place].mean())
        lost = 1 - accuracy / plain if plain else 0.0
        significant = _chance(right[:, 0], right[:, place]) <= SIGNIFICANCE
        return Cell(strength, told, accuracy, (float(low), float(high)), lost, float(confidence[:, place].mean()), significant)

    places = iter(range(1, right.shape[1]))
    harms = [
        Harm(each.name, each.quantity, each.unit, [cell(next(places), strength, each.told(strength)) for strength in each.strengths])
        for each in CORRUPTIONS.values()
    ]
    mean = right[:, 1:].mean(axis=1)
    return Stress(what, len(right), cell(0, 0.0, "as is"), harms, float(mean.mean()), _mean_interval(mean, group), left_out, remarks)


class _Answered:
    """Which answers were right, and how sure: [N, 1 + V], filled in by the engine's threads."""

    def __init__(self, network: Network, setting: Setting, items: Sequence[Item]) -> None:
        number = {label: index for index, label in enumerate(network.labels)}
        self._network, self._setting = network, setting
        self._target = np.array([number[item.label] for item in items])
        self.right = np.zeros((len(items), 1 + len(VERSIONS)), bool)
        self.confidence = np.zeros(self.right.shape)
        self.there = np.zeros(len(items), bool)
        self._forward: Forward | None = None

    def add(self, number: int, versions: Sequence[Picture]) -> None:
        # after the first picture, which may be a large one, was decoded
        self._forward = self._forward or Forward(start_engine(self._network, self._setting), self._network.view.size, self._store)
        self.there[number] = True
        for place, picture in enumerate(versions):
            self._forward.add(number * self.right.shape[1] + place, picture)

    def finish(self) -> None:
        if self._forward:
            self._forward.finish()

    def _store(self, indices: list[int], outputs: Outputs) -> None:
        probability = outputs["probability"]
        if probability.shape[1:] != (len(self._network.labels),) or not np.isfinite(probability).all():
            arrived = f"outputs of shape {probability.shape[1:]} for {len(self._network.labels)} labels, or no numbers"
            raise ModelError(f"{self._network.path.name} gives no probabilities", arrived, "a model.onnx as vitreous train writes it")
        number, place = np.divmod(indices, self.right.shape[1])
        self.right[number, place] = probability.argmax(axis=1) == self._target[number]
        self.confidence[number, place] = probability.max(axis=1)


def _side_by_side(items: Sequence[Item], view: View, rule: Policy, known: dict[str, str]) -> Iterator[tuple[int, list[Picture] | None, str]]:
    """For each item its number and its versions, the plain one first; or None and why not. On all cores, in order, a bounded number ahead."""
    waiting: deque[tuple[int, Future[list[Picture]]]] = deque()
    pool = ThreadPoolExecutor(cores := this_machine().cores, "corrupt")
    try:
        for number, item in enumerate(items):
            waiting.append((number, pool.submit(_versions, item.path, view, rule, known.get(item.relative))))
            if len(waiting) > cores + 1:
                yield _ended(*waiting.popleft())
        while waiting:
            yield _ended(*waiting.popleft())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ended(number: int, future: "Future[list[Picture]]") -> tuple[int, list[Picture] | None, str]:
    try:
        return number, future.result(), ""
    except UnreadableImage as error:
        return number, None, f"{error.arrived}; {error.remedy}" if error.remedy else error.arrived


def _versions(path: str, view: View, rule: Policy, known: str | None) -> list[Picture]:
    """The seen picture of a file, plain and corrupted: each uint8 [S, S, 3]."""
    data = read_file(path)
    key = content_key(data)
    if known is not None and key.hex() != known:
        raise UnreadableImage("", "the file has changed since the training")
    scene = Scene.of(open_upright(data, wanted_side(view), rule), view)
    return [scene.seen, *(corruption(scene, strength, key) for corruption, strength in VERSIONS)]


def _chance(before: BoolArray, after: BoolArray) -> float:
    """McNemar's exact p, one-sided: that so many or more of the changed answers turned wrong, were either way as likely."""
    from scipy.stats import binom

    worse, better = int((before & ~after).sum()), int((~before & after).sum())
    return float(binom.sf(worse - 1, worse + better, 0.5)) if worse else 1.0


def _mean_interval(values: FloatArray, group: IntArray) -> tuple[float, float]:
    """The 95 % interval of the mean of values in 0 to 1, [N], with groups as the units."""
    mean, groups = float(values.mean()), int(group.max()) + 1
    sums = np.bincount(group, values - mean)
    variance = float((sums**2).sum()) / len(values) ** 2 * groups / max(1, groups - 1)
    effective = mean * (1 - mean) / variance if variance > 0 else float(groups)
    low, high = wilson(np.array([mean]), np.array([effective]))[0]
    return float(low), float(high)
