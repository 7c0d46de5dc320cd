"""Tiny trainings with a known fault planted, or none, for benchmarks/coach.py: what was recorded of each.

The half that the rules were written with: scikit-learn's digits (8×8, doubled) and the first five classes of Fashion-MNIST. The half kept aside
until they stood: shapes drawn by code, and the last five classes of Fashion-MNIST; other seeds, other pictures, and other widths of the networks.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vitreous.fit.pictures import Pictures
from vitreous.nets.mlp import relu_mlp, sigmoid_mlp
from vitreous.optim import optimizer
from vitreous.training.bench import Bench, bench
from vitreous.training.loop import NotFinite, train
from vitreous.training.pictures import Batches, Standard, standard_of
from vitreous.training.position import Position
from vitreous.training.recipe import Recipe

Data = tuple[NDArray[np.uint8], NDArray[np.int64]]
HELD = 300
_PLAIN = Recipe(
    "mlp", 1, 28, 10, 0, epochs=10, batch=32, rate=1e-3, optimizer="adamw", momentum=None, decay=0.01, schedule="one-cycle", loss="cross-entropy",
    smoothing=0.0, class_weights="none", mixup=0.0, dropout=None, augment="none", clip=None, average=0.0, patience=999, device="cpu", threads=1,
)  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """`changed`: the recipe; `count`: pictures learned from; `own`: the network, where it is not the recipe's; `spoil`: what is done to network,
    pictures and labels before the training."""

    kind: str
    data: str
    seed: int
    changed: dict[str, Any]
    count: int = 700
    own: Callable[[Recipe], nn.Module] | None = None
    spoil: str = ""
    note: str = ""


@dataclass
class Recorded:
    history: list[dict[str, Any]]
    steps: list[dict[str, float]]
    recipe: Recipe
    failure: str = ""
    before: list[Any] = field(default_factory=list)


def recorded(planted: Planted, fashion: Path, check: Callable[[Bench], list[Any]]) -> Recorded:
    pictures, target = data_of(planted.data, planted.seed, planted.count + HELD, fashion)
    rng = np.random.default_rng(planted.seed)
    if planted.spoil == "shuffled labels":
        target = rng.permutation(target)
    if planted.spoil == "one label":
        target = np.where(np.arange(len(target)) < 2, target, 0)
    count = planted.count
    if planted.spoil == "copies":
        pictures[count:], target[count:] = pictures[:HELD], target[:HELD]
    size, classes = pictures.shape[1], int(target.max()) + 1
    recipe = replace(_PLAIN, **{"size": size, "classes": max(2, classes), "seed": planted.seed, **planted.changed})
    source = Pictures(pictures, np.arange(len(pictures)))
    standard = standard_of(source[:count], 1)
    if planted.spoil == "pixels of 0 to 255":
        standard = Standard(np.zeros(1, np.float32), np.ones(1, np.float32))
    if planted.spoil == "mean left in":
        standard = Standard(np.zeros(1, np.float32), standard.std / 5)
    learned, held = (Batches(source[part], target[part], standard, torch.device("cpu"), False) for part in (slice(0, count), slice(count, None)))
    torch.set_num_threads(1)
    made, position = bench(recipe, learned, held), Position()
    torch.manual_seed(planted.seed)
    if planted.own:
        made.net = planted.own(recipe)
    spoil_net(made.net, planted.spoil)
    made.optimizer = optimizer(recipe.optimizer, made.net, recipe.rate, momentum=recipe.momentum, decay=recipe.decay)
    result = Recorded(position.history, position.steps, recipe, before=check(made))
    try:
        train(made, position, [str(number) for number in range(count)], lambda: False, lambda: None)
    except NotFinite as error:
        result.failure = str(error)
    result.history, result.steps = position.history, position.steps
    return result


@torch.no_grad()
def spoil_net(net: nn.Module, spoil: str) -> None:
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    for layer in layers[:-1]:
        if spoil == "bias":
            layer.bias -= 8 * layer.weight.flatten(1).norm(dim=1)
            layer.bias -= 5
        if spoil.startswith("weights"):
            layer.weight *= float(spoil.rsplit(maxsplit=1)[-1])


def data_of(name: str, seed: int, count: int, fashion: Path) -> Data:
    rng = np.random.default_rng(seed)
    if name == "digits":
        from sklearn.datasets import load_digits

        digits = load_digits()
        chosen = rng.permutation(len(digits.target))[:count]
        small = (digits.images[chosen] * 15.9).astype(np.uint8)
        return np.pad(small.repeat(3, 1).repeat(3, 2), ((0, 0), (2, 2), (2, 2)))[..., None], digits.target[chosen].astype(np.int64)
    if name.startswith("fashion"):
        pictures, target = _fashion(fashion)
        own = np.flatnonzero(target < 5) if name == "fashion, first five" else np.flatnonzero(target > 4)
        chosen = rng.permutation(own)[:count]
        return pictures[chosen][..., None].copy(), target[chosen] - (0 if name == "fashion, first five" else 5)
    return shapes(rng, count)


def shapes(rng: np.random.Generator, count: int) -> Data:
    """Circle, square, triangle, cross and ring, filled with noise, somewhere on noise."""
    target = rng.integers(0, 5, count)
    rows, columns = np.mgrid[:28, :28]
    pictures = np.zeros((count, 28, 28))
    for number, label in enumerate(target):
        y, x = rows - 13.5 - rng.uniform(-2, 2), columns - 13.5 - rng.uniform(-2, 2)
        r = rng.uniform(8, 10)
        distance = np.hypot(y, x)
        inside = [
            distance < r,
            np.maximum(abs(y), abs(x)) < r * 0.9,
            (y > -r) & (y < r * 0.8) & (abs(x) < (y + r) * 0.55),
            (np.minimum(abs(y), abs(x)) < r / 3) & (distance < 1.2 * r),
            (distance < r) & (distance > 0.6 * r),
        ][label]
        pictures[number] = 60 + 110 * inside + rng.normal(0, 22, (28, 28))
    return np.clip(pictures, 0, 255).astype(np.uint8)[..., None], target


_kept: dict[Path, Data] = {}


def _fashion(folder: Path) -> Data:
    if folder not in _kept:
        with gzip.open(folder / "t10k-images-idx3-ubyte.gz") as images, gzip.open(folder / "t10k-labels-idx1-ubyte.gz") as labels:
            pictures = np.frombuffer(images.read(), np.uint8, offset=16).reshape(-1, 28, 28)
            _kept[folder] = pictures, np.frombuffer(labels.read(), np.uint8, offset=8).astype(np.int64)
    return _kept[folder]


def narrow(hidden: int) -> Callable[[Recipe], nn.Module]:
    return lambda recipe: relu_mlp(recipe.classes, 1, recipe.size, hidden)


def sigmoid(hidden: int) -> Callable[[Recipe], nn.Module]:
    return lambda recipe: sigmoid_mlp(recipe.classes, 1, recipe.size, hidden)


def half(first: bool) -> list[Planted]:
    """The trainings of one half."""
    one, two = ("digits", "fashion, first five") if first else ("shapes", "fashion, last five")
    seed, wide = (0, 128) if first else (1000, 200)
    lenet = {"net": "lenet", "rate": 3e-3, "epochs": 8}
    sgd = {"optimizer": "momentum", "momentum": 0.9, "rate": 0.02, "schedule": "cosine"}
    mlp, plain = narrow(wide), dict[str, Any]
    made: list[Planted] = []

    def add(kind: str, data: str, changed: dict[str, Any], **more: Any) -> None:
        made.append(Planted(kind, data, seed + len(made), changed, **more))

    for data in (one, two):
        add("none", data, plain(), own=mlp, count=900)
        add("none", data, plain(augment="crop=1"), own=mlp, count=900)
        add("none", data, lenet, count=900)
        add("none", data, plain(sgd), own=mlp, count=900)
        add("none", data, plain(sgd, batch=64, rate=0.03), count=900, own=mlp)
        add("none", data, plain(rate=2e-3, schedule="constant", epochs=8), own=narrow(wide // 2), count=900)
        add("none", data, plain(average=0.95), own=mlp, count=900)
        add("none", data, lenet | {"augment": "crop=1"}, count=900)
        add("rate too low", data, plain(rate=3e-6), own=mlp)
        add("rate too low", data, plain(sgd, rate=5e-5), own=mlp)
        add("rate too low", data, lenet | {"rate": 1e-5, "schedule": "constant"})
        add("rate too high", data, plain(rate=0.2, schedule="constant"), own=mlp)
        add("rate too high", data, lenet | {"rate": 0.15})
        add("rate too high", data, plain(sgd, rate=0.7, schedule="constant"), own=mlp)
        add("batch too small", data, plain(optimizer="sgd", rate=0.01, batch=1, epochs=5, schedule="constant"), own=mlp, count=500)
        add("batch too small", data, plain(batch=2, rate=1e-3, epochs=5, schedule="constant"), own=mlp, count=500)
        add("over-fitting", data if data != "shapes" else two, plain(epochs=60, schedule="constant"), own=mlp, count=80)
        add("over-fitting", two, lenet | {"epochs": 40, "schedule": "constant"}, count=100)
        add("under-fitting", data, plain(epochs=12), own=narrow(2))
        add("under-fitting", data, plain(sgd, epochs=2, batch=64, rate=0.01, schedule="constant"), own=mlp)
        add("held out better", data, plain(dropout=0.85, epochs=12), own=None)
        add("held out better", data, plain(mixup=1.0, dropout=0.5))
        add("held out better", data, plain(epochs=25), own=mlp, spoil="copies", count=400)
        add("divergence", data, plain(sgd, rate=30.0, schedule="constant"), own=mlp)
        add("divergence", data, plain(optimizer="sgd", rate=100.0, schedule="constant"), own=mlp)
        add("dead units", data, plain(), own=mlp, spoil="bias")
        add("dead units", data, plain(rate=1e-3), own=narrow(wide // 2), spoil="bias")
        add("saturated", data, plain(), own=sigmoid(wide), spoil="weights 60")
        add("saturated", data, lenet, spoil="weights 40")
        add("not normalized", data, plain(), own=mlp, spoil="pixels of 0 to 255")
        add("not normalized", data, lenet, spoil="mean left in")
        add("labels", data, plain(epochs=15), own=mlp, spoil="shuffled labels", count=400)
        add("labels", data, plain(), own=mlp, spoil="one label")
    return made
