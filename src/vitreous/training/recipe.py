"""How a network is trained: every number that the weights depend on, besides the pictures. Stored with the run, and done again from it.

What nobody set comes from the network's own recipe, the data (a batch is never larger), and measuring (`vitreous.training.speed`).

Where the recipes come from: `linear`, `mlp`, `lenet` and the units before them have those that `vitreous.fit.small` found on held-out pictures (Adam,
0.003 and 0.001, batches of 32 to 64), with decoupled decay; AlexNet (Krizhevsky et al. 2012, section 5) and VGG (Simonyan, Zisserman 2014,
section 3.1): momentum 0.9, rate 0.01, decay 5e-4, batches of 128 and 256; GoogLeNet and ResNets: He et al. 2015, sections 3.4 and 4.2: rate 0.1 at
batches of 256 and 128 with momentum 0.9 and decay 1e-4; here the rate is in proportion to the batch (Goyal et al. 2017) and falls along a cosine
(Loshchilov, Hutter 2017). EfficientNet-Lite: AdamW, since its RMSprop wants 350 epochs. ResNet-9: Muon,
which learned more in five epochs than Nesterov in eight (LOG.md, 2026-11-26).
"""

from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import Any, Self

import numpy as np

from vitreous.errors import UsageError
from vitreous.fit.settings import TrainSettings
from vitreous.losses import LOSSES, entry
from vitreous.training.augment import parse
from vitreous.training.rate_curve import RateCurve

# Epochs for so many pictures in all, where neither they nor minutes are given: fewer pictures need more passes.
_FEWEST_EPOCHS, _MOST_EPOCHS, _PICTURES_IN_ALL = 20, 200, 60_000
# With minutes, at most this many times as long as without.
_LONGER = 5
_PATIENCE, _LEAST_PATIENCE = 0.4, 4  # in shares of all epochs, and epochs


@dataclass(frozen=True)
class Recipe:
    """As in `vitreous.fit.scratch`; besides: `number_format` f32 or bf16, `channels_last`: the layout of pictures in memory, `pieces`: in how
    many parts a batch goes through the network, for memory's sake; `last`: the epoch it ended with, where the time was over before all were done;
    `rate_curve`: how the rate was found, where it was measured."""

    net: str
    channels: int
    size: int
    classes: int
    seed: int
    epochs: int
    batch: int
    rate: float
    optimizer: str
    momentum: float | None
    decay: float
    schedule: str
    loss: str
    smoothing: float
    class_weights: str
    mixup: float
    dropout: float | None
    augment: str
    clip: float | None
    average: float
    patience: int
    device: str
    threads: int
    number_format: str = "f32"
    channels_last: bool = False
    pieces: int = 1
    last: int | None = None
    rate_curve: RateCurve | None = None

    @property
    def several(self) -> bool:
        """Whether a picture can have several labels."""
        return entry(self.loss).several

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        curve = value.get("rate_curve")
        return cls(**value | {"rate_curve": RateCurve.from_json(curve) if curve else None})

    def for_epochs(self, epochs: int, patience: int | None) -> Self:
        return replace(self, epochs=epochs, patience=patience or max(_LEAST_PATIENCE, round(_PATIENCE * epochs)))


@dataclass(frozen=True)
class _Own:
    """What a network brings along."""

    optimizer: str
    rate: float
    decay: float
    batch: int
    schedule: str = "one-cycle"
    clip: float | None = None


_FLAT = _Own("adamw", 1e-3, 1e-2, 64)
_DEEP = _Own("momentum", 0.01, 5e-4, 128, "cosine", clip=5.0)
_RESIDUAL = _Own("nesterov", 0.1, 1e-4, 128, clip=5.0)
_OWN = {
    "linear": _Own("adamw", 3e-3, 1e-2, 64),
    "perceptron": _FLAT, "adaline": _FLAT, "madaline": _FLAT, "mlp": _FLAT,
    "lenet": _Own("adamw", 3e-3, 1e-2, 64),
    "alexnet": _DEEP, "vgg11": _DEEP, "vgg13": _DEEP, "vgg16": _DEEP, "vgg19": _DEEP,
    "googlenet": _Own("nesterov", 0.05, 1e-4, 128, clip=5.0),
    "resnet18": _RESIDUAL, "resnet34": _RESIDUAL, "resnet50": _RESIDUAL, "resnet20-cifar": _RESIDUAL, "resnet56-cifar": _RESIDUAL,
    "plain20-cifar": _RESIDUAL, "plain56-cifar": _RESIDUAL,
    "resnet9": _Own("muon", 0.02, 5e-4, 128, clip=5.0),
    "efficientnet-lite0": _Own("adamw", 1e-3, 5e-2, 64), "efficientnet-lite1": _Own("adamw", 1e-3, 5e-2, 64),
    "efficientnet-lite2": _Own("adamw", 1e-3, 5e-2, 64),
}  # fmt: skip
_STEPS_AT_LEAST = 20  # of an epoch: of few pictures smaller batches are taken
_SMALLEST_BATCH = 16


