"""Every network as a file: in the engine, in onnxruntime and in the walk it answers as torch does, and what does not fit is said."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vitreous.core.view import View
from vitreous.errors import ModelError, UsageError
from vitreous.infer.network import load_network
from vitreous.layers.walk import read_walk
from vitreous.nets import build
from vitreous.nets.catalogue import CATALOGUE

torch = pytest.importorskip("torch")
from vitreous.export.onnx_file import to_network, to_network_as_trained
from vitreous.export.parity import ROUNDING, prove
from vitreous.nets.stages import Accepts, Staged

pytestmark = pytest.mark.slow  # exports networks

LABELS = ["a", "b", "c"]
LIGHT = [name for name, each in CATALOGUE.items() if each.parameters < 1e6]


def exported(net: Any, size: int, labels: list[str] = LABELS, mean: Any = 127.0, std: Any = 128.0) -> Any:
    return to_network(net, labels, View.crop(size), mean, std, {"network": "a test"})


def small(name: str, channels: int | None = None, seed: int = 0) -> tuple[Any, int]:
    """A network with small pictures, and with values in it that differ from those it begins with."""
    size = max(CATALOGUE[name].smallest, 33 if CATALOGUE[name].smallest == 1 else 0)
    net = build(name, classes=len(LABELS), channels=channels, size=size, seed=seed)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in [*net.head.parameters(), *net.buffers()]:
            if value.is_floating_point():
                value.copy_(torch.rand(value.shape, generator=generator) * 0.5 + (0.5 if value.ndim == 1 else -0.25))
    return net, size


@pytest.mark.slow
@pytest.mark.parametrize("name", CATALOGUE)
def test_every_network_answers_the_same_as_a_file(name: str) -> None:
    net, size = small(name)
    # the largest difference in probability; 2^-14 of 1 is what fp32 leaves, see vitreous.export.parity
    assert prove(net, exported(net, size)) <= ROUNDING


@pytest.mark.parametrize("name", ["lenet", "mlp"])
def test_a_small_network_answers_the_same_as_a_file(name: str) -> None:
    net, size = small(name)
    assert prove(net, exported(net, size)) <= ROUNDING


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("alexnet", 101), ("vgg11", 75), ("efficientnet-lite0", 45), ("googlenet", 53), ("resnet20-cifar", 19)])
def test_odd_sizes_are_padded_and_averaged_as_in_torch(name: str, size: int) -> None:
    net = build(name, classes=3, size=size)
    assert prove(net, exported(net, size)) <= ROUNDING


def test_values_have_the_names_of_the_stages() -> None:
    net, size = small("resnet20-cifar")
    walk = read_walk(exported(net, size).data)
    assert {"conv1", "conv2", "conv3", "conv4", "features", "logits", "probability"} <= set(walk.names)
    assert {"conv2.0.conv1", "conv2.0.relu1", "conv2.0.sum", "conv3.0.shortcut.pad"} <= set(walk.names)
    pictures = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), np.uint8)
    values = walk.values({"image": pictures})
    with torch.no_grad():
        ours = net.eval().named_values((torch.from_numpy(pictures).float().permute(0, 3, 1, 2) - 127) / 128)
    for name in ("conv1", "conv2", "conv3", "conv4", "logits"):
        largest = float(ours[name].abs().max())
        assert np.abs(values[name] - ours[name].numpy()).max() <= ROUNDING * largest, name


def test_the_same_arguments_give_the_same_bytes_and_a_file_that_loads(tmp_path: Path) -> None:
    net, size = small("lenet")
    one, two = exported(net, size), exported(net, size)
    assert one.data == two.data
    (tmp_path / "model.onnx").write_bytes(one.data)
    read = load_network(tmp_path / "model.onnx")
    assert read.labels == LABELS and read.view == View.crop(size) and read.facts == one.facts
    assert read.facts["mean"] == [127.0] and read.facts["network"] == "a test" and read.facts["task"] == "classify"


def test_the_file_is_valid_by_the_rules_of_onnx() -> None:
    onnx = pytest.importorskip("onnx")
    net, size = small("resnet20-cifar")
    model = onnx.load_model_from_string(exported(net, size).data)
    onnx.checker.check_model(model, full_check=True)
    assert [each.name for each in model.graph.output] == ["logits", "probability", "features"]
    assert not any(node.op_type == "BatchNormalization" for node in model.graph.node)  # folded


@pytest.mark.parametrize("name", ["resnet20-cifar", "plain20-cifar", "resnet9"])
def test_with_its_norms_apart_a_network_answers_the_same_and_keeps_every_weight(name: str) -> None:
    net, size = small(name)
    apart = to_network_as_trained(net, LABELS, View.crop(size), 127.0, 128.0, {"network": "a test"})
    assert prove(net, apart) <= ROUNDING
    walk = read_walk(apart.data)
    norms = [layer for layer in net.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    assert sum(node.kind == "BatchNormalization" for node in walk.nodes) == len(norms) > 0
    kept = {value.tobytes() for value in walk.constants.values()}
    assert all(value.detach().numpy().tobytes() in kept for value in net.parameters())


def test_a_network_for_grey_pictures_takes_colours_and_makes_them_grey() -> None:
    from PIL import Image

    net, size = small("lenet")
    picture = np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)
    grey = read_walk(exported(net, size).data).values({"image": picture[None]})["image.grey"][0, :, :, 0]
    # Pillow's L is rounded to whole numbers, with weights of 16 bits
    assert np.abs(grey - np.asarray(Image.fromarray(picture).convert("L"), np.float32)).max() <= 1


def test_each_channel_may_have_its_own_mean_and_deviation() -> None:
    net, size = small("resnet20-cifar")
    network = exported(net, size, mean=(123.7, 116.3, 103.5), std=(58.4, 57.1, 57.4))
    assert prove(net, network) <= ROUNDING


def test_a_network_in_training_stays_in_training() -> None:
    net, size = small("resnet20-cifar")
    prove(net.train(), exported(net, size))
    assert net.training


class Odd(torch.nn.Module):
    def forward(self, x: Any) -> Any:
        return torch.special.bessel_j0(x)


def staged(*layers: Any, channels: int = 3) -> Staged:
    return Staged(Accepts("a test", channels), {"all": torch.nn.Sequential(*layers, torch.nn.Flatten())}, torch.nn.Linear(channels * 16, 3))


def test_layers_in_the_middle_of_which_a_norm_stands_alone_are_written() -> None:
    net = staged(torch.nn.ReLU(), torch.nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3, affine=False), torch.nn.Tanh(), torch.nn.Dropout())
    assert prove(net, exported(net, 4)) <= ROUNDING


def test_a_layer_without_a_way_is_named() -> None:
    with pytest.raises(ModelError, match=r"stages\.all\.0: \w*bessel_j0, which has no way into ONNX here"):
        exported(staged(Odd()), 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": ["a"]}, "1 labels; one for each of its 3 outputs"),
        ({"std": 0.0}, "numbers above 0"),
        ({"mean": (1.0, 2.0)}, "one for each of 3 channels"),
        ({"std": float("nan")}, "one number"),
    ],
)
def test_arguments_that_do_not_fit_are_said(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        exported(staged(), 4, **arguments)


def test_networks_that_cannot_be_files_are_said() -> None:
    with pytest.raises(ModelError, match="a network for 2 channels"):
        exported(staged(channels=2), 4)
    with pytest.raises(ModelError, match="a Linear without named parts"):
        exported(torch.nn.Linear(3, 3), 4)
    with pytest.raises(UsageError, match="at least 16×16"):
        exported(build("lenet", classes=3), 15)


@pytest.mark.parametrize("part", ["stages.C1.0.weight", "head.bias", "stages.F6.1.weight"])
def test_a_file_with_one_other_weight_is_no_proof(part: str) -> None:
    net, size = small("lenet")
    network = exported(net, size)
    with torch.no_grad():
        net.get_parameter(part).flatten()[0] += 0.05
    with pytest.raises(ModelError, match=r"does not answer as the network does: (features|logits) differ by up to .* in openvino"):
        prove(net, network)


def test_another_normalization_is_noticed() -> None:
    net, size = small("lenet")
    right, wrong = exported(net, size, mean=127.0), exported(net, size, mean=128.0)
    with pytest.raises(ModelError, match="differ by up to"):
        prove(net, type(right)(wrong.data, wrong.path, right.facts))
