"""Every network of the list: it is built, seeded, takes what it says and refuses the rest in a sentence."""

import os
from pathlib import Path

import numpy as np
import pytest

from vitreous.errors import ModelError, UsageError
from vitreous.nets import build, build_outline, load_weights
from vitreous.nets.catalogue import CATALOGUE

torch = pytest.importorskip("torch")
from vitreous.nets.stages import named_values
from vitreous.nets.table import stages_of

pytestmark = pytest.mark.slow  # builds every network

NAMES = list(CATALOGUE)
FLAT = ["perceptron", "adaline", "madaline", "linear", "mlp"]
LIGHT = [name for name in NAMES if CATALOGUE[name].parameters < 1e6]


@pytest.mark.parametrize("name", NAMES)
def test_a_network_has_the_parameters_and_multiply_adds_of_the_list(name: str) -> None:
    found = CATALOGUE[name]
    net = build_outline(name)
    stages = stages_of(net, (found.channels, found.size, found.size))
    assert sum(each.parameters for each in stages) == found.parameters
    assert sum(each.multiply_adds for each in stages) == found.multiply_adds
    assert [each.name for each in stages] == [*net.stages, "head"]
    assert stages[-1].shape == (found.classes,) and stages[-2].shape == (net.head.in_features,)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FLAT])
def test_the_smallest_size_is_the_smallest_that_works(name: str) -> None:
    smallest, channels = CATALOGUE[name].smallest, CATALOGUE[name].channels
    net = build_outline(name)
    assert net.accepts.smallest == smallest
    assert stages_of(net, (channels, smallest, smallest))
    if smallest > 1:
        with pytest.raises(UsageError, match=f"at least {smallest}×{smallest}"):
            stages_of(net, (channels, smallest - 1, smallest - 1))
        net.accepts.smallest = 1  # without the check, a layer fails
        with pytest.raises(RuntimeError):
            stages_of(net, (channels, smallest - 1, smallest - 1))


@pytest.mark.parametrize("name", NAMES)
def test_any_number_of_classes_and_channels_works(name: str) -> None:
    size = max(33, CATALOGUE[name].smallest)
    net = build_outline(name, classes=3, channels=2, size=size)
    values = named_values(net.eval(), torch.empty(2, 2, size, size, device="meta"))
    assert list(values) == [*net.stages, "logits"] and values["logits"].shape == (2, 3)
    *_, features, _ = values.values()
    assert features.shape == (2, net.head.in_features)


@pytest.mark.parametrize("name", LIGHT)
def test_the_same_seed_gives_the_same_weights_and_leaves_torch_alone(name: str) -> None:
    before = torch.random.get_rng_state()
    one, same, other = (build(name, seed=seed).state_dict() for seed in (3, 3, 4))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(one[key], same[key]) for key in one)
    zeros = name in ("perceptron", "adaline", "linear")  # where the paper's rule begins
    assert all(torch.equal(one[key], other[key]) for key in one) == zeros


