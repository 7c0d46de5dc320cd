"""The wrapped file: its facts, its bytes, and what is joined to it."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))
from made_files import CLASSIFIER, FEATURES, FP32, MEAN, PLAIN, POOLED, STD, Node, convolution, ours, planes, some_pictures, theirs, why, write
from small_network import SIDE, WIDTH, small_model

from vitreous.errors import ModelError
from vitreous.fit.foreign import ForeignOptions, foreign_network, remarks
from vitreous.fit.head import Head
from vitreous.fit.join import join
from vitreous.fit.link import Softmax
from vitreous.fit.probe import Probe
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.infer.network import Network

pytestmark = pytest.mark.slow  # compiles a network for each case


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
    probe = Probe(head, np.zeros(5, np.float32), np.ones(5, np.float32), 0.01, Softmax(), "nothing", ())
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


def test_a_network_of_ours_has_no_remarks() -> None:
    with pytest.raises(ModelError, match="was not read by foreign_network"):
        remarks(Network(b"", Path("m.onnx"), {}))


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
