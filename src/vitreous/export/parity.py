"""The proof that a torch network and its `model.onnx` give the same answers, before the file is used for anything.

Random pictures pass through torch (fp32, inference mode) and through everything here that runs the file: OpenVINO, onnxruntime where it
is installed, and the walk through the layers of this package. Features, logits and probabilities are compared.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vitreous.errors import ModelError
from vitreous.export.onnx_file import LUMA
from vitreous.infer.engine import Outputs, default_setting, run_batch, start_engine
from vitreous.infer.network import Network
from vitreous.layers.walk import read_walk

OUTPUTS = ("features", "logits", "probability")
# A part of the largest value: of fp32's 24 bits ten are left to rounding, for sums of up to 25,088 products in another order, in as
# many as 60 layers. A wrong stride, pad or constant moves logits by more than a hundredth.
ROUNDING = 2.0**-14
_PICTURES = 2


def prove(net: nn.Module, network: Network) -> float:
    """The largest difference in probability between the torch network and the file, on random pictures, over all that run it.

    Raises ModelError, with the library and the output by name, where a difference is beyond the rounding of fp32.
    """
    pictures = _random_pictures(network.view.size)
    expected = _by_torch(net, network, pictures)
    largest = 0.0
    for name, outputs in _runs(network, pictures):
        for output in OUTPUTS:
            difference = float(np.abs(outputs[output] - expected[output]).max())
            allowed = ROUNDING * max(1.0, float(np.abs(expected[output]).max())) if output == "probability" else ROUNDING * _scale(expected[output])
            if not difference <= allowed:  # also where it is no number
                raise ModelError(
                    "the exported file does not answer as the network does",
                    f"{output} differ by up to {difference:.2g} in {name}",
                    f"at most {allowed:.2g}",
                    "please report it, with the network",
                )
        largest = max(largest, float(np.abs(outputs["probability"] - expected["probability"]).max()))
    return largest


def _scale(values: NDArray[np.float32]) -> float:
    return max(float(np.abs(values).max()), float(np.finfo(np.float32).tiny))


def _random_pictures(size: int) -> NDArray[np.uint8]:
    """uint8 [2, size, size, 3]: coarse patches under noise, so that all layers have something to say."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (_PICTURES, 8, 8, 3)).repeat(-(-size // 8), 1).repeat(-(-size // 8), 2)[:, :size, :size]
    noisy: NDArray[np.uint8] = np.clip(coarse + rng.normal(0, 20, coarse.shape), 0, 255).astype(np.uint8)
    return noisy


@torch.no_grad()
def _by_torch(net: nn.Module, network: Network, pictures: NDArray[np.uint8]) -> Outputs:
    mean, std = (torch.tensor(network.facts[name]) for name in ("mean", "std"))
    x = torch.from_numpy(pictures).float()
    if net.accepts.channels == 1:
        x = x @ torch.tensor(LUMA)[:, None]
    x = ((x - mean) * (1 / std)).permute(0, 3, 1, 2)
    was_training = net.training
    try:
        values = net.eval().named_values(x.to(next(net.parameters()).device))
    finally:
        net.train(was_training)
    *_, features, logits = values.values()
    found: dict[str, Tensor] = {"features": features, "logits": logits, "probability": logits.softmax(1)}
    return {name: value.float().cpu().numpy() for name, value in found.items()}


def _runs(network: Network, pictures: NDArray[np.uint8]) -> Iterator[tuple[str, dict[str, Any]]]:
    for library in ("openvino", "onnxruntime"):
        if find_spec(library):
            engine = start_engine(network, default_setting(len(pictures), "f32", library), OUTPUTS)
            yield library, run_batch(engine, pictures)
    yield "the walk", _walked(network, pictures)


def _walked(network: Network, pictures: NDArray[np.uint8]) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for node, outputs in read_walk(network.data).steps({"image": pictures}):
        wanted.update({name: value for name, value in zip(node.outputs, outputs, strict=False) if name in OUTPUTS})
    return wanted
