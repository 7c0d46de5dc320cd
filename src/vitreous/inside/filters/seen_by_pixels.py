"""A layer that reads the picture itself, through nothing but its normalization: its kernels in terms of pixels.

    y = Σ_c W_c x_c + b,    x = A pixel + a        so        ∂y / ∂pixel = Σ_c W_c A_c

A [C, 3] is what the file does to a pixel first: mean and deviation, or grey out of red, green and blue. It is read off the walk's own
gradient, whatever the nodes are called. A pixel is counted from 0 for black to 1 for white.
"""

import numpy as np

from vitreous.layers.operators import Node
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

# What is done to each pixel, or each feature, on its own; MatMul: with a matrix over the colours.
_POINTWISE = {"Cast", "Sub", "Mul", "Div", "Add", "Transpose", "MatMul", "Identity", "Flatten", "Reshape"}
_WHITE = 255.0


def behind_pixels(walk: Walk, name: str) -> list[str] | None:
    """The values between the picture and this one, where every node on the way works on each pixel alone; else None."""
    way: list[str] = []
    while name not in walk.inputs:
        if name not in walk.names:
            return None
        node = walk.node_of(name)
        data = [each for each in node.inputs if each and each not in walk.constants]
        if node.kind not in _POINTWISE or len(data) != 1:
            return None
        if node.kind == "MatMul" and walk.constants[node.inputs[1] if data[0] == node.inputs[0] else node.inputs[0]].shape[0] > 4:
            return None  # a fully connected layer
        way.append(name)
        name = data[0]
    return way[::-1]


def kernels_on_pixels(walk: Walk, node: Node, W: Array, way: list[str], rows: range, side: int) -> tuple[Array, str]:
    """[M, k, k, 3] of W [M, C, k, k], and what was taken in besides, in words."""
    (image, *_) = walk.inputs
    last = way[-1] if way else image
    values = values_until(walk, last, side)
    channels = W.shape[1]
    A = np.zeros((channels, 3))
    for c in range(channels):
        seed = np.zeros(values[last].shape, np.float32)
        seed[0, c, 0, 0] = 1
        A[c] = walk.gradients(values, {last: seed}, [image])[image][0, 0, 0]
    kernels = _WHITE * np.einsum("mcuv,cp->muvp", W.astype(np.float64), A)
    users = [each for each in walk.nodes if node.outputs[0] in each.inputs]
    if len(users) == 1 and users[0].kind == "BatchNormalization":
        gamma, _, _, variance = (walk.constants[name][rows.start : rows.stop].astype(np.float64) for name in users[0].inputs[1:5])
        kernels *= (gamma / np.sqrt(variance + users[0].attributes.get("epsilon", 1e-5)))[:, None, None, None]
        return kernels.astype(np.float32), ", through the batch norm behind it"
    return kernels.astype(np.float32), ""


def templates_on_pixels(walk: Walk, node: Node, rows: range, side: int) -> Array:
    """[M, S, S, 3]: what each pixel of the whole picture adds to outputs of a fully connected layer."""
    (image, *_) = walk.inputs
    values = values_until(walk, node.outputs[0], side)
    found = []
    for row in rows:
        seed = np.zeros(values[node.outputs[0]].shape, np.float32)
        seed[..., row] = 1
        found.append(_WHITE * walk.gradients(values, {node.outputs[0]: seed}, [image])[image][0])
    return np.stack(found).astype(np.float32)


def values_until(walk: Walk, name: str, side: int) -> dict[str, Array]:
    """The values up to this one, on a black picture of `side` pixels: for their shapes, and where derivatives do not depend on it."""
    (image, *_) = walk.inputs
    feed = {image: np.zeros((1, side, side, 3), np.uint8)}
    values = {**walk.constants, **feed}
    if name != image:
        for step, outputs in walk.steps(feed):
            values.update(zip(step.outputs, outputs, strict=False))
            if name in step.outputs:
                break
    return values
