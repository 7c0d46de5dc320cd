"""The wrapped network is run before it is trusted: on noise and on a plain picture, one by one and both at once.

What a library says of a file that it cannot run becomes one sentence: which operators, which size, which batch.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import visible
from vitreous.errors import ModelError
from vitreous.fit.foreign.options import MOST_SIDE
from vitreous.fit.foreign.reading import free_batch
from vitreous.fit.foreign.running import outputs_of
from vitreous.fit.foreign.wrapping import Head, Recipe
from vitreous.fit.head import Floats

# What OpenVINO says before it comes to its reason.
_PREAMBLE = ("Exception from", "Check '", "FrontEnd API", "Model wasn't", "-- ", "While validating", "Loading input model", "Summary")
_NO_MEMORY = re.compile(r"bad_alloc|bad allocation|overflow while multiplying|Failed to allocate|out of memory", re.I)
# OpenVINO's words, then onnxruntime's.
_UNKNOWN_OPERATORS = (re.compile(r"No conversion rule found for operations: (.+)"), re.compile(r"([\w.:]+)\(-?\d+\) is not a registered"))
_SIDES = (28, 32, 48, 64, 96, 112, 128, 160, 192, 224, 256, 299, 320, 384, 448, 512)
_MULTIPLES = (8, 14, 16, 32)
# Beyond this, a network is not compiled again and again to find a size.
_CHEAP = 200_000_000
# Another batch may be another kernel, whose sums of some thousand fp32 products differ by some 1e-5 of the largest value.
_SAME, _QUANTIZED = 1e-3, 5e-2
# Features of two pictures count as equal below this part of the largest: rounding alone.
_CONSTANT = 1e-6
_NEARLY_ALIKE = 1e-2


def raw_outputs(recipe: Recipe, tensors: list[str]) -> tuple[Recipe, list[NDArray[np.float32]]]:
    """The values of the tensors for one picture of noise, as they are; and the recipe, with its batch opened where it was above 1.

    Raises ModelError with what the engine does not know, or which size it needs.
    """
    if recipe.image.batch not in (None, 1):
        recipe = recipe.of(free_batch(recipe.file, recipe.image.batch or 1))
    names = {tensor: f"raw.{number}" for number, tensor in enumerate(dict.fromkeys(tensors))}
    probe = recipe.ending_in({name: Head(tensor) for tensor, name in names.items()})
    try:
        values = outputs_of(probe, _noise(recipe.size))
    except ModelError as error:
        raise _explained(error, probe) from None
    return recipe, [values[names[tensor]] for tensor in tensors]


def checked_features(recipe: Recipe) -> tuple[Recipe, int, list[str]]:
    """The recipe that gives features for any number of pictures at once, their width, and what is to be said.

    Raises ModelError for features that are not finite, a single number, the same for all pictures, or of a network for one at a time.
    """
    name, pictures = recipe.file.name, np.concatenate([_noise(recipe.size), _plain(recipe.size)])
    single = [outputs_of(recipe, pictures[number : number + 1])["features"] for number in (0, 1)]
    if single[0].ndim != 2 or len(single[0]) != 1 or single[0].shape[1] < 2:
        raise ModelError(f"{name} gives no features", f"values of shape {list(single[0].shape)} for one picture", "two numbers or more for each")
    one = np.concatenate(single)
    tensor = visible(recipe.heads["features"].tensor)
    if not np.isfinite(one).all():
        arrived = f"{np.count_nonzero(~np.isfinite(one)):,} of {one.size:,} values of {tensor!r} are not finite"
        raise ModelError(f"{name} gives no usable features", arrived, "finite numbers", "check --mean, --std and --scale, or name another --output")
    largest = float(np.abs(one).max())
    if float(np.ptp(one, axis=0).max()) <= _CONSTANT * largest:
        raise ModelError(
            f"{name} gives the same features {tensor!r} for noise and for a plain picture", needed="an --output that tells pictures apart"
        )
    said: list[str] = []
    difference = _difference_atoutputs_of(recipe, pictures, one)
    if difference > _QUANTIZED:
        recipe = recipe.of(free_batch(recipe.file, 1))
        difference = _difference_atoutputs_of(recipe, pictures, one)
        if difference > _QUANTIZED or outputs_of(recipe, pictures[:1])["features"].shape != single[0].shape:
            fixed = (
                f"fixed to {recipe.image.batch} in the file"
                if recipe.image.batch
                else "any, by the file; but two at once do not give what they give alone"
            )
            raise ModelError(
                f"{name} does not take several pictures at once", f"its batch is {fixed}", "a batch of any size", "export it with a dynamic batch"
            )
        said.append("its batch was fixed to 1: opened, and two pictures at once give what they give alone")
    if difference > _SAME:
        said.append(f"features of a picture move by up to {difference:.1%} with the others in its batch: it quantizes over the whole batch")
    return recipe, one.shape[1], said


def _difference_atoutputs_of(recipe: Recipe, pictures: NDArray[np.uint8], one: Floats) -> float:
    """The largest difference between the features of pictures together and alone, in parts of what tells them apart; infinite where it fails."""
    try:
        both = outputs_of(recipe, pictures)["features"]
    except ModelError:
        return float("inf")
    if both.shape != one.shape:
        return float("inf")
    # where the two hardly differ, rounding is all that is seen
    spread = max(float(np.ptp(one, axis=0).max()), _NEARLY_ALIKE * float(np.abs(one).max()))
    return float(np.abs(both - one).max()) / spread


def _noise(size: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 160, (1, size, size, 3), np.uint8)


def _plain(size: int) -> NDArray[np.uint8]:
    """A picture of one bright colour: far from the dark noise."""
    return np.full((1, size, size, 3), (250, 220, 130), np.uint8)


def _explained(error: ModelError, recipe: Recipe) -> ModelError:
    """What stands behind the first failure of a network."""
    name, image, size = recipe.file.name, recipe.image, recipe.size
    if error.__context__ is None:  # our own words, not a library's
        return error
    # `said_as_model_error` keeps one line; the operators and the reason may stand in another
    words = f"{error} {error.__context__}"
    reason = _reason(error.arrived, words)
    for pattern in _UNKNOWN_OPERATORS:
        if found := pattern.findall(words):
            operators = sorted({re.sub(r"-\d+$", "", each.strip()) for each in found[0].split(",")})
            arrived = f"operators that the engine does not know: {', '.join(map(visible, operators))}"
            return ModelError(f"{name} cannot be run here", arrived, "operators of standard ONNX", "export it again without them")
    if image.size is not None and image.size != size:
        needed = f"{image.size} × {image.size}, fixed in the file"
        return ModelError(f"{name} takes no pictures of {size} × {size} pixels", reason, needed, "leave --size out, or export it with open sizes")
    if image.size is None and recipe.file.model.ByteSize() < _CHEAP and (fits := _next_side(recipe)):
        return ModelError(f"{name} takes no pictures of {size} × {size} pixels", reason, f"the next size that it takes is {fits}", f"--size {fits}")
    if image.batch not in (None, 1):
        return ModelError(
            f"{name} does not take one picture",
            f"its batch is fixed to {image.batch} in the file",
            "a batch of any size",
            "export it with a dynamic batch",
        )
    return ModelError(f"{name} cannot be run here", reason, "an ONNX file that OpenVINO runs", "try it there by itself, or export it again")


def _reason(first: str, words: str) -> str:
    """The line of a library's words that says why; `first` where none does."""
    if _NO_MEMORY.search(words):
        return "it needs more memory than there is"
    lines = [line.strip() for line in words.splitlines()[1:]]
    return visible(next((line for line in lines if line and not line.startswith(_PREAMBLE)), first)[:200].rstrip("."))


def _next_side(recipe: Recipe) -> int | None:
    """The next larger side that the network takes, among those that networks have; None where none of them does."""
    size = recipe.size
    sides = {-(-(size + 1) // multiple) * multiple for multiple in _MULTIPLES} | {side for side in _SIDES if side > size}
    for side in sorted(sides):
        if side <= MOST_SIDE and _runs(recipe.sized(side)):
            return side
    return None


def _runs(recipe: Recipe) -> bool:
    try:
        values: dict[str, Any] = outputs_of(recipe, _noise(recipe.size))
    except ModelError:
        return False
    return all(np.isfinite(value).all() for value in values.values())
