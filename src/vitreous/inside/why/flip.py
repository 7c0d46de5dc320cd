"""`found.flip()`: the smallest change of the picture after which the network really answers otherwise, as a value."""

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import percent, plural, visible
from vitreous.draw.theme import LIGHT, PictureFormat, Theme, encoded
from vitreous.errors import UsageError, nearest
from vitreous.inside.why.aims import Aim, Linear, aim_at
from vitreous.inside.why.question import Pictures, Question, question_of
from vitreous.inside.why.smallest_change import NEXT, Flipped, size_of, smallest_change
from vitreous.metrics.decision_rule import UNKNOWN, Rule, StoredRule
from vitreous.tasks.predict import stored_rule
from vitreous.tasks.task import thresholds_of

if TYPE_CHECKING:
    from vitreous.inside.inside import Inside


@dataclass(frozen=True, eq=False, repr=False)
class Flip:
    """`before` uint8 [S, S, 3] is what the network sees, `changed` what it sees then, None where no change was found; `answers` are what it says
    of both, label and probability. With several labels it is one of them that is said, or no longer.
    `decision`: the rule by which the answers are made, where one is stored."""

    inside: "Inside"
    before: Pictures
    changed: Pictures | None
    answers: tuple[tuple[str, float], tuple[str, float]]
    said: str
    decision: StoredRule | None = None

    @property
    def difference(self) -> NDArray[np.int16]:
        """The change in grey levels, [S, S, 3]."""
        changed = self.before if self.changed is None else self.changed
        return changed.astype(np.int16) - self.before.astype(np.int16)

    @property
    def size(self) -> float:
        """The root of the sum of squares, in grey levels of 255."""
        return size_of(self.before if self.changed is None else self.changed, self.before)

    @property
    def pixels(self) -> int:
        """How many pixels change."""
        return int((self.difference != 0).any(-1).sum())

    @property
    def largest(self) -> int:
        """The largest change of a colour, in grey levels."""
        return int(np.abs(self.difference).max())

    def lines(self) -> list[str]:
        (_, sure), (after, then) = self.answers
        name = visible(self.inside.image.replace("\\", "/").rsplit("/", 1)[-1])
        if self.changed is None:
            return [f"{name}: {self.said} {percent(sure, 1)}; no change was found that makes it {visible(after)}"]
        side, mean = len(self.before), float(np.abs(self.difference).mean())
        rule = [] if self.decision is None else [f"answers as vitreous decide has stored it ({self.decision.wish}), not by the most probable class"]
        return [
            f"{name}: {self.said} {percent(sure, 1)}; after the change {visible(after)} {percent(then, 1)}, run by the engine",
            f"{plural(self.pixels, 'pixel')} of {side} × {side} by at most {plural(self.largest, 'grey level')} of 255, {mean:.2g} on average",
            f"size {self.size:.3g} (root of the sum of squares), {self.size / 255:.2g} where white is 1; the smallest that was found",
            *rule,
        ]

    def to_json(self) -> dict[str, Any]:
        (before, sure), (after, then) = self.answers
        value: dict[str, Any] = {
            "image": self.inside.image,
            "found": self.changed is not None,
            "before": {"label": self._label(before), "confidence": round(sure, 6)},
            "after": {"label": self._label(after), "confidence": round(then, 6)},
        }
        if self.decision is not None:
            value["decided"] = self.decision.wish
        if self.changed is None:
            return value
        return value | {"pixels": self.pixels, "of_pixels": len(self.before) ** 2, "largest": self.largest, "size": round(self.size, 4)}

    def _label(self, name: str) -> str | None:
        """As predict --json has it: null for "I don't know"."""
        return None if self.decision is not None and name == self.decision.unknown else name

    def picture(self, form: PictureFormat = "png", theme: Theme = LIGHT) -> bytes:
        """The picture, the change magnified, and the changed picture, as the bytes of a file."""
        from vitreous.inside.why.pictures import flip_of

        return encoded(flip_of(self, theme), form)

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        drawn = "" if self.changed is None else f"<img alt='the change' src='data:image/png;base64,{b64encode(self.picture()).decode()}'>"
        return f"<pre>{escape(repr(self))}</pre>{drawn}"


def flip(found: "Inside", label: str | None = None) -> Flip:
    """The smallest change of the picture that makes the network answer otherwise: `label`, where it is given.

    The answer is what `predict` says, by the rule that `vitreous decide` has stored, where there is one; `label` may then be its word for
    "I don't know". With several labels: that the label is said, or no longer; without one, that label which is turned most easily. Raises
    UsageError for a label that is not known, or is the answer already.
    """
    thresholds = thresholds_of(found.network.facts)
    return _of_one(found, label) if thresholds is None else _of_several(found, label, thresholds)


