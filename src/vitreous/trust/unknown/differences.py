"""In what two samples of pictures differ, one test a row, each with what it was before and what it is now in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import percent, visible
from vitreous.metrics.figures import FloatArray
from vitreous.trust.unknown.samples import energy_test, holm, kinds_test, numbers_test

_NAMED = 4
# name: of a picture's facts, and how a value is written
_LOOKS: dict[str, tuple[Callable[[NDArray[np.void]], FloatArray], str]] = {
    "brightness": (lambda facts: facts["brightness"].astype(float), "{:.0f} of 255"),
    "contrast": (lambda facts: facts["contrast"].astype(float), "{:.0f} grey levels"),
    "sharpness": (lambda facts: facts["sharpness"].astype(float), "{:.2f}"),
    "size": (lambda facts: np.sqrt(facts["width"].astype(float) * facts["height"]), "{:,.0f} pixels a side"),
    "proportions": (lambda facts: facts["width"] / np.maximum(1, facts["height"].astype(float)), "{:.2f} wide to 1 high"),
    "compression": (lambda facts: 8.0 * facts["bytes"] / np.maximum(1.0, facts["width"].astype(float) * facts["height"]), "{:.2f} bits a pixel"),
}


@dataclass(frozen=True)
class Difference:
    """`p` by itself; `adjusted`, which is held to one rate with all others; `before` and `now`: what was compared, in words."""

    name: str
    p: float
    before: str = ""
    now: str = ""
    adjusted: float = 1.0
    differs: bool = False

    @property
    def told(self) -> str:
        """
        >>> Difference("size", 0.0, adjusted=2e-9).told, Difference("size", 0.01, adjusted=0.0312).told
        ('< 0.001', '0.031')
        """
        return "< 0.001" if self.adjusted < 0.001 else f"{self.adjusted:.3f}"

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "differs": self.differs, "p": self.p, "p_adjusted": self.adjusted, "before": self.before, "now": self.now}


def held_to(rate: float, differences: Sequence[Difference]) -> list[Difference]:
    """Judged together: at most the share `rate` of false alarms."""
    adjusted = holm(np.array([each.p for each in differences])).tolist()
    return [replace(each, adjusted=p, differs=p <= rate) for each, p in zip(differences, adjusted, strict=True)]


def pictures_differ(old: NDArray[np.float32], new: NDArray[np.float32], rng: np.random.Generator) -> tuple[Difference, FloatArray]:
    """By features; and the witness [N + M]: how much more each picture is like the new ones than like the old."""
    found = energy_test(old, new, rng)
    return Difference("what they show", found.p), found.witness


def kinds_differ(name: str, old: NDArray[np.intp], new: NDArray[np.intp], kinds: Sequence[str], rng: np.random.Generator) -> Difference:
    """By shares of kinds; those are named whose share has changed most."""
    p = kinds_test(old, new, rng)
    before, now = (np.bincount(each, minlength=len(kinds)) / max(1, len(each)) for each in (old, new))
    most = np.argsort(-np.abs(now - before), kind="stable")[:_NAMED].tolist()
    told = [", ".join(f"{visible(kinds[k])} {percent(share[k])}" for k in most) for share in (before, now)]
    return Difference(name, p, told[0], told[1])


def looks_differ(old: NDArray[np.void], new: NDArray[np.void], rng: np.random.Generator) -> list[Difference]:
    """By facts [N] and [M] of pictures, and by their cameras where these are written in them."""
    found = []
    for name, (measure, words) in _LOOKS.items():
        before, now = (values[np.isfinite(values)] for values in (measure(old), measure(new)))
        told = [f"median {words.format(np.median(each))}" if len(each) else "–" for each in (before, now)]
        found.append(Difference(name, numbers_test(before, now), told[0], told[1]))
    cameras = [[text.decode("utf-8", "replace").strip("\0 ") or "not written" for text in facts["camera"].tolist()] for facts in (old, new)]
    kinds = sorted({camera for each in cameras for camera in each})
    if len(kinds) > 1:
        number = {camera: place for place, camera in enumerate(kinds)}
        before_kinds, now_kinds = (np.array([number[camera] for camera in each], np.intp) for each in cameras)
        found.append(kinds_differ("camera", before_kinds, now_kinds, kinds, rng))
    return found
