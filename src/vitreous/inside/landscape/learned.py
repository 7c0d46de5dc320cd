"""The weights of a run that were learned, by their names in model.onnx, as the training left them.

A network trained by torch keeps them in weights.safetensors, without the temperature that calibration put into the head of model.onnx; they are
found there by their numbers. One that was trained without torch has all of its weights in model.onnx; of a probe the head alone was learned.

The safetensors format: 8 bytes, the length of a header; the header, JSON with type, shape and place of each array; the arrays.
Source: https://github.com/huggingface/safetensors, "Format".
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.core.text import visible
from vitreous.errors import RunError
from vitreous.inside.landscape.plane import Array
from vitreous.inside.landscape.program import LOGITS
from vitreous.layers.walk import Walk
from vitreous.runs.contents import PATH
from vitreous.runs.folder import RunFolder

WEIGHTS = "weights.safetensors"
_TYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16}
_HEAD = "head."


@dataclass(frozen=True)
class Learned:
    """`weights` by their names in model.onnx; `stored`: by the same names, what they are called in weights.safetensors, where there is one;
    `head_only`: what comes before the head was taken over from elsewhere."""

    weights: dict[str, Array]
    stored: dict[str, str]
    head_only: bool


def learned(run: RunFolder, walk: Walk) -> Learned:
    """Raises RunError where the run's files do not belong together."""
    if WEIGHTS in run.document.files:
        return _of_torch(safetensors(run.read(WEIGHTS), f"{run.path.name}/{WEIGHTS}")[0], walk, visible(str(run.path)))
    if "epochs" in (run.facts.get("classifier") or {}):
        names = [name for name in _layers_inputs(walk) if name.endswith((".weight", ".bias"))]
        return Learned({name: walk.constants[name] for name in names}, {}, False)
    head = [name for node in walk.nodes if LOGITS in node.outputs for name in node.inputs if name in walk.constants]
    if not head:
        raise RunError(f"{visible(str(run.path))} has no landscape", "nothing of it was learned as weights", "a trained network or head")
    return Learned({name: walk.constants[name] for name in head}, {}, True)


def path_of(run: RunFolder, found: Learned) -> tuple[list[int], list[dict[str, Array]]]:
    """The epochs that were kept, and the weights behind each. Raises RunError, with what to do, where none were."""
    name = visible(str(run.path))
    if PATH not in run.document.files:
        how = "vitreous train DATA --net NAME --keep-path keeps the weights of every epoch"
        raise RunError(f"{name} holds no path of its training", "its weights were kept once, at the end", remedy=how)
    arrays, facts = safetensors(run.read(PATH), f"{run.path.name}/{PATH}")
    missing = [visible(stored) for stored in found.stored.values() if stored not in arrays]
    try:
        epochs = [int(each) for each in json.loads(facts["epochs"])]
    except (LookupError, ValueError, TypeError):
        epochs = []
    if missing or len(epochs) < 2 or any(len(arrays[stored]) != len(epochs) for stored in found.stored.values()):
        raise RunError(f"{name} holds a path that is none of its network", ", ".join(missing[:3]) or "its epochs do not fit", remedy="train again")
    path = [{each: arrays[stored][t].astype(np.float32) for each, stored in found.stored.items()} for t in range(len(epochs))]
    return epochs, path


def safetensors(data: bytes, named: str) -> tuple[dict[str, Array], dict[str, Any]]:
    """Arrays by name, and the file's own facts. Raises RunError for other bytes."""
    try:
        length = int.from_bytes(data[:8], "little")
        header: dict[str, Any] = json.loads(data[8 : 8 + length])
        facts = header.pop("__metadata__", {})
        arrays = {}
        for name, each in header.items():
            first, end = (8 + length + int(place) for place in each["data_offsets"])
            arrays[name] = np.frombuffer(data[first:end], _TYPES[each["dtype"]]).reshape(each["shape"])
    except (ValueError, LookupError, TypeError, AttributeError):
        raise RunError(f"{visible(named)} holds no weights", "bytes that do not read as such", "a file in the safetensors format") from None
    return arrays, facts


def _of_torch(stored: Mapping[str, Array], walk: Walk, run: str) -> Learned:
    """Arrays are found by their numbers: the names of model.onnx are those of the graph."""
    unused: dict[tuple[tuple[int, ...], bytes], list[str]] = {}
    for name, value in stored.items():
        unused.setdefault((value.shape, value.tobytes()), []).append(name)
    weights, names = {}, {}
    for name in _layers_inputs(walk):
        constant = walk.constants[name]
        same = unused.get((constant.shape, constant.astype(np.float32).tobytes()), [])
        own = name if name.startswith(_HEAD) and name in stored else same.pop(0) if same else ""
        if own and not own.endswith((".running_mean", ".running_var")):
            weights[name], names[name] = np.asarray(stored[own], np.float32), own
        elif not own:
            raise RunError(f"the files of {run} do not belong together", f"{visible(name)} of model.onnx is not in {WEIGHTS}", remedy="train again")
    return Learned(weights, names, False)


def _layers_inputs(walk: Walk) -> Iterable[str]:
    """The constants that layers work with, in order, each once: kernels, matrices, biases, scales and what belongs to norms."""
    kinds = ("Conv", "Gemm", "BatchNormalization")
    return dict.fromkeys(name for node in walk.nodes if node.kind in kinds for name in node.inputs[1:] if name in walk.constants)