def _of_one(found: "Inside", label: str | None) -> Flip:
    question, stored, labels = question_of(found), stored_rule(found.network), found.network.labels
    if len(labels) < 2:
        raise UsageError("no change flips the answer", "a network with one label", "two or more")
    word = "" if stored is None else stored.unknown

    def answers(probability: NDArray[np.float64]) -> NDArray[np.intp]:
        # float32 as predict has them: a threshold is met, or not, to the last bit
        return probability.argmax(1) if stored is None else stored.rule.answers(probability.astype(np.float32))

    def name(number: int) -> str:
        return word if number == UNKNOWN else labels[number]

    own = question.both(question.picture[None])[1]
    answer, wanted = int(answers(own)[0]), None
    aims = _aims(question, None if stored is None else stored.rule, answer)
    if label is not None:
        if label not in labels and label != word:
            raise UsageError(f"the network has no label {visible(label)!r}", remedy=nearest(label, labels))
        wanted = labels.index(label) if label in labels else UNKNOWN
        if wanted == answer:
            raise UsageError(f"{visible(label)} is the answer already", needed="another label, or none")
        if wanted not in aims:
            raise UsageError(f"{visible(label)} is never the answer", "the rule that vitreous decide has stored", "another label, or none")
    scores = question.values[question.score.value][0]
    order = sorted(aims, key=lambda number: np.inf if number == UNKNOWN else float(scores[number]), reverse=True)
    targets = order[:NEXT] if wanted is None else [wanted]

    def flipped(probability: NDArray[np.float64]) -> NDArray[np.bool_]:
        now = answers(probability)
        return np.asarray(now == wanted if wanted is not None else now != answer)

    changed = smallest_change(question, [aims[number] for number in targets], flipped)
    before, after = _probabilities(question, changed)
    now = int(answers(after[None])[0]) if changed is not None else targets[0]
    ends = tuple((name(k), float(p.max() if k == UNKNOWN else p[k])) for k, p in ((answer, before), (now, after)))
    return Flip(found, question.picture, changed, (ends[0], ends[1]), visible(name(answer)), stored)


def _aims(question: Question, rule: Rule | None, answer: int) -> dict[int, Aim]:
    """What has to fall below 0 for each other answer, by its number."""
    count = len(question.network.labels)
    if rule is None:
        identity = np.eye(count)
        return {other: Linear(identity[answer] - identity[other]) for other in range(count) if other != answer}
    top = int(question.values[question.score.value][0].argmax())
    aims = {other: aim_at(rule, other, top, question.score.link != "softmax", count) for other in (*range(count), UNKNOWN) if other != answer}
    return {other: aim for other, aim in aims.items() if aim is not None}


def _of_several(found: "Inside", label: str | None, thresholds: NDArray[np.float64]) -> Flip:
    question, labels = question_of(found, label), found.network.labels
    probability = question.both(question.picture[None])[1][0]
    scores = question.values[question.score.value][0].astype(np.float64)
    limits = np.log(np.clip(thresholds, 1e-6, 1 - 1e-6)) - np.log1p(-np.clip(thresholds, 1e-6, 1 - 1e-6)) if question.score.link else thresholds
    says = probability >= thresholds
    order = np.argsort(np.abs(scores - limits), kind="stable").tolist()[:NEXT] if label is None else [labels.index(label)]
    best: Flip | None = None
    for k in order:
        sign = 1.0 if says[k] else -1.0
        aim = Linear(sign * np.eye(len(labels))[k], -sign * float(limits[k]))
        changed = smallest_change(question, [aim], _turned(k, float(thresholds[k]), bool(says[k])))
        _, after = _probabilities(question, changed)
        now = labels[k] if not says[k] else f"no longer {labels[k]}"
        ends = (labels[k], float(probability[k])), (now, float(after[k]))
        turned = Flip(found, question.picture, changed, ends, f"{'' if says[k] else 'not '}{visible(labels[k])}")
        if best is None or (turned.changed is not None and (best.changed is None or turned.size < best.size)):
            best = turned
    assert best is not None, "a network has labels"
    return best


def _turned(label: int, threshold: float, said: bool) -> Flipped:
    return lambda probability: np.asarray((probability[:, label] >= threshold) != said)


def _probabilities(question: Question, changed: Pictures | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of the picture and of the changed one, by the engine."""
    pair = question.both(np.stack([question.picture, question.picture if changed is None else changed]))[1]
    return pair[0], pair[1]
