"""Each layer against hand-computed values, finite differences and, where it is installed, torch; all in float64."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
from finite_differences import gradient

from vitreous.layers import activations, batch_norm, convolution, dropout, joining, linear, local_response, pooling, softmax
from vitreous.layers.window import Window, same_padding

RANDOM = np.random.default_rng(0)
# The difference quotient is good to about 1e-9 of values of size one.
CLOSE = {"rtol": 1e-6, "atol": 1e-7}
EXACT = {"rtol": 1e-12, "atol": 1e-12}


def normal(*shape: int) -> NDArray[np.float64]:
    return RANDOM.normal(size=shape)


class TestOfTheLecture:
    def test_max_pooling_of_two_by_two(self) -> None:
        X = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]], float)[None, None]
        assert pooling.max_pool(X, Window((2, 2), (2, 2)))[0, 0].tolist() == [[6, 8], [3, 4]]

    def test_the_linear_classifier_of_four_pixels(self) -> None:
        W = np.array([[0.2, -0.5, 0.1, 2], [1.5, 1.3, 2.1, 0], [0, 0.25, 0.2, -0.3]])
        x, b = np.array([[56, 231, 24, 2]]), np.array([1.1, 3.2, -1.2])
        np.testing.assert_allclose(linear.linear(x, W, b), [[-96.8, 437.9, 60.75]], **EXACT)
        # the slide prints 61.95 for the last: without its bias
        assert linear.linear(x, W)[0, 2] == pytest.approx(61.95)


WINDOWS = [
    (Window((3, 3)), 1),
    (Window((1, 1)), 1),
    (Window((1, 1), (2, 2)), 2),
    (Window((3, 3), (2, 2), (1, 1, 1, 1)), 2),
    (Window((2, 3), (2, 1), (0, 1, 1, 2), (2, 1)), 1),
    (Window((3, 3), (1, 1), (1, 1, 1, 1)), 4),
    (Window((5, 5), (2, 2), (1, 1, 2, 2)), 4),
]


@pytest.mark.parametrize(("window", "groups"), WINDOWS)
class TestConvolution:
    def parts(self, groups: int, window: Window, outputs: int = 4) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        return normal(2, 4, 6, 7), normal(outputs, 4 // groups, *window.kernel), normal(outputs)

    def test_the_matrix_product_is_the_sum(self, window: Window, groups: int) -> None:
        X, W, b = self.parts(groups, window)
        np.testing.assert_allclose(convolution.convolution(X, W, b, window, groups), convolution.convolution_as_sum(X, W, b, window, groups), **EXACT)

    def test_the_gradients_are_those_of_finite_differences(self, window: Window, groups: int) -> None:
        X, W, b = self.parts(groups, window)
        Y = convolution.convolution(X, W, b, window, groups)
        dY = normal(*Y.shape)
        pairs = [
            (convolution.convolution_dX(dY, X, W, window, groups), lambda x: convolution.convolution(x, W, b, window, groups), X),
            (convolution.convolution_dW(dY, X, W, window, groups), lambda w: convolution.convolution(X, w, b, window, groups), W),
            (convolution.convolution_db(dY), lambda c: convolution.convolution(X, W, c, window, groups), b),
        ]
        for ours, f, at in pairs:
            np.testing.assert_allclose(ours, gradient(f, at, dY), **CLOSE)

    def test_torch_says_the_same(self, window: Window, groups: int) -> None:
        torch = pytest.importorskip("torch")
        X, W, b = self.parts(groups, window)
        x, w, c = (torch.tensor(each, requires_grad=True) for each in (X, W, b))
        top, left, bottom, right = window.padding
        padded = torch.nn.functional.pad(x, (left, right, top, bottom))
        y = torch.nn.functional.conv2d(padded, w, c, window.stride, 0, window.dilation, groups)
        dY = normal(*y.shape)
        y.backward(torch.tensor(dY))
        np.testing.assert_allclose(convolution.convolution(X, W, b, window, groups), y.detach().numpy(), **EXACT)
        np.testing.assert_allclose(convolution.convolution_dX(dY, X, W, window, groups), x.grad.numpy(), **EXACT)
        np.testing.assert_allclose(convolution.convolution_dW(dY, X, W, window, groups), w.grad.numpy(), **EXACT)


def test_a_convolution_in_parts_is_the_convolution(monkeypatch: pytest.MonkeyPatch) -> None:
    X, W, window = normal(5, 3, 8, 8), normal(4, 3, 3, 3), Window((3, 3), padding=(1, 1, 1, 1))
    dY = normal(5, 4, 8, 8)
    whole = [convolution.convolution(X, W, None, window), convolution.convolution_dX(dY, X, W, window), convolution.convolution_dW(dY, X, W, window)]
    monkeypatch.setattr(convolution, "_MOST_VALUES", 1)
    parts = [convolution.convolution(X, W, None, window), convolution.convolution_dX(dY, X, W, window), convolution.convolution_dW(dY, X, W, window)]
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, other, **EXACT)


@pytest.mark.parametrize(
    ("X", "W", "groups", "said"),
    [
        ((1, 3, 5, 5), (4, 4, 3, 3), 1, "3 channels, kernels"),
        ((3, 5, 5), (4, 3, 3, 3), 1, r"X \[3, 5, 5\]"),
        ((1, 3, 2, 5), (4, 3, 3, 3), 1, "a window of 3 pixels does not fit into 2 pixels"),
        ((1, 4, 5, 5), (3, 2, 3, 3), 2, "in 2 groups"),
    ],
)
def test_what_does_not_fit_is_said(X: tuple[int, ...], W: tuple[int, ...], groups: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        convolution.convolution(normal(*X), normal(*W), None, Window((3, 3)), groups)


POOLS = [
    Window((2, 2), (2, 2)),
    Window((3, 3), (2, 2), (1, 1, 1, 1)),
    Window((3, 2), (1, 3)),
    Window((3, 3), (2, 2), ceil=True),
    Window((2, 2), (2, 2), (1, 0, 1, 0), ceil=True),
]


@pytest.mark.parametrize("window", POOLS)
class TestPooling:
    def test_gradients_are_those_of_finite_differences(self, window: Window) -> None:
        X = normal(2, 3, 7, 6)
        Y = pooling.max_pool(X, window)
        dY = normal(*Y.shape)
        np.testing.assert_allclose(pooling.max_pool_dX(dY, X, Y, window), gradient(lambda x: pooling.max_pool(x, window), X, dY), **CLOSE)
        for padding in (False, True):
            numeric = gradient(lambda x, p=padding: pooling.average_pool(x, window, p), X, dY)
            np.testing.assert_allclose(pooling.average_pool_dX(dY, X, window, padding), numeric, **CLOSE)

    def test_torch_says_the_same(self, window: Window) -> None:
        torch = pytest.importorskip("torch")
        if window.padding[:2] != window.padding[2:]:
            pytest.skip("torch pads alike on both sides")
        X = np.round(normal(2, 3, 7, 6))  # with equal values, of which the first counts
        x = torch.tensor(X, requires_grad=True)
        y = torch.nn.functional.max_pool2d(x, window.kernel, window.stride, window.padding[:2], ceil_mode=window.ceil)
        Y = pooling.max_pool(X, window)
        np.testing.assert_array_equal(Y, y.detach().numpy())
        dY = normal(*Y.shape)
        y.backward(torch.tensor(dY))
        np.testing.assert_allclose(pooling.max_pool_dX(dY, X, Y, window), x.grad.numpy(), **EXACT)
        for padding in (False, True):
            mean = torch.nn.functional.avg_pool2d(x, window.kernel, window.stride, window.padding[:2], window.ceil, padding)
            np.testing.assert_allclose(pooling.average_pool(X, window, padding), mean.detach().numpy(), **EXACT)


def test_the_global_mean_and_its_gradient() -> None:
    X = normal(2, 3, 4, 5)
    Y = pooling.global_average_pool(X)
    np.testing.assert_allclose(Y[:, :, 0, 0], X.mean((2, 3)), **EXACT)
    dY = normal(*Y.shape)
    np.testing.assert_allclose(pooling.global_average_pool_dX(dY, X), gradient(pooling.global_average_pool, X, dY), **CLOSE)


Function = Callable[[NDArray[Any]], NDArray[Any]]
BENT: dict[str, tuple[Function, Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], NDArray[Any]]]] = {
    "relu": (activations.relu, lambda d, x, y: activations.relu_dX(d, x)),
    "relu6": (activations.relu6, lambda d, x, y: activations.relu6_dX(d, x)),
    "sigmoid": (activations.sigmoid, lambda d, x, y: activations.sigmoid_dX(d, y)),
    "tanh": (activations.tanh, lambda d, x, y: activations.tanh_dX(d, y)),
    "softmax": (softmax.softmax, lambda d, x, y: softmax.softmax_dZ(d, y)),
    "log_softmax": (softmax.log_softmax, lambda d, x, y: softmax.log_softmax_dZ(d, y)),
    "softmax along the channels": (lambda x: softmax.softmax(x, 1), lambda d, x, y: softmax.softmax_dZ(d, y, 1)),
    "local response": (
        lambda x: local_response.local_response(x, 5, 0.3, 0.75, 2.0),
        lambda d, x, y: local_response.local_response_dX(d, x, 5, 0.3, 0.75, 2.0),
    ),
    "local response of an even number": (
        lambda x: local_response.local_response(x, 4, 0.3, 0.75, 2.0),
        lambda d, x, y: local_response.local_response_dX(d, x, 4, 0.3, 0.75, 2.0),
    ),
}


@pytest.mark.parametrize("name", BENT)
def test_an_activation_has_the_gradient_of_finite_differences(name: str) -> None:
    f, backward = BENT[name]
    X = normal(2, 6, 2, 3) * 4
    Y = f(X)
    dY = normal(*Y.shape)
    np.testing.assert_allclose(backward(dY, X, Y), gradient(f, X, dY), **CLOSE)


def test_a_wrong_gradient_is_noticed() -> None:
    X = normal(2, 3)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(activations.relu_dX(np.ones((2, 3)), -X), gradient(activations.relu, X, np.ones((2, 3))), **CLOSE)


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "log_softmax"])
def test_large_scores_overflow_nowhere(name: str) -> None:
    with np.errstate(over="raise", invalid="raise"):
        Y = BENT[name][0](np.array([[1e4, -1e4, 0.0]]))
    assert np.isfinite(Y).all()


def test_torch_agrees_on_local_response_normalization() -> None:
    torch = pytest.importorskip("torch")
    X = normal(2, 7, 3, 3)
    for neighbours in (3, 5):
        theirs = torch.nn.functional.local_response_norm(torch.tensor(X), neighbours, 0.3, 0.75, 2.0).numpy()
        np.testing.assert_allclose(local_response.local_response(X, neighbours, 0.3, 0.75, 2.0), theirs, **EXACT)


def test_cross_entropy_and_its_gradient() -> None:
    Z, y = normal(5, 4), np.array([0, 3, 1, 1, 2])
    expected = -np.log(np.exp(Z[np.arange(5), y]) / np.exp(Z).sum(1)).mean()
    assert softmax.cross_entropy(Z, y) == pytest.approx(expected, rel=1e-12)
    numeric = gradient(lambda z: np.array(softmax.cross_entropy(z, y)), Z, np.array(1.0))
    np.testing.assert_allclose(softmax.cross_entropy_dZ(Z, y), numeric, **CLOSE)


def test_the_fully_connected_layer_and_its_gradients() -> None:
    X, W, b = normal(4, 3), normal(5, 3), normal(5)
    dY = normal(4, 5)
    np.testing.assert_allclose(linear.linear_dX(dY, W), gradient(lambda x: linear.linear(x, W, b), X, dY), **CLOSE)
    np.testing.assert_allclose(linear.linear_dW(dY, X), gradient(lambda w: linear.linear(X, w, b), W, dY), **CLOSE)
    np.testing.assert_allclose(linear.linear_db(dY), gradient(lambda c: linear.linear(X, W, c), b, dY), **CLOSE)


class TestBatchNorm:
    X, gamma, beta, mean, variance = normal(4, 3, 2, 5), normal(3), normal(3), normal(3), RANDOM.random(3) + 0.5

    def test_in_use_it_is_a_product_and_a_sum(self) -> None:
        Y = batch_norm.batch_norm(self.X, self.gamma, self.beta, self.mean, self.variance, 1e-3)
        c = 1
        by_hand = self.gamma[c] * (self.X[:, c] - self.mean[c]) / np.sqrt(self.variance[c] + 1e-3) + self.beta[c]
        np.testing.assert_allclose(Y[:, c], by_hand, **EXACT)
        dY = normal(*Y.shape)
        constant = (self.mean, self.variance, 1e-3)
        ours = batch_norm.batch_norm_gradients(dY, self.X, self.gamma, *constant)
        for mine, f, at in (
            (ours[0], lambda x: batch_norm.batch_norm(x, self.gamma, self.beta, *constant), self.X),
            (ours[1], lambda g: batch_norm.batch_norm(self.X, g, self.beta, *constant), self.gamma),
            (ours[2], lambda b: batch_norm.batch_norm(self.X, self.gamma, b, *constant), self.beta),
        ):
            np.testing.assert_allclose(mine, gradient(f, at, dY), **CLOSE)

    def test_in_training_the_batch_gives_mean_and_variance(self) -> None:
        Y, mean, variance = batch_norm.batch_norm_in_training(self.X, np.ones(3), np.zeros(3), 0.0)
        np.testing.assert_allclose(Y.mean((0, 2, 3)), 0, atol=1e-12)
        np.testing.assert_allclose(Y.var((0, 2, 3)), 1, rtol=1e-12)
        np.testing.assert_allclose((mean, variance), (self.X.mean((0, 2, 3)), self.X.var((0, 2, 3))), **EXACT)
        dY = normal(*Y.shape)
        ours = batch_norm.batch_norm_gradients_in_training(dY, self.X, self.gamma, 1e-3)
        for mine, f, at in (
            (ours[0], lambda x: batch_norm.batch_norm_in_training(x, self.gamma, self.beta, 1e-3)[0], self.X),
            (ours[1], lambda g: batch_norm.batch_norm_in_training(self.X, g, self.beta, 1e-3)[0], self.gamma),
            (ours[2], lambda b: batch_norm.batch_norm_in_training(self.X, self.gamma, b, 1e-3)[0], self.beta),
        ):
            np.testing.assert_allclose(mine, gradient(f, at, dY), **CLOSE)

    def test_the_running_values_follow_slowly(self) -> None:
        assert batch_norm.running(np.array([1.0]), np.array([2.0]), 0.1).tolist() == pytest.approx([1.1])


class TestDropout:
    def test_the_mean_stays(self) -> None:
        mask = dropout.dropout_mask((1000, 100), 0.3, np.random.default_rng(0))
        assert (mask == 0).mean() == pytest.approx(0.3, abs=0.01) and mask.mean() == pytest.approx(1, abs=0.01)
        X, dY = normal(1000, 100), normal(1000, 100)
        np.testing.assert_array_equal(dropout.dropout(X, mask) == 0, dropout.dropout_dX(dY, mask) == 0)

    @pytest.mark.parametrize("p", [-0.1, 1.0, 2.0])
    def test_all_cannot_be_left_out(self, p: float) -> None:
        with pytest.raises(ValueError, match="0 ≤ p < 1 is needed"):
            dropout.dropout_mask((2,), p, np.random.default_rng(0))


def test_a_sum_that_spreads_gathers_its_gradient() -> None:
    A, B = normal(2, 3, 4), normal(3, 1)
    dY = normal(2, 3, 4)
    np.testing.assert_allclose(joining.gathered(dY, B.shape), gradient(lambda b: joining.residual_sum(A, b), B, dY), **CLOSE)
    assert joining.gathered(dY, dY.shape) is dY


def test_a_concatenation_gives_each_part_its_gradient() -> None:
    A, B = normal(2, 3, 2), normal(2, 1, 2)
    dY = normal(2, 4, 2)
    dA, dB = joining.concatenation_dX(dY, (A, B))
    np.testing.assert_array_equal(dA, dY[:, :3])
    np.testing.assert_array_equal(dB, dY[:, 3:])


@given(st.integers(1, 30), st.integers(1, 7), st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_same_padding_gives_as_many_outputs_as_steps(size: int, kernel: int, stride: int, dilation: int) -> None:
    padding = same_padding((size, size), (kernel, kernel), (stride, stride), (dilation, dilation))
    window = Window((kernel, kernel), (stride, stride), padding, (dilation, dilation))
    assert window.output_size(size, size) == (-(-size // stride),) * 2 and 0 <= padding[2] - padding[0] <= 1
