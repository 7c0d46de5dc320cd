"""How pixels are brought to the numbers that a network was trained on.

y = (u − mean) / std, where u is the pixel x (0 to 255) in the range that `scale` names: x, x / 255, or x / 127.5 − 1.

ImageNet's mean and deviation: Krizhevsky et al. 2012 took the mean off; the figures per colour are those of Gross and Wilber 2016.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf, log
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vitreous.errors import ModelError, UsageError
from vitreous.fit.foreign.inputs import ImageInput, reached_from
from vitreous.fit.foreign.metadata import Metadata
from vitreous.fit.foreign.options import ForeignOptions, Scale
from vitreous.fit.foreign.reading import ForeignFile

Floats = NDArray[np.float64]
KnownBy = Literal["options", "file", "metadata", "trial", ""]

_RANGE: dict[Scale, tuple[float, float]] = {"0-255": (0.0, 1.0), "0-1": (0.0, 255.0), "-1-1": (127.5, 127.5)}
_WRITTEN: dict[Scale, str] = {"0-255": "0 to 255", "0-1": "0 to 1", "-1-1": "−1 to 1"}
# Mean and deviation of the pixels of photos, about, for telling ranges apart.
_PHOTO_MEAN, _PHOTO_DEVIATION = 115.0, 70.0
_BEFORE_LAYERS = 10
_ABOVE_ONE = 2.0


@dataclass(frozen=True)
class Normalization:
    """y = (u − mean) / std with u in `scale`; one value or one for each colour. `why`: how it is known, a sentence."""

    scale: Scale
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    known_by: KnownBy = ""
    why: str = ""

    def shift_and_factor(self, channels: int) -> tuple[Floats, Floats]:
        """y = (x − shift) · factor for pixels x from 0 to 255, each of [channels] values."""
        zero, unit = _RANGE[self.scale]
        mean, std = np.asarray(self.mean), np.asarray(self.std)
        if channels == 1 and len(mean) + len(std) > 2:
            mean, std = mean.mean(keepdims=True), std.mean(keepdims=True)  # of three colours, for a grey picture
        return np.broadcast_to(zero + mean * unit, channels).copy(), np.broadcast_to(1 / (std * unit), channels).copy()

    def to_json(self) -> dict[str, Any]:
        return {"scale": self.scale, "mean": list(self.mean), "std": list(self.std)}

    def __str__(self) -> str:
        plain = self.mean == (0.0,) and self.std == (1.0,)
        return f"pixels in {_WRITTEN[self.scale]}" + ("" if plain else f", less {_list(self.mean)}, over {_list(self.std)}")


IMAGENET = Normalization("0-1", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
USUAL = {
    "ImageNet's mean and deviation": IMAGENET,
    "0 to 1": Normalization("0-1"),
    "−1 to 1": Normalization("-1-1"),
    "0 to 255": Normalization("0-255"),
}


def known_normalization(file: ForeignFile, image: ImageInput, options: ForeignOptions, metadata: Metadata) -> Normalization | None:
    """What the options, the file's own first operators or its metadata say, in this order; None where none does."""
    if image.whole_numbers and (options.mean or options.std or options.scale not in (None, "0-255")):
        arrived = f"{file.name} takes pixels as whole numbers ({image.kind.lower()}) and normalizes by itself"
        raise UsageError("--mean, --std, --scale", arrived, remedy="leave them out")
    if options.tells_normalization:
        scale = options.scale or _scale_of(options.mean, options.std)
        return _because(Normalization(scale, options.mean or (0.0,), options.std or (1.0,)), "options", "as given")
    if image.whole_numbers:
        return _because(Normalization("0-255"), "file", f"it takes {image.kind.lower()} and normalizes by itself")
    inside = _normalized_inside(file, image)
    if inside in ("0 to 255", "0 to 1"):
        return _because(USUAL[inside], "file", "its first operators normalize")
    if metadata.mean is not None or metadata.scale is not None or metadata.std is not None:
        scale = metadata.scale or _scale_of(metadata.mean, metadata.std)
        return _because(Normalization(scale, metadata.mean or (0.0,), metadata.std or (1.0,)), "metadata", f"by {metadata.origin}")
    if inside:
        return _because(USUAL[inside], "file", "by the statistics of its first operators")
    return None


