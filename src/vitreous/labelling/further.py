"""Which new pictures a trained run would learn most from, in the order in which they should be labelled: `vitreous next`.

The same order as in a labelling: of the pictures that the run is least sure of, each as unlike those before it as can be. What the run was trained
or tested on is left out, by content.
"""

import csv
import io
from collections.abc import Collection
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from vitreous.core.item import LeftOut
from vitreous.core.text import csv_cell, plural, visible
from vitreous.errors import DataError, ModelError
from vitreous.fit.head import Floats
from vitreous.infer.network import Network
from vitreous.labelling.asking import least_sure
from vitreous.labelling.pictures import Pictures
from vitreous.labelling.space import main_directions
from vitreous.layers.walk import Walk, read_walk

_FEATURES, _PROBABILITY = "features", "probability"


@dataclass(frozen=True)
class Wanted:
    """A picture, what the run answers, and by how much that leads the next answer (of several labels: the least of how far each is from even)."""

    path: str
    answer: str
    probability: float
    margin: float

    def to_json(self) -> dict[str, Any]:
        return {"path": self.path, "answer": self.answer, "probability": round(self.probability, 4), "margin": round(self.margin, 4)}


@dataclass(frozen=True)
class Next:
    """The pictures to label next, the first one first; `candidates`: how many new ones there were, `known`: how many the run knew."""

    folder: str
    pictures: list[Wanted]
    candidates: int
    known: int
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        known = f"; {plural(self.known, 'picture')} of the run left out" if self.known else ""
        return f"{plural(len(self.pictures), 'picture')} to label next, of {plural(self.candidates, 'new one')} in {visible(self.folder)}{known}"

    def to_json(self) -> dict[str, Any]:
        left_out = [{"path": each.relative, "reason": each.reason} for each in self.left_out]
        pictures = [each.to_json() for each in self.pictures]
        return {"folder": self.folder, "candidates": self.candidates, "known": self.known, "pictures": pictures, "left_out": left_out}

    def to_csv(self) -> bytes:
        """A table to be filled in: path, an empty label, the answer and its probability."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["path", "label", "answer", "probability"])
        for each in self.pictures:
            writer.writerow([each.path, "", csv_cell(each.answer), f"{each.probability:.4f}"])
        return stream.getvalue().encode("utf-8", "backslashreplace")

    def __len__(self) -> int:
        return len(self.pictures)

    def __repr__(self) -> str:
        lines = [f"  {visible(each.path)}  {visible(each.answer)} {each.probability:.2f}" for each in self.pictures[:10]]
        return "\n".join([f"Next: {self.sentence}", *lines, *(["  …"] if len(self.pictures) > 10 else [])])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(visible(each.path))}</td><td>{escape(visible(each.answer))}</td><td>{each.probability:.2f}</td></tr>"
            for each in self.pictures[:50]
        )
        return f"<p>{escape(self.sentence)}</p><table><tr><th>picture</th><th>answer</th><th>probability</th></tr>{rows}</table>"


def next_to_label(network: Network, pictures: Pictures, count: int, known: Collection[str] = ()) -> Next:
    """At most `count` of the pictures, whose features are those of `network`; `known`: content hashes (hex) of pictures that it was made from.

    Raises DataError where no other picture is left.
    """
    new = np.array([number for number, key in enumerate(pictures.keys) if key not in known], np.intp)
    if not len(new):
        arrived = f"all {plural(len(pictures), 'picture')} were in the run already"
        raise DataError(f"nothing is left to label in {visible(str(pictures.folder))}", arrived, "pictures that it does not know")
    probability = answers_of(network, pictures.features[new])
    several = network.facts.get("task") == "multilabel"
    margins = _margins(probability, several)
    order = least_sure(main_directions(pictures.features[new]), margins, count)
    wanted = [
        Wanted(pictures.paths[new[place]][0], *_answer(network.labels, probability[place], several), float(margins[place]))
        for place in order.tolist()
    ]
    return Next(str(pictures.folder), wanted, len(new), len(pictures) - len(new), pictures.left_out)


def answers_of(network: Network, features: Floats) -> Floats:
    """The probabilities [N, K] that a network gives for its own features [N, D]: only what stands behind these is worked out.

    Raises ModelError where it has no such values.
    """
    walk = read_walk(network.data)
    failed = f"{visible(network.path.name)} cannot say what it is unsure of"
    known, behind = {_FEATURES, *walk.constants}, []
    for node in walk.nodes:
        if _FEATURES not in node.outputs and all(name in known for name in node.inputs if name):
            behind.append(node)
            known.update(node.outputs)
    if _PROBABILITY not in known:
        raise ModelError(failed, "its answers do not follow from its features alone", "a run of Vitreous with a head on features")
    head = Walk(behind, dict(walk.constants), {_FEATURES: ["N", features.shape[1]]}, {_PROBABILITY: ["N", None]})
    rows = [head.values({_FEATURES: features[first : first + 1024]})[_PROBABILITY] for first in range(0, len(features), 1024)]
    return np.concatenate(rows).astype(np.float32)


def _margins(probability: Floats, several: bool) -> Floats:
    if several:
        far: Floats = np.abs(2 * probability - 1).min(1)
        return far
    best = np.sort(probability, axis=1)[:, -2:]
    lead: Floats = best[:, -1] - (best[:, 0] if best.shape[1] > 1 else 0)
    return lead


def _answer(labels: list[str], row: Floats, several: bool) -> tuple[str, float]:
    best = int(row.argmax())
    if not several:
        return labels[best], float(row[best])
    said = [label for label, share in zip(labels, row.tolist(), strict=True) if share >= 0.5]
    least = int(np.abs(2 * row - 1).argmin())
    return ";".join(said), float(row[least])
