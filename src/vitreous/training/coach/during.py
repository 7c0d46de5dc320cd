"""What goes on inside the layers, from what `vitreous.training.observe` recorded of a step in each epoch.

|ΔW| / |W|      about 1/1000 is healthy: far below, nothing moves; far above, what was learned is overwritten
dead            units behind a ReLU that were 0 for every picture of the batch
saturated       values behind a sigmoid or tanh within 1 % of their limits
"""

from collections.abc import Mapping, Sequence
from statistics import median

from vitreous.training.coach.finding import Finding

DEAD, SATURATED = 0.6, 0.6  # shares, in the worst layer

Layers = Mapping[str, Mapping[str, float]]


def step_size(epochs: Sequence[Layers]) -> float | None:
    """|ΔW| / |W| of the middle layer in the epoch in which it was largest; None where nothing was recorded."""
    each = [[figures["update_ratio"] for figures in layers.values() if "update_ratio" in figures] for layers in epochs]
    return max((median(ratios) for ratios in each if ratios), default=None)


def dead_units(epochs: Sequence[Layers], most: float = DEAD) -> list[Finding]:
    name, share = _worst(epochs, "dead")
    if share <= most:
        return []
    sentence = f"{share:.0%} of the units of {name} are 0 for every picture: they are dead."
    return [Finding("dead units", sentence, {"share of dead units": share}, "A smaller rate, biases that begin at 0, or batch norm.")]


def saturated(epochs: Sequence[Layers], most: float = SATURATED) -> list[Finding]:
    name, share = _worst(epochs, "saturated")
    if share <= most:
        return []
    sentence = f"{share:.0%} of the values of {name} are at their limits, where the slope is 0: the layers before it learn nothing."
    return [Finding("saturated", sentence, {"share at the limits": share}, "Begin with smaller weights, normalize the input, or take ReLU.")]


def _worst(epochs: Sequence[Layers], what: str) -> tuple[str, float]:
    """The layer with the largest share, and that share: at the end, since what recovers is no fault."""
    last = epochs[-1] if epochs else {}
    return max(((name, figures[what]) for name, figures in last.items() if what in figures), key=lambda each: each[1], default=("", 0.0))
