"""The graphs against counts worked out by hand and the shapes of LeNet-5's paper."""

import numpy as np
import pytest

from vitreous.errors import UsageError
from vitreous.fit.small.graphs import SMALL_NETS, SMALLEST, small_graph
from vitreous.layers.walk import read_walk


def parameters(model: bytes) -> int:
    return sum(value.size for name, value in read_walk(model).constants.items() if name.endswith((".weight", ".bias")))


@pytest.mark.parametrize(
    "kind, size, count",
    [
        ("linear", 28, 784 * 10 + 10),
        ("mlp", 28, 784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10),
        # conv1 156, conv2 2,416, fc1 48,120, fc2 10,164, classifier 850: LeNet-5 with all maps joined
        ("lenet", 32, 61_706),
        ("lenet", 28, 61_706),
    ],
)
def test_there_are_as_many_parameters_as_the_papers_layers_have(kind: str, size: int, count: int) -> None:
    assert parameters(small_graph(kind, 10, 1, size, 0)) == count


@pytest.mark.parametrize("size", [28, 32])
def test_the_maps_of_lenet_have_the_papers_sizes(size: int) -> None:
    values = read_walk(small_graph("lenet", 10, 1, size, 0)).values({"features": np.zeros((2, size * size), np.float32)})
    shapes = {name: values[name].shape[1:] for name in ("conv1", "pool1", "conv2", "pool2", "fc1", "fc2", "logits")}
    assert shapes == {
        "conv1": (6, 28, 28),
        "pool1": (6, 14, 14),
        "conv2": (16, 10, 10),
        "pool2": (16, 5, 5),
        "fc1": (120,),
        "fc2": (84,),
        "logits": (10,),
    }


@pytest.mark.parametrize("kind", SMALL_NETS)
@pytest.mark.parametrize("extra, channels", [(0, 1), (1, 3), (9, 3)])
def test_every_size_from_the_smallest_on_runs_in_onnxruntime_as_in_the_walk(kind: str, extra: int, channels: int) -> None:
    runtime = pytest.importorskip("onnxruntime")
    size = SMALLEST[kind] + extra
    model = small_graph(kind, 4, channels, size, 1)
    X = np.random.default_rng(2).random((3, channels * size * size), np.float32)
    theirs = runtime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(["logits"], {"features": X})[0]
    # sums of some hundred products in fp32, in another order
    np.testing.assert_allclose(read_walk(model).values({"features": X})["logits"], theirs, atol=2e-5)


def test_a_size_too_small_is_told_the_smallest() -> None:
    with pytest.raises(UsageError, match="11 pixels; 12 pixels or more"):
        small_graph("lenet", 10, 1, 11, 0)


def test_an_unknown_kind_is_told_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'lenet'"):
        small_graph("lenett", 10, 1, 28, 0)


def test_one_class_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 2 classes"):
        small_graph("linear", 1, 1, 28, 0)


def test_a_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert small_graph("lenet", 10, 1, 28, 5) == small_graph("lenet", 10, 1, 28, 5) != small_graph("lenet", 10, 1, 28, 6)


def test_first_weights_have_the_deviation_of_he() -> None:
    weight = read_walk(small_graph("mlp", 10, 1, 28, 0)).constants["fc1.weight"]
    # 200,704 draws: the deviation of a deviation is 0.16 %
    assert weight.std() == pytest.approx(np.sqrt(2 / 784), rel=0.008)


def test_the_files_are_valid_onnx() -> None:
    import onnx

    for kind in SMALL_NETS:
        onnx.checker.check_model(onnx.load_model_from_string(small_graph(kind, 3, 3, 20, 0)), full_check=True)
