"""The builder: which weights go by which rule, that a training goes as torch's own, and what is refused."""

from typing import Any

import numpy as np
import pytest

from vitreous.errors import UsageError
from vitreous.nets import build
from vitreous.optim import OPTIMIZERS, clip, entry, optimizer, rules, set_rate

torch = pytest.importorskip("torch")
from torch import nn

NAN, INF = float("nan"), float("inf")


def small_net(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(80, 3))
    return net.double()


def batch(step: int) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(step)
    return torch.randn(16, 1, 8, 8, generator=generator, dtype=torch.float64), torch.randint(0, 3, (16,), generator=generator)


def trained(net: Any, descent: Any, steps: int = 20) -> list[Any]:
    for step in range(steps):
        X, y = batch(step)
        descent.zero_grad()
        nn.functional.cross_entropy(net(X), y).backward()
        descent.step()
    return [each.detach().numpy().copy() for each in net.parameters()]


def split(net: Any, decay: float) -> list[dict[str, Any]]:
    matrices, vectors = ([each for each in net.parameters() if (each.ndim > 1) is wide] for wide in (True, False))
    return [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "muon"])
def test_twenty_steps_are_torchs_to_the_last_bit(name: str) -> None:
    make = {
        "sgd": lambda groups: torch.optim.SGD(groups, 0.05),
        "momentum": lambda groups: torch.optim.SGD(groups, 0.05, momentum=0.9),
        "nesterov": lambda groups: torch.optim.SGD(groups, 0.05, momentum=0.9, nesterov=True),
        "adam": lambda groups: torch.optim.Adam(groups, 0.05),
        "adamw": lambda groups: torch.optim.AdamW(groups, 0.05),
    }[name]
    net, theirs = small_net(), small_net()
    ours = trained(net, optimizer(name, net, 0.05, decay=0.1))
    for own, their in zip(ours, trained(theirs, make(split(theirs, 0.1))), strict=True):
        np.testing.assert_array_equal(own, their)


def test_muon_moves_hidden_kernels_by_its_rule_and_all_else_by_adamws() -> None:
    net = small_net()
    descent = optimizer("muon", net, 0.01, momentum=0.9, decay=0.1, betas=(0.8, 0.99))
    names = {id(each): name for name, each in net.named_parameters()}
    groups = {group["name"]: [names[id(each)] for each in group["params"]] for group in descent.param_groups}
    assert groups == {"muon": ["3.weight"], "decayed": ["0.weight", "6.weight"], "plain": ["0.bias", "1.weight", "1.bias", "3.bias", "6.bias"]}
    expected = {name: (each.detach().numpy().copy(), np.zeros(each.shape), np.zeros(each.shape)) for name, each in net.named_parameters()}
    for step in range(20):
        X, y = batch(step)
        descent.zero_grad()
        nn.functional.cross_entropy(net(X), y).backward()
        for name, each in net.named_parameters():
            W, M, S = expected[name]
            if name == "3.weight":
                expected[name] = (*rules.muon(W, each.grad.numpy(), M, 0.01, 0.9, 0.1), S)
            else:
                expected[name] = rules.adamw(W, each.grad.numpy(), M, S, step + 1, 0.01, (0.8, 0.99), 0.1 if each.ndim > 1 else 0.0)
        descent.step()
    for name, each in net.named_parameters():
        np.testing.assert_allclose(each.detach().numpy(), expected[name][0], rtol=1e-9, atol=1e-12, err_msg=name)  # fp64


def test_muon_on_channels_last_kernels_is_the_same() -> None:
    net, other = small_net(), small_net().to(memory_format=torch.channels_last)
    for own, their in zip(trained(net, optimizer("muon", net, 0.01)), trained(other, optimizer("muon", other, 0.01)), strict=True):
        np.testing.assert_allclose(own, their, rtol=1e-9, atol=1e-12)  # fp64


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_saved_optimizer_goes_on_to_the_same_bits(name: str) -> None:
    net = small_net()
    through = trained(net, optimizer(name, net, 0.01, decay=0.1), steps=8)
    half = small_net()
    first = optimizer(name, half, 0.01, decay=0.1)
    trained(half, first, steps=5)
    resumed = small_net(seed=1)
    resumed.load_state_dict(half.state_dict())
    second = optimizer(name, resumed, 0.5)
    second.load_state_dict(first.state_dict())
    for step in range(5, 8):
        X, y = batch(step)
        second.zero_grad()
        nn.functional.cross_entropy(resumed(X), y).backward()
        second.step()
    for own, their in zip(through, resumed.parameters(), strict=True):
        np.testing.assert_array_equal(own, their.detach().numpy())


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("net_name", ["linear", "mlp", "lenet", "resnet20-cifar", "googlenet"])
def test_every_weight_is_in_one_group_and_no_bias_or_norm_decays(name: str, net_name: str) -> None:
    net = build(net_name, classes=4, size=32, channels=1)
    groups = optimizer(name, net, 0.1, decay=0.01).param_groups
    found = [id(each) for group in groups for each in group["params"]]
    assert sorted(found) == sorted(id(each) for each in net.parameters())
    for group in groups:
        assert {each.ndim > 1 for each in group["params"]} == {group["name"] != "plain"}
        assert group["weight_decay"] == (0.0 if group["name"] == "plain" else 0.01)
        assert group["initial_lr"] == group["lr"] == 0.1
    muon = {id(each) for group in groups if group["name"] == "muon" for each in group["params"]}
    assert not muon & {id(each) for each in net.head.parameters()}


