"""The homography between two planes from pairs of points, some of them wrong.

    a ~ H b        points as (x, y, 1); ~ up to a factor, so that H has eight free numbers and four pairs decide it

`fitted` is the direct linear transformation on normalized points (Hartley, "In Defense of the Eight-Point Algorithm", 1997): each pair gives two
rows of A h = 0, and h is the right singular vector of the smallest singular value, here with a weight for each pair.
`consensus` is RANSAC (Fischler, Bolles 1981) with the score of MSAC (Torr, Zisserman 2000), Σ max(0, 1 − e² / t²), whose best model is refined
by least squares reweighted with the same quantity squared, as locally optimized RANSAC does (Chum, Matas, Kittler 2003). All samples are solved
at once; the draws are seeded, so the same pairs give the same homography.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SAMPLES = 512
_REFINEMENTS = 8
_NEARLY_NONE = 1e-9


def moved(H: Floats, points: NDArray[np.floating[Any]]) -> Floats:
    """Where `points` [..., 2] go; infinity for what lies on the horizon."""
    x, y = points[..., 0], points[..., 1]
    w = H[2, 0] * x + H[2, 1] * y + H[2, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        to = np.stack([H[0, 0] * x + H[0, 1] * y + H[0, 2], H[1, 0] * x + H[1, 1] * y + H[1, 2]], -1) / w[..., None]
    found: Floats = np.where(np.isfinite(to), to, np.inf).astype(np.float64)
    return found


def fitted(source: Floats, target: Floats, weights: Floats | None = None) -> Floats | None:
    """H with `target` ~ H `source`, points [N, 2], N ≥ 4, in the least squares of `weights` [N]; None where they do not decide one."""
    weights = np.ones(len(source)) if weights is None else weights
    if np.count_nonzero(weights) < 4:
        return None
    S, T = _normalizing(source, weights), _normalizing(target, weights)
    if S is None or T is None:
        return None
    rows = _rows(moved(S, source), moved(T, target)) * np.repeat(np.sqrt(weights), 2)[:, None]
    _, singular, V = np.linalg.svd(rows, full_matrices=len(rows) < 9)
    if singular[7] <= _NEARLY_NONE * singular[0]:  # more than one answer: points on a line
        return None
    H: Floats = np.linalg.inv(T) @ V[-1].reshape(3, 3) @ S
    return _scaled(H)


def errors(H: Floats, source: Floats, target: Floats) -> Floats:
    """The distance [N] from where H puts `source` to `target`, in the units of the target."""
    off = moved(H, source) - target
    distances: Floats = np.hypot(off[..., 0], off[..., 1])
    return distances


def consensus(source: Floats, target: Floats, tolerance: float, seed: int = 0) -> tuple[Floats, NDArray[np.bool_]] | None:
    """H and which of the pairs [N] agree with it within `tolerance`; None where fewer than five of them agree on anything."""
    if len(source) < 5:
        return None
    candidates = _minimal(source, target, seed)
    if not len(candidates):
        return None
    x = np.concatenate([source, np.ones((len(source), 1))], 1)
    to = np.einsum("mij,nj->mni", candidates, x)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        squares = np.square(to[..., :2] / to[..., 2:] - target).sum(-1) / tolerance**2
        squares = np.where((to[..., 2] > 0) & np.isfinite(squares), squares, np.inf)
    best = candidates[int(np.argmax(np.maximum(0, 1 - squares).sum(1)))]
    H = _refined(best, source, target, tolerance)
    agreeing = errors(H, source, target) < tolerance
    return (H, agreeing) if np.count_nonzero(agreeing) >= 5 else None


def is_plausible(H: Floats, width: float, height: float) -> bool:
    """Whether H shows a rectangle of this size as a camera could: convex, not beyond the horizon, no side squeezed to nothing."""
    corners = corners_of(width, height)
    w = H[2, 0] * corners[:, 0] + H[2, 1] * corners[:, 1] + H[2, 2]
    if not np.all(np.isfinite(H)) or w.min() <= 0 or w.max() / w.min() > 4:
        return False
    to = moved(H, corners)
    sides = np.roll(to, -1, 0) - to
    turn = sides[:, 0] * np.roll(sides[:, 1], -1) - sides[:, 1] * np.roll(sides[:, 0], -1)
    if not (np.all(turn > 0) or np.all(turn < 0)):
        return False
    lengths = np.hypot(*sides.T) / (width, height, width, height)
    return bool(lengths.max() / lengths.min() < 4)


def corners_of(width: float, height: float) -> Floats:
    """The four corners [4, 2] of a picture, in pixels: upper left, upper right, lower right, lower left."""
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)


def is_mirrored(H: Floats, width: float, height: float) -> bool:
    """Whether H turns a rectangle of this size over."""
    (x0, y0), (x1, y1), _, (x3, y3) = moved(H, corners_of(width, height))
    return bool((x1 - x0) * (y3 - y0) - (y1 - y0) * (x3 - x0) < 0)


def _refined(H: Floats, source: Floats, target: Floats, tolerance: float) -> Floats:
    """Reweighted from three times the tolerance down to it; the best by the score is kept."""
    best, most = H, _score(H, source, target, tolerance)
    for step in range(_REFINEMENTS):
        width = tolerance * max(1.0, 3.0 * 0.75**step)
        weights = np.square(np.maximum(0, 1 - np.square(errors(H, source, target) / width)))
        found = fitted(source, target, weights)
        if found is None:
            break
        H = found
        if (score := _score(H, source, target, tolerance)) >= most:
            best, most = H, score
    return best


def _score(H: Floats, source: Floats, target: Floats, tolerance: float) -> float:
    return float(np.maximum(0, 1 - np.square(errors(H, source, target) / tolerance)).sum())


def _minimal(source: Floats, target: Floats, seed: int) -> Floats:
    """Homographies [M, 3, 3] of four pairs each, drawn at random; those of pairs on a line are left out."""
    draws = np.random.default_rng(seed).random((SAMPLES, len(source))).argpartition(3, 1)[:, :4]
    S, T = _normalizing(source, np.ones(len(source))), _normalizing(target, np.ones(len(target)))
    if S is None or T is None:
        return np.empty((0, 3, 3))
    a, b = moved(S, source)[draws], moved(T, target)[draws]
    rows = _rows(a.reshape(-1, 2), b.reshape(-1, 2)).reshape(SAMPLES, 8, 9)
    left, right = rows[:, :, :8], -rows[:, :, 8:]  # the last number is 1: a horizon through the middle of the points is no picture
    solvable = np.abs(np.linalg.det(left)) > _NEARLY_NONE
    h = np.linalg.solve(left[solvable], right[solvable])[..., 0]
    candidates = np.concatenate([h, np.ones((len(h), 1))], 1).reshape(-1, 3, 3)
    found: Floats = np.linalg.inv(T) @ candidates @ S
    return found / found[:, 2:, 2:]


def _rows(a: Floats, b: Floats) -> Floats:
    """The rows [2 N, 9] of A h = 0 for pairs b ~ H a."""
    x, y, u, v = a[:, 0], a[:, 1], b[:, 0], b[:, 1]
    no, one = np.zeros(len(a)), np.ones(len(a))
    first = np.stack([x, y, one, no, no, no, -u * x, -u * y, -u], 1)
    second = np.stack([no, no, no, x, y, one, -v * x, -v * y, -v], 1)
    return np.stack([first, second], 1).reshape(-1, 9)


def _normalizing(points: Floats, weights: Floats) -> Floats | None:
    """What moves the mean to 0 and the root mean square distance from it to √2."""
    middle = np.average(points, 0, weights)
    away = float(np.sqrt(np.average(np.square(points - middle).sum(1), weights=weights)))
    if not away > 0:
        return None
    s = np.sqrt(2) / away
    return np.array([(s, 0, -s * middle[0]), (0, s, -s * middle[1]), (0, 0, 1)])


def _scaled(H: Floats) -> Floats:
    return H / H[2, 2] if abs(H[2, 2]) > _NEARLY_NONE * np.abs(H).max() else H / np.linalg.norm(H)