def _because(normalization: Normalization, known_by: KnownBy, how: str) -> Normalization:
    return replace(normalization, known_by=known_by, why=f"{normalization}: {how}")


def _scale_of(mean: tuple[float, ...] | None, std: tuple[float, ...] | None) -> Scale:
    """Values above 2 are meant for pixels up to 255."""
    return "0-255" if max(map(abs, (*(mean or ()), *(std or ())))) > _ABOVE_ONE else "0-1"


def _normalized_inside(file: ForeignFile, image: ImageInput) -> str | None:
    """The name in USUAL of what comes in, where the file begins with (x − shift) · factor; None where it begins otherwise.

    Photos that come in as they should have mean `shift` and deviation 1 / `factor` in the numbers of the input; the nearest usual range is taken.
    """
    zero, deviation = np.zeros(1), np.ones(1)
    steps = 0
    for shift, spread in _steps(file, image.name):
        zero, deviation, steps = zero + shift * deviation, deviation * spread, steps + 1
    if not steps or (np.allclose(zero, 0) and np.allclose(deviation, 1)) or not (np.isfinite(zero).all() and (deviation > 0).all()):
        return None

    def distance(name: str) -> float:
        shift, factor = USUAL[name].shift_and_factor(3)
        mean, spread = float(((_PHOTO_MEAN - shift) * factor).mean()), float((_PHOTO_DEVIATION * factor).mean())
        return abs(float(zero.mean()) - mean) / spread + abs(log(float(deviation.mean()) / spread)) if spread else inf

    return min(USUAL, key=distance)


def _steps(file: ForeignFile, name: str) -> Iterator[tuple[Floats, Floats]]:
    """(shift, spread) of every operator of the form (x − shift) / spread at the beginning of the graph."""
    constants = file.constants()
    for _ in range(_BEFORE_LAYERS):
        readers = list(reached_from(file, name))
        if len(readers) != 1:
            return
        node = readers[0]
        if node.op_type == "BatchNormalization":
            mean, variance = value_of(file, node.input[3]), value_of(file, node.input[4])
            if mean is not None and variance is not None:
                yield mean, np.sqrt(variance + 1e-5)
            return
        if node.op_type in ("Add", "Sub", "Mul", "Div"):
            other = next((each for each in node.input if each != name), None)
            value = value_of(file, other) if other in constants else None
            if value is None or value.size not in (1, 3) or (node.op_type in ("Sub", "Div") and node.input[0] != name):
                return
            if node.op_type in ("Mul", "Div") and not value.all():
                return
            plain = np.zeros(1), np.ones(1)
            yield {"Add": (-value, plain[1]), "Sub": (value, plain[1]), "Mul": (plain[0], 1 / value), "Div": (plain[0], value)}[node.op_type]
        elif node.op_type not in ("Cast", "Transpose", "Identity"):
            return
        name = node.output[0]


def value_of(file: ForeignFile, name: str | None) -> Floats | None:
    """The numbers of a small constant, flat; None where they are not written in the file as they are."""
    from onnx import numpy_helper

    tensors = {each.name: each for each in file.graph.initializer}
    tensors |= {node.output[0]: node.attribute[0].t for node in file.graph.node if node.op_type == "Constant" and node.attribute[0].name == "value"}
    if name not in tensors:
        return None
    try:
        return np.asarray(numpy_helper.to_array(tensors[name]), np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise ModelError(f"{file.name} is damaged", f"a weight that cannot be read: {error}", remedy="export it again") from None


def _list(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{value:g}" for value in values) + ")"
