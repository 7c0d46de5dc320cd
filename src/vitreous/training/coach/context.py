"""What recorded figures have to be read with: what a guess costs, and whether the losses of the two splits measure the same.

    one label         a network without an opinion gives every class 1/K: cross-entropy log K, focal loss (1 − 1/K)² log K
    several labels    it gives every label 1/2: log 2, as the mean over the labels is taken; the asymmetric loss has no such value,
                      since it depends on how many labels are there: the first loss stands for it

Held-out pictures are always judged by plain cross-entropy, of hard targets and all weights 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any, Self

from vitreous.losses import entry

_GAMMA = 2  # of the focal loss, as in vitreous.losses.focal
_PLAIN = ("cross-entropy", "binary-cross-entropy")


@dataclass(frozen=True)
class Context:
    """`classes` K; `guess`: the training loss of a network without an opinion, None where it has none; `alike`: whether training and held-out
    losses measure the same; `harder`: what makes the training harder than the asking; `several`: whether a picture can have several labels."""

    classes: int
    guess: float | None
    alike: bool = True
    harder: tuple[str, ...] = ()
    several: bool = False

    @classmethod
    def plain(cls, classes: int) -> Self:
        """Cross-entropy of one label, and nothing added to the training."""
        return cls(classes, log(max(2, classes)))

    @classmethod
    def of(cls, recipe: Mapping[str, Any]) -> Self:
        """Of a recipe as run.json has it."""
        classes, loss = max(2, recipe["classes"]), recipe["loss"]
        guesses = {
            "cross-entropy": log(classes),
            "focal": (1 - 1 / classes) ** _GAMMA * log(classes),
            "binary-cross-entropy": log(2),
        }
        harder = {
            "augmentation": recipe["augment"] != "none",
            "mixup": bool(recipe["mixup"]),
            "dropout": bool(recipe["dropout"]),
        }
        alike = loss in _PLAIN and not recipe["smoothing"] and not recipe["mixup"] and recipe["class_weights"] == "none"
        return cls(classes, guesses.get(loss), alike, tuple(name for name, is_so in harder.items() if is_so), entry(loss).several)

    @property
    def chance(self) -> float:
        """How often guessing is right, for one label a picture."""
        return 1 / max(2, self.classes)
