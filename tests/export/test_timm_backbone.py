"""timm is stood in for by a module that builds a small torch network: names, settings and calls are those of timm 1.0."""

import hashlib
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import colourful

from vitreous import api
from vitreous.core.reporter import Quiet
from vitreous.errors import ModelError, UsageError
from vitreous.export.timm_backbone import timm_network
from vitreous.infer.engine import Setting, run_batch, start_engine

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

SIDE = 32
SETTINGS: dict[str, Any] = {
    "url": "https://example.org/small-abc.pth",
    "hf_hub_id": "timm/small.a1_in1k",
    "input_size": (3, SIDE, SIDE),
    "crop_pct": 0.8,
    "interpolation": "bilinear",
    "mean": (0.4, 0.5, 0.6),
    "std": (0.2, 0.3, 0.4),
    "license": "apache-2.0",
}


class Small(torch.nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Conv2d(3, 12, 3, 2), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
        self.head = torch.nn.Linear(12, classes) if classes else torch.nn.Identity()

    def forward(self, x: Any) -> Any:
        return self.head(self.body(x))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A timm whose weights would lie in this folder."""
    timm = ModuleType("timm")

    def create_model(name: str, pretrained: bool, num_classes: int, pretrained_cfg_overlay: dict[str, str]) -> Any:
        assert pretrained
        net = Small(num_classes)
        net.load_state_dict(torch.load(pretrained_cfg_overlay["file"], weights_only=True))
        return net

    timm.list_models = lambda pretrained: ["small.a1_in1k", "small.a2_in1k", "resnet18.a1_in1k"]
    timm.get_pretrained_cfg = lambda name: SimpleNamespace(to_dict=lambda: dict(SETTINGS))
    timm.create_model = create_model
    monkeypatch.setitem(sys.modules, "timm", timm)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    return tmp_path


def put_weights(folder: Path) -> Path:
    (folder / "checkpoints").mkdir()
    torch.manual_seed(0)
    path = folder / "checkpoints" / "small-abc.pth"
    torch.save(Small(0).state_dict(), path)
    return path


@pytest.mark.slow
def test_the_exported_backbone_gives_the_features_of_torch_with_the_settings_of_timm(hub: Path) -> None:
    weights = put_weights(hub)
    network = timm_network("small.a1_in1k")
    net = Small(0).eval()
    net.load_state_dict(torch.load(weights, weights_only=True))
    pictures = np.random.default_rng(1).integers(0, 256, (5, SIDE, SIDE, 3), np.uint8)
    normal = (pictures / np.float32(255) - np.float32([0.4, 0.5, 0.6])) / np.float32([0.2, 0.3, 0.4])
    with torch.inference_mode():
        wanted = net(torch.from_numpy(np.moveaxis(normal, 3, 1).copy())).numpy()
    ours = run_batch(start_engine(network, Setting("openvino", "f32", 3, 1), ("features",)), pictures)["features"]
    np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=1e-5)  # 27 products in fp32, in another order
    assert network.view.to_json() == {"kind": "crop", "size": SIDE, "short_side": 40}
    facts = network.facts
    assert facts["network"] == "small.a1_in1k" and facts["licence"] == "apache-2.0" and facts["features"] == 12
    assert facts["source"] == f"timm, timm/small.a1_in1k, sha256 {hashlib.sha256(weights.read_bytes()).hexdigest()}"
    assert any("bilinear" in sentence for sentence in facts["input"]["why"])
    import onnx

    model = onnx.load_model_from_string(network.data)
    onnx.checker.check_model(model, full_check=True)
    assert json.loads(model.metadata_props[0].value) == json.loads(json.dumps(facts))
    assert __file__.encode() not in network.data and network.data == timm_network("small.a1_in1k").data


@pytest.mark.slow
def test_a_training_takes_it_by_name(hub: Path, own_cache: Path) -> None:
    put_weights(hub)
    data = colourful(hub / "colours", {"red": 12, "green": 12})
    run = api.train(data, net="timm:small.a1_in1k", runs=str(hub / "runs"), reporter=Quiet())
    assert run._run.facts["network"]["network"] == "small.a1_in1k" and run._run.facts["network"]["licence"] == "apache-2.0"
    assert run.evaluate().scores.accuracy == pytest.approx(run.metrics["accuracy"])


def test_weights_that_are_not_here_are_not_fetched(hub: Path) -> None:
    with pytest.raises(ModelError, match=r"not on this machine: .*timm/small.a1_in1k; nothing is downloaded here; .*create_model\('small.a1_in1k'"):
        timm_network("small.a1_in1k")


def test_weights_are_found_in_the_cache_of_hugging_face(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    cache = ModuleType("huggingface_hub")

    def try_to_load_from_cache(repository: str, file: str, revision: str | None = None) -> str:
        asked.append((repository, file))
        return str(hub / "broken.safetensors")

    cache.try_to_load_from_cache = try_to_load_from_cache
    monkeypatch.setitem(sys.modules, "huggingface_hub", cache)
    (hub / "broken.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"timm cannot build small.a1_in1k: .*broken.safetensors"):
        timm_network("small.a1_in1k")
    assert asked == [("timm/small.a1_in1k", "model.safetensors")]


def test_an_unknown_name_is_met_with_the_nearest(hub: Path) -> None:
    with pytest.raises(UsageError, match=r"no pretrained network 'resnet18.a9': did you mean 'resnet18.a1_in1k'"):
        timm_network("resnet18.a9")


def test_without_timm_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UsageError, match=r'timm does not load here: .*pip install "vitreous\[timm\]"'):
        timm_network("resnet18")
