"""The file as it is read: weights beside it, and bytes that are no network."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))
from made_files import CLASSIFIER, FEATURES, FP32, PLAIN, POOLED, convolution, ours, planes, some_pictures, theirs, write
from small_network import small_model

from vitreous.errors import ModelError
from vitreous.fit.foreign import foreign_network


@pytest.mark.slow
def test_weights_in_a_file_beside_are_merged_in(tmp_path: Path) -> None:
    import onnx

    whole, pictures = write(tmp_path / "whole.onnx", FEATURES), some_pictures(3)
    divided = tmp_path / "divided.onnx"
    onnx.save_model(onnx.load(whole), divided, save_as_external_data=True, location="divided.data", size_threshold=0)
    network = foreign_network(divided, PLAIN)
    np.testing.assert_allclose(ours(network, pictures), theirs(whole, planes(pictures) / 255), **FP32)
    (tmp_path / "divided.data").rename(tmp_path / "elsewhere.data")
    with pytest.raises(
        ModelError, match=r"divided.onnx is not complete: its weights lie in divided.data, which is not there; .*put divided.data beside"
    ):
        foreign_network(divided, PLAIN)


def test_weights_outside_the_folder_are_not_read(tmp_path: Path) -> None:
    import onnx

    inner = tmp_path / "inner"
    inner.mkdir()
    model = onnx.load(write(inner / "net.onnx", FEATURES))
    onnx.save_model(model, inner / "net.onnx", save_as_external_data=True, location="net.data", size_threshold=0)
    model = onnx.load(inner / "net.onnx", load_external_data=False)
    for tensor in model.graph.initializer:
        tensor.external_data[0].value = "../secret"
    (tmp_path / "secret").write_bytes(bytes(10_000))
    (inner / "net.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match=r"said to lie at \.\./secret; a file beside the network"):
        foreign_network(inner / "net.onnx", PLAIN)


def test_weights_that_end_early_are_noticed(tmp_path: Path) -> None:
    import onnx

    model = onnx.load(write(tmp_path / "net.onnx", FEATURES))
    onnx.save_model(model, tmp_path / "net.onnx", save_as_external_data=True, location="net.data", size_threshold=0)
    (tmp_path / "net.data").write_bytes((tmp_path / "net.data").read_bytes()[:100])
    with pytest.raises(ModelError, match=r"cannot read the weights of net.onnx"):
        foreign_network(tmp_path / "net.onnx", PLAIN)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is no ONNX network"),
        (b"PK\x03\x04....", "perhaps weights of torch.*torch.onnx.export"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"<!DOCTYPE html>", "perhaps a web page"),
        (bytes(1000), "zeros at its beginning, perhaps of a download that did not end"),
        (b"\x08\x08garbage" * 50, "no ONNX network, or damaged"),
        (small_model()[:2000], "no ONNX network, or damaged"),
    ],
)
def test_what_is_no_network_is_said_so(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        foreign_network(path, PLAIN)


def test_files_that_are_not_there_or_too_large_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot read the network none.onnx: No such file"):
        foreign_network(tmp_path / "none.onnx", PLAIN)
    with pytest.raises(ModelError, match="a folder"):
        foreign_network(tmp_path, PLAIN)
    large = tmp_path / "large.onnx"
    with large.open("wb") as file:
        file.truncate(2**31)  # sparse: nothing is written
    with pytest.raises(ModelError, match=r"large.onnx is too large: 2.1 GB"):
        foreign_network(large, PLAIN)
    with large.open("r+b") as file:
        file.truncate(2**31 - 2)  # just small enough to be read, were it worth it
    with pytest.raises(ModelError, match="zeros at its beginning"):
        foreign_network(large, PLAIN)


@pytest.mark.parametrize(
    "opset, message",
    [
        (0, "damaged: operator set 0; 1 to"),
        (-5, "damaged: operator set -5; 1 to"),
        (6, r"cannot be brought up to date: operator set 6; N Dimension is a param instead of an int; 7 or above; export it again"),
        (99, "newer than what is installed: operator set 99"),
    ],
)
def test_a_set_of_operators_that_cannot_be_used_is_said(tmp_path: Path, opset: int, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        foreign_network(write(tmp_path / "net.onnx", [*convolution(), *POOLED, *CLASSIFIER], opset=opset), PLAIN)


def test_a_graph_in_the_wrong_order_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"net.onnx is no sound ONNX network: Identity uses 'flat' before it is made"):
        foreign_network(write(tmp_path / "net.onnx", FEATURES[::-1]), PLAIN)
