"""Which tensor of a network is its features, and how it becomes one row a picture.

    [N, D]             as it is
    [N, C, h, w]       mean over the places (so too with the channels last)
    [N, T, D] tokens   the class token where there is one (Dosovitskiy et al. 2021), else the mean

Features say more of a picture than the logits made from them: where a network ends in a linear classifier, what comes into that is taken.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

from numpy.typing import NDArray

from vitreous.core.text import visible
from vitreous.errors import ModelError, nearest
from vitreous.fit.foreign.inputs import ImageInput
from vitreous.fit.foreign.metadata import Metadata
from vitreous.fit.foreign.options import ForeignOptions
from vitreous.fit.foreign.reading import ForeignFile, uses
from vitreous.fit.foreign.wrapping import Head, Recipe, Reduction

_NAMED = (re.compile("pooled|pooler|global_pool", re.I), re.compile("feature|feat(?![a-z])", re.I), re.compile("embed|embs?(?![a-z])", re.I))
_BEHIND_CLASSIFIER = {
    *("Softmax", "LogSoftmax", "Sigmoid", "Identity", "Cast", "Flatten", "Reshape", "Squeeze", "Add", "Dropout", "QuantizeLinear", "DequantizeLinear")
}
_DETECTORS = {"NonMaxSuppression", "EfficientNMS_TRT", "BatchedNMS_TRT", "TRTBatchedNMS", "RoiAlign", "MultiscaleRoiAlign"}
_OTHER_TASKS = ("detect", "segment", "pose", "obb")
# Tokens beside those of the places: class, distillation, 4 or 8 registers.
_EXTRA_TOKENS = (0, 1, 2, 4, 5, 8, 9)
_MOST_FEATURES, _SMALLEST_PATCH, _LARGEST_PATCH = 8192, 4, 64


@dataclass(frozen=True)
class Candidate:
    """A tensor that may be the features. `behind`: the output that a classifier makes of it, where it is what comes into one."""

    tensor: str
    named: bool = False
    behind: str = ""


@dataclass(frozen=True)
class Output:
    head: Head
    why: str


def candidates(file: ForeignFile, image: ImageInput, options: ForeignOptions) -> list[Candidate]:
    """The tensors to look at, the most promising first. Raises ModelError where none depends on the picture alone."""
    tensors = [name for node in file.graph.node for name in node.output if name]
    if options.output is not None:
        if options.output not in tensors:
            outputs = [visible(each.name) for each in file.graph.output]
            close = nearest(options.output, [*outputs, *tensors])
            raise ModelError(f"{file.name} has no tensor {visible(options.output)!r}", f"its outputs are {', '.join(outputs)}", remedy=close)
        if not _from_picture(file, image, options.output):
            raise ModelError(f"{visible(options.output)!r} of {file.name} does not come from the picture alone", remedy="name another with --output")
        return [Candidate(options.output, named=True)]
    outputs = [each.name for each in file.graph.output if each.name in tensors and _from_picture(file, image, each.name)]
    if not outputs:
        raise ModelError(
            f"{file.name} gives nothing for a picture alone",
            f"besides {visible(image.name)} it wants {', '.join(map(visible, image.others)) or 'nothing, and its outputs do not depend on it'}",
            "an output that depends on the picture only",
            "export the part of the network that sees the picture",
        )
    called = [name for pattern in _NAMED for name in outputs if pattern.search(name)]
    found = [Candidate(name) for name in dict.fromkeys(called)]
    for name in outputs:
        if name not in called and (before := _before_classifier(file, name)):
            found.append(Candidate(before, behind=name))
    return [*found, *(Candidate(name) for name in outputs if name not in called)]


def choose_output(found: Sequence[Candidate], arrays: Sequence[NDArray[Any]], recipe: Recipe, options: ForeignOptions, metadata: Metadata) -> Output:
    """The first of the candidates whose values [1, …] can be features. Raises ModelError that says of each why it cannot."""
    name, reasons = recipe.file.name, []
    if options.output is None and not any(_is_called(each.tensor) for each in found):
        _refuse_detectors(recipe.file, metadata)
    shapes = {each.tensor: array.shape for each, array in zip(found, arrays, strict=True)}
    # among outputs that are called features, one row a picture goes before maps, and maps before tokens
    order = {2: 0, 4: 1, 3: 2}
    ranked = sorted(found, key=lambda each: order.get(len(shapes[each.tensor]), 3) if _is_called(each.tensor) else 4)
    for each in ranked:
        shape = shapes[each.tensor]
        if each.behind and len(shapes.get(each.behind, ())) != 2:
            continue  # no classifier of whole pictures
        head, said = _reduced(each, shape, recipe)
        if head is not None:
            return Output(head, f"features {_dims(shape)} from {visible(each.tensor)!r}: {_how(each, found)}{said}")
        reasons.append(f"{visible(each.tensor)} {_dims(shape)} is {said}")
    raise ModelError(f"{name} gives no features", "; ".join(reasons), "[N, D], [N, C, h, w] or tokens [N, T, D]", "name a tensor with --output")


def _reduced(candidate: Candidate, shape: tuple[int, ...], recipe: Recipe) -> tuple[Head | None, str]:
    """How the tensor becomes one row a picture, and what to say of it; None and the reason where it cannot."""

    def head(reduction: Reduction, said: str) -> tuple[Head, str]:
        return Head(candidate.tensor, reduction), said

    if not shape or shape[0] != 1:
        return None, "not one row for each picture"
    if len(shape) == 2:
        return head("as it is", "") if shape[1] > 1 else (None, "a single number for a picture")
    if len(shape) == 4:
        last = shape[2] != shape[3] and shape[1] == shape[2]
        side, channels = (shape[1], shape[3]) if last else (max(shape[2:]), shape[1])
        if side > recipe.size // 2 and side > 1 and not candidate.named:
            return None, "a picture of full size, perhaps a mask"
        if channels < 2:
            return None, "a single map"
        return head("mean of last" if last else "mean of first", ", mean over its places")
    if len(shape) == 3:
        return _tokens(candidate, shape[1], shape[2], recipe.size)
    return None, "neither one row a picture, nor maps, nor tokens"


def _tokens(candidate: Candidate, count: int, width: int, size: int) -> tuple[Head | None, str]:
    grid = isqrt(count)
    extra, patch = count - grid * grid, size // max(1, grid)
    fits = extra in _EXTRA_TOKENS and _SMALLEST_PATCH <= patch <= _LARGEST_PATCH and size // patch == grid and 1 < width <= _MOST_FEATURES
    if not fits and not (candidate.named and width > 1):
        return None, "no grid of tokens, perhaps boxes"
    if fits and extra:
        return Head(candidate.tensor, "first token"), f", the first of {count} tokens (the class token)"
    return Head(candidate.tensor, "mean of tokens"), f", the mean of {count} tokens"


def _is_called(tensor: str) -> bool:
    return any(pattern.search(tensor) for pattern in _NAMED)


def _how(candidate: Candidate, found: Sequence[Candidate]) -> str:
    if candidate.named:
        return "as given"
    if candidate.behind:
        return f"what comes into the classifier that makes {visible(candidate.behind)!r}"
    if len({each.tensor for each in found if not each.behind}) == 1:
        return "its only output"
    return "its output of that name" if _is_called(candidate.tensor) else "its first output that can be features"


def _before_classifier(file: ForeignFile, output: str) -> str | None:
    """What comes into the linear layer, or 1 × 1 convolution, that `output` ends with; None where it ends otherwise."""
    makers = {name: node for node in file.graph.node for name in node.output}
    constants = file.constants()
    weights = {each.name: list(each.dims) for each in file.graph.initializer}
    name = output
    while (node := makers.get(name)) is not None:
        data = [each for each in node.input if each and each not in constants]
        if len(data) != 1:
            return None
        if node.op_type in ("Gemm", "MatMul") or (node.op_type == "Conv" and weights.get(node.input[1], [])[2:] == [1, 1] and name != output):
            return data[0] if data[0] in makers else None
        if node.op_type not in _BEHIND_CLASSIFIER:
            return None
        name = data[0]
    return None


def _from_picture(file: ForeignFile, image: ImageInput, tensor: str) -> bool:
    """Whether a tensor depends on the picture and on no other input."""
    needed = set(ancestors(file, tensor))
    return image.name in needed and not needed.intersection(image.others)


def ancestors(file: ForeignFile, tensor: str) -> Iterator[str]:
    """`tensor` and all that it is made from, the inputs included."""
    makers = {name: node for node in file.graph.node for name in node.output}
    waiting, seen = [tensor], {tensor}
    while waiting:
        name = waiting.pop()
        yield name
        for each in uses(makers[name]) if name in makers else ():
            if each not in seen:
                seen.add(each)
                waiting.append(each)


def _refuse_detectors(file: ForeignFile, metadata: Metadata) -> None:
    found = sorted({node.op_type for node in file.graph.node} & _DETECTORS)
    told = metadata.task in _OTHER_TASKS
    if found or told:
        arrived = f"its metadata call its task {metadata.task!r}" if told else f"it holds {', '.join(found)}: its outputs are boxes or masks"
        raise ModelError(
            f"{file.name} gives no features", arrived, "a network for whole pictures", "name a tensor before its boxes or masks with --output"
        )


def _dims(shape: tuple[int, ...]) -> str:
    return "[" + ", ".join(["N", *(str(size) for size in shape[1:])]) + "]" if shape and shape[0] == 1 else str(list(shape))