@pytest.mark.slow
@pytest.mark.parametrize("name", LIGHT)
def test_a_network_learns_one_batch_by_heart(name: str) -> None:
    if name == "madaline":
        pytest.skip("a sign has no slope; rule II is tested beside it")
    found = CATALOGUE[name]
    net = build(name, seed=1)
    pictures = torch.randn(4, found.channels, found.size, found.size, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(4) % found.classes
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    losses = []
    for _ in range(16):
        loss = torch.nn.functional.cross_entropy(net(pictures), labels)
        losses.append(float(loss.detach()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize("name", FLAT)
def test_a_network_without_convolutions_takes_the_size_it_was_built_for(name: str) -> None:
    net = build(name, channels=1, size=6)
    with pytest.raises(UsageError, match=r"pictures of 7×7; 6×6; build it with size=7"):
        net(torch.zeros(1, 1, 7, 7))


def test_what_is_no_picture_for_it_is_said() -> None:
    with pytest.raises(UsageError, match=r"an array \[1, 3, 32, 32\]; pictures \[N, 1, rows, columns\]"):
        build("lenet")(torch.zeros(1, 3, 32, 32))


@pytest.mark.parametrize("wrong", [{"classes": 0}, {"classes": 2.0}, {"channels": -1}, {"size": True}, {"size": 31}, {"classes": 10**9}])
def test_numbers_that_make_no_network_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=r"needed|whole number|at least 32×32"):
        build("vgg11", **wrong)


def test_a_number_of_classes_as_numpy_counts_them_is_one() -> None:
    assert build("lenet", classes=np.int64(3)).head.out_features == 3  # as y.max() + 1 gives it


def test_a_network_that_no_memory_holds_is_refused_before_it_is_made() -> None:
    with pytest.raises(UsageError, match=r"100,000 classes of pictures 3×100000×100000 make 3,000,000,000,100,000 weights; at most"):
        build("linear", classes=100_000, channels=3, size=100_000)


def test_without_torch_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vitreous.nets.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r'cannot build lenet: torch; pip install "vitreous\[train\]"'):
        build("lenet")


def test_weights_come_back_as_they_were_saved(tmp_path: Path) -> None:
    save = pytest.importorskip("safetensors.torch").save_file
    source, target = build("resnet20-cifar", seed=1), build("resnet20-cifar", seed=2)
    save(source.state_dict(), tmp_path / "w.safetensors")
    load_weights(target, tmp_path / "w.safetensors")
    assert all(torch.equal(value, target.state_dict()[key]) for key, value in source.state_dict().items())


def test_weights_of_another_network_are_refused_with_the_difference_and_nothing_is_loaded(tmp_path: Path) -> None:
    save = pytest.importorskip("safetensors.torch").save_file
    save(build("resnet56-cifar").state_dict(), tmp_path / "w.safetensors")
    net = build("resnet20-cifar")
    before = {key: value.clone() for key, value in net.state_dict().items()}
    with pytest.raises(ModelError) as caught:
        load_weights(net, tmp_path / "w.safetensors")
    said = str(caught.value)
    assert "another network: 216 tensors unexpected: stages.conv2.3.conv1.weight," in said and said.count("stages.") == 5 and " …" in said
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    save(build("lenet").state_dict(), tmp_path / "l.safetensors")
    with pytest.raises(
        ModelError, match=r"tensors missing: .*; 8 tensors unexpected: .*; 1 tensor of another shape: head.weight \[10, 84\] in place"
    ):
        load_weights(net, tmp_path / "l.safetensors")


def test_a_head_of_another_number_of_classes_is_said(tmp_path: Path) -> None:
    save = pytest.importorskip("safetensors.torch").save_file
    save(build("lenet", classes=7).state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(ModelError, match="it is for 7 classes, this network for 10; build it with classes=7"):
        load_weights(build("lenet"), tmp_path / "w.safetensors")


def test_files_that_hold_no_weights_are_said(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    (tmp_path / "w.safetensors").write_bytes(b"no weights at all")
    with pytest.raises(ModelError, match=r"w\.safetensors holds no weights"):
        load_weights(build("lenet"), tmp_path / "w.safetensors")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.safetensors")
        with pytest.raises(ModelError, match=r"pipe\.safetensors holds no weights"):
            load_weights(build("lenet"), tmp_path / "pipe.safetensors")
    with pytest.raises(ModelError, match=r"cannot read the weights .*check the path"):
        load_weights(build("lenet"), tmp_path / "none.safetensors")


def test_the_table_leaves_a_network_as_it_is() -> None:
    net = build("resnet20-cifar")
    before = {key: value.clone() for key, value in net.state_dict().items()}
    stages_of(net, (3, 32, 32))
    assert net.training and all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_where_there_are_no_numbers_none_are_drawn() -> None:
    # a draw on torch's "meta" device imports its compiler, which takes seconds
    from vitreous.nets.outline import outlines

    with outlines():
        assert torch.empty(3).is_meta
        kept = torch.zeros(4, 4, device="cpu")
        for draw in (torch.nn.init.normal_, torch.nn.init.uniform_, torch.nn.init.kaiming_normal_, torch.nn.init.xavier_uniform_):
            assert draw(kept) is kept and not kept.any()
    assert torch.nn.init.normal_(kept).any()
