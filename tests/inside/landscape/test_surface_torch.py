"""The loss at points of a plane: by torch rewritten, by numpy, and by the plain loop over points that anyone would write, which is the judge."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

torch = pytest.importorskip("torch")

from vitreous.core.view import View
from vitreous.export.onnx_file import to_network_as_trained
from vitreous.inside.landscape.between import SIGMOID, SUM
from vitreous.inside.landscape.compiling import compiled
from vitreous.inside.landscape.plane import Plane
from vitreous.inside.landscape.program import Program, program_of, run_fixed, summed
from vitreous.inside.landscape.rows import summed_in_torch
from vitreous.layers.walk import read_walk
from vitreous.nets import build

PICTURES, CLASSES = 5, 4
ALPHAS, BETAS = np.linspace(-1, 1, 3), np.linspace(-0.5, 0.5, 2)
# Name, channels, side: tanh and means; a side at which means are spread over more places; plain layers; norms and skips; branches and norms
# over channels; an even mixture.
NETWORKS = [("lenet", 1, 32), ("lenet", 3, 28), ("mlp", 1, 8), ("linear", 3, 8), ("resnet20-cifar", 3, 16), ("resnet9", 3, 16)]
SLOW = [("googlenet", 3, 32), ("efficientnet-lite0", 3, 32), ("resnet50", 3, 32)]


class Case:
    """A network with random weights, its program, and a plane in which all of them move: biases and norms too, as along a path."""

    def __init__(self, name: str, channels: int, side: int) -> None:
        random = np.random.default_rng(0)
        self.net = build(name, CLASSES, channels, side).eval()
        state = self.net.state_dict()
        for key in state:
            if key.endswith(("running_mean", "bias")):  # no two alike: they are told apart by their numbers
                state[key] += torch.from_numpy(random.normal(0, 0.1, state[key].shape)).float()
            if key.endswith("running_var") or (key.endswith("weight") and state[key].ndim == 1):
                state[key] *= torch.from_numpy(random.uniform(0.5, 2, state[key].shape)).float()
        walk = read_walk(to_network_as_trained(self.net, list("abcd"), View.whole(side), 100.0, 50.0, {}).data)
        self.names = self._names(walk)
        weights = {name: state[own].numpy().copy() for name, own in self.names.items()}
        self.program: Program = program_of(walk, weights, name)
        directions = [{key: (0.3 * W.std() + 0.02) * random.normal(size=W.shape) for key, W in weights.items()} for _ in range(2)]
        first, second = ({key: value.astype(np.float32) for key, value in each.items()} for each in directions)
        self.plane = Plane(weights, first, second)
        pictures = random.integers(0, 256, (PICTURES, side, side, 3)).astype(np.uint8)
        self.X = run_fixed(self.program, walk.constants | {"image": pictures})
        self.x = torch.from_numpy(np.ascontiguousarray(walk.values({"image": pictures})["pixels"]))
        self.target: Any = random.integers(0, CLASSES, PICTURES)

    def _names(self, walk: Any) -> dict[str, str]:
        """What each learned constant of the file is called in torch, by its numbers."""
        own = {(tuple(value.shape), value.numpy().tobytes()): key for key, value in self.net.state_dict().items() if value.ndim}
        names = {}
        for node in walk.nodes:
            for name in node.inputs[1:]:
                if name in walk.constants and node.kind in ("Conv", "Gemm", "BatchNormalization"):
                    key = own.get((walk.constants[name].shape, walk.constants[name].tobytes()))
                    if key and "running" not in key:
                        names[name] = key
        return names

    def plain(self, dtype: Any = torch.float32) -> np.ndarray:
        """Set the weights, run the network, sum the loss: at every point."""
        self.net.to(dtype)
        parameters = dict(self.net.named_parameters())
        found = np.zeros((len(BETAS), len(ALPHAS)))
        with torch.inference_mode():
            for row, beta in enumerate(BETAS):
                for column, alpha in enumerate(ALPHAS):
                    for name, value in self.plane.at(alpha, beta).items():
                        parameters[self.names[name]].copy_(torch.from_numpy(value))
                    found[row, column] = self.loss(self.net(self.x.to(dtype)))
        self.net.float()
        return found

    def loss(self, logits: Any) -> float:
        if self.target.ndim == 1:
            return float(torch.nn.functional.cross_entropy(logits, torch.from_numpy(self.target), reduction="sum"))
        known = np.isfinite(self.target)
        rows = torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(np.nan_to_num(self.target)).float(), reduction="none")
        return float((rows.numpy() * known).sum(1) @ (1 / known.sum(1)))


@pytest.fixture
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(("name", "channels", "side"), [*NETWORKS, *(pytest.param(*each, marks=pytest.mark.slow) for each in SLOW)], ids=str)
def test_the_plain_loop_over_points_gives_the_same(name: str, channels: int, side: int, one_thread: None) -> None:
    case = Case(name, channels, side)
    expected = case.plain(torch.float64)
    # Rounding to fp32 costs more through 60 layers than through 3: three times what it costs the plain loop, or 1e-5 (80 units in the last place).
    tolerance = {"rtol": max(1e-5, 3 * float((np.abs(case.plain() - expected) / expected).max()))}
    assert_allclose(summed_in_torch(case.program, case.plane, ALPHAS, BETAS, case.X, case.target, 2, lambda done: None), expected, **tolerance)
    if case.X.size * len(case.program.nodes) < 300_000:
        assert_allclose(summed(case.program, case.plane, ALPHAS, BETAS, case.X, case.target), expected, **tolerance)


def test_several_labels_of_which_some_are_unknown_cost_the_mean_over_the_known(one_thread: None) -> None:
    case = Case("mlp", 1, 8)
    case.target = np.array([[0, 1, np.nan, 1], [0, 0, 0, 0], [1, 1, 1, np.nan], [np.nan, np.nan, np.nan, 1], [0, 1, 0, 1]])
    expected = case.plain()
    for sums in (
        summed_in_torch(case.program, case.plane, ALPHAS, BETAS, case.X, case.target, 1, lambda done: None),
        summed(case.program, case.plane, ALPHAS, BETAS, case.X, case.target),
    ):
        assert_allclose(sums, expected, rtol=1e-5)


def test_lenet_is_left_with_nothing_but_layers_sigmoids_and_sums() -> None:
    case = Case("lenet", 1, 28)
    kinds = [step.kind for step in compiled(case.program, case.plane, case.X[:1]).steps]
    assert kinds == [SIGMOID, SUM, "layer", SIGMOID, SUM, "layer", SIGMOID, "layer", SIGMOID, "layer"]


def test_answers_too_large_for_an_exponential_function_are_right_too(one_thread: None) -> None:
    case = Case("lenet", 1, 28)
    for part in (case.plane.centre, case.plane.first):
        next(iter(part.values()))[:] *= 60
    sums = summed_in_torch(case.program, case.plane, ALPHAS, BETAS, case.X, case.target, 1, lambda done: None)
    assert_allclose(sums, case.plain(), rtol=1e-4)  # the first layer's sums are in the hundreds: an error of 1e-5 of them


def test_every_point_and_picture_is_told_once(one_thread: None) -> None:
    case, told = Case("linear", 1, 8), []
    summed_in_torch(case.program, case.plane, ALPHAS, BETAS, case.X, case.target, 2, told.append)
    assert sum(told) == len(ALPHAS) * len(BETAS) * PICTURES


def test_threads_are_given_back_as_they_were() -> None:
    case, before = Case("linear", 1, 8), torch.get_num_threads()
    summed_in_torch(case.program, case.plane, ALPHAS, BETAS, case.X, case.target, 1, lambda done: None)
    assert torch.get_num_threads() == before


def test_the_weights_of_a_network_with_norms_are_found_in_its_file_by_their_numbers() -> None:
    from safetensors.torch import save

    from vitreous.inside.landscape.learned import of_torch
    from vitreous.inside.landscape.safetensors import safetensors

    case = Case("resnet20-cifar", 3, 16)
    walk = read_walk(to_network_as_trained(case.net, list("abcd"), View.whole(16), 100.0, 50.0, {}).data)
    stored, _ = safetensors(save({name: value.contiguous() for name, value in case.net.state_dict().items()}), "weights.safetensors")
    found = of_torch(stored, walk, "x-1")
    assert found.stored == case.names and len(found.weights) == len(list(case.net.parameters()))
    assert all((found.weights[name] == stored[own]).all() for name, own in found.stored.items())
