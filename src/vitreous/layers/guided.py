"""Guided backpropagation: what in a picture excites a number, without what holds it down.

At a rectifier the gradient dX = dY · (x > 0) passes only where it is above zero as well,

    dX = max(dY, 0) · (x > 0)

so whatever would lower the number on the way, were it stronger, is left out. A ceiling, as that of ReLU6, does not stop it: what is at the
ceiling excites as much as can be. It is no gradient: it shows what was there, not what a change would do, and parts of it are edges of the
picture that say little of the weights (Adebayo et al. 2018).

Source: Springenberg, Dosovitskiy, Brox, Riedmiller, "Striving for Simplicity: The All Convolutional Net", ICLR workshop 2015; the deconvolution
of Zeiler and Fergus, ECCV 2014, has max(dY, 0) alone.
"""

import numpy as np

from vitreous.layers.operators import OPERATORS, Backward, Node
from vitreous.layers.operators.node import Inputs
from vitreous.layers.operators.values import limits
from vitreous.layers.window import Array

_RECTIFIERS = ("Relu", "LeakyRelu", "Elu", "Gelu", "HardSwish", "Softplus")


def _guided(kind: str) -> Backward:
    own = OPERATORS[kind].backward
    assert own is not None, kind

    def backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
        return own(np.maximum(dY, 0), node, inputs, outputs, number)

    return backward


def _clip(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    return np.asarray(np.maximum(dY, 0) * (inputs[0] > limits(node, inputs)[0]))


# For the argument `other` of `Walk.gradients`.
GUIDED: dict[str, Backward] = {**{kind: _guided(kind) for kind in _RECTIFIERS}, "Clip": _clip}
