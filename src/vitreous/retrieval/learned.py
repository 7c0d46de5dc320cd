"""What the folder's labels add to the looks: a linear map of the features that puts pictures of one label together; used where it helps.

With z the features less their mean, each by its deviation, and y_k = (1 if the picture has label k, less the share p_k) / √p_k :

    (Zᵀ Z + τ n I) B = Zᵀ Y        ridge regression on indicators, which spans what linear discriminants do (Hastie, Tibshirani, Buja 1994)

and the similarity is the mean of the cosine of the looks and that of the rows of Z B. It is solved in closed form from sums over blocks of
rows, so memory does not grow with the pictures. Whether it helps is measured on pictures it was not learned from: in five parts, copies
together, each one looked for among the others. It is used where mean average precision gains with its whole 95 % interval, and so does precision at
rank 1 or the area under ROC, and neither loses so. (Average precision alone rewards a map that gathers labels by chance: right for half the
queries it gives 1, wrong for the other half far more than 0. The other two do not.)
Pictures of a test split are never learned from.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.item import Split
from vitreous.core.presence import Presence
from vitreous.core.text import plural
from vitreous.data.duplicates import find_duplicates
from vitreous.retrieval.entries import Entries
from vitreous.retrieval.rows import Rows
from vitreous.retrieval.similarity import Doubles, blocks, unit

WEIGHT = 0.5
_RIDGE = 0.3
_PARTS = 5
_LEAST_OF_LABEL, _LEAST = 5, 30
_MOST_FEATURES, _MOST_LABELS = 4096, 2000
_MEASURED, _QUERIES = 6000, 2000
_Z = 1.96

IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Lesson:
    """Rows with their labels: `has` bool [n, K], with the names of the K labels that enough of them have."""

    rows: IntArray
    has: BoolArray
    labels: tuple[str, ...]

    def digest(self, rows: Rows) -> str:
        """Of the contents and their labels."""
        parts = (repr(self.labels).encode("utf-8", "surrogatepass"), self.has.tobytes(), rows.records["key"][self.rows].tobytes())
        return blake2b(b"".join(parts), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Help:
    """`gain` in mean average precision, with its 95 % interval, and both figures; `said`: the finding as a sentence."""

    said: str
    used: bool = False
    plain: tuple[float, float] | None = None
    learned: tuple[float, float] | None = None
    gain: tuple[float, float, float] | None = None
    queries: int = 0

    def to_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {"said": self.said, "used": self.used}
        if self.plain and self.learned and self.gain:
            figures = ("precision_at_1", "mean_average_precision")
            value |= {"queries": self.queries, "looks": dict(zip(figures, self.plain, strict=True))}
            value |= {"with_labels": dict(zip(figures, self.learned, strict=True)), "gain": self.gain[0], "interval": list(self.gain[1:])}
        return value | ({"weight": WEIGHT} if self.used else {})


def lesson_of(entries: Entries, several: bool) -> Lesson | None:
    """What can be learned from; None where nothing is labelled. Files of one content that contradict each other have both labels."""
    texts = entries.texts.all()
    test = {number for number, text in enumerate(texts) if text == Split.TEST}
    names = [frozenset(Presence.read(text).present if several else [text] if text else []) for text in texts]
    of_row: dict[int, set[str]] = {}
    for row, label, split in zip(entries.row.tolist(), entries.label.tolist(), entries.split.tolist(), strict=True):
        if split not in test and (names[label] or several):
            of_row.setdefault(row, set()).update(names[label])
    if not any(of_row.values()):
        return None
    counts: dict[str, int] = {}
    for found in of_row.values():
        for name in found:
            counts[name] = counts.get(name, 0) + 1
    labels = tuple(sorted(name for name, count in counts.items() if count >= _LEAST_OF_LABEL and (not several or count < len(of_row))))
    number = {name: place for place, name in enumerate(labels)}
    rows = sorted(row for row, found in of_row.items() if several or found & set(labels))
    has = np.zeros((len(rows), len(labels)), np.bool_)
    for place, row in enumerate(rows):
        has[place, [number[name] for name in of_row[row] if name in number]] = True
    return Lesson(np.array(rows, np.intp), has, labels)


def learn(rows: Rows, lesson: Lesson | None, mean: Doubles, share: float) -> tuple[Doubles | None, Help]:
    """The map [D, K], where it helps beside the looks less `share` of the mean; and what was found."""
    if lesson is None:
        return None, Help("the pictures have no labels")
    count, width = len(lesson.rows), rows.vectors.shape[1]
    if len(lesson.labels) < 2 or count < _LEAST:
        there = f"{plural(count, 'picture')} in {plural(len(lesson.labels), 'label')} of {_LEAST_OF_LABEL} or more"
        return None, Help(f"too few pictures have labels to learn from them: {there}; needed are {_LEAST} in two labels")
    if width > _MOST_FEATURES or len(lesson.labels) > _MOST_LABELS:
        many = f"{width:,} features" if width > _MOST_FEATURES else f"{len(lesson.labels):,} labels"
        return None, Help(f"nothing is learned from labels with {many}")
    deviation = _deviation(rows, lesson.rows, mean)
    found = _measured(rows, lesson, mean, share, deviation)
    if not found.used:
        return None, found
    sums = _sums(rows, lesson, np.arange(count), mean, deviation)
    return _solved(*sums, count) / deviation[:, None], found


def _measured(rows: Rows, lesson: Lesson, mean: Doubles, share: float, deviation: Doubles) -> Help:
    """Both ways on pictures that nothing was learned from."""
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.choice(len(lesson.rows), min(_MEASURED, len(lesson.rows)), replace=False))
    group = find_duplicates([bytes(16)[:8] + int(n).to_bytes(8, "big") for n in chosen], rows.thumbs[lesson.rows[chosen]]).group
    part_of_group = rng.integers(0, _PARTS, int(group.max()) + 1)
    part = part_of_group[group]
    asked = rng.random(len(chosen)) < _QUERIES / len(chosen)
    gram = [_sums(rows, lesson, chosen[part == number], mean, deviation) for number in range(_PARTS)]
    z = unit(rows.vectors[lesson.rows[chosen]].astype(np.float64) - share * mean).astype(np.float32)
    figures = []
    for number in range(_PARTS):
        others, ours = part != number, (part == number) & asked
        if not ours.any() or not others.any():
            continue
        sums = [sum(each[place] for k, each in enumerate(gram) if k != number) for place in range(2)]
        head = _solved(np.asarray(sums[0]), np.asarray(sums[1]), int(others.sum())) / deviation[:, None]
        mapped = unit((rows.vectors[lesson.rows[chosen]].astype(np.float64) - mean) @ head).astype(np.float32)
        relevant = lesson.has[chosen[ours]].astype(np.float32) @ lesson.has[chosen[others]].T > 0
        looks = z[ours] @ z[others].T
        pair = [ranked(scores, relevant) for scores in (looks, (1 - WEIGHT) * looks + WEIGHT * (mapped[ours] @ mapped[others].T))]
        figures.append(np.concatenate(pair, axis=1)[relevant.any(1)])
    every = np.concatenate(figures) if figures else np.zeros((0, 6))
    if len(every) < _LEAST // 2:
        return Help(f"too few pictures can be looked for to tell whether labels help: {len(every)}")
    first, (gain, low, high), area = (_gain(every[:, place + 3] - every[:, place]) for place in range(3))
    plain, learned = (float(every[:, 0].mean()), float(every[:, 1].mean())), (float(every[:, 3].mean()), float(every[:, 4].mean()))
    used = low > 0 and (first[1] > 0 or area[1] > 0) and first[2] > 0 and area[2] > 0
    figures_said = f"mean average precision {plain[1]:.3f} by looks, {learned[1]:.3f} with labels, a gain of {gain:+.3f} [{low:+.3f}, {high:+.3f}]"
    of = f"on {plural(len(every), 'picture')} held out; right at rank 1: {plain[0]:.3f} and {learned[0]:.3f}"
    said = f"{'Labels help' if used else 'Labels are not used, for they do not help for sure'}: {figures_said} {of}"
    return Help(said, used, plain, learned, (gain, low, high), len(every))


def ranked(scores: npt.NDArray[np.float32], relevant: BoolArray) -> Doubles:
    """Precision at rank 1, average precision and area under ROC of each query: [Q, 3], from scores and relevance [Q, N]."""
    order = np.argsort(-scores, axis=1, kind="stable")
    hit = np.take_along_axis(relevant, order, 1)
    found, rank = np.cumsum(hit, 1), np.arange(1, hit.shape[1] + 1)
    wanted = np.maximum(hit.sum(1), 1)
    average = (found / rank * hit).sum(1) / wanted
    # how many of the others stand above each that is wanted
    above = ((rank - found) * hit).sum(1) / wanted / np.maximum(hit.shape[1] - hit.sum(1), 1)
    return np.stack([hit[:, 0].astype(np.float64), average, 1 - above], 1)


def _gain(differences: Doubles) -> tuple[float, float, float]:
    mean, half = float(differences.mean()), _Z * float(differences.std(ddof=1)) / len(differences) ** 0.5
    return mean, mean - half, mean + half


def _deviation(rows: Rows, chosen: IntArray, mean: Doubles) -> Doubles:
    total = np.zeros(rows.vectors.shape[1])
    for part in blocks(len(chosen)):
        total += np.square(rows.vectors[chosen[part]].astype(np.float64) - mean).sum(0)
    deviation = np.sqrt(total / max(1, len(chosen)))
    return np.asarray(np.where(deviation > 1e-6 * max(1e-30, float(deviation.max(initial=0))), deviation, np.inf))


def _sums(rows: Rows, lesson: Lesson, places: IntArray, mean: Doubles, deviation: Doubles) -> tuple[Doubles, Doubles]:
    """Zᵀ Z and Zᵀ Y over these places of the lesson."""
    share = np.maximum(lesson.has.mean(0), 1e-9)
    gram, cross = np.zeros((len(mean), len(mean))), np.zeros((len(mean), len(share)))
    for part in blocks(len(places)):
        z = ((rows.vectors[lesson.rows[places[part]]] - mean) / deviation).astype(np.float32)
        y = ((lesson.has[places[part]] - share) / np.sqrt(share)).astype(np.float32)
        gram += z.T @ z
        cross += z.T @ y
    return gram, cross


def _solved(gram: Doubles, cross: Doubles, count: int) -> Doubles:
    return np.asarray(np.linalg.solve(gram + _RIDGE * count * np.eye(len(gram)), cross))
