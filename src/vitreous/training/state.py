"""A training as files, and back: to the same bits.

    state/weights.safetensors      the network as it is
    state/best.safetensors         the best so far
    state/optimizer.safetensors    the optimizer's numbers, and the average's
    state/path.safetensors         the weights behind every epoch, where they are kept
    state/training.json            recipe, position, versions, and whatever of the optimizer is no tensor

No pickle. Nothing random is in it, since nothing random depends on what was before (`vitreous.training.position`).
"""

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor

from vitreous.core.memory import is_memory_error
from vitreous.core.text import visible
from vitreous.errors import RunError
from vitreous.infer.machine import this_machine
from vitreous.training.bench import Bench
from vitreous.training.position import Position
from vitreous.training.recipe import Recipe

_FORMAT = 1
WEIGHTS, BEST, OPTIMIZER, TRAINING = (
    f"state/{name}" for name in ("weights.safetensors", "best.safetensors", "optimizer.safetensors", "training.json")
)
PATH = "state/path.safetensors"
_TENSOR = "tensor:"


def to_files(bench: Bench, position: Position) -> dict[str, bytes]:
    """The state between two steps."""
    from safetensors.torch import save

    tensors: dict[str, Tensor] = {}
    optimizer = _without_tensors(bench.optimizer.state_dict(), "optimizer", tensors)
    average = _without_tensors(bench.average.state_dict(), "average", tensors) if bench.average else None
    training = {
        "format": _FORMAT,
        "made_by": made_by(bench.recipe.device),
        "recipe": bench.recipe.to_json(),
        "position": position.to_json(),
        "optimizer": optimizer,
        "average": average,
        "path": {"epochs": bench.path.epochs, "every": bench.path.every} if bench.path else None,
    }
    path = {PATH: bench.path.to_bytes()} if bench.path else {}
    return {
        WEIGHTS: save(_plain(bench.net.state_dict())),
        BEST: save(_plain(bench.best)),
        OPTIMIZER: save(_plain(tensors)),
        TRAINING: json.dumps(training).encode(),
        **path,
    }


def recipe_of(files: Mapping[str, bytes], run: str) -> Recipe:
    """The recipe of a stored training. Raises RunError where a file is missing, or another version made it."""
    if missing := [name for name in (WEIGHTS, BEST, OPTIMIZER, TRAINING) if name not in files]:
        raise RunError(f"cannot go on with {visible(run)}", f"{', '.join(missing)} is missing", remedy="restore it from a copy, or train again")
    try:
        training = json.loads(files[TRAINING])
        before, stored = dict(training["made_by"]), training["format"]
        now = made_by("cuda" if "card" in before else "cpu")
    except (ValueError, LookupError, TypeError):
        raise _unreadable(run) from None
    differing = [f"{what} {visible(str(before.get(what)))} then, {now[what]} now" for what in now if before.get(what) != now[what]]
    if stored != _FORMAT:
        differing.append(f"a state of format {visible(str(stored))}; needed is {_FORMAT}")
    if differing:
        raise RunError(
            f"cannot go on with {visible(run)} to the same weights", "; ".join(differing), remedy="go on where it was begun, or train again"
        )
    try:
        return Recipe.from_json(training["recipe"])
    except (LookupError, TypeError, ValueError):
        raise _unreadable(run) from None


def restore(bench: Bench, files: Mapping[str, bytes], run: str) -> Position:
    """Give a fresh bench of the same recipe the stored numbers, and return where it stood. Raises RunError where they are none of this network."""
    from safetensors import SafetensorError

    try:
        return _restored(bench, files)
    except (SafetensorError, LookupError, TypeError, ValueError, RuntimeError) as error:
        if is_memory_error(error):
            raise
        raise _unreadable(run) from None


def _unreadable(run: str) -> RunError:
    return RunError(
        f"cannot go on with {visible(run)}", "what is in state/ does not belong to its network", remedy="restore it from a copy, or train again"
    )


def _restored(bench: Bench, files: Mapping[str, bytes]) -> Position:
    from safetensors.torch import load

    device = bench.learned.device
    training = json.loads(files[TRAINING])
    bench.net.load_state_dict(load(files[WEIGHTS]))
    bench.best = {name: value.to(device) for name, value in load(files[BEST]).items()}
    tensors = load(files[OPTIMIZER])
    bench.optimizer.load_state_dict(_with_tensors(training["optimizer"], tensors))
    for weight, numbers in bench.optimizer.state.items():
        for name, value in numbers.items():
            if isinstance(value, Tensor) and value.shape == weight.shape:
                numbers[name] = _laid_out_as(weight, value)
    if bench.average:
        state, own = _with_tensors(training["average"], tensors), bench.net.state_dict()
        bench.average.load_state_dict(state)
        bench.average.values = {name: _laid_out_as(own[name], value) for name, value in bench.average.values.items()}
    if bench.path:
        bench.path.go_on(load(files[PATH]), **training["path"])
    return Position.from_json(training["position"])


def made_by(device: str = "cpu") -> dict[str, str]:
    """What the bits of the weights depend on, besides the recipe."""
    card = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return {
        "vitreous": version("vitreous"),
        "torch": torch.__version__,
        "numpy": version("numpy"),
        "processor": f"{this_machine().name} ({this_machine().instructions})",
        "system": platform.system(),
        **({"card": card} if device == "cuda" else {}),
    }


def _plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in tensors.items()}


def _laid_out_as(other: Tensor, value: Tensor) -> Tensor:
    """The same numbers on the device and in the order in memory of the other tensor: another order is worked through by other instructions,
    which may round otherwise."""
    return torch.empty_like(other, dtype=value.dtype, memory_format=torch.preserve_format).copy_(value)


def _without_tensors(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """The same with the name of each tensor in its place; the tensors go into `tensors`. Dictionaries become lists of pairs, since JSON
    would make texts of their whole numbers."""
    if isinstance(value, Tensor):
        tensors[path] = value
        return _TENSOR + path
    if isinstance(value, dict):
        return {"pairs": [[key, _without_tensors(each, f"{path}.{key}", tensors)] for key, each in value.items()]}
    if isinstance(value, list | tuple):
        return [_without_tensors(each, f"{path}.{place}", tensors) for place, each in enumerate(value)]
    return value


def _with_tensors(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(value, str) and value.startswith(_TENSOR):
        return tensors[value.removeprefix(_TENSOR)]
    if isinstance(value, dict):
        return {key: _with_tensors(each, tensors) for key, each in value["pairs"]}
    if isinstance(value, list):
        return [_with_tensors(each, tensors) for each in value]
    return value
