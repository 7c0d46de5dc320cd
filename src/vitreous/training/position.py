"""Where a training stands: all that a step changes besides weights, averages and the optimizer's own numbers. Plain values, so JSON holds it.

Everything random is a function of seed, epoch, step and picture, so there are no generators to save.
"""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from vitreous.training.judging import Judged

# Steps that are recorded: every one at first, then every second, every fourth …, so that there are never more than twice this many.
_STEPS_KEPT = 1000


@dataclass
class Position:
    """`epoch` counts from 1 and is the one that runs; `done`: its batches that are done. The sums are over these batches; `seconds`: of the
    epochs before. `before`: what the coach found before the first step. `best`: the epoch with the best weights so far, 0 before the first;
    `stopped`: why it ended, "" while it goes on."""

    epoch: int = 1
    done: int = 0
    step: int = 0
    learned: int = 0
    loss_sum: float = 0.0
    right: float = 0.0
    norm_sum: float = 0.0
    layers: dict[str, dict[str, float]] = field(default_factory=dict)
    seconds: float = 0.0
    best: int = 0
    best_loss: float = float("inf")
    stopped: str = ""
    history: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, float]] = field(default_factory=list)
    before: list[dict[str, Any]] = field(default_factory=list)
    every: int = 1

    def take(self, pictures: int, loss: float, right: float, norm: float, rate: float) -> None:
        """One step was made."""
        if self.step % self.every == 0:
            self.steps.append({"step": self.step + 1, "loss": loss, "rate": rate, "gradient_norm": norm})
            if len(self.steps) >= 2 * _STEPS_KEPT:
                self.steps, self.every = self.steps[::2], 2 * self.every
        self.step, self.done, self.learned = self.step + 1, self.done + 1, self.learned + pictures
        self.loss_sum, self.right, self.norm_sum = self.loss_sum + pictures * loss, self.right + right, self.norm_sum + norm

    def close(self, held: "Judged | None", rate: float, seconds: float) -> bool:
        """The epoch is over; `held`: how the held-out pictures are answered, None where there are none: then the training loss judges. Returns
        whether it is the best so far, by its calibrated loss."""
        train_loss = self.loss_sum / self.learned
        judged = held.calibrated if held else train_loss
        self.history.append({
            "epoch": self.epoch,
            "step": self.step,
            "train_loss": train_loss,
            "train_accuracy": self.right / self.learned,
            "held_loss": held.loss if held else train_loss,
            "held_accuracy": held.accuracy if held else None,
            **({"held_map": held.map} if held and held.map is not None else {}),
            "rate": rate,
            "seconds": round(seconds, 3),
            "gradient_norm": self.norm_sum / self.done,
            "layers": self.layers,
        })  # fmt: skip
        better = judged < self.best_loss
        if better:
            self.best, self.best_loss = self.epoch, judged
        self.epoch, self.done, self.learned, self.loss_sum, self.right, self.norm_sum, self.layers = self.epoch + 1, 0, 0, 0.0, 0.0, 0.0, {}
        self.seconds = seconds
        return better

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"best_loss": None if self.best_loss == float("inf") else self.best_loss}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(**value | {"best_loss": float("inf") if value["best_loss"] is None else value["best_loss"]})
