"""Each rule against torch.optim, step by step in float64, and against steps worked out by hand."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vitreous.optim import rules

Array = NDArray[np.float64]
STEPS, RATE = 100, 0.01
SHAPES: tuple[tuple[int, ...], ...] = ((7, 5), (5, 7), (4,))
# Products of 16 digits, some hundred of them added in another order: twelve digits are left
SAME = {"rtol": 1e-11, "atol": 1e-13}


def gradients(shape: tuple[int, ...]) -> Array:
    """One for each step, of very different sizes."""
    random = np.random.default_rng(len(shape))
    return random.normal(size=(STEPS, *shape)) * 10 ** random.uniform(-3, 1, (STEPS, *[1] * len(shape)))


def start(shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(9).normal(size=shape)


def theirs(optimizer: Any, shape: tuple[int, ...]) -> list[Array]:
    """The weights behind each of torch's steps."""
    torch = pytest.importorskip("torch")
    W = torch.nn.Parameter(torch.from_numpy(start(shape).copy()))
    descent, path = optimizer(torch, [W]), []
    for g in gradients(shape):
        W.grad = torch.from_numpy(g.copy())
        descent.step()
        path.append(W.detach().numpy().copy())
    return path


def ours(rule: str, shape: tuple[int, ...], **options: Any) -> list[Array]:
    """The weights behind each step of the rule."""
    W, path = start(shape), []
    V, M, S = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for t, g in enumerate(gradients(shape), 1):
        kept = W.copy(), g.copy(), V.copy(), M.copy(), S.copy()
        given = (W, g, V, M, S)
        if rule == "gradient_descent":
            W = rules.gradient_descent(W, g, RATE, **options)
        elif rule in ("adam", "adamw"):
            W, M, S = getattr(rules, rule)(W, g, M, S, t, RATE, **options)
        else:
            W, V = getattr(rules, rule)(W, g, V, RATE, **options)
        assert all((now == before).all() for now, before in zip(given, kept, strict=True)), "a rule changed what it was given"
        path.append(W)
    return path


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_every_step_is_torchs(decay: float, shape: tuple[int, ...]) -> None:
    betas = (0.8, 0.95)
    pairs = {
        "gradient_descent": ({}, lambda torch, W: torch.optim.SGD(W, RATE, weight_decay=decay)),
        "momentum": ({"mu": 0.8}, lambda torch, W: torch.optim.SGD(W, RATE, momentum=0.8, weight_decay=decay)),
        "nesterov": ({}, lambda torch, W: torch.optim.SGD(W, RATE, momentum=0.9, nesterov=True, weight_decay=decay)),
        "adam": ({}, lambda torch, W: torch.optim.Adam(W, RATE, weight_decay=decay)),
        "adamw": ({"betas": betas}, lambda torch, W: torch.optim.AdamW(W, RATE, betas=betas, weight_decay=decay)),
    }
    for rule, (options, optimizer) in pairs.items():
        np.testing.assert_allclose(ours(rule, shape, decay=decay, **options), theirs(optimizer, shape), err_msg=rule, **SAME)


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_muon_is_torchs_without_its_rounding_to_16_bit(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    if not hasattr(torch.optim, "Muon"):
        pytest.skip("torch.optim.Muon came with torch 2.9")

    def muon(torch: Any, W: Any) -> Any:
        return torch.optim.Muon(W, RATE, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw")

    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda tensor: tensor.clone())  # theirs rounds here, then works in place
    np.testing.assert_allclose(ours("muon", shape, decay=0.1), theirs(muon, shape), rtol=1e-9, atol=1e-11)  # the iteration magnifies rounding


def test_torchs_muon_as_it_is_lies_within_16_bit_rounding() -> None:
    torch = pytest.importorskip("torch")
    if not hasattr(torch.optim, "Muon"):
        pytest.skip("torch.optim.Muon came with torch 2.9")
    path = theirs(lambda torch, W: torch.optim.Muon(W, RATE, weight_decay=0.0, adjust_lr_fn="match_rms_adamw"), (7, 5))
    first, second = ours("muon", (7, 5))[0] - start((7, 5)), path[0] - start((7, 5))
    assert np.abs(first - second).max() < 0.05 * np.abs(first).max()  # bf16 has 8 bits; five rounds of cubes and fifth powers magnify that


def test_steps_by_hand() -> None:
    W, g = np.array([1.0]), np.array([2.0])
    assert rules.gradient_descent(W, g, 0.1, decay=0.5) == pytest.approx(0.75)
    W, V = rules.momentum(W, g, np.zeros(1), 0.1, mu=0.5)
    assert pytest.approx(0.8) == W and V == 2
    W, V = rules.momentum(W, g, V, 0.1, mu=0.5)
    assert pytest.approx(0.5) == W and V == 3
    W, V = rules.nesterov(np.array([1.0]), g, np.zeros(1), 0.1, mu=0.5)
    assert pytest.approx(0.7) == W and V == 2


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_adams_first_step_is_the_rate_whatever_the_gradients_size(size: float) -> None:
    W, *_ = rules.adam(np.zeros(2), np.array([size, -size]), np.zeros(2), np.zeros(2), 1, rate=0.01)
    np.testing.assert_allclose(W, [-0.01, 0.01], rtol=0.011)  # ε 1e-8 beside 1e-6: one percent


def test_along_a_constant_gradient_momentum_is_ten_times_as_fast() -> None:
    W, V = np.zeros(1), np.zeros(1)
    for _ in range(300):
        before = W
        W, V = rules.momentum(W, np.ones(1), V, rate=0.1)
    assert before - W == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("shape", [(6, 6), (3, 40), (40, 3)])
def test_muons_step_is_the_gradient_with_singular_values_near_1(shape: tuple[int, int]) -> None:
    G = np.random.default_rng(0).normal(size=shape)
    U, values, Vt = np.linalg.svd(G, full_matrices=False)
    found = rules.orthogonalized(1e3 * G)
    inside = U.T @ found @ Vt.T
    np.testing.assert_allclose(inside - np.diag(np.diag(inside)), 0, atol=1e-12)  # the same singular vectors, in fp64
    lifted = np.diag(inside)[values > 0.01 * np.linalg.norm(G)]
    assert lifted.min() > 0.67 and lifted.max() < 1.21


def test_muon_takes_a_kernel_as_a_matrix_and_nothing_from_a_zero_gradient() -> None:
    random = np.random.default_rng(0)
    W, g = random.normal(size=(4, 3, 2, 2)), random.normal(size=(4, 3, 2, 2))
    step = rules.muon(W, g, np.zeros_like(W), 0.1)[0]
    flat = rules.muon(W.reshape(4, 12), g.reshape(4, 12), np.zeros((4, 12)), 0.1)[0]
    np.testing.assert_array_equal(step, flat.reshape(W.shape))
    still, V = rules.muon(W, np.zeros_like(W), np.zeros_like(W), 0.1)
    np.testing.assert_array_equal(still, W)
    assert not V.any()


@pytest.mark.parametrize("rule", ["gradient_descent", "momentum", "nesterov", "adam", "adamw", "muon"])
def test_a_rule_stays_in_the_precision_it_was_given(rule: str) -> None:
    W = np.ones((2, 2), np.float32)
    remembered = {"gradient_descent": (), "adam": (W * 0, W * 0, 1), "adamw": (W * 0, W * 0, 1)}.get(rule, (W * 0,))
    found = getattr(rules, rule)(W, W, *remembered, 0.1, decay=0.1)
    assert {each.dtype for each in (found if isinstance(found, tuple) else (found,))} == {np.dtype(np.float32)}
