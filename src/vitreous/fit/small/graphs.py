"""Small networks as ONNX graphs, with random weights: what there is to be learned.

    linear    standard ─ classifier                                                    softmax(W x + b): one template a class
    mlp       standard ─ fc1 256 ─ ReLU ─ fc2 128 ─ ReLU ─ classifier                  two hidden layers
    lenet     standard ─ conv1 6 @ 5×5 ─ ReLU ─ pool1 ─ conv2 16 @ 5×5 ─ ReLU ─ pool2
                       ─ fc1 120 ─ ReLU ─ fc2 84 ─ ReLU ─ classifier                   LeNet-5, with its numbers of maps and neurons

Input `features` [N, C · S · S], plane after plane, as the network "pixels" gives them; output `logits` [N, K]; the values between
are called by their layers. `standard` takes a mean off each channel and divides by a deviation; both are set when training begins.

LeNet-5 of the paper has 32×32 pixels, tanh, average pools with weights of their own, only some of the 6 maps behind each of the
16, and radial basis functions at its end. Here: ReLU (on held-out digits 98.9 % like tanh, with a loss of 0.037 against 0.043),
max-pool, all maps, softmax; and conv1 has two pixels of zeros around the picture where it is smaller than 32, as is usual for
pictures of 28×28. Smaller than 12 pixels nothing would be left behind pool2.

Weights begin as normal numbers of deviation √(2 / inputs) before ReLU (He et al. 2015), of √(2 / (inputs + outputs)) in the
classifier (Glorot, Bengio 2010); biases at zero.

Source: LeCun, Bottou, Bengio, Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.errors import UsageError, nearest
from vitreous.fit.small.pixels import IR_VERSION, OPSET

Floats = npt.NDArray[np.float32]

HIDDEN = (256, 128)
MAPS, NEURONS = (6, 16), (120, 84)
_KERNEL, _PADDED_BELOW = 5, 32
CLASSIFIER = "classifier"
MEAN, SCALE = "standard.mean", "standard.scale"


def small_graph(kind: str, classes: int, channels: int, size: int, seed: int) -> bytes:
    """The bytes of an ONNX file: network `kind` for square pictures of `size` pixels a side and so many channels and classes.

    Raises UsageError for a kind that is not known, fewer than two classes, and a size too small for the network.
    """
    if kind not in SMALL_NETS:
        raise UsageError(f"unknown small network {kind!r}", remedy=nearest(kind, SMALL_NETS))
    if classes < 2 or channels < 1:
        raise UsageError(f"cannot build {kind}", f"{classes} classes, {channels} channels", "at least 2 classes and 1 channel")
    require_size(kind, size)
    graph = _Graph(channels, size, np.random.default_rng(seed))
    SMALL_NETS[kind](graph)
    graph.classifier(classes)
    return graph.to_bytes(kind, classes)


def require_size(kind: str, size: int) -> None:
    """Raises UsageError for pictures whose side of `size` pixels is too small for the network."""
    if size < SMALLEST[kind]:
        raise UsageError(f"cannot build {kind}", f"pictures of {size} pixels", f"{SMALLEST[kind]} pixels or more", "choose a larger size")


def _linear(graph: "_Graph") -> None:
    graph.flatten()


def _mlp(graph: "_Graph") -> None:
    graph.flatten()
    for number, neurons in enumerate(HIDDEN, start=1):
        graph.fully_connected(f"fc{number}", neurons)
        graph.relu(f"relu{number}")


def _lenet(graph: "_Graph") -> None:
    for number, maps in enumerate(MAPS, start=1):
        graph.convolution(f"conv{number}", maps, padding=2 if number == 1 and graph.size < _PADDED_BELOW else 0)
        graph.relu(f"relu{number}")
        graph.max_pool(f"pool{number}")
    graph.flatten()
    for number, neurons in enumerate(NEURONS, start=1):
        graph.fully_connected(f"fc{number}", neurons)
        graph.relu(f"relu{number + len(MAPS)}")


SMALL_NETS: dict[str, Callable[["_Graph"], None]] = {"linear": _linear, "mlp": _mlp, "lenet": _lenet}
# lenet: padded by 2, conv1 keeps the size; pool1 halves it; conv2 takes 4 off; pool2 needs 2
SMALLEST = {"linear": 1, "mlp": 1, "lenet": 12}


class _Graph:
    """An ONNX graph in the making: each layer goes behind the last one."""

    def __init__(self, channels: int, size: int, random: np.random.Generator) -> None:
        from onnx import numpy_helper

        self.channels, self.size, self.random = channels, size, random
        self.input_width = channels * size * size
        self.nodes: list[Any] = []
        self.weights: dict[str, npt.NDArray[Any]] = {}
        self.last, self.width = "features", 0
        self._from_array = numpy_helper.from_array
        self.weights["planes.shape"] = np.array([0, channels, size, size], np.int64)
        self.weights[MEAN] = np.zeros((1, channels, 1, 1), np.float32)
        self.weights[SCALE] = np.ones((1, channels, 1, 1), np.float32)
        self._add("Reshape", "planes", ["planes.shape"])
        self._add("Sub", "standard.centred", [MEAN])
        self._add("Mul", "standard", [SCALE])

    def convolution(self, name: str, maps: int, padding: int) -> None:
        self._weigh(name, (maps, self.channels, _KERNEL, _KERNEL), 2 / (self.channels * _KERNEL**2))
        self._add("Conv", name, [f"{name}.weight", f"{name}.bias"], kernel_shape=[_KERNEL, _KERNEL], pads=[padding] * 4)
        self.channels, self.size = maps, self.size + 2 * padding - _KERNEL + 1

    def max_pool(self, name: str) -> None:
        self._add("MaxPool", name, [], kernel_shape=[2, 2], strides=[2, 2])
        self.size //= 2

    def relu(self, name: str) -> None:
        self._add("Relu", name, [])

    def flatten(self) -> None:
        self._add("Flatten", "flat", [], axis=1)
        self.width = self.channels * self.size**2

    def fully_connected(self, name: str, neurons: int) -> None:
        self._weigh(name, (neurons, self.width), 2 / self.width)
        self._add("Gemm", name, [f"{name}.weight", f"{name}.bias"], transB=1)
        self.width = neurons

    def classifier(self, classes: int) -> None:
        self._weigh(CLASSIFIER, (classes, self.width), 2 / (self.width + classes))
        self._add("Gemm", "logits", [f"{CLASSIFIER}.weight", f"{CLASSIFIER}.bias"], transB=1)

    def to_bytes(self, kind: str, classes: int) -> bytes:
        from onnx import TensorProto, helper

        graph = helper.make_graph(
            self.nodes,
            kind,
            [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", self.input_width])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", classes])],
            [self._from_array(value, name) for name, value in self.weights.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        return bytes(model.SerializeToString(deterministic=True))

    def _weigh(self, name: str, shape: tuple[int, ...], variance: float) -> None:
        self.weights[f"{name}.weight"] = self.random.normal(0, np.sqrt(variance), shape).astype(np.float32)
        self.weights[f"{name}.bias"] = np.zeros(shape[0], np.float32)

    def _add(self, kind: str, output: str, weights: list[str], **attributes: Any) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, [self.last, *weights], [output], name=output, **attributes))
        self.last = output
