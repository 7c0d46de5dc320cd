"""`found.flip()`: the smallest change of the picture after which the network really answers otherwise, as a value."""

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import plural, visible
from vitreous.draw.theme import LIGHT, PictureFormat, Theme, encoded
from vitreous.errors import UsageError, nearest
from vitreous.inside.why.question import Pictures, Question, question_of
from vitreous.inside.why.smallest_change import NEXT, Aim, Flipped, size_of, smallest_change
from vitreous.tasks.task import thresholds_of

if TYPE_CHECKING:
    from vitreous.inside.inside import Inside


@dataclass(frozen=True, eq=False, repr=False)
class Flip:
    """`before` uint8 [S, S, 3] is what the network sees, `changed` what it sees then, None where no change was found; `answers` are what it says
    of both, label and probability. With several labels it is one of them that is said, or no longer."""

    inside: "Inside"
    before: Pictures
    changed: Pictures | None
    answers: tuple[tuple[str, float], tuple[str, float]]
    said: str

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
            return [f"{name}: {self.said} {sure:.1%}; no change was found that makes it {visible(after)}"]
        side, mean = len(self.before), float(np.abs(self.difference).mean())
        return [
            f"{name}: {self.said} {sure:.1%}; after the change {visible(after)} {then:.1%}, run by the engine",
            f"{plural(self.pixels, 'pixel')} of {side} × {side} by at most {plural(self.largest, 'grey level')} of 255, {mean:.2g} on average",
            f"size {self.size:.3g} (root of the sum of squares), {self.size / 255:.2g} where white is 1; the smallest that was found",
        ]

    def to_json(self) -> dict[str, Any]:
        (before, sure), (after, then) = self.answers
        value: dict[str, Any] = {
            "image": self.inside.image,
            "found": self.changed is not None,
            "before": {"label": before, "confidence": round(sure, 6)},
            "after": {"label": after, "confidence": round(then, 6)},
        }
        if self.changed is None:
            return value
        return value | {"pixels": self.pixels, "of_pixels": len(self.before) ** 2, "largest": self.largest, "size": round(self.size, 4)}

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

    With several labels: that the label is said, or no longer; without one, that label which is turned most easily. The most probable label
    counts as the answer, whatever `vitreous decide` has stored. Raises UsageError for a label that is not known, or is the answer already.
    """
    thresholds = thresholds_of(found.network.facts)
    return _of_one(found, label) if thresholds is None else _of_several(found, label, thresholds)


def _of_one(found: "Inside", label: str | None) -> Flip:
    question = question_of(found)
    labels, answer = found.network.labels, question.score.index
    scores = question.values[question.score.value][0].astype(np.float64)
    if label is not None:
        if label not in labels:
            raise UsageError(f"the network has no label {visible(label)!r}", remedy=nearest(label, labels))
        if labels.index(label) == answer:
            raise UsageError(f"{visible(label)} is the answer already", needed="another label, or none")
    if len(labels) < 2:
        raise UsageError("no change flips the answer", "a network with one label", "two or more")
    others = [k for k in np.argsort(-scores, kind="stable").tolist() if k != answer][:NEXT] if label is None else [labels.index(label)]
    identity = np.eye(len(labels))
    aims = [Aim(identity[answer] - identity[other]) for other in others]
    wanted = others[0] if label is not None else None

    def flipped(probability: NDArray[np.float64]) -> NDArray[np.bool_]:
        now = probability.argmax(1)
        return np.asarray(now == wanted if wanted is not None else now != answer)

    changed = smallest_change(question, aims, flipped)
    before, after = _probabilities(question, changed)
    now = int(after.argmax()) if changed is not None else others[0]
    ends = (labels[answer], float(before[answer])), (labels[now], float(after[now]))
    return Flip(found, question.picture, changed, ends, visible(labels[answer]))


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
        aim = Aim(sign * np.eye(len(labels))[k], -sign * float(limits[k]))
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
