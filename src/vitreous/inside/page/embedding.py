"""Arrays as text inside a page: deflated, then base64; and how much of a network goes in.

The page works out by itself whatever its weights allow. So either all weights go in, and every number of the network can be followed;
or, for a network too large for that, each stage's end: its last operations with their weights, and exactly the numbers that these begin from.
Weights are halved to 16 bits where that changes none of them, as in the network that is shipped.
"""

import zlib
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.inside.page.description import Description
from vitreous.inside.stages import Stage
from vitreous.layers.window import Array

# A page stays under 15 MB: this much text for arrays, and room for all else.
MOST_TEXT = 14_000_000
# Less than deflating leaves of weights.
_SHRINKS = 0.85
# Of a stage for showing: eight bits a number, the strongest maps first.
MOST_SHOWN = 1_500_000


@dataclass(frozen=True)
class Embedded:
    """An array as the page reads it. `kind`: f4, f2, i1 (times `unit`) or u1."""

    kind: str
    shape: tuple[int, ...]
    text: str
    unit: float = 1.0

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "shape": list(self.shape), "unit": self.unit}


def exactly(array: Array) -> Embedded:
    """Bytes as they are, and floating-point numbers in the shortest format that holds every one of them."""
    if array.dtype == np.uint8:
        return _embedded("u1", array)
    array = _shortest(array)
    return _embedded("f2" if array.dtype == np.float16 else "f4", array)


def _shortest(array: Array) -> Array:
    array = np.asarray(array, np.float32) if array.dtype != np.uint8 else array
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    return half if array.dtype != np.uint8 and np.array_equal(half.astype(np.float32), array, equal_nan=True) else array


def for_showing(array: Array) -> Embedded:
    """Rounded to 255 steps between the largest number and its opposite."""
    finite = np.nan_to_num(np.asarray(array, np.float32), posinf=0.0, neginf=0.0)
    unit = float(np.abs(finite).max(initial=0.0)) / 127 or 1.0
    return _embedded("i1", np.rint(finite / unit).astype(np.int8), unit)


def shown_channels(stage: Stage) -> list[int]:
    """The channels of a stage that its section shows at first: all, or as many of the strongest as there is room for."""
    count = max(1, MOST_SHOWN // max(1, stage.maps.size // max(1, len(stage.maps))))
    return sorted(stage.strongest(count)) if len(stage.maps) > count else list(range(len(stage.maps)))


@dataclass(frozen=True)
class Choice:
    """What goes in: weights, ready, and names of values that are given exactly. `whole`: nothing is missing."""

    arrays: dict[str, Embedded]
    values: list[str]
    whole: bool


def choose(described: Description, values: Mapping[str, Array], stages: Sequence[Stage], room: int) -> Choice:
    """Everything, where it takes at most `room` letters; else of each stage as many of its last operations as its share of the room allows."""
    unknown = [name for name, each in described.operations.items() if each["op"] == "other"]
    needed = [*described.inputs, *unknown]
    size = {name: _letters(_shortest(array).nbytes) for name, array in described.arrays.items()}
    size |= {name: _letters(_shortest(values[name]).nbytes if name in needed else 4 * values[name].size) for name in (*needed, *described.operations)}
    if _SHRINKS * sum(size[name] for name in (*described.arrays, *needed)) <= room:
        arrays = {name: exactly(array) for name, array in described.arrays.items()}
        if sum(len(each.text) for each in arrays.values()) + sum(size[name] for name in needed) <= room:
            return Choice(arrays, needed, True)
    taken = _ends_of_stages(described, stages, size, room)
    return Choice(
        {name: exactly(described.arrays[name]) for name in taken if name in described.arrays},
        [name for name in taken if name not in described.arrays],
        False,
    )


def _ends_of_stages(described: Description, stages: Sequence[Stage], size: Mapping[str, int], room: int) -> list[str]:
    """Names of weights and values. Each stage has its share of the room that is left; then what is left over goes to the first in order."""
    taken: dict[str, None] = dict.fromkeys(described.inputs)
    room -= sum(size[name] for name in taken)
    names = list(described.operations)
    ends = [names.index(stage.value) + 1 if stage.value in described.operations else 0 for stage in stages]
    for shares in (True, False):
        for number, end in enumerate(ends):
            begin = max([0, *ends[:number]])
            share, best = room // (len(stages) - number) if shares else room, list[str]()
            for first in range(end - 1, begin - 1, -1):
                tried = [name for name in _with_what_they_need(names[first:end], described, taken) if name not in taken]
                if sum(size[name] for name in tried) > share:
                    break
                best = tried
            room -= sum(size[name] for name in best)
            taken |= dict.fromkeys(best)
    return list(taken)


def _with_what_they_need(names: Iterable[str], described: Description, there: Mapping[str, None]) -> list[str]:
    """The weights of these operations, and the values that they begin from."""
    made, needed = set(names), dict[str, None]()
    for name in names:
        operation = described.operations[name]
        if operation["op"] == "other":
            needed[name] = None
            continue
        needed |= dict.fromkeys(weights_of(operation))
        needed |= dict.fromkeys(each for each in operation["of"] if each not in made and each not in there)
    return list(needed)


def weights_of(operation: Mapping[str, Any]) -> list[str]:
    """The names of the arrays that an operation of the description takes."""
    return [name for name in (operation.get("weight"), operation.get("bias"), *(each for each, _ in operation.get("constants", ()))) if name]


def _embedded(kind: str, array: Array, unit: float = 1.0) -> Embedded:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return Embedded(kind, array.shape, b64encode(zlib.compress(little.tobytes(), 6)).decode("ascii"), unit)


def _letters(count: int) -> int:
    """Of so many bytes in base64."""
    return 4 * (count // 3 + 1)
