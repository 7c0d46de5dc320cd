"""Histograms of oriented gradients (Dalal, Triggs, CVPR 2005) as ONNX nodes, equal to scikit-image's `hog`.

    g = [-1 0 1] along rows and columns, 0 at the picture's edge
    cell: over 8×8 pixels, the mean of |g| in each of nine unsigned orientations [20° k, 20° (k+1))
    block: 2×2 cells, v ← v / √(|v|² + ε²), then cut off at 0.2, then the same again ("L2-Hys"), ε = 1e-5

An orientation is at least 20° k where cross(border k, g) and the row gradient have the same sign: no arctangent is needed. What is
summed over a cell is therefore cumulative, |g| of all orientations from k on, and a bin is the difference of two neighbours.
For grey values that are whole numbers the borders are hit by none but k = 0, since the tangents of 20°, 40°, … are irrational.
"""

import numpy as np

from vitreous.fit.classical.graph import Graph

CELL, ORIENTATIONS, BLOCK = 8, 9, 2
WIDTH = BLOCK * BLOCK * ORIENTATIONS
CUT, EPSILON = 0.2, 1e-5


def add_hog(graph: Graph, grey: str) -> str:
    """Grey [N, 1, S, S] in 0–255 → descriptors [N, 36, h, w] of blocks, h = w = S // 8 - 1; channels (row, column, orientation)."""
    vertical = graph.constant("hog.vertical.kernel", np.array([-1, 0, 1]).reshape(1, 1, 3, 1))
    horizontal = graph.constant("hog.horizontal.kernel", np.array([-1, 0, 1]).reshape(1, 1, 1, 3))
    inner_rows = graph.add("Conv", [grey, vertical], "hog.vertical.inner")
    inner_columns = graph.add("Conv", [grey, horizontal], "hog.horizontal.inner")
    g_row = graph.add("Pad", [inner_rows, graph.constant("hog.vertical.pads", [0, 0, 1, 0, 0, 0, 1, 0], np.int64)], "hog.vertical")
    g_column = graph.add("Pad", [inner_columns, graph.constant("hog.horizontal.pads", [0, 0, 0, 1, 0, 0, 0, 1], np.int64)], "hog.horizontal")
    gradient = graph.add("Concat", [g_row, g_column], "hog.gradient", {"axis": 1})
    return _add_blocks(graph, _add_cells(graph, gradient, g_row))


def _add_cells(graph: Graph, gradient: str, g_row: str) -> str:
    """[N, 2, S, S] → histograms [N, 9, S // 8, S // 8]."""
    squares = graph.sum_of_channels(graph.add("Mul", [gradient, gradient], "hog.gradient.squares"), 2, "hog.gradient.power")
    # the root's slope at 0 is infinite, and times the gradient's 0 it would be no number; larger, two normalizations would make it visible
    positive = graph.add("Max", [squares, graph.constant("hog.least", 1e-36)], "hog.gradient.positive")
    magnitude = graph.add("Sqrt", [positive], "hog.magnitude")

    angle = np.deg2rad(180 / ORIENTATIONS) * np.arange(1, ORIENTATIONS)
    crosses = np.stack([np.cos(angle), -np.sin(angle)], 1).reshape(ORIENTATIONS - 1, 2, 1, 1)
    cross = graph.add("Conv", [gradient, graph.constant("hog.borders", crosses)], "hog.cross")
    same_side = graph.add("Mul", [cross, g_row], "hog.side")
    past = graph.add("Greater", [same_side, graph.constant("hog.zero", 0)], "hog.past")
    votes = graph.add("Where", [past, magnitude, "hog.zero"], "hog.votes.past")
    votes = graph.add("Concat", [magnitude, votes], "hog.votes", {"axis": 1})  # [N, 9, S, S]: from orientation k on

    pooled = graph.add("AveragePool", [votes], "hog.cumulative", {"kernel_shape": [CELL, CELL], "strides": [CELL, CELL]})
    difference = np.eye(ORIENTATIONS) - np.eye(ORIENTATIONS, k=1)
    return graph.add("Conv", [pooled, graph.constant("hog.difference", difference[:, :, None, None])], "hog.cells")


def _add_blocks(graph: Graph, cells: str) -> str:
    """Histograms of cells [N, 9, H, W] → blocks [N, 36, H - 1, W - 1] of unit length."""
    gather = np.zeros((BLOCK, BLOCK, ORIENTATIONS, ORIENTATIONS, BLOCK, BLOCK))
    for row in range(BLOCK):
        for column in range(BLOCK):
            gather[row, column, :, :, row, column] = np.eye(ORIENTATIONS)
    blocks = graph.add("Conv", [cells, graph.constant("hog.gather", gather.reshape(WIDTH, ORIENTATIONS, BLOCK, BLOCK))], "hog.blocks")
    unit = _add_unit_length(graph, blocks, "hog.unit")
    cut = graph.add("Min", [unit, graph.constant("hog.cut.at", CUT)], "hog.cut")
    return _add_unit_length(graph, cut, "hog")


def _add_unit_length(graph: Graph, value: str, output: str) -> str:
    """v / √(|v|² + ε²) over the channels."""
    power = graph.sum_of_channels(graph.add("Mul", [value, value], f"{output}.squares"), WIDTH, f"{output}.power")
    raised = graph.add("Add", [power, graph.constant(f"{output}.epsilon", EPSILON**2)], f"{output}.power.raised")
    return graph.add("Div", [value, graph.add("Sqrt", [raised], f"{output}.length")], output)
