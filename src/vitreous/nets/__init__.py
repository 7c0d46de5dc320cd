"""The networks that made the history of convolutional networks, one short file each, as plain torch modules.

    net = build("resnet18", classes=10)      # seeded, with the weights that the paper begins with
    net.stages, net.head                     # named, in order, for all networks alike
    net.named_values(pictures)               # what every stage gives

`vitreous.nets.catalogue` lists them, and needs no torch; neither does the import of this package.
"""

from contextlib import AbstractContextManager
from importlib import import_module
from importlib.util import find_spec
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitreous.core.text import plural, visible
from vitreous.errors import ModelError, UsageError
from vitreous.nets.catalogue import Entry, entry

if TYPE_CHECKING:
    from vitreous.nets.stages import Staged

_MOST = 100_000  # classes, channels, pixels a side: beyond it is a slip
_MOST_WEIGHTS = 1_000_000_000  # 4 GB, seven times the largest network of the catalogue as in its paper
_SHOWN = 5
_LONGEST = 80


def build(name: str, classes: int | None = None, channels: int | None = None, size: int | None = None, seed: int = 0) -> "Staged":
    """A network of the catalogue with fresh weights, in training mode; None means as in the paper.

    `channels` and `size` are those of the pictures [N, channels, size, size]. Networks with convolutions take any size from their
    smallest on, also another one than this. The same seed gives the same weights; torch's own random state is left as it is.
    Raises UsageError for an unknown name or a size that the network cannot take, ModelError where torch is missing.
    """
    found = entry(name)
    classes = _whole("classes", found.classes if classes is None else classes)
    channels = _whole("channels", found.channels if channels is None else channels)
    size = _whole("size", found.size if size is None else size)
    if size < found.smallest:
        raise UsageError(f"{name} cannot be built for this", f"pictures of {size}×{size}", f"at least {found.smallest}×{found.smallest} pixels")
    torch = _torch(f"cannot build {name}")
    with torch.random.fork_rng(devices=[]):
        with _outlines():
            weights = sum(each.numel() for each in _network(found, classes, channels, size).parameters())
        if weights > _MOST_WEIGHTS:
            arrived = f"{plural(classes, 'class', 'classes')} of pictures {channels}×{size}×{size} make {weights:,} weights"
            raise UsageError(f"{name} cannot be built for this", arrived, f"at most {_MOST_WEIGHTS:,}", "fewer classes or smaller pictures")
        torch.default_generator.manual_seed(seed)  # on the processor, where the weights are made
        return _network(found, classes, channels, size)


def build_outline(name: str, classes: int | None = None, channels: int | None = None, size: int | None = None) -> "Staged":
    """The same without numbers in it: shapes only, at no cost in memory or time (torch's "meta" device)."""
    _torch(f"cannot build {name}" if entry(name) else "")
    with _outlines():
        return build(name, classes, channels, size)


def load_weights(net: "Staged", file: str | Path) -> None:
    """Take all weights from a safetensors file; all of them or none.

    Raises ModelError for a file that cannot be read, and for weights of another network, with the difference.
    """
    _torch("cannot load weights")
    if find_spec("safetensors") is None:
        raise ModelError("cannot load weights", needed="the package safetensors", remedy='pip install "vitreous[train]"')
    from safetensors import SafetensorError
    from safetensors.torch import load

    path = Path(file)
    name = visible(path.name)
    try:
        given = load(b"" if path.is_fifo() else path.read_bytes())  # a pipe would be waited for
    except OSError as error:
        raise ModelError(f"cannot read the weights {visible(str(path))}", error.strerror or str(error), remedy="check the path") from None
    except (SafetensorError, ValueError, KeyError):
        raise ModelError(f"{name} holds no weights", "bytes that do not read as such", "a file in the safetensors format") from None
    own = net.state_dict()
    if lines := _differences(own, given):
        raise ModelError(f"{name} holds the weights of another network", "; ".join(lines), remedy=_remedy(own, given))
    net.load_state_dict(given)


def _network(found: Entry, classes: int, channels: int, size: int) -> "Staged":
    made: Staged = import_module(f"vitreous.nets.{found.file}").network(found.name, classes, channels, size)
    return made


def _outlines() -> AbstractContextManager[None]:
    found: AbstractContextManager[None] = import_module("vitreous.nets.outline").outlines()
    return found


def _torch(failed: str) -> Any:
    if find_spec("torch") is None:
        raise ModelError(failed, needed="torch", remedy='pip install "vitreous[train]"')
    return import_module("torch")


def _whole(what: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or not 1 <= value <= _MOST:
        raise UsageError(f"a network with {what}={visible(repr(value)[:_LONGEST])} cannot be built", needed=f"a whole number from 1 to {_MOST:,}")
    return int(value)


def _differences(own: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """What is missing, what is too much and what has another shape, the first five of each and how many there are."""
    shapes = [
        f"{visible(key)} {list(given[key].shape)} in place of {list(own[key].shape)}"
        for key in own
        if key in given and given[key].shape != own[key].shape
    ]
    lists = (
        ("missing", [key for key in own if key not in given]),
        ("unexpected", sorted(visible(key) for key in given if key not in own)),
        ("of another shape", shapes),
    )
    return [
        f"{plural(len(found), 'tensor')} {what}: {', '.join(found[:_SHOWN])}{' …' if len(found) > _SHOWN else ''}" for what, found in lists if found
    ]


def _remedy(own: dict[str, Any], given: dict[str, Any]) -> str:
    differing = [key for key in own if key not in given or given[key].shape != own[key].shape]
    head = {"head.weight", "head.bias"}
    if own.keys() == given.keys() and set(differing) <= head and own["head.weight"].shape[1:] == given["head.weight"].shape[1:]:
        theirs, ours = len(given["head.weight"]), len(own["head.weight"])
        return f"only the head differs: it is for {theirs:,} classes, this network for {ours:,}; build it with classes={theirs}"
    return "build the network that the file was written from"
