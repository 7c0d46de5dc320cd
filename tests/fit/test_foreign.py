"""Networks from elsewhere against the same files run by hand: onnxruntime on pictures that numpy normalized."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import SIDE, WIDTH, small_model

from vitreous.errors import ModelError, UsageError
from vitreous.fit.foreign import ForeignOptions, foreign_network, remarks
from vitreous.fit.foreign.metadata import read_metadata
from vitreous.fit.join import join
from vitreous.fit.probe import Probe
from vitreous.fit.softmax import Head
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.infer.network import SHIPPED, Network, load_network

pytestmark = pytest.mark.slow  # compiles a network for each case

MEAN, STD = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
PLAIN = ForeignOptions(scale="0-1", licence="MIT")
# Sums of some dozen to hundred fp32 products in another order: 24 bits each, relative to values near 1.
FP32 = {"rtol": 1e-4, "atol": 2e-5}
Node = tuple[str, list[str], list[str], dict[str, Any]]


def some_pictures(count: int, side: int = SIDE) -> NDArray[np.uint8]:
    """Noise, each picture between its own two greys."""
    rng = np.random.default_rng(5)
    low = rng.integers(0, 200, (count, 1, 1, 3))
    return (low + rng.random((count, side, side, 3)) * (255 - low)).astype(np.uint8)


def write(
    path: Path,
    nodes: Sequence[Node],
    shape: Sequence[Any] = ("N", 3, SIDE, SIDE),
    outputs: Sequence[str] = ("out",),
    kind: str = "FLOAT",
    metadata: dict[str, str] | None = None,
    opset: int = 17,
    more_inputs: Sequence[tuple[str, Sequence[Any]]] = (),
    weights: dict[str, Any] | None = None,
) -> Path:
    """An ONNX file of these nodes (operator, inputs, outputs, attributes) with the weights of `parts`; its picture is called `x`."""
    from onnx import TensorProto, helper, numpy_helper

    values = parts() | (weights or {})
    used = {name for node in nodes for name in node[1]}
    made = [helper.make_node(kind, inputs, names, **attributes) for kind, inputs, names, attributes in nodes]
    inputs = [helper.make_tensor_value_info("x", TensorProto.DataType.Value(kind), shape)]
    inputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, each) for name, each in more_inputs]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items() if name in used]
    domains = sorted({attributes["domain"] for _, _, _, attributes in nodes if "domain" in attributes})
    versions = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    model = helper.make_model(helper.make_graph(made, "elsewhere", inputs, ends, tensors), opset_imports=versions, ir_version=8)
    helper.set_model_props(model, metadata or {})
    path.write_bytes(model.SerializeToString())
    return path


def parts() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    return {
        "conv.weight": rng.normal(0, 0.3, (8, 3, 5, 5)).astype(np.float32),
        "grey.weight": rng.normal(0, 0.3, (8, 1, 5, 5)).astype(np.float32),
        "four.weight": rng.normal(0, 0.3, (8, 4, 5, 5)).astype(np.float32),
        "classifier.weight": rng.normal(0, 0.5, (5, 8)).astype(np.float32),
        "classifier.bias": rng.normal(0, 0.5, 5).astype(np.float32),
        "rows.1": np.array([1, 8], np.int64),
        "rows.4": np.array([4, -1], np.int64),
    }


def convolution(source: str = "x", weight: str = "conv.weight") -> list[Node]:
    return [("Conv", [source, weight], ["conv"], {"strides": [2, 2]}), ("Relu", ["conv"], ["map"], {})]


POOLED: list[Node] = [("GlobalAveragePool", ["map"], ["mean"], {}), ("Flatten", ["mean"], ["flat"], {})]
CLASSIFIER: list[Node] = [("Gemm", ["flat", "classifier.weight", "classifier.bias"], ["out"], {"transB": 1})]
FEATURES: list[Node] = [*convolution(), *POOLED, ("Identity", ["flat"], ["out"], {})]


def ours(network: Network, pictures: NDArray[np.uint8], batch: int = 3) -> NDArray[np.float32]:
    size = network.view.size
    return run_batch(start_engine(network, Setting("openvino", "f32", batch, 1), ("features",), size), pictures)["features"]


def theirs(path: Path, normal: NDArray[Any], output: str = "out") -> NDArray[np.float32]:
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    result: NDArray[np.float32] = session.run([output], {session.get_inputs()[0].name: normal})[0]
    return result


def planes(pictures: NDArray[Any]) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.moveaxis(pictures.astype(np.float32), 3, 1))


def why(network: Network) -> str:
    return "\n".join(remarks(network))


# Normalization and layout


@pytest.mark.parametrize(
    "options, normal",
    [
        (PLAIN, lambda x: x / 255),
        (replace(PLAIN, scale="-1-1"), lambda x: x / 127.5 - 1),
        (replace(PLAIN, scale="0-255"), lambda x: x),
        (replace(PLAIN, scale=None, mean=tuple(MEAN.tolist()), std=tuple(STD.tolist())), lambda x: (x / 255 - MEAN) / STD),
        (replace(PLAIN, scale=None, mean=(123.0, 117.0, 104.0)), lambda x: x - np.array([123, 117, 104], np.float32)),
        (replace(PLAIN, colours="bgr", mean=(0.1, 0.2, 0.3)), lambda x: (x / 255 - np.array([0.1, 0.2, 0.3], np.float32))[..., ::-1]),
    ],
)
def test_a_given_normalization_is_that_of_numpy_by_hand(tmp_path: Path, options: ForeignOptions, normal: Any) -> None:
    path, pictures = write(tmp_path / "net.onnx", FEATURES), some_pictures(3)
    wanted = theirs(path, planes(normal(pictures.astype(np.float32))))
    largest = float(np.abs(wanted).max())
    np.testing.assert_allclose(ours(foreign_network(path, options), pictures) / largest, wanted / largest, **FP32)
    assert wanted.std(0).max() > 0  # pictures differ, so agreement says something


def test_a_network_with_the_colours_last_gets_them_last(tmp_path: Path) -> None:
    nodes: list[Node] = [("Transpose", ["x"], ["t"], {"perm": [0, 3, 1, 2]}), *convolution("t"), *POOLED, ("Identity", ["flat"], ["out"], {})]
    path, pictures = write(tmp_path / "net.onnx", nodes, ("N", SIDE, SIDE, 3)), some_pictures(3)
    network = foreign_network(path, PLAIN)
    np.testing.assert_allclose(ours(network, pictures), theirs(path, pictures.astype(np.float32) / 255), **FP32)
    assert network.facts["input"]["layout"] == "NHWC" and "axis 3 is 3 long" in why(network)


def test_an_open_layout_is_seen_by_the_first_layers(tmp_path: Path) -> None:
    nodes: list[Node] = [("Transpose", ["x"], ["t"], {"perm": [0, 3, 1, 2]}), *convolution("t"), *POOLED, ("Identity", ["flat"], ["out"], {})]
    path = write(tmp_path / "net.onnx", nodes, ("N", "a", "b", "c"))
    network = foreign_network(path, replace(PLAIN, size=SIDE))
    assert network.facts["input"]["layout"] == "NHWC" and "by its first layers" in why(network)


def test_a_grey_network_sees_the_luminance_of_pillow(tmp_path: Path) -> None:
    from PIL import Image

    nodes = [*convolution(weight="grey.weight"), *POOLED, ("Identity", ["flat"], ["out"], {})]
    path, pictures = write(tmp_path / "net.onnx", nodes, ("N", 1, SIDE, SIDE)), some_pictures(3)
    grey = np.stack([np.asarray(Image.fromarray(each).convert("L")) for each in pictures])[..., None]
    network = foreign_network(path, PLAIN)
    # Pillow rounds to whole greys: half of one in 255, in sums of 25 weights of 0.3
    np.testing.assert_allclose(ours(network, pictures), theirs(path, planes(grey) / 255), atol=0.5 / 255 * 25 * 0.3)
    assert network.facts["input"]["channels"] == 1 and "grey" in why(network)


@pytest.mark.parametrize("kind, bits", [("FLOAT16", 11), ("DOUBLE", 24)])
def test_other_numbers_than_fp32_are_given_as_the_file_wants_them(tmp_path: Path, kind: str, bits: int) -> None:
    from onnx import TensorProto

    nodes: list[Node] = [("Cast", ["x"], ["wide"], {"to": TensorProto.FLOAT}), *convolution("wide"), *POOLED, ("Identity", ["flat"], ["out"], {})]
    path, pictures = write(tmp_path / "net.onnx", nodes, kind=kind), some_pictures(3)
    dtype = np.float16 if kind == "FLOAT16" else np.float64
    wanted = theirs(path, planes(pictures / np.float32(255)).astype(dtype))
    np.testing.assert_allclose(ours(foreign_network(path, PLAIN), pictures), wanted, atol=75 * 0.3 * 2.0**-bits)


def test_whole_numbers_go_in_as_they_are_and_take_no_normalization(tmp_path: Path) -> None:
    from onnx import TensorProto

    nodes: list[Node] = [("Cast", ["x"], ["wide"], {"to": TensorProto.FLOAT}), *convolution("wide"), *POOLED, ("Identity", ["flat"], ["out"], {})]
    path, pictures = write(tmp_path / "net.onnx", nodes, kind="UINT8"), some_pictures(3)
    network = foreign_network(path, ForeignOptions())
    wanted = theirs(path, np.ascontiguousarray(np.moveaxis(pictures, 3, 1)))
    np.testing.assert_allclose(ours(network, pictures) / 255, wanted / 255, **FP32)
    with pytest.raises(UsageError, match="normalizes by itself"):
        foreign_network(path, ForeignOptions(mean=(0.5,)))


@pytest.mark.parametrize(
    "steps, scale",
    [
        ([("Div", 255.0)], "0-255"),
        ([("Mul", 1 / 127.5), ("Sub", 1.0)], "0-255"),
        ([("Sub", [123.68, 116.78, 103.94])], "0-255"),
        ([("Div", 255.0), ("Sub", MEAN), ("Div", STD)], "0-255"),
        ([("Sub", MEAN), ("Div", STD)], "0-1"),
        ([("Mul", 2.0), ("Add", -1.0)], "0-1"),
    ],
)
def test_a_file_that_normalizes_by_itself_gets_the_range_that_it_normalizes(tmp_path: Path, steps: list[tuple[str, Any]], scale: str) -> None:
    nodes, name, weights = [], "x", {}
    for number, (operator, value) in enumerate(steps):
        array = np.asarray(value, np.float32)
        weights[f"w{number}"] = array.reshape(1, 3, 1, 1) if array.size == 3 else array
        nodes.append((operator, [name, f"w{number}"], [f"n{number}"], {}))
        name = f"n{number}"
    path = write(tmp_path / "net.onnx", [*nodes, *convolution(name), *POOLED, ("Identity", ["flat"], ["out"], {})], weights=weights)
    network = foreign_network(path, ForeignOptions())
    found = network.facts["input"]
    assert (found["scale"], found["mean"], found["std"], found["known_by"]) == (scale, [0.0], [1.0], "file")


@pytest.mark.parametrize("mean, variance, scale", [(0.45, 0.07, "0-1"), (120.0, 4900.0, "0-255"), (-0.1, 0.3, "-1-1")])
def test_a_batch_norm_on_the_picture_tells_its_range(tmp_path: Path, mean: float, variance: float, scale: str) -> None:
    weights = {name: np.full(3, value, np.float32) for name, value in (("g", 1.0), ("b", 0.0), ("m", mean), ("v", variance))}
    nodes: list[Node] = [("BatchNormalization", ["x", "g", "b", "m", "v"], ["n"], {}), *convolution("n"), *POOLED, *CLASSIFIER]
    network = foreign_network(write(tmp_path / "net.onnx", nodes, weights=weights), ForeignOptions())
    assert network.facts["input"]["scale"] == scale and network.facts["input"]["known_by"] == "file"


METADATA: list[tuple[dict[str, str], str, list[float], list[float]]] = [
    ({"mean": "[0.1, 0.2, 0.3]", "std": "[0.4, 0.5, 0.6]"}, "0-1", [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]),
    ({"image_mean": "123.675, 116.28, 103.53", "image_std": "58.395, 57.12, 57.375"}, "0-255", [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]),
    ({"pretrained_cfg": json.dumps({"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "crop_pct": 0.9})}, "0-1", [0.5] * 3, [0.5] * 3),
    ({"author": "Ultralytics", "task": "classify", "imgsz": f"[{SIDE}, {SIDE}]", "names": "{0: 'a', 1: 'b'}"}, "0-1", [0.0], [1.0]),
    ({"Image.NominalPixelRange": "Normalized_1_1", "Image.BitmapPixelFormat": "Bgr8"}, "-1-1", [0.0], [1.0]),
    ({"preprocessor": "{'do_rescale': True, 'do_normalize': False, 'image_mean': [0.5, 0.5, 0.5]}"}, "0-1", [0.0], [1.0]),
]


@pytest.mark.parametrize("metadata, scale, mean, std", METADATA)
def test_the_normalization_is_read_from_the_metadata(
    tmp_path: Path, metadata: dict[str, str], scale: str, mean: list[float], std: list[float]
) -> None:
    network = foreign_network(write(tmp_path / "net.onnx", FEATURES, metadata=metadata), ForeignOptions())
    found = network.facts["input"]
    assert (found["scale"], found["mean"], found["std"], found["known_by"]) == (scale, mean, std, "metadata")
    assert found["colours"] == ("bgr" if "Image.BitmapPixelFormat" in metadata else "rgb")


def test_what_is_given_goes_before_what_the_metadata_say(tmp_path: Path) -> None:
    path = write(tmp_path / "net.onnx", FEATURES, metadata={"mean": "[0.1, 0.2, 0.3]", "std": "0.4", "license": "Apache-2.0"})
    found = foreign_network(path, ForeignOptions(mean=(0.7,), licence="MIT")).facts
    assert found["input"]["mean"] == [0.7] and found["input"]["known_by"] == "options" and found["licence"] == "MIT"
    assert foreign_network(path, ForeignOptions()).facts["licence"] == "Apache-2.0"


def test_the_file_that_hugging_face_lays_beside_a_network_is_read(tmp_path: Path) -> None:
    config = {"crop_size": {"height": 40, "width": 40}, "size": {"shortest_edge": 48}, "image_mean": [0.4] * 3, "image_std": [0.2] * 3}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(config))
    (tmp_path / "onnx").mkdir()
    path = write(tmp_path / "onnx" / "model.onnx", FEATURES, ("N", 3, "H", "W"))
    network = foreign_network(path, ForeignOptions())
    assert network.facts["input"]["mean"] == [0.4] * 3 and network.view.size == 40 and network.view.short_side == 48
    assert "preprocessor_config.json" in why(network)


@pytest.mark.parametrize(
    "text", ["", "[", "{'a': ", "nan", '{"mean": NaN}', "[" * 5000, "[1, 2]", "'x'", '{"std": [0, 0, 0]}', '{"mean": [1e999, 0, 0]}']
)
def test_metadata_that_say_nothing_sensible_are_passed_over(tmp_path: Path, text: str) -> None:
    from onnx import ModelProto, helper

    model = ModelProto()
    helper.set_model_props(model, {"mean": text, "cfg": text, "imgsz": text, "license": ""})
    found = read_metadata(model, tmp_path / "net.onnx")
    assert found.mean is None and found.std is None and found.size is None and found.licence is None


@pytest.mark.slow
def test_without_any_word_the_normalization_is_tried_out_and_said_to_be_a_guess(tmp_path: Path) -> None:
    """EfficientNet-Lite0 without its own normalization, which is (x - 127) / 128, and without a word on it."""
    import onnx

    model = onnx.load(SHIPPED)
    graph = model.graph
    first = next(number for number, node in enumerate(graph.node) if "pixels" in node.output) + 1
    del graph.node[:first], graph.input[:], model.metadata_props[:]
    graph.input.append(onnx.helper.make_tensor_value_info("pixels", onnx.TensorProto.FLOAT, ["N", 3, 224, 224]))
    (tmp_path / "lite.onnx").write_bytes(model.SerializeToString())
    network = foreign_network(tmp_path / "lite.onnx", ForeignOptions())
    found = network.facts["input"]
    assert (found["scale"], found["mean"], found["std"], found["known_by"]) == ("-1-1", [0.0], [1.0], "trial")
    assert "guessed" in why(network) and "--mean" in why(network) and "0 to 255" in why(network)
    pictures = some_pictures(2, 224)
    wanted = run_batch(start_engine(load_network(), Setting("openvino", "f32", 2, 1), ("features",)), pictures)["features"]
    # 127.5 is not 127, nor 127.5 128: 1 part in 250
    assert np.corrcoef(ours(network, pictures, 2).ravel(), wanted.ravel())[0, 1] > 0.99


# Size


def test_an_open_size_is_224_and_can_be_set(tmp_path: Path) -> None:
    path = write(tmp_path / "net.onnx", FEATURES, ("N", 3, "H", "W"))
    usual, small = foreign_network(path, PLAIN), foreign_network(path, replace(PLAIN, size=40))
    assert usual.view.size == 224 and small.view.size == 40 and usual.facts["resizable"]
    pictures = some_pictures(2, 40)
    np.testing.assert_allclose(ours(small, pictures), theirs(path, planes(pictures) / 255), **FP32)


def test_a_fixed_size_is_kept_and_opened_where_the_layers_allow(tmp_path: Path) -> None:
    path = write(tmp_path / "net.onnx", FEATURES)
    assert foreign_network(path, PLAIN).view.size == SIDE and not foreign_network(path, PLAIN).facts["resizable"]
    assert foreign_network(path, replace(PLAIN, size=48)).view.size == 48
    weights = {"big": np.ones((8 * 14 * 14, 6), np.float32)}
    nodes: list[Node] = [*convolution(), ("Flatten", ["map"], ["long"], {}), ("MatMul", ["long", "big"], ["features"], {})]
    fixed = write(tmp_path / "fixed.onnx", nodes, outputs=["features"], weights=weights)
    with pytest.raises(ModelError, match=rf"takes no pictures of 48 × 48 pixels: .*{SIDE} × {SIDE}, fixed in the file; leave --size out"):
        foreign_network(fixed, replace(PLAIN, size=48))


def test_a_size_too_small_is_met_with_the_next_that_works(tmp_path: Path) -> None:
    weights = {"wide": np.ones((8, 8, 20, 20), np.float32)}
    nodes: list[Node] = [*convolution(), ("Conv", ["map", "wide"], ["out"], {})]
    path = write(tmp_path / "net.onnx", nodes, ("N", 3, "H", "W"), weights=weights)
    # (S - 5) // 2 + 1 >= 20 asks for 43; 48 is the next that networks have
    with pytest.raises(ModelError, match=r"takes no pictures of 30 × 30 pixels: .*the next size that it takes is 48; --size 48"):
        foreign_network(path, replace(PLAIN, size=30))


# Outputs


def test_features_are_taken_before_a_linear_classifier(tmp_path: Path) -> None:
    nodes = [*convolution(), *POOLED, *CLASSIFIER[:-1], ("Gemm", ["flat", "classifier.weight", "classifier.bias"], ["l"], {"transB": 1})]
    path, pictures = write(tmp_path / "net.onnx", [*nodes, ("Softmax", ["l"], ["out"], {"axis": 1})]), some_pictures(3)
    network = foreign_network(path, PLAIN)
    by_hand = write(tmp_path / "hand.onnx", FEATURES)
    np.testing.assert_allclose(ours(network, pictures), theirs(by_hand, planes(pictures) / 255), **FP32)
    assert network.facts["features"] == 8 and "what comes into the classifier that makes 'out'" in why(network)
    assert b"classifier.weight" not in network.data


def test_the_output_that_is_named_is_taken_also_from_inside(tmp_path: Path) -> None:
    path, pictures = write(tmp_path / "net.onnx", [*convolution(), *POOLED, *CLASSIFIER]), some_pictures(3)
    logits = foreign_network(path, replace(PLAIN, output="out"))
    np.testing.assert_allclose(ours(logits, pictures), theirs(path, planes(pictures) / 255), **FP32)
    maps = foreign_network(path, replace(PLAIN, output="map"))
    assert maps.facts["features"] == 8 and "mean over its places" in why(maps)
    with pytest.raises(ModelError, match=r"has no tensor 'mapp'.*did you mean 'map'"):
        foreign_network(path, replace(PLAIN, output="mapp"))


def test_among_several_outputs_the_one_called_features_is_taken(tmp_path: Path) -> None:
    nodes = [*convolution(), *POOLED, *CLASSIFIER, ("Identity", ["flat"], ["image_embeds"], {}), ("Identity", ["map"], ["feature_map"], {})]
    path = write(tmp_path / "net.onnx", nodes, outputs=["out", "feature_map", "image_embeds"])
    network = foreign_network(path, PLAIN)
    assert "'image_embeds': its output of that name" in why(network) and network.facts["features"] == 8


def test_maps_are_averaged_with_the_channels_first_or_last(tmp_path: Path) -> None:
    pictures = some_pictures(3)
    first = write(tmp_path / "first.onnx", [*convolution()], outputs=["map"])
    last = write(tmp_path / "last.onnx", [*convolution(), ("Transpose", ["map"], ["out"], {"perm": [0, 2, 3, 1]})])
    for opset in (17, 18):
        last = write(tmp_path / "last.onnx", [*convolution(), ("Transpose", ["map"], ["out"], {"perm": [0, 2, 3, 1]})], opset=opset)
        wanted = theirs(first, planes(pictures) / 255, "map").mean((2, 3))
        np.testing.assert_allclose(ours(foreign_network(first, PLAIN), pictures), wanted, **FP32)
        np.testing.assert_allclose(ours(foreign_network(last, PLAIN), pictures), wanted, **FP32)


@pytest.mark.parametrize("extra", [0, 1])
def test_tokens_give_the_class_token_where_there_is_one_else_their_mean(tmp_path: Path, extra: int) -> None:
    """Patches of 8 pixels on 32: 16 tokens; with one more in front, which here is a mean, there are 17."""
    weights = {"patch": np.random.default_rng(2).normal(0, 0.2, (6, 3, 8, 8)).astype(np.float32)}
    nodes: list[Node] = [
        ("Conv", ["x", "patch"], ["p"], {"strides": [8, 8]}),
        ("Shape", ["p"], ["s"], {"end": 2}),
        ("Concat", ["s", "rest"], ["to"], {"axis": 0}),
        ("Reshape", ["p", "to"], ["r"], {}),
        ("Transpose", ["r"], ["tokens"], {"perm": [0, 2, 1]}),
        ("ReduceMax", ["tokens"], ["class"], {"axes": [1], "keepdims": 1}),
        ("Concat", ["class", "tokens"], ["with_class"], {"axis": 1}),
        ("Identity", ["with_class" if extra else "tokens"], ["last_hidden_state"], {}),
    ]
    path = write(tmp_path / "net.onnx", nodes, outputs=["last_hidden_state"], weights=weights | {"rest": np.array([-1], np.int64)})
    pictures = some_pictures(3)
    tokens = theirs(path, planes(pictures) / 255, "last_hidden_state")
    network = foreign_network(path, PLAIN)
    np.testing.assert_allclose(ours(network, pictures), tokens[:, 0] if extra else tokens.mean(1), **FP32)
    assert ("the class token" if extra else "the mean of 16 tokens") in why(network)


def test_a_text_tower_beside_the_pictures_is_left_out(tmp_path: Path) -> None:
    weights = {"t": np.ones((4, 6), np.float32)}
    nodes = [*convolution(), *POOLED, ("Identity", ["flat"], ["image_embeds"], {}), ("MatMul", ["words", "t"], ["text_embeds"], {})]
    path = write(tmp_path / "clip.onnx", nodes, outputs=["text_embeds", "image_embeds"], more_inputs=[("words", ["N", 4])], weights=weights)
    network = foreign_network(path, PLAIN)
    assert "'image_embeds'" in why(network)
    with pytest.raises(ModelError, match="does not come from the picture alone"):
        foreign_network(path, replace(PLAIN, output="text_embeds"))


# Batch


def test_a_batch_fixed_to_one_is_opened(tmp_path: Path) -> None:
    free = write(tmp_path / "free.onnx", FEATURES)
    nodes: list[Node] = [*convolution(), ("GlobalAveragePool", ["map"], ["mean"], {}), ("Reshape", ["mean", "rows.1"], ["out"], {})]
    path, pictures = write(tmp_path / "net.onnx", nodes, (1, 3, SIDE, SIDE)), some_pictures(5)
    network = foreign_network(path, PLAIN)
    np.testing.assert_allclose(ours(network, pictures), theirs(free, planes(pictures) / 255), **FP32)
    assert "its batch was fixed to 1: opened" in why(network)


def test_a_batch_fixed_to_four_is_opened(tmp_path: Path) -> None:
    free = write(tmp_path / "free.onnx", FEATURES)
    nodes: list[Node] = [*convolution(), ("GlobalAveragePool", ["map"], ["mean"], {}), ("Reshape", ["mean", "rows.4"], ["out"], {})]
    path, pictures = write(tmp_path / "net.onnx", nodes, (4, 3, SIDE, SIDE)), some_pictures(5)
    np.testing.assert_allclose(ours(foreign_network(path, PLAIN), pictures), theirs(free, planes(pictures) / 255), **FP32)


def test_a_batch_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    weights = {"class": np.ones((1, 8, 1, 1), np.float32)}
    nodes: list[Node] = [*convolution(), ("GlobalAveragePool", ["map"], ["mean"], {}), ("Concat", ["class", "mean"], ["both"], {"axis": 1})]
    path = write(tmp_path / "net.onnx", [*nodes, ("Flatten", ["both"], ["out"], {})], (1, 3, SIDE, SIDE), weights=weights)
    with pytest.raises(ModelError, match=r"does not take several pictures at once: its batch is fixed to 1 in the file.*dynamic batch"):
        foreign_network(path, PLAIN)


def test_pictures_that_change_each_other_are_noticed(tmp_path: Path) -> None:
    nodes = [*FEATURES[:-1], ("ReduceMean", ["flat"], ["all"], {"axes": [0], "keepdims": 1}), ("Sub", ["flat", "all"], ["mixed"], {})]
    path = write(tmp_path / "net.onnx", [*nodes, ("Add", ["mixed", "flat"], ["out"], {})])
    with pytest.raises(ModelError, match="two at once do not give what they give alone"):
        foreign_network(path, PLAIN)


# What is written


def test_the_facts_hold_origin_licence_view_and_reasons(tmp_path: Path) -> None:
    path = write(tmp_path / "net.onnx", FEATURES)
    network = foreign_network(path, PLAIN)
    facts = network.facts
    assert facts["network"] == "net.onnx" and facts["licence"] == "MIT" and facts["features"] == 8
    assert facts["source"] == f"{path}, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert network.view.to_json() == {"kind": "crop", "size": SIDE, "short_side": SIDE}
    assert len(remarks(network)) >= 4 and all(line.startswith("net.onnx: ") for line in remarks(network))
    import onnx

    (entry,) = onnx.load_model_from_string(network.data).metadata_props
    assert entry.key == "vitreous" and json.loads(entry.value) == facts
    onnx.checker.check_model(onnx.load_model_from_string(network.data), full_check=True)


def test_a_licence_that_nobody_gave_is_said_aloud(tmp_path: Path) -> None:
    network = foreign_network(write(tmp_path / "net.onnx", FEATURES), ForeignOptions(scale="0-1"))
    assert network.facts["licence"] == "unknown, not given" and "give it with --licence" in why(network)


@pytest.mark.slow
def test_the_same_file_gives_the_same_bytes_also_in_another_process(tmp_path: Path) -> None:
    path = write(tmp_path / "net.onnx", [*convolution(), *POOLED, *CLASSIFIER])
    first = foreign_network(path, PLAIN).fingerprint
    assert foreign_network(path, PLAIN).fingerprint == first
    script = (
        "import sys; from pathlib import Path; from vitreous.fit.foreign import ForeignOptions, foreign_network\n"
        f"print(foreign_network(Path({str(path)!r}), ForeignOptions(scale='0-1', licence='MIT')).fingerprint)\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == first


def test_a_head_is_joined_though_the_file_uses_the_same_names(tmp_path: Path) -> None:
    """Tensors called image, features, logits and classifier.weight, as exporters call them."""
    nodes: list[Node] = [
        ("Identity", ["x"], ["image"], {}),
        *convolution("image"),
        *POOLED,
        ("Gemm", ["flat", "classifier.weight", "classifier.bias"], ["logits"], {"transB": 1}),
        ("Relu", ["logits"], ["features"], {}),
    ]
    path, pictures = write(tmp_path / "net.onnx", nodes, outputs=["features"]), some_pictures(3)
    network = foreign_network(path, PLAIN)
    head = Head(np.random.default_rng(3).normal(0, 1, (2, 5)).astype(np.float32), np.zeros(2, np.float32))
    probe = Probe(head, np.zeros(5, np.float32), np.ones(5, np.float32), 0.01, 1.0, "nothing", ())
    joined = join(network, network.view, probe, ["a", "b"], {})
    result = run_batch(start_engine(joined, Setting("openvino", "f32", 3, 1), ("features", "probability")), pictures)
    np.testing.assert_allclose(result["features"], theirs(path, planes(pictures) / 255, "features"), **FP32)
    np.testing.assert_allclose(result["probability"], probe.probability(result["features"]), **FP32)
    assert joined.facts["licence"] == "MIT" and joined.facts["network"] == "net.onnx" and "sha256" in joined.facts["source"]


def test_the_numpy_walk_opens_the_wrapped_file(tmp_path: Path) -> None:
    from vitreous.layers.walk import read_walk

    path, pictures = write(tmp_path / "net.onnx", [*convolution(), *POOLED, *CLASSIFIER]), some_pictures(2)
    network = foreign_network(path, PLAIN)
    np.testing.assert_allclose(read_walk(network.data).values({"image": pictures})["features"], ours(network, pictures, 2), **FP32)


def test_our_own_files_come_back_as_backbones(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(small_model())
    network = foreign_network(path, ForeignOptions())
    assert network.facts["licence"] == "CC0-1.0" and network.facts["features"] == WIDTH and network.view.size == SIDE
    pictures = some_pictures(3)
    runtime = pytest.importorskip("onnxruntime")
    wanted = runtime.InferenceSession(small_model(), providers=["CPUExecutionProvider"]).run(["features"], {"image": pictures})[0]
    np.testing.assert_allclose(ours(network, pictures), wanted, **FP32)


# Weights in a second file


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


# Bad input

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"nodes": [("MatMul", ["x", "t"], ["out"], {})], "shape": ("N", 4)}, "sees text or numbers, no pictures"),
    "video": ({"nodes": [("Relu", ["x"], ["out"], {})], "shape": ("N", 3, 8, SIDE, SIDE)}, "sees video"),
    "no batch": ({"nodes": [("Relu", ["x"], ["out"], {})], "shape": (3, SIDE, SIDE)}, "no axis for the number of pictures"),
    "four channels": ({"nodes": convolution(weight="four.weight"), "shape": ("N", 4, SIDE, SIDE), "outputs": ["map"]}, "4 channels"),
    "two channels": ({"nodes": [("Relu", ["x"], ["out"], {})], "shape": ("N", SIDE, SIDE, 2)}, "2 channels"),
    "not square": ({"nodes": FEATURES, "shape": ("N", 3, 32, 64)}, "not square: 32 × 64 pixels"),
    "int8": ({"nodes": [("Relu", ["x"], ["out"], {})], "kind": "INT8"}, "is of type int8"),
    "two pictures": (
        {"nodes": [("Add", ["x", "z"], ["both"], {}), *convolution("both")], "outputs": ["map"], "more_inputs": [("z", ("N", 3, SIDE, SIDE))]},
        "wants several pictures at once",
    ),
    "more than a picture": (
        {"nodes": [*FEATURES[:-1], ("Mul", ["flat", "z"], ["out"], {})], "more_inputs": [("z", (1, 8))]},
        "gives nothing for a picture alone: besides x it wants z",
    ),
    "scalar": ({"nodes": [*FEATURES[:-1], ("ReduceMean", ["flat"], ["out"], {"keepdims": 0})]}, "not one row for each picture"),
    "one number": ({"nodes": [*FEATURES[:-1], ("ReduceMean", ["flat"], ["out"], {"axes": [1]})]}, "a single number for a picture"),
    "mask": ({"nodes": [("Conv", ["x", "same"], ["out"], {"pads": [2, 2, 2, 2]})]}, "a picture of full size, perhaps a mask"),
    "boxes": (
        {"nodes": [("Conv", ["x", "same"], ["c"], {"pads": [2, 2, 2, 2]}), ("Reshape", ["c", "boxes"], ["out"], {})]},
        "no grid of tokens, perhaps boxes",
    ),
    "a detector by its metadata": ({"nodes": FEATURES, "metadata": {"task": "detect"}}, "its metadata call its task 'detect'"),
    "a detector by its operators": (
        {"nodes": [*FEATURES, ("NonMaxSuppression", ["b", "s"], ["n"], {})], "outputs": ["out", "n"]},
        "it holds NonMaxSuppression: its outputs are boxes or masks",
    ),
    "unknown operators": (
        {"nodes": [*FEATURES[:-1], ("Foo", ["flat"], ["f"], {"domain": "my.ops"}), ("Bar", ["f"], ["out"], {})]},
        "operators that the engine does not know: Bar, my.ops.Foo",
    ),
    "newer": ({"nodes": FEATURES, "opset": 99}, "newer than what is installed: operator set 99"),
    "constant": ({"nodes": [*FEATURES[:-1], ("Mul", ["flat", "nought"], ["out"], {})]}, "the same features 'out' for noise and for a plain picture"),
    "not finite": ({"nodes": [*FEATURES[:-1], ("Log", ["flat"], ["l"], {}), ("Div", ["l", "nought"], ["out"], {})]}, "not finite"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path, case: str) -> None:
    arguments, message = BAD[case]
    weights = {
        "t": np.ones((4, 3), np.float32),
        "same": np.random.default_rng(0).normal(0, 1, (6, 3, 5, 5)).astype(np.float32),
        "boxes": np.array([0, -1, 4], np.int64),
        "nought": np.float32(0),
        "b": np.zeros((1, 3, 4), np.float32),
        "s": np.ones((1, 1, 3), np.float32),
    }
    path = write(tmp_path / "net.onnx", **arguments, weights=weights)
    with pytest.raises(ModelError, match=message) as caught:
        foreign_network(path, PLAIN)
    assert "\n" not in str(caught.value) and "net.onnx" in str(caught.value)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is no ONNX network"),
        (b"PK\x03\x04....", "perhaps weights of torch.*torch.onnx.export"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"<!DOCTYPE html>", "perhaps a web page"),
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


@pytest.mark.parametrize(
    "options",
    [
        {"size": 0},
        {"size": 10**9},
        {"mean": (1.0, 2.0)},
        {"std": (0.0,)},
        {"mean": (float("nan"),)},
        {"scale": "0..1"},
        {"layout": "CHW"},
        {"licence": " "},
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="--" + next(iter(options))):
        ForeignOptions(**options)


def test_a_network_of_ours_has_no_remarks() -> None:
    with pytest.raises(ModelError, match="was not read by foreign_network"):
        remarks(Network(b"", Path("m.onnx"), {}))


# What torch writes


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the exporter's own
@pytest.mark.parametrize("dynamic", [False, True])
def test_a_network_exported_by_torch_gives_its_features(tmp_path: Path, dynamic: bool) -> None:
    """Both ways to export: with a batch fixed to 1, and open; the weights lie in a second file."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    torch.manual_seed(0)
    body = torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 3, 2), torch.nn.BatchNorm2d(16), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()
    )
    net = torch.nn.Sequential(body, torch.nn.Linear(16, 7)).eval()
    path, pictures = tmp_path / "net.onnx", some_pictures(3)
    shapes = {"dynamic_shapes": [{0: torch.export.Dim("batch")}]} if dynamic else {}
    torch.onnx.export(net, (torch.rand(2 if dynamic else 1, 3, SIDE, SIDE),), path, dynamo=True, verbose=False, **shapes)
    normal = (pictures / np.float32(255) - MEAN) / STD
    with torch.inference_mode():
        wanted = body(torch.from_numpy(planes(normal))).numpy()
    network = foreign_network(path, ForeignOptions(mean=tuple(MEAN.tolist()), std=tuple(STD.tolist()), licence="MIT"))
    np.testing.assert_allclose(ours(network, pictures), wanted, **FP32)
    assert network.facts["features"] == 16
