"""A walk through the shipped network and through made ones, against onnxruntime; and what is said of files that cannot be walked."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parent))
from finite_differences import STEP

from vitreous.errors import ModelError
from vitreous.infer.network import SHIPPED
from vitreous.layers.walk import Walk, read_walk

Array = NDArray[Any]


@pytest.fixture(scope="module")
def shipped() -> Walk:
    return read_walk(SHIPPED)


@pytest.fixture(scope="module")
def picture() -> Array:
    smooth = np.random.default_rng(3).integers(0, 256, (1, 8, 8, 3)).repeat(28, 1).repeat(28, 2)
    return np.asarray(smooth, np.uint8)


def test_every_value_of_the_shipped_network_is_that_of_onnxruntime(shipped: Walk, picture: Array) -> None:
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    values = shipped.values({"image": picture})
    model = onnx.load(SHIPPED)
    known = {output.name for output in model.graph.output}
    model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in shipped.names if name not in known)
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    theirs = runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"]).run(shipped.names, {"image": picture})
    for name, value in zip(shipped.names, theirs, strict=True):
        np.testing.assert_allclose(values[name], value, rtol=0, atol=1e-4 * max(1.0, float(np.abs(value).max())), err_msg=name)
    assert np.abs(values["probability"] - theirs[shipped.names.index("probability")]).max() < 1e-5


def test_streamed_values_are_the_kept_ones(shipped: Walk, picture: Array) -> None:
    kept = shipped.values({"image": picture})
    seen = 0
    for node, outputs in shipped.steps({"image": picture}):
        np.testing.assert_array_equal(outputs[0], kept[node.outputs[0]])
        seen += 1
    assert seen == len(shipped.nodes)


def test_the_gradient_of_a_probability_in_pixels_and_in_a_weight() -> None:
    walk, random = read_walk(small().SerializeToString(), np.float64), np.random.default_rng(0)
    image = random.integers(0, 256, (2, 6, 6, 3)).astype(np.uint8)
    values = walk.values({"image": image})
    seed = np.zeros((2, 2))
    seed[0, 1] = 1
    found = walk.gradients(values, {"probability": seed}, ["scaled", "conv.weight"])
    for name, place in (("scaled", (0, 2, 3, 1)), ("conv.weight", (1, 2, 0, 1))):
        sides = []
        for sign in (1, -1):
            moved = values[name].copy()
            moved[place] += sign * STEP
            sides.append(after(walk, values, name, moved)[0, 1])
        assert found[name][place] == pytest.approx((sides[0] - sides[1]) / (2 * STEP), rel=1e-5)
    assert not found["scaled"][1].any()  # the second picture has nothing to do with the first one's answer


def after(walk: Walk, values: dict[str, Array], name: str, moved: Array) -> Array:
    """The probability where one value is another one."""
    from vitreous.layers.operators import OPERATORS

    changed = dict(values) | {name: moved}
    for node in walk.nodes:
        if name not in node.outputs:
            changed.update(zip(node.outputs, OPERATORS[node.kind].forward(node, [changed[each] for each in node.inputs]), strict=True))
    return changed["probability"]


def small(**weights: Array) -> Any:
    """image ─ scale ─ conv ─ relu ─ mean ─ linear ─ probability, with a weight in fp16 that is widened."""
    random = np.random.default_rng(5)
    constants = {
        "conv.weight16": random.normal(size=(4, 3, 3, 3)).astype(np.float16),
        "fc.weight": random.normal(size=(2, 4)).astype(np.float32),
        "scale": np.array(1 / 255, np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["conv.weight16"], ["conv.weight"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["image"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["numbers", "scale"], ["scaled"]),
        helper.make_node("Transpose", ["scaled"], ["channels"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["channels", "conv.weight"], ["conv"]),
        helper.make_node("Relu", ["conv"], ["relu"]),
        helper.make_node("GlobalAveragePool", ["relu"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"]),
        helper.make_node("Gemm", ["features", "fc.weight"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["probability"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", 6, 6, 3])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N", 2])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def test_what_follows_from_weights_alone_is_worked_out_once() -> None:
    walk = read_walk(small().SerializeToString())
    assert [node.name for node in walk.folded] == ["Cast_0"] and walk.constants["conv.weight"].dtype == np.float32
    found = walk.gradients(walk.values({"image": np.ones((1, 6, 6, 3), np.uint8)}), {"logits": np.ones((1, 2), np.float32)}, ["conv.weight16"])
    assert found["conv.weight16"].shape == (4, 3, 3, 3) and found["conv.weight16"].any()


def test_a_value_that_there_is_not_is_named_with_the_nearest() -> None:
    walk = read_walk(small().SerializeToString())
    values = walk.values({"image": np.ones((1, 6, 6, 3), np.uint8)})
    with pytest.raises(ModelError, match=r"the network has no value 'logit': did you mean 'logits'"):
        walk.gradients(values, {"logit": np.ones((1, 2))}, ["image"])
    with pytest.raises(ModelError, match="the network has no value 'imago': did you mean 'image'"):
        walk.gradients(values, {"logits": np.ones((1, 2))}, ["imago"])
    with pytest.raises(ModelError, match=r"no value 'layer9'"):
        walk.node_of("layer9")
    assert walk.node_of("logits").kind == "Gemm"


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        ({}, "values for nothing; a value for its input 'image'"),
        ({"imag": np.ones((1, 6, 6, 3))}, "a value for its input 'image'"),
        ({"image": np.ones((1, 6, 6, 3)), "more": np.ones(1)}, "the network has no input 'more'"),
        ({"image": np.ones((1, 6, 6, 4))}, r"input 'image': shape \[1, 6, 6, 4\]; \[N, 6, 6, 3\] is needed"),
        ({"image": np.ones((6, 6, 3))}, r"shape \[6, 6, 3\]"),
    ],
)
def test_a_wrong_input_is_said(feed: dict[str, Array], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        read_walk(small().SerializeToString()).values(feed)


def test_operators_that_are_not_covered_are_named_all_of_them() -> None:
    model = small()
    model.graph.node.append(helper.make_node("Einsum", ["logits"], ["a"], equation="ij->ji"))
    model.graph.node.append(helper.make_node("Mystery", ["logits"], ["b"], domain="elsewhere"))
    with pytest.raises(ModelError, match=r"operators that are not covered: Einsum, Mystery; predict and evaluate run it"):
        read_walk(model.SerializeToString())


def test_a_file_that_is_no_network_is_said(tmp_path: Path) -> None:
    for content in (b"", b"not a network", small().SerializeToString()[:200]):
        (tmp_path / "a.onnx").write_bytes(content)
        with pytest.raises(ModelError, match=r"a\.onnx is no ONNX network"):
            read_walk(tmp_path / "a.onnx")
    with pytest.raises(ModelError, match=r"cannot read .*missing"):
        read_walk(tmp_path / "missing.onnx")
    large = tmp_path / "large.onnx"
    with open(large, "wb") as file:
        file.truncate(2**31 + 5)
    with pytest.raises(ModelError, match=r"2,147,483,653 bytes; an ONNX file under 2 GiB"):
        read_walk(large)


def test_weights_in_a_second_file_are_said() -> None:
    model = small()
    entry = model.graph.initializer[0].external_data.add()
    entry.key, entry.value = "location", "weights.bin"
    with pytest.raises(ModelError, match="weights in a second file"):
        read_walk(model.SerializeToString())


def test_a_network_inside_a_node_is_said() -> None:
    model = small()
    inner = helper.make_graph([], "inner", [], [])
    model.graph.node.append(helper.make_node("Identity", ["logits"], ["c"], then_branch=inner))
    with pytest.raises(ModelError, match="a node with a network inside it"):
        read_walk(model.SerializeToString())
