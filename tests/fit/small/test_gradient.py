"""Learning step by step, beside torch on the same batches in float64."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vitreous.fit.small.gradient import learned_weights, loss_and_gradients, with_weights
from vitreous.fit.small.graphs import small_graph
from vitreous.fit.small.optimizer import Arrays, Moments, adam_step
from vitreous.layers.walk import read_walk
from vitreous.optim.rules import momentum

pytestmark = pytest.mark.slow  # trains

SIZE, CLASSES, STEPS, BATCH = 14, 5, 20, 48


def batches() -> list[tuple[NDArray[np.float64], NDArray[np.intp]]]:
    random = np.random.default_rng(0)
    return [(random.random((BATCH, SIZE * SIZE)), random.integers(0, CLASSES, BATCH)) for _ in range(STEPS)]


def in_torch(torch: Any, kind: str, weights: Arrays) -> Any:
    """The same network written with torch's own layers, beginning at the same weights."""
    nn = torch.nn
    conv = (nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2))
    layers = {
        "linear": (nn.Flatten(), nn.Linear(196, CLASSES)),
        "mlp": (nn.Flatten(), nn.Linear(196, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, CLASSES)),
        "lenet": (*conv, nn.Flatten(), nn.Linear(16, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, CLASSES)),
    }[kind]
    net = nn.Sequential(*layers).double()
    with torch.no_grad():
        for own, given in zip(net.parameters(), weights.values(), strict=True):
            own.copy_(torch.from_numpy(given))
    return net


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("kind", ["linear", "mlp", "lenet"])
def test_twenty_steps_are_torchs_twenty_steps(kind: str, optimizer: str) -> None:
    torch = pytest.importorskip("torch")
    walk = read_walk(small_graph(kind, CLASSES, 1, SIZE, 3), np.float64)
    weights = learned_weights(walk)
    net = in_torch(torch, kind, weights)
    moments, velocity = Moments(), {name: np.zeros_like(weight) for name, weight in weights.items()}
    if optimizer == "sgd":
        theirs = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    else:
        # torch decays biases too unless they are put in a group of their own
        matrices, biases = [[each for each in net.parameters() if (each.ndim > 1) is matrix] for matrix in (True, False)]
        groups = [{"params": matrices, "weight_decay": 0.1}, {"params": biases, "weight_decay": 0.0}]
        theirs = torch.optim.AdamW(groups, lr=2e-3)
    with ThreadPoolExecutor(2) as pool:
        for X, y in batches():
            loss, gradients = loss_and_gradients(walk, weights, X, y, pool)
            theirs.zero_grad()
            their_loss = torch.nn.functional.cross_entropy(net(torch.from_numpy(X).reshape(-1, 1, SIZE, SIZE)), torch.from_numpy(y))
            their_loss.backward()
            theirs.step()
            if optimizer == "sgd":
                for name, g in gradients.items():
                    weights[name][...], velocity[name] = momentum(weights[name], g, velocity[name], rate=0.05)
            else:
                adam_step(weights, gradients, moments, 2e-3, decay=0.1)
            # float64 has 16 digits; twenty steps of sums in another order leave ten of them
            assert loss == pytest.approx(float(their_loss.detach()), rel=1e-9)
    for (name, own), their in zip(weights.items(), net.parameters(), strict=True):
        np.testing.assert_allclose(own, their.detach().numpy(), rtol=1e-9, atol=1e-12, err_msg=name)


def test_one_thread_and_four_give_the_same_gradient_to_the_last_bit() -> None:
    X, y = batches()[0]
    found = []
    for threads in (1, 4):
        walk = read_walk(small_graph("lenet", CLASSES, 1, SIZE, 3))
        with ThreadPoolExecutor(threads) as pool:
            found.append(loss_and_gradients(walk, learned_weights(walk), np.float32(X), y, pool))
    assert found[0][0] == found[1][0]
    for name, gradient in found[0][1].items():
        np.testing.assert_array_equal(gradient, found[1][1][name])


def test_a_file_with_other_weights_holds_them_and_is_else_the_same() -> None:
    model = small_graph("linear", CLASSES, 1, SIZE, 3)
    bias = np.arange(CLASSES, dtype=np.float32)
    before, after = read_walk(model).constants, read_walk(with_weights(model, {"classifier.bias": bias})).constants
    np.testing.assert_array_equal(after["classifier.bias"], bias)
    np.testing.assert_array_equal(after["classifier.weight"], before["classifier.weight"])
