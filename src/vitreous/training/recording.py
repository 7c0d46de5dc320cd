"""How a training went, in a line an epoch and in the figures that are stored with the run."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from vitreous.fit.head import Floats
from vitreous.fit.objective import Target
from vitreous.training.position import Position
from vitreous.training.recipe import Recipe


def epoch_line(recipe: Recipe, position: Position, pictures: int) -> str:
    """Of the epoch that is over: losses, accuracies, rate, pictures a second, time left if all epochs are done."""
    now = position.history[-1]
    took = now["seconds"] - (position.history[-2]["seconds"] if len(position.history) > 1 else 0)
    line = f"Epoch {now['epoch']} of {recipe.epochs}: loss {now['train_loss']:.3f}, accuracy {now['train_accuracy']:.1%}"
    if now["held_accuracy"] is not None:
        line += f"; held out {now['held_loss']:.3f}, {now['held_accuracy']:.1%}{_map(now)}" + (" (best)" if position.best == now["epoch"] else "")
    line += f"; rate {now['rate']:.2g}; {pictures / max(took, 1e-9):,.0f} pictures/s"
    left = (recipe.epochs - now["epoch"]) * now["seconds"] / now["epoch"]
    return line + (f"; at most {_time(left)} left" if left and not position.stopped else "") + "."


def ended_early(recipe: Recipe, position: Position) -> str:
    """Why there were fewer epochs than the recipe allows, and whose weights are kept; an empty text where all were done."""
    ended = len(position.history)
    if ended >= recipe.epochs or not position.stopped:
        return ""
    return f"Ended behind epoch {ended} of {recipe.epochs}: {position.stopped}; the weights of epoch {position.best} are kept."


def _map(entry: Mapping[str, Any]) -> str:
    return f", mAP {entry['held_map']:.1%}" if entry.get("held_map") is not None else ""


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def history_lines(entries: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in entries).encode()


def training_facts(probability: Floats, target: Target, held: Floats, held_target: Target) -> dict[str, Any]:
    """How the best weights do on pictures that they learned from, as they are, beside those held out; and the gap between the two. Of several
    labels the accuracy is that label by label, at 0.5."""
    learned = _accuracy(probability, target)
    if not len(held_target):
        return {"train_accuracy": learned}
    apart = _accuracy(held, held_target)
    return {"train_accuracy": learned, "held_accuracy": apart, "gap": learned - apart}


def _accuracy(probability: Floats, target: Target) -> float:
    if target.ndim == 1:
        return float((probability.argmax(1) == target).mean())
    known = ~np.isnan(target)
    return float(((probability >= 0.5) == (target == 1))[known].mean()) if known.any() else 0.0
