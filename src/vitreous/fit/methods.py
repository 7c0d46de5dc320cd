"""`--net`: which network turns pictures into features, and what learns from them.

efficientnet-lite0     the shipped network, frozen, and a softmax head (unless another is asked for); for short lite0
    lite1, lite2           the same with larger ones, whose weights come in packages (`vitreous.export.published`)
classical              HOG and LBP over a learned dictionary, in a spatial pyramid, and a linear SVM
linear, mlp, lenet     trained from the pixels on, with torch where it is installed, else without
    alexnet, resnet18 …    every network of `vitreous.nets.catalogue`, trained from the pixels on, with torch
FILE.onnx              any network from elsewhere, frozen, and a softmax head
    timm:NAME              the same with a network of timm whose weights are on this machine (`vitreous.export.timm_backbone`)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Item
from vitreous.core.view import View
from vitreous.data.decode import Policy
from vitreous.errors import ModelError, UsageError, nearest
from vitreous.fit.classifier import Learner, Progress
from vitreous.fit.objective import OBJECTIVES, SOFTMAX, Objective
from vitreous.fit.probe import ProbeLearner
from vitreous.fit.settings import TrainSettings
from vitreous.fit.views import candidates
from vitreous.infer.network import Network, load_network
from vitreous.infer.pipeline import decoded_side_by_side
from vitreous.nets.catalogue import CATALOGUE

SHIPPED, CLASSICAL = "efficientnet-lite0", "classical"
SMALL = ("linear", "mlp", "lenet")
NETS = (SHIPPED, CLASSICAL, *SMALL)
_SMALL_SIDE = 28
_LOOKED_AT = 32
_SMALL_PICTURES = 64  # their shorter side at most, in pixels
# Learning the dictionary; describing and coding a picture; learning from it, for each class. Two AVX2 cores: 25 s for 1,842 photos of 10 classes.
# Of thousands of pictures the products no longer fit into the cache: 54,000 were measured.
_DICTIONARY_SECONDS, _CODING_SECONDS, _MACHINE_SECONDS, _MACHINE_SECONDS_OF_MANY, _MANY = 9.0, 0.0035, 50e-6, 250e-6, 2500

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Method:
    """`network` is None where it must first be learned from training pictures [n, S, S, 3]: then `learned` does it.

    `views`: what may be tried, the plain one first; `larger_views` those for when there is time. `says` goes into the plan's line.
    `measured`: whether the network is large enough for its engine to be measured and for bf16 to be tried.
    `seconds`: about what so many pictures of so many classes take besides their decoding; None where the engine is what takes the time.
    `channels`: of the pictures, for what learns from pixels; None for what learns from features.
    `tunable`: whether the network is a pretrained one, which is asked at more than one stage and may learn on behind the probe.
    """

    says: str
    learner: Learner
    views: tuple[View, ...]
    network: Network | None = None
    learned: Callable[[Pictures, int, Progress], Network] | None = None
    larger_views: tuple[View, ...] = ()
    measured: bool = True
    seconds: Callable[[int, int], float] | None = None
    channels: int | None = None
    tunable: bool = False
    remarks: list[str] = field(default_factory=list)


# Makes the way of learning from scratch, for settings, items and the name of the task; `vitreous.training` has it, which stands above.
FromScratch = Callable[[TrainSettings, Sequence[Item], str], Method]


def method_for(
    settings: TrainSettings, items: Sequence[Item], exported: Network | None = None, task: str = "classify", from_scratch: FromScratch | None = None
) -> Method:
    """What `settings.net` asks for; `exported`: a network that was made into one of ours for it; `task`: what is learned; `from_scratch`: where
    torch is to learn it.

    Raises UsageError for an unknown name, ModelError for a file that cannot be used.
    """
    name, objective = settings.net or SHIPPED, OBJECTIVES[task]
    known = dict.fromkeys((*NETS, *CATALOGUE))
    if exported is None and name not in known and not name.lower().endswith(".onnx"):
        raise UsageError(f"unknown network {name!r}", "--net takes these, or a file FILE.onnx", remedy=nearest(name, known))
    if from_scratch:
        return from_scratch(settings, items, task)
    if stray := settings.from_scratch:
        remedy = "--net NAME of one that is trained from scratch, with torch" + ("" if settings.trainer != "numpy" else ", not --trainer numpy")
        raise UsageError(f"--{stray[0].replace('_', '-')} with --net {name}", "nothing there takes it", remedy=remedy)
    if settings.trainer == "numpy" and name not in SMALL:
        raise UsageError(f"--trainer numpy with --net {name}", needed="linear, mlp or lenet", remedy="leave it away")
    if exported:
        if stray := settings.for_foreign_files:
            raise UsageError(f"--{stray[0]} with --net {name}", needed="--net FILE.onnx: the other networks know it themselves")
        return replace(_frozen(exported, "pretrained, frozen", False, objective), remarks=_remarks(exported))
    if name.lower().endswith(".onnx"):
        return _foreign(settings, objective)
    if stray := settings.for_foreign_files:
        raise UsageError(f"--{stray[0]} with --net {name}", needed="--net FILE.onnx: the other networks know it themselves")
    if name == SHIPPED:
        if settings.size is not None:
            raise UsageError("--size", f"--net {SHIPPED}", "--minutes: with time, larger views are tried")
        return _frozen(load_network(), "pretrained, frozen", True, objective)
    if name == CLASSICAL:
        return _classical(settings, items, objective)
    if name in SMALL:
        return _small(settings, items, objective)
    raise ModelError(f"{name} cannot be trained", needed="torch", remedy='pip install "vitreous[train]"')


def _frozen(network: Network, state: str, resizable: bool, objective: Objective) -> Method:
    side = network.view.size
    views = candidates(side, larger=False)
    larger = candidates(side, larger=True)[len(views) :] if resizable else ()
    says = f"features of {network.facts['network']} ({state}), then {objective.head} on them"
    return Method(says, ProbeLearner(objective), views, network, larger_views=larger, tunable=True)


def _foreign(settings: TrainSettings, objective: Objective) -> Method:
    from vitreous.fit.foreign import foreign_network

    network = foreign_network(Path(str(settings.net)), settings.foreign_options())
    return replace(_frozen(network, "frozen", bool(network.facts["resizable"]), objective), remarks=_remarks(network))


def _remarks(network: Network) -> list[str]:
    from vitreous.fit.foreign import remarks

    return remarks(network)


def _classical(settings: TrainSettings, items: Sequence[Item], objective: Objective) -> Method:
    from vitreous.fit.classical import SIZE, SMALL_SIZE, SVM_STRENGTHS, classical_network, fit_svm, grid

    side = settings.size or (SIZE if look_at_some(items, settings.policy)[1] > _SMALL_PICTURES else SMALL_SIZE)
    grid(side)  # what cannot be is said before the work
    one = objective is SOFTMAX  # for several labels the same features with the head of the probe
    learner = ProbeLearner(replace(SOFTMAX, head="a linear SVM", fit=fit_svm), SVM_STRENGTHS) if one else ProbeLearner(objective)
    return Method(
        f"HOG and LBP over a learned dictionary, in a spatial pyramid, then {learner.objective.head} (no network)",
        learner,
        (View.crop(side), View.whole(side)),
        learned=lambda pictures, seed, progress: classical_network(pictures, side, seed=seed, progress=progress),
        measured=False,
        seconds=lambda pictures, classes: _classical_seconds(pictures, classes, side / SIZE),
    )


def _classical_seconds(pictures: int, classes: int, scale: float) -> float:
    machine = _MACHINE_SECONDS if pictures < _MANY else _MACHINE_SECONDS_OF_MANY
    return _DICTIONARY_SECONDS + pictures * (_CODING_SECONDS * scale**2 + classes * machine)


def _small(settings: TrainSettings, items: Sequence[Item], objective: Objective) -> Method:
    if objective is not SOFTMAX:
        raise UsageError(
            f"--net {settings.net} learns one label for each picture here, without torch",
            "pictures with several labels",
            remedy="leave --net out for a frozen network, or use --net classical",
        )
    from vitreous.fit.small.learner import SmallLearner
    from vitreous.fit.small.pixels import pixels_network

    side, kind = settings.size or _SMALL_SIDE, str(settings.net)
    channels = 1 if are_grey(items, settings.policy) else 3
    network = pixels_network(side, channels)
    colours = "grey" if channels == 1 else "colour"
    says = f"{kind}, trained from {side} × {side} {colours} pixels on, without torch"
    learner = SmallLearner(kind, channels, side, settings.minutes * 60 if settings.minutes else None)
    learner.require_possible(len(items), len({item.label for item in items}))
    return Method(says, learner, (network.view,), network, measured=False, seconds=learner.seconds, channels=channels)


def are_grey(items: Sequence[Item], policy: Policy) -> bool:
    """Whether some of the pictures, spread over all of them, have no colour."""
    return look_at_some(items, policy)[0]


def look_at_some(items: Sequence[Item], policy: Policy) -> tuple[bool, int]:
    """Whether some of the pictures, spread over all of them, have no colour; and the median of their shorter sides, in pixels."""
    some = list(items[:: max(1, len(items) // _LOOKED_AT)])
    views = (View.whole(_SMALL_SIDE),)
    seen = [each.decoded for each in decoded_side_by_side(enumerate(item.path for item in some), views, policy) if each.decoded]
    # a grey JPEG comes back with colours of a step or two
    grey = bool(seen) and all(int(np.ptp(each.views[0].astype(np.int16), axis=2).max()) <= 2 for each in seen)
    return grey, int(np.median([min(each.width, each.height) for each in seen])) if seen else 0
