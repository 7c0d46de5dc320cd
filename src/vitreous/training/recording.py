"""How a training went, in a line an epoch and in the figures that are stored with the run."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from vitreous.fit.softmax import Floats, Ints
from vitreous.training.position import Position
from vitreous.training.recipe import Recipe


def epoch_line(recipe: Recipe, position: Position, pictures: int) -> str:
    """Of the epoch that is over: losses, accuracies, rate, pictures a second, time left if all epochs are done."""
    now = position.history[-1]
    took = now["seconds"] - (position.history[-2]["seconds"] if len(position.history) > 1 else 0)
    line = f"Epoch {now['epoch']} of {recipe.epochs}: loss {now['train_loss']:.3f}, accuracy {now['train_accuracy']:.1%}"
    if now["held_accuracy"] is not None:
        line += f"; held out {now['held_loss']:.3f}, {now['held_accuracy']:.1%}" + (" (best)" if position.best == now["epoch"] else "")
    line += f"; rate {now['rate']:.2g}; {pictures / max(took, 1e-9):,.0f} pictures/s"
    left = (recipe.epochs - now["epoch"]) * now["seconds"] / now["epoch"]
    return line + (f"; at most {_time(left)} left" if left and not position.stopped else "") + "."


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def history_lines(entries: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in entries).encode()


def training_facts(probability: Floats, target: Ints, held: Floats, held_target: Ints) -> dict[str, Any]:
    """How the best weights do on pictures that they learned from, as they are, beside those held out; and the gap between the two."""
    learned = float((probability.argmax(1) == target).mean())
    if not len(held_target):
        return {"train_accuracy": learned}
    apart = float((held.argmax(1) == held_target).mean())
    return {"train_accuracy": learned, "held_accuracy": apart, "gap": learned - apart}
