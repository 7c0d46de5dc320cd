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
from vitreous.nets.resnet_cifar import Block
from vitreous.optim import optimizer
from vitreous.training.bench import Bench, bench
from vitreous.training.divergence import NotFinite
from vitreous.training.loop import train
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
    (_, size, _, channels), classes = pictures.shape, int(target.max()) + 1
    recipe = replace(_PLAIN, **{"size": size, "channels": channels, "classes": max(2, classes), "seed": planted.seed, **planted.changed})
    source = Pictures(pictures, np.arange(len(pictures)))
    standard = standard_of(source[:count], channels)
    if planted.spoil == "pixels of 0 to 255":
        standard = Standard(np.zeros(channels, np.float32), np.ones(channels, np.float32))
    if planted.spoil == "mean left in":
        standard = Standard(np.zeros(channels, np.float32), standard.std / 5)
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
    if name == "fashion, all ten":
        pictures, target = _fashion(fashion, "train")
        chosen = rng.permutation(len(target))[:count]
        return pictures[chosen][..., None].copy(), target[chosen]
    if name.startswith("fashion"):
        pictures, target = _fashion(fashion, "t10k")
        own = np.flatnonzero(target < 5) if name == "fashion, first five" else np.flatnonzero(target > 4)
        chosen = rng.permutation(own)[:count]
        return pictures[chosen][..., None].copy(), target[chosen] - (0 if name == "fashion, first five" else 5)
    return shapes(rng, count) if name == "shapes" else fields(rng, count)


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


def fields(rng: np.random.Generator, count: int) -> Data:
    """Six blurred fields of colour, each mixed with a field of its own and noise, a little shifted and more or less bright."""
    kinds, target = _blurred(np.random.default_rng(6), 6), rng.integers(0, 6, count)
    pictures = kinds[target] + 1.8 * _blurred(rng, count) + rng.normal(0, 1.2, (count, 24, 24, 3))
    for number, shift in enumerate(rng.integers(-2, 3, (count, 2))):
        pictures[number] = np.roll(pictures[number], shift, (0, 1)) * rng.uniform(0.7, 1.3)
    return np.clip(110 + 25 * pictures, 0, 255).astype(np.uint8), target


def _blurred(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """[count, 24, 24, 3], of deviation 1."""
    coarse = rng.normal(size=(count, 6, 6, 3)).repeat(4, 1).repeat(4, 2)
    for axis in (1, 2):
        coarse = sum(np.roll(coarse, shift, axis) for shift in range(-2, 3)) / 5
    return coarse / coarse.std()  # type: ignore[no-any-return]


_kept: dict[str, Data] = {}


def _fashion(folder: Path, part: str) -> Data:
    if part not in _kept:
        with gzip.open(folder / f"{part}-images-idx3-ubyte.gz") as images, gzip.open(folder / f"{part}-labels-idx1-ubyte.gz") as labels:
            pictures = np.frombuffer(images.read(), np.uint8, offset=16).reshape(-1, 28, 28)
            _kept[part] = pictures, np.frombuffer(labels.read(), np.uint8, offset=8).astype(np.int64)
    return _kept[part]


def narrow(hidden: int) -> Callable[[Recipe], nn.Module]:
    return lambda recipe: relu_mlp(recipe.classes, recipe.channels, recipe.size, hidden)


def sigmoid(hidden: int) -> Callable[[Recipe], nn.Module]:
    return lambda recipe: sigmoid_mlp(recipe.classes, recipe.channels, recipe.size, hidden)


def residual(width: int) -> Callable[[Recipe], nn.Module]:
    """Three residual blocks with batch norm."""

    def network(recipe: Recipe) -> nn.Module:
        blocks = [Block(width, width), Block(width, 2 * width), Block(2 * width, 4 * width)]
        first = nn.Sequential(nn.Conv2d(recipe.channels, width, 3, 2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        return nn.Sequential(first, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, recipe.classes))

    return network


def half(first: bool) -> list[Planted]:
    """Those that the rules were written with, or those kept aside."""
    if first:
        return [*trainings("digits", "fashion, first five", 0, 128), *trainings("shapes", "fashion, last five", 1000, 200)]
    return trainings("fields", "fashion, all ten", 5000, 160)


def trainings(one: str, two: str, seed: int, wide: int) -> list[Planted]:
    """Of two data sets, the second one harder."""
    lenet = {"net": "lenet", "rate": 3e-3, "epochs": 8}
    sgd = {"optimizer": "momentum", "momentum": 0.9, "rate": 0.02, "schedule": "cosine"}
    mlp, plain = narrow(wide), dict[str, Any]
    made: list[Planted] = []

    def add(kind: str, data: str, changed: dict[str, Any], **more: Any) -> None:
        made.append(Planted(kind, data, seed + len(made), changed, **more))

    for data in (one, two):
        enough = 2000 if data.startswith("fashion") else 1400  # pictures, so that a sound training does not over-fit
        add("none", data, plain(), own=mlp, count=enough)
        add("none", data, plain(augment="crop=1"), own=mlp, count=enough)
        add("none", data, lenet, count=enough)
        add("none", data, plain(sgd), own=mlp, count=enough)
        add("none", data, plain(sgd, batch=64, rate=0.03), count=enough, own=mlp)
        add("none", data, plain(rate=2e-3, schedule="constant", epochs=8), own=narrow(wide // 2), count=enough)
        add("none", data, plain(average=0.95), own=mlp, count=enough)
        add("none", data, lenet | {"augment": "crop=1"}, count=enough)
        add("none", data, plain(rate=3e-3, epochs=6), own=residual(8), count=enough)
        add("none", data, plain(optimizer="nesterov", momentum=0.9, rate=0.05, decay=1e-4, epochs=6), own=residual(8), count=enough)
        add("rate too low", data, plain(optimizer="nesterov", momentum=0.9, rate=2e-5, decay=1e-4, epochs=6), own=residual(8))
        add("rate too low", data, plain(rate=3e-6), own=mlp)
        add("rate too low", data, plain(sgd, rate=5e-5), own=mlp)
        add("rate too low", data, lenet | {"rate": 1e-5, "schedule": "constant"})
        add("rate too high", data, plain(rate=0.2, schedule="constant"), own=mlp)
        add("rate too high", data, lenet | {"rate": 0.15})
        add("rate too high", data, plain(sgd, rate=0.7, schedule="constant"), own=mlp)
        add("batch too small", data, plain(optimizer="sgd", rate=0.01, batch=1, epochs=5, schedule="constant"), own=mlp, count=500)
        add("batch too small", data, plain(batch=2, rate=1e-3, epochs=5, schedule="constant"), own=mlp, count=500)
        add("over-fitting", data if data == "digits" else two, plain(epochs=60, schedule="constant"), own=mlp, count=80)
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
