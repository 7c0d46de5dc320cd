"""What a node of an ONNX file does, forward and backward, by the layers of this package.

`OPERATORS` maps the operator's name to its two functions. Only Split has several outputs with a gradient: it gets them joined again.

Source: the ONNX operator specification, opsets 7 to 22.
"""

from vitreous.layers.operators.node import Backward, Node, Operator
from vitreous.layers.operators.products import PRODUCTS
from vitreous.layers.operators.shapes import SHAPES
from vitreous.layers.operators.values import VALUES
from vitreous.layers.operators.windows import WINDOWS, window_of_node

__all__ = ["OPERATORS", "Backward", "Node", "Operator", "window_of_node"]

OPERATORS: dict[str, Operator] = {**WINDOWS, **PRODUCTS, **VALUES, **SHAPES}
