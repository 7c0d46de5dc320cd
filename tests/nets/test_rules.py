"""The learning rules before back-propagation, against what is proved of them and against numpy's least squares."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from vitreous.nets import adaline, build, madaline, perceptron


def clouds(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Two clouds on either side of the line x + y = 0, as pictures of 1×2 channels and one pixel, in float64."""
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 1, (4 * count, 2))
    points = points[np.abs(points.sum(1)) > 0.5][:count]
    return torch.from_numpy(points[:, :, None, None]), torch.from_numpy((points.sum(1) > 0).astype(np.int64))


def test_the_perceptron_comes_to_rest_within_the_bound_of_novikoff() -> None:
    pictures, labels = clouds(60)
    net = build("perceptron", channels=2, size=1).double()
    corrections = perceptron.learn(net, pictures, labels)
    assert torch.equal(net(pictures).argmax(1), labels)
    x = torch.cat([pictures.flatten(1), torch.ones(len(labels), 1, dtype=torch.float64)], 1)
    direction = torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64) / 2**0.5  # separates them by construction
    margin = float(((2 * labels - 1) * (x @ direction)).min())
    bound = float(x.norm(dim=1).max() / margin) ** 2
    assert 0 < max(corrections) <= bound
    assert perceptron.learn(net, pictures, labels) == [0, 0]


def test_one_correction_of_the_perceptron_by_hand() -> None:
    net = build("perceptron", channels=2, size=1)
    assert perceptron.learn(net, torch.tensor([[[[2.0]], [[-1.0]]]]), torch.tensor([1]), passes=1) == [1, 1]
    assert net.head.weight.tolist() == [[-2, 1], [2, -1]] and net.head.bias.tolist() == [-1, 1]


def test_the_perceptron_does_not_rest_on_exclusive_or() -> None:
    pictures, labels = exclusive_or()
    net = build("perceptron", channels=2, size=1)
    perceptron.learn(net, pictures, labels, passes=50)
    assert not torch.equal(net(pictures).argmax(1), labels)


@pytest.mark.slow
def test_adaline_arrives_at_the_least_squares_solution() -> None:
    pictures, labels = clouds(50, seed=1)
    net = build("adaline", channels=2, size=1).double()
    error = adaline.descend(net, pictures, labels, rate=0.2, steps=500)
    x = np.concatenate([pictures.flatten(1).numpy(), np.ones((50, 1))], 1)
    targets = 2 * np.eye(2)[labels.numpy()] - 1
    solution, squares, *_ = np.linalg.lstsq(x, targets, rcond=None)
    found = np.concatenate([net.head.weight.detach().numpy().T, net.head.bias.detach().numpy()[None]])
    assert np.abs(found - solution).max() < 1e-9  # float64, after 500 steps that each shrink the distance by a tenth or more
    assert error == pytest.approx(squares.sum() / 100, rel=1e-9)


@pytest.mark.slow
def test_adaline_one_by_one_comes_near_it() -> None:
    pictures, labels = clouds(50, seed=1)
    by_one, by_all = (build("adaline", channels=2, size=1).double() for _ in range(2))
    near, best = adaline.learn(by_one, pictures, labels, rate=0.004, passes=40), adaline.descend(by_all, pictures, labels, rate=0.2, steps=500)
    assert best <= near < 1.02 * best  # a misadjustment of about rate × Σ eigenvalues (Widrow, Stearns 1985)


def test_madaline_learns_exclusive_or_which_one_unit_cannot() -> None:
    pictures, labels = exclusive_or()
    solved = 0
    for seed in range(10):
        net = build("madaline", classes=2, channels=2, size=1, seed=seed)
        left = madaline.learn(net, pictures, labels, passes=200)
        solved += left == 0
        assert left or torch.equal(net(pictures).argmax(1), labels)
    assert solved >= 8  # rule II can stick in a local minimum (Winter, Widrow 1988)


def test_rule_two_turns_over_the_unit_nearest_to_zero() -> None:
    net = build("madaline", classes=1, channels=2, size=1)
    net.stages["hidden"] = torch.nn.Linear(2, 2)
    net.head = torch.nn.Linear(2, 1)
    with torch.no_grad():
        net.stages["hidden"].weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        net.stages["hidden"].bias.zero_()
        net.head.weight.fill_(1.0)
        net.head.bias.fill_(0.5)
    before = net.stages["hidden"].weight.detach().clone()
    # sums −0.1 and −2, answer −1.5: turned over the first gives 0.5, as is wanted
    madaline.show(net, torch.tensor([-0.1, -2.0]), torch.tensor([1.0]))
    hidden = net.stages["hidden"]
    assert torch.equal(hidden.weight[1], before[1]) and hidden(torch.tensor([-0.1, -2.0]))[0].item() == pytest.approx(1, abs=1e-6)
    assert net.head.bias.item() == 0.5


def exclusive_or() -> tuple[torch.Tensor, torch.Tensor]:
    points = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    return points[:, :, None, None], torch.tensor([0, 1, 1, 0])
