"""A program rewritten so that a point of a plane costs less than a run of the network, and gives the same to rounding.

What is linear in the weights is done once, on the centre and on both directions, in place of at every point:

    a factor behind a layer             goes into its weights
    a factor or a shift before one      goes into its weights and its bias, where it has no padding
    tanh a = 2 σ(2a) − 1                so a tanh becomes a sigmoid, which takes less than half of the time here, and a factor and a shift
    linear steps before a layer that sees everything, such as means over places, become part of its matrix

At every point a norm with fixed mean and variance goes into the weights before it; means over 2 × 2 are three sums of slices; what nobody
else needs is overwritten. An operator without a form of its own here is numpy's, on the same memory.
"""

import torch

from vitreous.inside.landscape.between import BETWEEN
from vitreous.inside.landscape.compiled import Compiled, Step
from vitreous.inside.landscape.draft import Draft
from vitreous.inside.landscape.into_weights import LAYERS
from vitreous.inside.landscape.plane import Array, Plane
from vitreous.inside.landscape.program import LOGITS, Program

_RULES = LAYERS | BETWEEN


def compiled(program: Program, plane: Plane, one: Array) -> Compiled:
    """`one`: the seam's value of one picture, [1, …], which tells the shapes."""
    with torch.inference_mode():
        draft = Draft(program, plane, one)
        for node in program.nodes:
            _RULES.get(node.kind, Draft.plain)(draft, node)
        name = draft.settled(LOGITS)
        if name != LOGITS:
            draft.made.steps.append(Step("name", lambda values, weights: values.update({LOGITS: values[name]}), ()))
    return draft.made
