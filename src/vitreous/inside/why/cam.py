"""Class activation maps: the last feature maps A_k, weighted as the linear layer behind the global average weighs their means.

    score = b + Σ_k w_k · mean_xy A_k(x, y) = b + mean_xy M(x, y)        M(x, y) = Σ_k w_k A_k(x, y)

So nothing is approximated: the mean of the map and the bias are the score, which is checked. But that holds only where one global average
pool meets one linear layer; a shift and a scale in between (a standardization, a calibration) are linear too. Where features of other stages
stand beside those means, what they add to the score counts as bias.

Source: Zhou, Khosla, Lapedriza, Oliva, Torralba, "Learning Deep Features for Discriminative Localization", CVPR 2016.
"""

import numpy as np

from vitreous.errors import UsageError
from vitreous.inside.operands import Values, reduced_axes
from vitreous.inside.why.question import Question
from vitreous.inside.why.saliency import Saliency, over_maps
from vitreous.layers.operators import Node

# Y = a X + b with fixed a, b; or the same numbers in another shape.
_SHIFTS, _SHAPES = ("Add", "Sub"), ("Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast")
_SCALES, _PRODUCTS = ("Mul", "Div", "BatchNormalization"), ("Gemm", "MatMul")


def cam(question: Question) -> Saliency:
    """Raises UsageError for a network that does not end in a global average pool and one linear layer; it says what to use instead."""
    pool, axes = _average_before(question)
    value = pool.inputs[0]
    maps = question.values[value][0]
    weights = question.gradients(question.values, pool.outputs[0])[0]
    numbers = np.tensordot(weights.ravel().astype(np.float64), np.moveaxis(maps, [axis - 1 for axis in axes], (1, 2)), 1)
    score = float(question.values[question.score.value][question.place])
    said = f"its mean {numbers.mean():.4g} and {score - numbers.mean():.4g} of bias are the score {score:.4g}"
    return over_maps(question, value, axes, "cam", numbers, weights.ravel(), said, bias=score - float(numbers.mean()))


def _average_before(question: Question) -> tuple[Node, tuple[int, int]]:
    """The global average pool and its axes, where all behind it is linear."""
    walk, values, name, products = question.walk, question.values, question.score.value, 0
    while name not in walk.inputs:
        node = walk.node_of(name)
        if axes := _global_axes(node, values[node.inputs[0]].shape, values):
            return node, axes
        data = [each for each in node.inputs if each and each not in walk.constants]
        if node.kind == "Concat":  # features of several stages: the map is that of the last stage, what the others say is beside it
            data = data[:1]
        products += node.kind in _PRODUCTS
        if (
            node.kind not in (*_SHIFTS, *_SHAPES, *_SCALES, *_PRODUCTS, "Concat")
            or len(data) != 1
            or products > 1
            or (node.kind == "Div" and data[0] != node.inputs[0])
        ):
            break
        name = data[0]
    raise UsageError(
        "there is no class activation map of this network",
        f"{'a second linear layer' if products > 1 else 'something else'} stands between its last feature maps and the score",
        "a global average pool and one linear layer",
        "grad-cam is the same idea for every convolutional network",
    )


def _global_axes(node: Node, shape: tuple[int, ...], values: Values) -> tuple[int, int] | None:
    """The axes of [N, C, H, W] that a global average pool takes the mean over; None where it is something else."""
    if len(shape) != 4:
        return None
    if node.kind == "GlobalAveragePool":
        return (2, 3)
    if node.kind == "AveragePool" and tuple(node.attributes["kernel_shape"]) == shape[2:] and not any(node.attributes.get("pads", (0,))):
        return (2, 3)
    if node.kind == "ReduceMean":
        axes = tuple(sorted(reduced_axes(node, values)))
        return next((each for each in ((2, 3), (1, 2)) if each == axes), None)
    return None
