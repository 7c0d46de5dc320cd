"""The weights of a run that were learned, by their names in its network's graph, as the training left them.

A network trained by torch keeps them in weights.safetensors, without the temperature that calibration put into the head of model.onnx; they are
found there by their numbers. With batch norm the graph is not that of model.onnx: its norms are layers of their own (`.with_norms`). A network that
was trained without torch has all of its weights in model.onnx; of a probe the head alone was learned.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from vitreous.core.text import visible
from vitreous.errors import RunError
from vitreous.infer.network import Network
from vitreous.inside.landscape.plane import Array
from vitreous.inside.landscape.program import LOGITS
from vitreous.inside.landscape.safetensors import safetensors
from vitreous.inside.landscape.with_norms import WEIGHTS, walk_with_norms
from vitreous.layers.walk import Walk, read_walk
from vitreous.runs.contents import PATH
from vitreous.runs.folder import RunFolder

_HEAD = "head."
# What torch keeps of a norm that is counted, not learned; the first two are constants of the graph.
_COUNTED = (".running_mean", ".running_var", ".num_batches_tracked")


@dataclass(frozen=True)
class Learned:
    """`weights` by their names in the graph `walk`; `stored`: by the same names, what they are called in weights.safetensors, where there is one;
    `head_only`: what comes before the head was taken over from elsewhere."""

    walk: Walk
    weights: dict[str, Array]
    stored: dict[str, str]
    head_only: bool


@dataclass(frozen=True)
class Kept:
    """The arrays of weights.safetensors by their names there."""

    arrays: dict[str, Array]

    @property
    def has_norms(self) -> bool:
        return any(name.endswith(_COUNTED) for name in self.arrays)


def kept_weights(run: RunFolder) -> Kept:
    return Kept(safetensors(run.read(WEIGHTS), f"{run.path.name}/{WEIGHTS}")[0])


def learned(run: RunFolder, network: Network) -> Learned:
    """Raises ModelError as `read_walk`; RunError where the run's files do not belong together, and where its norms need torch that is missing."""
    walk, name = read_walk(network.data), visible(str(run.path))
    if WEIGHTS in run.document.files:
        kept = kept_weights(run)
        return of_torch(kept.arrays, walk_with_norms(run, network, walk) if kept.has_norms else walk, name)
    if "epochs" in (run.facts.get("classifier") or {}):
        names = [each for each in _learned_inputs(walk) if each.endswith((".weight", ".bias"))]
        return Learned(walk, {each: walk.constants[each] for each in names}, {}, False)
    head = [each for node in walk.nodes if LOGITS in node.outputs for each in node.inputs if each in walk.constants]
    if not head:
        raise RunError(f"{name} has no landscape", "nothing of it was learned as weights", "a trained network or head")
    return Learned(walk, {each: walk.constants[each] for each in head}, {}, True)


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


def of_torch(stored: Mapping[str, Array], walk: Walk, run: str) -> Learned:
    """Arrays are found by their numbers: the names of the graph are those of its values."""
    unused: dict[tuple[tuple[int, ...], bytes], list[str]] = {}
    for name, value in stored.items():
        if not name.endswith(_COUNTED):
            unused.setdefault((value.shape, value.tobytes()), []).append(name)
    weights, names = {}, {}
    for name in _learned_inputs(walk):
        constant = walk.constants[name]
        same = unused.get((constant.shape, constant.astype(np.float32).tobytes()), [])
        own = name if name.startswith(_HEAD) and name in stored else same.pop(0) if same else ""
        if not own:
            raise RunError(f"the files of {run} do not belong together", f"{visible(name)} of the network is not in {WEIGHTS}", remedy="train again")
        weights[name], names[name] = np.asarray(stored[own], np.float32), own
    return Learned(walk, weights, names, False)


def _learned_inputs(walk: Walk) -> Iterable[str]:
    """The constants that training changes, in order, each once: kernels, matrices, biases, and scale and shift of norms."""
    kinds = ("Conv", "Gemm", "BatchNormalization")
    return dict.fromkeys(name for node in walk.nodes if node.kind in kinds for name in node.inputs[1:3] if name in walk.constants)
