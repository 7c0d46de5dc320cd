"""Spatial pyramid (Lazebnik, Schmid, Ponce, CVPR 2006): where in the picture a word stands, coarsely.

The largest code of each word in the whole picture, in its quarters and in its sixteenths (max pooling: Yang et al., CVPR 2009). Each level
is rooted and brought to unit length, so that few strong words do not drown the rest (Perronnin, Sánchez, Mensink, ECCV 2010).
"""

from vitreous.fit.classical.graph import Graph

LEVELS = (1, 2, 4)
REGIONS = sum(level * level for level in LEVELS)
_LEAST_LENGTH = 1e-6


def add_pyramid(graph: Graph, code: str, cells: int) -> str:
    """Code [N, K, cells, cells] → `features` [N, 21 K]: level by level; in a level, word by word; in a word, row by row."""
    least = graph.constant("pyramid.least", 1e-20)  # the root's slope at 0 is infinite
    shortest = graph.constant("pyramid.shortest", _LEAST_LENGTH)
    levels = []
    for level in LEVELS:
        name = f"pyramid.{level}x{level}"
        pooled = graph.add("MaxPool", [code], name, window(cells, level))
        flat = graph.add("Flatten", [pooled], f"{name}.flat", {"axis": 1})
        root = graph.add("Sqrt", [graph.add("Max", [flat, least], f"{name}.positive")], f"{name}.root")
        length = graph.add("ReduceL2", [root], f"{name}.length", {"axes": [1], "keepdims": 1})
        levels.append(graph.add("Div", [root, graph.add("Max", [length, shortest], f"{name}.divisor")], f"{name}.unit"))
    return graph.add("Concat", levels, "features", {"axis": 1})


def window(cells: int, level: int) -> dict[str, list[int]]:
    """Pooling that makes `level` regions a side of `cells`; they overlap by some cells where `level` does not divide `cells`.

    >>> window(20, 4), window(27, 4)
    ({'kernel_shape': [5, 5], 'strides': [5, 5]}, {'kernel_shape': [9, 9], 'strides': [6, 6]})
    """
    stride = cells // level
    return {"kernel_shape": [cells - (level - 1) * stride] * 2, "strides": [stride] * 2}
