"""`found.why()`: what of a picture speaks for an answer, by one method or by all, each with its two checks beside it, as a value."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from vitreous.core.text import percent, visible
from vitreous.draw.theme import LIGHT, PictureFormat, Theme, encoded
from vitreous.errors import UsageError, VitreousError, nearest
from vitreous.inside.telling import aligned
from vitreous.inside.why.cam import cam
from vitreous.inside.why.deletion import Curves, deletion_and_insertion, random_orders
from vitreous.inside.why.evidence import Evidence, evidence
from vitreous.inside.why.grad_cam import grad_cam
from vitreous.inside.why.integrated_gradients import FEW, integrated_gradients
from vitreous.inside.why.occlusion import occlusion
from vitreous.inside.why.question import Question, question_of
from vitreous.inside.why.redrawn import ALIKE, Redrawn, depends_on_weights, redrawn_networks
from vitreous.inside.why.saliency import Saliency

if TYPE_CHECKING:
    from vitreous.inside.inside import Inside

Method = Callable[[Question], Saliency]
METHODS: dict[str, Method] = {"cam": cam, "grad-cam": grad_cam, "integrated-gradients": integrated_gradients, "occlusion": occlusion}
ALL = "all"
# Of a network that knows nothing the same map by few points, or a part of it: no number of it has to be right, and each of three networks would
# take as long as the map itself.
_REDRAWN: dict[str, Method] = METHODS | {
    "integrated-gradients": lambda question: integrated_gradients(question, FEW, FEW),
    "occlusion": lambda question: occlusion(question, every=2),
}

# By whether deletion and insertion go better than in random orders.
_MATTERS = {
    (True, True): ", and what it marks matters",
    (True, False): "; what it marks matters where it is deleted, but not where it is inserted",
    (False, True): "; what it marks matters where it is inserted, but not where it is deleted",
    (False, False): "; but what it marks matters no more than parts drawn at random",
}


@dataclass(frozen=True, eq=False)
class Explained:
    """A map with its checks: whether it depends on the weights, and whether what it marks matters."""

    saliency: Saliency
    redrawn: Redrawn
    curves: Curves

    @property
    def verdict(self) -> str:
        """What the checks say, in words."""
        if not self.redrawn.trustworthy:
            return "not to be trusted: a network without its weights gives a map like it"
        return f"depends on the weights{_MATTERS[self.curves.better]}"

    def to_json(self) -> dict[str, Any]:
        return {**self.saliency.to_json(), "weights": self.redrawn.to_json(), "curves": self.curves.to_json(), "verdict": self.verdict}


@dataclass(frozen=True, eq=False, repr=False)
class Why:
    """`explained`: a map for each method; `missing`: methods that cannot say anything of this network, with the reason."""

    inside: "Inside"
    question: Question
    explained: tuple[Explained, ...]
    missing: tuple[tuple[str, str], ...]
    evidence: Evidence | None

    @property
    def label(self) -> str:
        return self.question.score.label

    @property
    def confidence(self) -> float:
        """The probability of the label."""
        return float(self.inside.values["probability"][self.question.place])

    @property
    def value(self) -> float:
        """The score that is explained."""
        return float(self.question.values[self.question.score.value][self.question.place])

    def lines(self) -> list[str]:
        name = visible(self.inside.image.replace("\\", "/").rsplit("/", 1)[-1])
        asked = f"{name}: why {visible(self.label)} ({percent(self.confidence, 1)})?"
        lines = [f"{asked} Explained is {self.question.score.words}, {self.value:.4g}.", ""]
        lines += _table(self)
        for each in self.explained:
            lines.append(f"{each.saliency.method}: {each.verdict}" + (f" ({each.saliency.said})" if each.saliency.said else ""))
        lines += [f"{method}: {reason}" for method, reason in self.missing]
        return lines + _evidence_lines(self)

    def to_json(self) -> dict[str, Any]:
        return {
            "image": self.inside.image,
            "label": self.label,
            "confidence": round(self.confidence, 6),
            "score": {
                "value": self.question.score.value,
                "number": self.question.score.index,
                "is": round(self.value, 6),
                "before": self.question.score.link,
            },
            "methods": [each.to_json() for each in self.explained],
            "missing": [{"method": method, "reason": reason} for method, reason in self.missing],
            "evidence": self.evidence.to_json() if self.evidence else None,
        }

    def picture(self, form: PictureFormat = "png", theme: Theme = LIGHT) -> bytes:
        """The photo, each map over it, its curves and checks, and the nearest training pictures, as the bytes of a file."""
        from vitreous.inside.why.pictures import why_of

        return encoded(why_of(self, theme), form)

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre><img alt='maps of why' src='data:image/png;base64,{b64encode(self.picture()).decode()}'>"


def why(found: "Inside", method: str = "grad-cam", label: str | None = None) -> Why:
    """What speaks for `label` (the most probable one, where none is given) by one of METHODS, or by "all" of them.

    Raises UsageError for a method or label that there is not, and for a method that has nothing to say of this network.
    """
    require_method(method)
    question = question_of(found, label)
    maps, missing = [], []
    for name in METHODS if method == ALL else (method,):
        try:
            maps.append(METHODS[name](question))
        except UsageError as error:
            if method != ALL:
                raise
            missing.append((name, str(error)))
    random, networks = random_orders(question), redrawn_networks(question)
    explained = tuple(
        Explained(each, depends_on_weights(question, each, _REDRAWN[each.method], networks), deletion_and_insertion(question, each, random))
        for each in maps
    )
    try:
        near = evidence(found)
    except VitreousError as error:
        near = Evidence((), 0, (f"no training pictures: {error}",))
    return Why(found, question, explained, tuple(missing), near)


def require_method(method: str) -> None:
    """Raises UsageError with the nearest names for a method that there is not."""
    if method != ALL and method not in METHODS:
        raise UsageError(f"unknown method {visible(method)!r}", remedy=nearest(method, [*METHODS, ALL]))


def _table(found: Why) -> list[str]:
    """The figures of the checks, a line a method."""
    head = ["", "likeness without weights", "deletion", "random", "insertion", "random"]
    rows = []
    for each in found.explained:
        areas = each.curves.areas
        figures = [f"{areas[name]:.3f}" for name in ("deletion", "random_deletion", "insertion", "random_insertion")]
        rows.append([each.saliency.method, f"{each.redrawn.likeness[-1]:+.2f}", *figures])
    legend = (
        f"likeness: rank correlation with the map of a network whose weights were redrawn, at most {ALIKE}; areas: low in deletion, high in insertion"
    )
    return [*aligned([head, *rows], left=1), legend, ""]


def _evidence_lines(found: Why) -> list[str]:
    near = found.evidence
    if near is None:
        return []
    lines = [""]
    if near.neighbours:
        same = f"{near.share(found.label)} of {len(near.neighbours)}"
        lines.append(f"nearest of {near.count:,} training pictures ({same} {visible(found.label)}):")
        rows = [
            [f"{each.distance:.3f}", visible(each.label), visible(each.path) + (" (gone)" if each.picture is None else "")]
            for each in near.neighbours
        ]
        lines += [f"  {line}" for line in aligned(rows, left=0, text=(1, 2))]
    return [*lines, *near.remarks]
