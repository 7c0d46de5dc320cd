"""The end of a network in torch: the same features as the walk, the same gradients, from every place where it can be cut."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

sys.path.insert(0, str(Path(__file__).parent))
from deeper_network import CUTS, deeper_network

from vitreous.errors import ModelError
from vitreous.fit.stages import with_more_stages
from vitreous.infer.network import load_network
from vitreous.layers.cuts import FEATURES, cuts
from vitreous.layers.walk import Walk, read_walk
from vitreous.layers.window import Window
from vitreous.training.tuning.tail import DTYPES, Tail, layer_rates, toeplitz_basis

Values = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def shipped() -> tuple[Walk, Values]:
    walk = read_walk(load_network().data)
    return walk, walk.values({"image": np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)})


def test_the_shipped_network_can_be_cut_behind_every_block_the_deepest_first(shipped: tuple[Walk, Values]) -> None:
    found = cuts(*shipped)
    assert found.index("stage7.block1.project.conv") < found.index("stage6.block2") < found.index("stage5.block3") < found.index("stem")
    assert "stage6.block2.expand" not in found  # the block's sum goes around it


def test_no_value_is_kept_once_nothing_asks_for_it() -> None:
    walk = read_walk(deeper_network().data)
    values = {name: value for name, value in walk.values({"image": np.zeros((1, 32, 32, 3), np.uint8)}).items() if value.ndim}
    tail, alive = Tail(walk, values, "planes"), list[int]()
    tail._steps = [(name, lambda kept, step=step: (alive.append(len(kept)), step(kept))[1]) for name, step in tail._steps]
    tail(torch.from_numpy(values["planes"]))
    assert max(alive) == 2 and len(alive) > 10  # what a sum goes around, and what goes on


@pytest.mark.parametrize("cut", ["head", "stage7.block1.project.conv", "stage6.block1.project.conv", "stage5.block3", "stage3.block2"])
def test_from_a_cut_on_the_features_are_those_of_the_walk(cut: str, shipped: tuple[Walk, Values]) -> None:
    walk, values = shipped
    tail = Tail(walk, {name: value[:1] for name, value in values.items() if value.ndim}, cut)
    with torch.no_grad():
        found = tail(torch.from_numpy(values[cut])).numpy()
    assert np.abs(found - values[FEATURES]).max() < 1e-4 * np.abs(values[FEATURES]).max()
    if cut == "stage5.block3":
        assert "stage6.block1.expand.weight" in tail.names and "stage5.block3.project.weight" not in tail.names
        assert all(np.array_equal(array, walk.constants[name].astype(np.float32)) for name, array in tail.arrays().items())


def test_gradients_are_those_of_the_walk(shipped: tuple[Walk, Values]) -> None:
    walk, values = shipped
    cut = "stage6.block2"
    tail = Tail(walk, {name: value[:1] for name, value in values.items() if value.ndim}, cut)
    seed = np.random.default_rng(1).normal(0, 1, values[FEATURES].shape).astype(np.float32)
    (tail(torch.from_numpy(values[cut])) * torch.from_numpy(seed)).sum().backward()
    names = ["stage6.block3.depthwise.weight", "stage7.block1.expand.weight", "head.bias"]
    expected = walk.gradients(values, {FEATURES: seed}, names)
    for name in names:
        gradient = tail.weight(name).grad
        assert gradient is not None and np.abs(gradient.numpy() - expected[name]).max() < 1e-3 * np.abs(expected[name]).max(), name


@pytest.mark.parametrize(
    "window",
    [
        Window((3, 3), (1, 1), (1, 1, 1, 1)),
        Window((5, 5), (2, 2), (1, 1, 2, 2)),
        Window((3, 2), (1, 2), (0, 1, 2, 0), (2, 1)),
    ],
)
def test_a_kernel_as_a_matrix_convolves(window: Window) -> None:
    rng = np.random.default_rng(0)
    X, W = torch.from_numpy(rng.normal(0, 1, (4, 3, 7, 6))), torch.from_numpy(rng.normal(0, 1, (3, 1, *window.kernel)))
    top, left, bottom, right = window.padding
    expected = torch.nn.functional.conv2d(
        torch.nn.functional.pad(X, (left, right, top, bottom)), W, None, window.stride, 0, window.dilation, groups=3
    )
    basis = torch.from_numpy(toeplitz_basis(window, 7, 6)).double()
    found = torch.bmm(X.flatten(2).transpose(0, 1), (W.flatten(1) @ basis).view(3, 42, -1)).transpose(0, 1)
    assert torch.allclose(found, expected.flatten(2), atol=1e-12)


def test_the_deeper_the_layer_the_faster_it_learns_and_biases_are_not_shrunk(shipped: tuple[Walk, Values]) -> None:
    walk, values = shipped
    tail = Tail(walk, {name: value[:1] for name, value in values.items() if value.ndim}, "stage6.block3")
    groups = layer_rates(tail, 1e-3, 0.5)
    rates = [group["lr"] for group in groups]
    assert rates == sorted(rates) and rates[-1] == 1e-3 and rates[0] < 1e-4
    assert all(("weight_decay" in group) == (group["params"][0].ndim == 1) for group in groups)


def test_an_operator_that_cannot_be_learned_is_named(shipped: tuple[Walk, Values]) -> None:
    walk, values = shipped
    with pytest.raises(ModelError, match="cannot be tuned: its operator is Transpose"):
        Tail(walk, {name: value[:1] for name, value in values.items() if value.ndim}, "image.normal")


@pytest.mark.parametrize("wide", [False, True])
def test_in_bf16_it_says_nearly_the_same_and_its_weights_stay_fp32(wide: bool) -> None:
    network = with_more_stages(deeper_network()) if wide else deeper_network()
    walk = read_walk(network.data)
    pictures = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), np.uint8)
    values = walk.values({"image": pictures})
    one = {name: value[:1] for name, value in values.items() if value.ndim}
    for cut in CUTS[:2] if not wide else CUTS[:1]:
        tail = Tail(walk, one, cut, DTYPES["bf16"])
        found = tail(torch.from_numpy(values[cut]))
        exact = values[FEATURES]
        assert found.dtype == torch.float32 and np.abs(found.detach().numpy() - exact).max() < 0.03 * np.abs(exact).max()
        found.square().sum().backward()
        assert all(weight.dtype == torch.float32 and weight.grad is not None for weight in tail.parameters())


def test_weights_that_were_changed_before_are_where_it_begins() -> None:
    walk = read_walk(deeper_network().data)
    values = {name: value for name, value in walk.values({"image": np.zeros((1, 32, 32, 3), np.uint8)}).items() if value.ndim}
    other = np.full_like(walk.constants["three.weight"], 0.5)
    tail = Tail(walk, values, CUTS[0], changed={"three.weight": other})
    assert np.array_equal(tail.arrays()["three.weight"], other) and np.array_equal(tail.arrays()["three.bias"], walk.constants["three.bias"])
