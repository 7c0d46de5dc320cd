"""From a run to its landscape: learned weights, a sample of pictures, a plane, the loss at every point of it.

Torch works where it is installed, since there a point costs a fraction of a run of the network; numpy elsewhere, and for a head alone, where all
points together are three products.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from threading import Lock

import numpy as np

from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.errors import UsageError, nearest
from vitreous.fit.small.gradient import one_thread
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network
from vitreous.inside.landscape.landscape import FEWEST, MOST, Landscape, Noise, Path, guessing_of
from vitreous.inside.landscape.learned import Learned, learned, path_of
from vitreous.inside.landscape.losses import Floats, losses
from vitreous.inside.landscape.plane import Array, Plane, Trail, path_plane, random_plane
from vitreous.inside.landscape.program import Program, at_points, blocks, logits, program_of, run_fixed, summed
from vitreous.inside.landscape.sample import Sample, sample_of
from vitreous.inside.landscape.smooth import NODES, is_smooth, summed_where_smooth
from vitreous.layers.walk import Walk
from vitreous.runs.folder import RunFolder
from vitreous.tasks.task import Target

PLANES = ("random", "path")
PICTURES = 512
_MOST_SPAN, _MOST_PICTURES = 100.0, 1_000_000
_POINTS = (51, 41, 31, 25, 21, 15, 11)  # what is offered where nothing was asked for: the most that take
_SECONDS = 120.0  # no longer than this
_TRIED = 5  # points of a row that are timed
_CHECKED = 5  # points a side at which the second sample is asked
_MARGIN = 1.3  # how much wider than the path the plane is


def landscape_of(
    run: RunFolder, network: Network, plane: str, points: int | None, span: float | None, pictures: int | None, seed: int, reporter: Reporter
) -> Landscape:
    """The loss of a run around its weights: on a `random` plane up to `span` filter norms away (1), or on that of the `path` of its training, as wide
    as the path and a third more, times `span`; at points × points, on so many of its training pictures (512).

    Raises DataError, ModelError, RunError, UsageError.
    """
    require(plane, points, span, pictures)
    found = learned(run, network)
    walk, program = found.walk, program_of(found.walk, found.weights, run.path.name)
    kept = path_of(run, found) if plane == "path" else None
    count = pictures or PICTURES
    both = sample_of(run, network, 2 * count, seed)
    sample, other = both.halves(min(count, len(both)))
    cores = this_machine().cores
    with one_thread():
        values = _seam(program, walk, network, both)
        X, others = values[: len(sample)], values[len(sample) :]
        chosen, trail = path_plane(kept[1], program.weights) if kept else (random_plane(program.weights, seed), None)
        alphas, betas = _axes(trail, span or 1.0, _TRIED)
        work = Work(program, chosen, cores, found.head_only)
        size, seconds = _size(work, points, alphas, betas[:1], X)
        reporter.say(f"{size} × {size} points on {plural(len(sample), 'picture')}: about {max(1, seconds):,.0f} s.")
        alphas, betas = _axes(trail, span or 1.0, size)
        loss, how = work.surface(alphas, betas, X, sample.target, reporter)
        at_centre = losses(logits(program, program.weights, X), sample.target)
        noise = _noise(work, (alphas, betas), (X, sample), (others, other), at_centre)
    paths, shares = _path(kept, trail, chosen, program, X, sample, alphas, betas, loss)
    return Landscape(
        run.path.name, plane, alphas, betas, loss, float(at_centre.mean()), noise,
        guessing_of(sample.target, len(network.labels)), paths, shares, [*_about(found, program, both), *how],
    )  # fmt: skip


def require(plane: str, points: int | None, span: float | None, pictures: int | None) -> None:
    """Raises UsageError for what cannot be meant."""
    if plane not in PLANES:
        raise UsageError(f"there is no plane {visible(plane)!r}", remedy=nearest(plane, PLANES))
    if points is not None and not FEWEST <= points <= MOST:
        raise UsageError("--points", f"{points:,}", f"{FEWEST} to {MOST} a side")
    if span is not None and not 0 < span <= _MOST_SPAN:
        raise UsageError("--span", f"{span:g}", f"more than 0 and at most {_MOST_SPAN:g}")
    if pictures is not None and not 2 <= pictures <= _MOST_PICTURES:
        raise UsageError("--pictures", f"{pictures:,}", f"2 to {_MOST_PICTURES:,}")


class Work:
    """The network on a plane, by what is there to work it out."""

    def __init__(self, program: Program, plane: Plane, cores: int, head_only: bool) -> None:
        self.program, self.plane, self.cores = program, plane, cores
        self.in_torch = not head_only and find_spec("torch") is not None
        self.smooth = is_smooth(program)

    def surface(self, alphas: Floats, betas: Floats, X: Array, target: Target, reporter: Reporter) -> tuple[Floats, list[str]]:
        """The mean loss, [B, A], and how it came about, where it did not from every point."""
        if self.smooth:

            def at(alphas: Floats, betas: Floats, told: Callable[[int], None]) -> Array:
                return self.logits(alphas, betas, X, told)

            told = _Told(reporter, "Chebyshev points", NODES[0] ** 2 * len(X))
            if found := summed_where_smooth(at, alphas, betas, target, self.cores, told):
                sums, nodes, difference = found
                near = f"within {max(difference, 1e-9):.0e} of the network's own loss at 16 points that were drawn"
                return sums / len(X), [f"from {nodes} × {nodes} Chebyshev points, {near}"]
        told = _Told(reporter, "points", len(alphas) * len(betas) * len(X))
        return self.mean(alphas, betas, X, target, told), []

    def mean(self, alphas: Floats, betas: Floats, X: Array, target: Target, told: Callable[[int], None] = lambda done: None) -> Floats:
        """The mean loss by the network at every point, [B, A]; `told` of points times pictures that are done."""
        if self.in_torch:
            from vitreous.inside.landscape.rows import summed_in_torch

            return summed_in_torch(self.program, self.plane, alphas, betas, X, target, self.cores, told) / len(X)
        total = np.zeros((len(betas), len(alphas)))

        def block(job: tuple[slice, int]) -> tuple[int, Floats]:
            rows, row = job
            sums = summed(self.program, self.plane, alphas, betas[row : row + 1], X[rows], target[rows])
            told(sums.size * (rows.stop - rows.start))
            return row, sums[0]

        with ThreadPoolExecutor(self.cores, "landscape") as pool:
            for row, sums in pool.map(block, [(rows, row) for rows in blocks(len(X)) for row in range(len(betas))]):
                total[row] += sums
        return total / len(X)

    def logits(self, alphas: Floats, betas: Floats, X: Array, told: Callable[[int], None]) -> Array:
        """What the network answers at points, float32 [B, A, N, K]."""
        if self.in_torch:
            from vitreous.inside.landscape.rows import logits_in_torch

            return logits_in_torch(self.program, self.plane, alphas, betas, X, self.cores, told)

        def block(rows: slice) -> Array:
            found = [each for _, _, each in at_points(self.program, self.plane, alphas, betas, X[rows])]
            told(len(found) * (rows.stop - rows.start))
            return np.stack(found).reshape(len(betas), len(alphas), *found[0].shape)

        with ThreadPoolExecutor(self.cores, "landscape") as pool:
            return np.concatenate(list(pool.map(block, blocks(len(X)))), axis=2)


class _Told:
    """Progress by several threads, in a unit of work and in hundredths."""

    def __init__(self, reporter: Reporter, what: str, total: int) -> None:
        self.reporter, self.what, self.total = reporter, what, total
        self.done, self.lock = 0, Lock()

    def __call__(self, done: int) -> None:
        with self.lock:
            self.done += done
            self.reporter.progress(self.what, min(self.done, self.total) * 100 // self.total, 100)


def _size(work: Work, points: int | None, alphas: Floats, betas: Floats, X: Array) -> tuple[int, float]:
    """Points a side, where none were asked for as many as two minutes allow; and about how many seconds they take."""
    target = np.zeros(len(X), np.int64)
    work.mean(alphas, betas, X[:1], target[:1])  # what is done once is not counted
    begun = time.perf_counter()
    work.mean(alphas, betas, X, target)
    each = (time.perf_counter() - begun) / len(alphas)

    def seconds(size: int) -> float:
        asked = NODES[0] ** 2 if work.smooth and size > NODES[0] + 4 else size**2
        return each * (asked + 2 * _CHECKED**2)

    size = points or next((size for size in _POINTS if seconds(size) <= _SECONDS), _POINTS[-1])
    return size, seconds(size)


def _seam(program: Program, walk: Walk, network: Network, sample: Sample) -> Array:
    """What goes into the learned part: of a head, the features that the engine gives."""
    if any("features" in node.outputs for node in program.fixed):
        engine = start_engine(network, default_setting(len(sample), "f32"), ("features",))
        features = run_batch(engine, sample.pictures)["features"]
        return run_fixed(program, walk.constants | {"features": features})
    (image,) = walk.inputs
    parts = [run_fixed(program, walk.constants | {image: sample.pictures[rows]}) for rows in blocks(len(sample))]
    return np.concatenate(parts)


def _axes(trail: Trail | None, span: float, points: int) -> tuple[Floats, Floats]:
    if trail is None:
        axis = np.linspace(-span, span, points)
        return axis, axis
    low, high = np.minimum(trail.places.min(0), 0), np.maximum(trail.places.max(0), 0)
    half = np.maximum((high - low) / 2, (high - low).max() / 8) * _MARGIN * span
    middle = (low + high) / 2
    alphas, betas = (np.linspace(middle[k] - half[k], middle[k] + half[k], points) for k in (0, 1))
    return alphas, betas


def _noise(work: Work, axes: tuple[Floats, Floats], own: tuple[Array, Sample], other: tuple[Array, Sample], at_centre: Floats) -> Noise:
    (X, sample), (others, second) = own, other
    every = len(sample) == sample.available
    error = 0.0 if every else float(at_centre.std(ddof=1) / np.sqrt(len(at_centre)))
    if len(second) < 2:
        return Noise(len(sample), sample.available, error)
    alphas, betas = (np.linspace(axis[0], axis[-1], _CHECKED) for axis in axes)
    here, there = (work.mean(alphas, betas, values, part.target) for values, part in ((X, sample), (others, second)))
    loss = float(losses(logits(work.program, work.program.weights, others), second.target).mean())
    share = float(np.nanmax(np.abs(there - here) / here))
    return Noise(len(sample), sample.available, error, len(second), loss, share)


def _path(
    kept: tuple[list[int], list[dict[str, Array]]] | None, trail: Trail | None, plane: Plane, program: Program, X: Array, sample: Sample,
    alphas: Floats, betas: Floats, loss: Floats,
) -> tuple[list[Path], tuple[float, float] | None]:  # fmt: skip
    """The path of the training with the loss of its places on the plane."""
    if kept is None or trail is None:
        return [], None
    heights = [float(losses(logits(program, plane.at(*place), X), sample.target).mean()) for place in trail.places]
    return [Path("training", trail.places, kept[0], np.array(heights))], trail.shares


def _about(found: Learned, program: Program, sample: Sample) -> list[str]:
    count = sum(W.size for W in program.weights.values())
    about = [f"{count:,} weights of the head alone: the network before it was not trained"] if found.head_only else [f"{count:,} weights"]
    if norms := sum(node.kind == "BatchNormalization" for node in program.nodes):
        about.append(f"{plural(norms, 'batch norm')} with means and variances of the end of the training at every point")
    if sample.left_out:
        about.append(f"{plural(sample.left_out, 'training picture')} changed or gone since the training, and left out")
    return about
