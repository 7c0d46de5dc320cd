"""The tail of a network and its head, learning together from the probe on.

tuning = Tuning(tail, head, mean, deviation, recipe)
end = tuning.learn(frozen, rows, target)       # weights
tuning.put(0.5, end)                           # halfway from the beginning to there
features, logits = tuning.ask(frozen, rows)    # of pictures as they are
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from vitreous.fit.head import Floats, Head, Ints
from vitreous.fit.objective import Target
from vitreous.losses import loss as loss_named
from vitreous.training.tuning.frozen import Frozen
from vitreous.training.tuning.recipe import TuningRecipe
from vitreous.training.tuning.tail import Tail, layer_rates

_ASKED = 256  # pictures at once where nothing is learned
_CLIP = 5.0  # the largest norm of a gradient: a badly scaled head would else throw the weights far off
Weights = list[Tensor]
# The losses [n] of logits [n, K] and their truth.
Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Learned:
    """Of one epoch: the mean loss and the share of right answers over the pictures as they were learned from, the rate at its end."""

    epoch: int
    step: int
    loss: float
    accuracy: float
    rate: float
    gradient_norm: float


class Tuning:
    """`mean` and `deviation` stay those of the probe's features: what is learned is the tail, and the head's weight and bias."""

    def __init__(self, tail: Tail, head: Head, mean: Floats, deviation: Floats, recipe: TuningRecipe) -> None:
        self.tail, self.recipe = tail, recipe
        self.weight, self.bias = (nn.Parameter(torch.from_numpy(each.astype(np.float32))) for each in (head.weight, head.bias))
        self.mean, self.scale = torch.from_numpy(mean), torch.from_numpy(1 / deviation)
        self.begin = self.weights()

    @property
    def parameters(self) -> list[nn.Parameter]:
        return [*self.tail.parameters(), self.weight, self.bias]

    def weights(self) -> Weights:
        return [each.detach().clone() for each in self.parameters]

    def put(self, share: float, end: Sequence[Tensor]) -> None:
        """The weights at `share` of the way from those of the beginning to `end`."""
        with torch.no_grad():
            for own, first, last in zip(self.parameters, self.begin, end, strict=True):
                own.copy_(first + share * (last - first))

    def head(self) -> Head:
        return Head(self.weight.detach().numpy().copy(), self.bias.detach().numpy().copy())

    def ask(self, frozen: Frozen, rows: Ints) -> Floats:
        """Logits [n, K] of pictures as they are."""
        with torch.no_grad():
            logits = [self.logits(frozen.take(rows[first : first + _ASKED])) for first in range(0, len(rows), _ASKED)]
        return torch.cat(logits).numpy()

    def learn(
        self,
        frozen: Frozen,
        rows: Ints,
        target: Target,
        told: Callable[[Learned], None] | None = None,
        pause: Callable[[int, int], None] | None = None,
    ) -> Weights:
        """Train on these rows, with the target of each, and give the weights at the end. `told` of every epoch;
        `pause(step, steps)` is called between two steps.

        Raises ArithmeticError where the loss is no longer a number.
        """
        recipe, optimizer, loss_of = self.recipe, self.optimizer(), self.loss_of(target)
        rates = [group["lr"] for group in optimizer.param_groups]
        truth = self.truth(target)
        steps, step = recipe.epochs * -(-len(rows) // recipe.batch), 0
        for epoch in range(recipe.epochs):
            order = np.random.default_rng([recipe.seed, epoch]).permutation(len(rows))
            losses, right, norms, factor = 0.0, 0.0, 0.0, 0.0
            for first in range(0, len(order), recipe.batch):
                chosen = order[first : first + recipe.batch]
                factor = min((step + 1) / max(1.0, recipe.warm_up * steps), 1.0) * 0.5 * (1 + np.cos(np.pi * step / steps))
                for group, rate in zip(optimizer.param_groups, rates, strict=True):
                    group["lr"] = rate * factor
                X = frozen.take(rows[chosen], (rows[chosen] + epoch) % frozen.made)
                loss, logits, norm = self.step(optimizer, loss_of, X, truth[chosen])
                if not np.isfinite(norm):
                    raise ArithmeticError(f"the loss is {loss} in step {step + 1}")
                step += 1
                losses, norms = losses + loss * len(chosen), norms + norm
                right += _right(logits, truth[chosen])
                if pause:
                    pause(step, steps)
            batches = -(-len(rows) // recipe.batch)
            done = Learned(epoch + 1, step, losses / len(rows), right / len(rows), recipe.rate * factor, norms / batches)
            if told:
                told(done)
        return self.weights()

    def optimizer(self) -> torch.optim.Optimizer:
        recipe = self.recipe
        groups = [
            *layer_rates(self.tail, recipe.rate, recipe.fall),
            {"params": [self.weight], "lr": recipe.rate},
            {"params": [self.bias], "lr": recipe.rate, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, recipe.rate, weight_decay=recipe.decay)

    def loss_of(self, target: Target) -> Loss:
        several = target.ndim == 2
        return loss_named("binary-cross-entropy") if several else loss_named("cross-entropy", smoothing=self.recipe.smoothing)

    def truth(self, target: Target) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(target, np.float32 if target.ndim == 2 else np.int64))

    def step(self, optimizer: torch.optim.Optimizer, loss_of: Loss, X: Tensor, truth: Tensor) -> tuple[float, Tensor, float]:
        """Learn from a batch: its mean loss, the logits before, and the norm of the gradient; where that is not finite nothing is changed."""
        logits = self.logits(X)
        loss = loss_of(logits, truth).mean()
        optimizer.zero_grad()
        loss.backward()
        norm = float(nn.utils.clip_grad_norm_(self.parameters, _CLIP))
        if np.isfinite(norm):
            optimizer.step()
        return loss.item(), logits.detach(), norm

    def logits(self, X: Tensor) -> Tensor:
        """[n, K] of what the frozen part gives, [n, C, H, W]."""
        return (self.tail(X) - self.mean) * self.scale @ self.weight.t() + self.bias


def _right(logits: Tensor, truth: Tensor) -> float:
    """How many answers are right; of several labels the share of them, where they are known."""
    if truth.ndim == 1:
        return float((logits.argmax(1) == truth).sum())
    known = ~truth.isnan()
    return float(((logits >= 0) == (truth == 1))[known].float().mean()) * len(truth) if known.any() else 0.0