def usual_epochs(pictures: int) -> int:
    return int(np.clip(_PICTURES_IN_ALL // max(1, pictures), _FEWEST_EPOCHS, _MOST_EPOCHS))


def most_epochs(pictures: int) -> int:
    return _LONGER * usual_epochs(pictures)


def own_batch(net: str, pictures: int) -> int:
    """The network's own batch, or less where there are few pictures: an epoch has at least twenty steps, or batches of 16."""
    return min(_OWN[net].batch, max(_SMALLEST_BATCH, 2 ** (max(1, pictures // _STEPS_AT_LEAST).bit_length() - 1)))


def require_loss_for(task: str, settings: TrainSettings) -> None:
    """Raises UsageError for a loss, or weights of it, that are made for another task."""
    several = task == "multilabel"
    if settings.loss is not None and entry(settings.loss).several is not several:
        fitting = " or ".join(name for name, each in LOSSES.items() if each.several is several)
        raise UsageError(f"--loss {settings.loss}", f"pictures with {'several labels' if several else 'one label each'}", fitting)
    if several and settings.class_weights == "balanced":
        raise UsageError("--class-weights balanced", "pictures with several labels", remedy="each label has a threshold: --threshold-for chooses it")


def resolve(
    settings: TrainSettings, net: str, shape: tuple[int, int, int], pictures: int, device: str, threads: int, several: bool = False
) -> tuple[Recipe, list[str]]:
    """The recipe for so many pictures of `shape` (classes, channels, size), with one label each or `several`, and what there is to say of it.

    Raises UsageError for settings that do not go together.
    """
    own, remarks = _OWN[net], []
    classes, channels, size = shape
    batch = settings.batch or own_batch(net, pictures)
    if batch > pictures:
        remarks.append(f"A batch of {batch:,} is more than the {pictures:,} pictures to learn from: all of them are one batch.")
        batch = pictures
    optimizer = settings.optimizer or own.optimizer
    if settings.momentum is not None and optimizer not in ("momentum", "nesterov", "muon"):
        raise UsageError(f"--momentum with --optimizer {optimizer}", "which has none", "momentum, nesterov or muon")
    rate = settings.rate if isinstance(settings.rate, int | float) else _rate(own, optimizer, batch)
    if rate > 10:
        remarks.append(f"A rate of {rate:g} is far beyond what is usual (0.0001 to 1).")
    recipe = Recipe(
        net, channels, size, classes, settings.seed, 1, batch, rate, optimizer,
        momentum=settings.momentum,
        decay=own.decay if settings.decay is None else settings.decay,
        schedule=settings.schedule or own.schedule,
        loss=settings.loss or ("binary-cross-entropy" if several else "cross-entropy"),
        smoothing=settings.smoothing or 0.0,
        class_weights=settings.class_weights or "none",
        mixup=settings.mixup or 0.0,
        dropout=settings.dropout,
        augment=parse(settings.augment or "none", size).text,
        clip=own.clip if settings.clip is None else settings.clip,
        average=settings.average or 0.0,
        patience=1,
        device=device,
        threads=threads,
    )  # fmt: skip
    return recipe.for_epochs(settings.epochs or usual_epochs(pictures), settings.patience), remarks


# Where another optimizer is asked for than the network's own.
_USUAL_RATES = {"sgd": 0.1, "momentum": 0.05, "nesterov": 0.05, "adam": 1e-3, "adamw": 1e-3, "muon": 0.02}


def _rate(own: _Own, optimizer: str, batch: int) -> float:
    rate = own.rate if optimizer == own.optimizer else _USUAL_RATES[optimizer]
    if optimizer in ("sgd", "momentum", "nesterov"):
        return rate * batch / own.batch
    return rate * min(1.0, sqrt(batch / own.batch))
