"""What tuning leaves: a probe on the features of a network whose deepest stages have learned."""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from vitreous.core.view import View
from vitreous.fit.classifier import HeldOut, Parts
from vitreous.fit.head import Floats, Head
from vitreous.fit.link import Link
from vitreous.fit.probe import Probe
from vitreous.infer.network import Network

Entry = dict[str, Any]


@dataclass(frozen=True)
class Tuned(Probe):
    """`network`: the one that gives its features. Out of fold it says what it said of what was held out, where that was all of the training part:
    more would take as many tunings."""

    network: Network | None = None
    phases: tuple[Entry, ...] = ()
    epochs: tuple[Entry, ...] = field(default=(), repr=False)

    @classmethod
    def of(
        cls, probe: Probe, head: Head, link: Link, chosen_on: str, held_out: HeldOut, network: Network, phases: list[Entry], epochs: list[Entry]
    ) -> "Tuned":
        values: dict[str, Any] = {each.name: getattr(probe, each.name) for each in fields(Probe)}
        values |= {"head": head, "link": link, "chosen_on": chosen_on, "held_out": held_out}
        return cls(**values, network=network, phases=tuple(phases), epochs=tuple(epochs))

    def out_of_fold(self, parts: Parts) -> Floats:
        probability, known = np.zeros((parts.train, parts.classes), np.float32), self.held_out
        learned = known.rows < parts.train
        if np.count_nonzero(learned) == parts.train:
            probability[known.rows[learned]] = known.probability[learned]
        return probability

    def joined(self, backbone: Network, view: View, labels: list[str], facts: dict[str, Any]) -> Network:
        assert self.network is not None, "what was tuned has a network"
        return super().joined(self.network, view, labels, facts)

    def history(self) -> list[Entry]:
        return list(self.epochs)

    def to_json(self) -> Entry:
        return super().to_json() | {"phases": list(self.phases)}
