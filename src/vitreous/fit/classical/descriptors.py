"""Dense descriptors on a grid: HOG for the shape, LBP for the texture, of patches of 16×16 pixels that begin 8 apart.

Grey is ITU-R BT.601 luma, 0.299 R + 0.587 G + 0.114 B, in Pillow's fixed-point weights: sums of whole numbers below 2²⁴ are exact in fp32, so
rounded to whole numbers it is Pillow's "L", bit for bit. LBP compares the rounded values; HOG takes them unrounded,
so that a gradient reaches the pixels.
"""

import numpy as np

from vitreous.errors import UsageError
from vitreous.fit.classical import hog, lbp
from vitreous.fit.classical.graph import Graph

WIDTH = hog.WIDTH + lbp.CODES
LEAST_SIDE = 40  # four patches a side, for the pyramid
MOST_SIDE = 512  # planes of all steps take 60 MB a picture there, of which 16 are under way
_LUMA = np.array([19595, 38470, 7471])


def dense_descriptors(graph: Graph) -> str:
    """`image` uint8 [N, S, S, 3] → descriptors [N, 46, h, w], h = w = S // 8 - 1: HOG in the first 36 channels, then the root of LBP's shares.

    The root makes Euclidean distances of shares Hellinger distances, in which rare codes count too.
    """
    grey = add_grey(graph)
    shape = hog.add_hog(graph, grey)
    raised = graph.add("Add", [grey, graph.constant("grey.half", 0.5)], "grey.raised")
    shares = lbp.add_lbp(graph, graph.add("Floor", [raised], "grey.whole"))
    positive = graph.add("Max", [shares, graph.constant("lbp.least", 1e-20)], "lbp.positive")  # the slope of the root at 0 is infinite
    texture = graph.add("Sqrt", [positive], "lbp.root")
    return graph.add("Concat", [shape, texture], "descriptors", {"axis": 1})


def add_grey(graph: Graph) -> str:
    """`image` uint8 [N, S, S, 3] → luma [N, 1, S, S] in 0–255, not rounded."""
    numbers = graph.add("Cast", ["image"], "image.float", {"to": 1})
    planes = graph.add("Transpose", [numbers], "image.planes", {"perm": [0, 3, 1, 2]})
    return graph.add("Conv", [planes, graph.constant("grey.luma", (_LUMA / 65536).reshape(1, 3, 1, 1))], "grey")


def grid(side: int) -> int:
    """Patches along a side of `side` pixels. Raises UsageError where they are too few for the pyramid, or too many for the memory."""
    if side < LEAST_SIDE:
        raise UsageError(
            "the picture is too small for the classical network", f"{side} pixels a side", f"at least {LEAST_SIDE}", "take a larger size"
        )
    if side > MOST_SIDE:
        raise UsageError("the picture is too large for the classical network", f"{side} pixels a side", f"at most {MOST_SIDE}", "take a smaller size")
    return side // hog.CELL - 1