def test_frozen_weights_are_left_out() -> None:
    net = build("lenet", classes=4)
    net.stages.requires_grad_(False)
    assert sum(len(group["params"]) for group in optimizer("muon", net, 0.1).param_groups) == 2
    net.requires_grad_(False)
    with pytest.raises(UsageError, match="nothing to optimize"):
        optimizer("sgd", net, 0.1)


def test_a_schedule_sets_the_rate_of_all_groups() -> None:
    descent = optimizer("adamw", build("lenet", classes=4), 0.2)
    set_rate(descent, 0.5)
    set_rate(descent, 0.25)
    assert [group["lr"] for group in descent.param_groups] == [0.05, 0.05]


def test_clipping_scales_the_whole_gradient_to_the_norm_and_returns_what_it_was() -> None:
    net, theirs = small_net(), small_net()
    for each in (net, theirs):
        X, y = batch(0)
        nn.functional.cross_entropy(each(100 * X), y).backward()
    norm = float(torch.nn.utils.clip_grad_norm_(theirs.parameters(), 0.1))
    before = [each.grad.clone() for each in net.parameters()]
    assert clip(net, 2 * norm) == clip(net, INF) == pytest.approx(norm, rel=1e-12)
    assert all((each.grad == kept).all() for each, kept in zip(net.parameters(), before, strict=True))
    assert clip(net, 0.1) == pytest.approx(norm, rel=1e-12)
    for own, their in zip(net.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(own.grad, their.grad, rtol=2e-5, atol=0)  # torch divides by the norm + 1e-6
    assert clip(net, INF) == pytest.approx(0.1, rel=1e-9)


def test_a_gradient_that_is_not_finite_is_said_and_left_alone() -> None:
    net = nn.Linear(2, 1)
    assert clip(net, 1.0) == 0.0  # no gradient yet
    net.weight.grad, net.bias.grad = torch.tensor([[INF, 1.0]]), torch.ones(1)
    assert clip(net, 1.0) == INF
    net.weight.grad[0, 0] = NAN
    assert np.isnan(clip(net, 1.0))
    assert net.weight.grad[0, 1] == 1 and net.bias.grad == 1
    for largest in (0, -1, NAN, -INF, "1", True):
        with pytest.raises(UsageError, match="largest norm of a gradient"):
            clip(net, largest)  # on purpose no number


def test_unknown_names_are_answered_with_the_nearest() -> None:
    net = nn.Linear(2, 1)
    for name, near in (("adma", "adam"), ("SGD", "sgd"), ("nestrov", "nesterov"), ("AdamW", "adamw")):
        with pytest.raises(UsageError, match=f"no optimizer '{name}': did you mean '{near}'"):
            optimizer(name, net, 0.1)
    for name in (None, 3, ["adam"], "x" * 500):
        with pytest.raises(UsageError, match="there is no optimizer"):
            entry(name)  # on purpose no name


@pytest.mark.parametrize(
    ("options", "said"),
    [
        *(({"rate": rate}, "the learning rate: .*larger than 0 and at most 1,000") for rate in (0, -0.1, NAN, INF, 1e6, "0.1", None, True)),
        *(({"decay": decay}, "the weight decay: .*from 0 to 10") for decay in (-1, NAN, 1e3)),
        *(({"betas": betas}, "betas: ") for betas in ((0.9,), (0.9, 1.0), (-0.1, 0.9), 0.9, (0.9, NAN), "ab")),
        ({"momentum": 0.9}, "adam takes no momentum"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_with_their_range(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        optimizer("adam", nn.Linear(2, 1), **{"rate": 0.1} | options)


def test_what_a_rule_does_not_take_is_refused() -> None:
    net = nn.Linear(2, 1)
    for momentum in (1, -0.1, NAN):
        with pytest.raises(UsageError, match="the momentum: "):
            optimizer("momentum", net, 0.1, momentum=momentum)
    with pytest.raises(UsageError, match="sgd takes no momentum"):
        optimizer("sgd", net, 0.1, momentum=0.9)
    with pytest.raises(UsageError, match="nesterov takes no betas"):
        optimizer("nesterov", net, 0.1, betas=(0.9, 0.99))


def test_momentum_0_is_taken() -> None:
    net, plain = small_net(), small_net()
    for own, their in zip(trained(net, optimizer("momentum", net, 0.1, momentum=0)), trained(plain, optimizer("sgd", plain, 0.1)), strict=True):
        np.testing.assert_array_equal(own, their)
