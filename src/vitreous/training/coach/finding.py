"""What the coach says: a sentence, the numbers it rests on, and what helps."""

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Self

# What may be wrong, the cause before its consequences: of several findings the first is the one to act on.
KINDS = {
    "not normalized": "pixels reach the network with a mean far from 0 or a deviation far from 1",
    "labels": "one label for nearly everything, or labels that have nothing to do with the pictures",
    "dead units": "units behind a ReLU that are 0 for every picture, so that nothing is learned through them",
    "saturated": "values behind a sigmoid or tanh at their limits, where the slope is 0",
    "gradients": "a gradient that is no number, or none at all",
    "start": "a first loss far above that of a guess",
    "cannot learn": "not even eight pictures can be learned by heart",
    "divergence": "the loss grew instead of falling",
    "rate too high": "the loss jumps, or stays on a high plateau while the weights move far",
    "batch too small": "noise of single pictures hides where the loss goes",
    "rate too low": "the loss falls like a straight line, and the weights hardly move",
    "held out better": "better on the pictures held out than on those learned from: a leak, or a training made harder",
    "over-fitting": "a large gap between the pictures learned from and those held out",
    "under-fitting": "a small gap, and poor on both",
}


@dataclass(frozen=True)
class Finding:
    """`kind`: one of KINDS; `sentence`: what is seen; `evidence`: the figures it rests on, by name; `remedy`: what to do."""

    kind: str
    sentence: str
    evidence: dict[str, float]
    remedy: str

    def __str__(self) -> str:
        return f"{self.kind.capitalize()}: {self.sentence} {self.remedy}"

    def to_json(self) -> dict[str, Any]:
        """Without figures that are no numbers, which JSON does not know."""
        return asdict(self) | {"evidence": {name: value for name, value in self.evidence.items() if isfinite(value)}}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(**value)


def in_order(findings: list[Finding]) -> list[Finding]:
    """The causes first; of each kind the first one."""
    order = list(KINDS)
    first = {each.kind: each for each in reversed(findings)}
    return sorted(first.values(), key=lambda each: order.index(each.kind))
