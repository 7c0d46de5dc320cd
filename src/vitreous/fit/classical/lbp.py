"""Local binary patterns (Ojala, Pietikäinen, Mäenpää, PAMI 2002), uniform and rotation invariant, as ONNX nodes.

    bit p = 1 where the grey value at angle 45° p, one pixel away, is at least that of the centre (bilinear; 0 outside the picture)
    code  = number of ones where the circle of eight bits changes at most twice, else 9

Equal to scikit-image's `local_binary_pattern(grey, 8, 1, "uniform")`. Grey values are whole numbers, so a diagonal sample is
either equal to the centre or differs by at least 5.0e-4; the bit is set down to half of that below, which fp32 rounding (5e-5)
does not reach. scikit-image has no such margin: where a diagonal sample equals the centre by cancelling, its own rounding decides.
"""

import numpy as np
from numpy.typing import NDArray

from vitreous.fit.classical.graph import Graph

NEIGHBOURS, CODES = 8, 10
PATCH, STEP = 16, 8
MARGIN = 2.5e-4
# scikit-image's sin 45°, rounded to five digits
_DIAGONAL = 0.70711


def add_lbp(graph: Graph, grey: str) -> str:
    """Grey [N, 1, S, S], whole numbers → share of each code [N, 10, h, w] in patches of 16×16 pixels, 8 apart."""
    codes = add_codes(graph, grey)
    each = graph.add("Equal", [codes, graph.constant("lbp.each", np.arange(CODES).reshape(1, CODES, 1, 1))], "lbp.is")
    one_hot = graph.add("Cast", [each], "lbp.one_hot", {"to": 1})
    cells = graph.add("AveragePool", [one_hot], "lbp.cells", {"kernel_shape": [STEP, STEP], "strides": [STEP, STEP]})
    return graph.add("AveragePool", [cells], "lbp", {"kernel_shape": [PATCH // STEP] * 2, "strides": [1, 1]})


def add_codes(graph: Graph, grey: str) -> str:
    """Grey [N, 1, S, S], whole numbers → codes 0–9 as fp32 [N, 1, S, S]."""
    difference = graph.add("Conv", [grey, graph.constant("lbp.samples", _samples()[:, None])], "lbp.difference", {"pads": [1, 1, 1, 1]})
    set_bits = graph.add("Greater", [difference, graph.constant("lbp.margin", -MARGIN)], "lbp.set")
    bits = graph.add("Cast", [set_bits], "lbp.bits", {"to": 1})
    ones = graph.sum_of_channels(bits, NEIGHBOURS, "lbp.ones")
    around = np.eye(NEIGHBOURS) - np.roll(np.eye(NEIGHBOURS), 1, axis=1)
    turn = graph.add("Conv", [bits, graph.constant("lbp.around", around[:, :, None, None])], "lbp.turn")
    changes = graph.sum_of_channels(graph.add("Abs", [turn], "lbp.change"), NEIGHBOURS, "lbp.changes")
    uniform = graph.add("Less", [changes, graph.constant("lbp.most", 2.5)], "lbp.uniform")
    return graph.add("Where", [uniform, ones, graph.constant("lbp.other", CODES - 1)], "lbp.codes")


def _samples() -> NDArray[np.float64]:
    """[8, 3, 3]: the weights of "sample minus centre", counter-clockwise from the right."""
    near, far = 1 - _DIAGONAL, _DIAGONAL
    corner = np.array([[near * far, far * far], [near * near, near * far]])  # of the four pixels up and to the right
    right, up_right = np.zeros((3, 3)), np.zeros((3, 3))
    right[1, 2] = 1
    up_right[:2, 1:] = corner
    kernels = np.stack([np.rot90(kernel, turn) for turn in range(4) for kernel in (right, up_right)])
    kernels[:, 1, 1] -= kernels.sum((1, 2))
    return kernels
