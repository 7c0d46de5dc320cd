"""A whole landscape from few of its points, where the network is smooth.

A network of sums, products, tanh and σ is analytic in its weights, so on a plane every logit of every picture is an analytic function of α and β. A
polynomial through its values at n × n Chebyshev points misses it by an error that falls like ρ⁻ⁿ (Trefethen, "Approximation theory and approximation
practice", 2013, chapter 8). For the loss of LeNet, one filter norm away: 6e-5 with 9 of them along a row, 3e-6 with 13, 4e-7 with 17. The loss
is worked out from these logits at all points. Kinks, of ReLU and of maxima, would cost that: there every point is a point of the network.

Nothing is believed: at points of the grid that were drawn the network is asked, and more Chebyshev points are taken, or all points, where it differs.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vitreous.inside.landscape.losses import Floats, losses
from vitreous.inside.landscape.plane import Array
from vitreous.inside.landscape.program import Program, blocks

# Of operators: those without a kink.
_SMOOTH = {"Conv", "Gemm", "MatMul", "Mul", "Add", "Sub", "Tanh", "Sigmoid", "AveragePool", "GlobalAveragePool", "BatchNormalization", "ReduceMean"}
_SMOOTH |= {"Flatten", "Reshape", "Transpose", "Concat", "Identity", "Dropout", "Pad"}
NODES = (17, 25, 33)  # a side, one after the other
LARGEST_DIFFERENCE = 2e-6  # of the mean loss, in units of it where it is above 1
_TOO_FAR = 1e-3  # with 17 points, for 33 to be near enough
_DRAWN = 4  # a side: the grid's points that the network is asked at
_MOST_BYTES = 500_000_000  # of the logits of all pictures at all Chebyshev points
_NUMBERS = 4_000_000  # logits that are worked on at once


def is_smooth(program: Program) -> bool:
    return all(node.kind in _SMOOTH for node in program.nodes)


def chebyshev(count: int, low: float, high: float) -> Floats:
    """The Chebyshev points of the first kind between two numbers, in order."""
    return np.asarray((low + high) / 2 - (high - low) / 2 * np.cos((2 * np.arange(count) + 1) * np.pi / (2 * count)))


def interpolation(nodes: Floats, at: Floats) -> Floats:
    """[len(at), len(nodes)]: the polynomial through values at Chebyshev points, at others. Barycentric (Berrut, Trefethen 2004, section 5)."""
    count = len(nodes)
    weights = (-1.0) ** np.arange(count) * np.sin((2 * np.arange(count) + 1) * np.pi / (2 * count))
    distance = at[:, None] - nodes
    hit = np.abs(distance) < 1e-14 * np.ptp(nodes)
    parts = weights / np.where(hit, 1, distance)
    return np.where(hit.any(1, keepdims=True), hit.astype(float), parts / parts.sum(1, keepdims=True))


def interpolated(logits: Array, alphas: Floats, betas: Floats, target: Array, cores: int) -> Floats:
    """The sums of the losses at all points, [B, A], from logits [n, n, N, K] at Chebyshev points between the ends of both axes."""
    across, along = (interpolation(chebyshev(logits.shape[k], axis[0], axis[-1]), axis) for k, axis in ((0, betas), (1, alphas)))
    across, along = across.astype(np.float32), along.astype(np.float32)
    size = max(1, _NUMBERS // (len(alphas) * len(betas) * logits.shape[3]))

    def block(rows: slice) -> Floats:
        part = np.tensordot(across, logits[:, :, rows], 1)  # [B, n, N, K]
        part = np.tensordot(along, part, (1, 1))  # [A, B, N, K]
        many = part.reshape(-1, part.shape[3])
        repeats = len(many) // (rows.stop - rows.start)
        own = np.tile(target[rows], (repeats,) + (1,) * (target.ndim - 1))
        return np.asarray(losses(many, own).reshape(len(alphas), len(betas), -1).sum(2).T)

    with ThreadPoolExecutor(cores, "landscape") as pool:
        return np.asarray(sum(pool.map(block, blocks(logits.shape[2], size))))


def summed_where_smooth(
    at: Callable[[Floats, Floats, Callable[[int], None]], Array], alphas: Floats, betas: Floats, target: Array, cores: int,
    told: Callable[[int], None],
) -> tuple[Floats, int, float] | None:  # fmt: skip
    """The sums of the losses at all points, how many Chebyshev points a side they come from, and by how much the mean loss differs from the
    network's at points that were drawn; None where it differs by too much, or where nothing would be saved. `at` gives the logits at points,
    [B, A, N, K]."""
    random = np.random.default_rng(0)
    rows, columns = (np.sort(random.choice(len(axis), min(_DRAWN, len(axis)), replace=False)) for axis in (betas, alphas))
    exact = at(alphas[columns], betas[rows], lambda done: None)
    count = exact.shape[2]
    asked = np.array([[losses(each, target).mean() for each in row] for row in exact])
    for nodes in NODES:
        if nodes + _DRAWN >= min(len(alphas), len(betas)) or nodes**2 * exact[0, 0].nbytes > _MOST_BYTES:
            return None
        logits = at(chebyshev(nodes, alphas[0], alphas[-1]), chebyshev(nodes, betas[0], betas[-1]), told)
        sums = interpolated(logits, alphas, betas, target, cores)
        difference = float((np.abs(sums[np.ix_(rows, columns)] / count - asked) / np.maximum(1, asked)).max())
        if difference <= LARGEST_DIFFERENCE:
            return sums, nodes, difference
        if not difference <= _TOO_FAR:
            return None
    return None
