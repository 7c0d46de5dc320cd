"""A program in torch at all points of a plane, row by row.

A row is all α at one β. The first layer's answers there are Y* + β Y₂ + α Y₁. Where σ and a sum over 2 × 2 follow, at points a step δ apart,

    σ(a + k δ d) = 1 / (1 + e⁻ᵃ vᵏ)        v = e^(−δ d)

so the next point takes a product, a sum and a reciprocal in place of an exponential function, and with the four places of each window in four
planes of memory the sum over them is three sums. Cores share blocks of pictures and rows. Each step of a thread must be long: one of 30 µs, by
which the blocks would stay in the cache, is less than it takes Python to pass on its lock, and two threads are then no faster than one.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
import torch
from torch import Tensor

from vitreous.inside.landscape.between import SIGMOID, SUM
from vitreous.inside.landscape.compiled import Compiled
from vitreous.inside.landscape.compiling import compiled
from vitreous.inside.landscape.losses import Floats, losses
from vitreous.inside.landscape.plane import Array, Plane
from vitreous.inside.landscape.program import Program, blocks

_BLOCK = 256  # pictures behind the first layer
_AT_ONCE = 480_000  # numbers of a first layer's answer that a step works on: with 60,000 two threads took twice as long
_LARGEST = 80.0  # e^88 is the largest that fp32 holds


def summed_in_torch(
    program: Program, plane: Plane, alphas: Floats, betas: Floats, X: Array, target: Array, cores: int, told: Callable[[int], None]
) -> Floats:
    """The sums of the losses of all pictures, [B, A]; `told` of points times pictures done."""
    total, lock = np.zeros((len(betas), len(alphas))), Lock()

    def take(rows: slice, row: int, logits: list[Tensor]) -> None:
        sums = [float(losses(each.numpy(), target[rows]).sum()) for each in logits]
        with lock:
            total[row] += sums
        told(len(logits) * (rows.stop - rows.start))

    _each_row(program, plane, alphas, betas, X, cores, take)
    return total


def logits_in_torch(program: Program, plane: Plane, alphas: Floats, betas: Floats, X: Array, cores: int, told: Callable[[int], None]) -> Array:
    """What the network answers, float32 [B, A, N, K]."""
    found: dict[tuple[int, int], Array] = {}

    def take(rows: slice, row: int, logits: list[Tensor]) -> None:
        found[rows.start, row] = torch.stack(logits).numpy()
        told(len(logits) * (rows.stop - rows.start))

    _each_row(program, plane, alphas, betas, X, cores, take)
    starts = sorted({start for start, _ in found})
    return np.stack([np.concatenate([found[start, row] for start in starts], axis=1) for row in range(len(betas))])


def _each_row(
    program: Program, plane: Plane, alphas: Floats, betas: Floats, X: Array, cores: int, take: Callable[[slice, int, list[Tensor]], None]
) -> None:
    """Give `take` the logits at every α of each row, for one block of pictures after the other, on all cores."""
    made = compiled(program, plane, X[:1])
    jobs = [(rows, part) for rows in blocks(len(X), _BLOCK) for part in np.array_split(np.arange(len(betas)), cores) if len(part)]

    def work(job: tuple[slice, Array]) -> None:
        rows, part = job
        torch.set_num_threads(1)
        with torch.inference_mode():
            block = _Block(made, torch.from_numpy(np.ascontiguousarray(X[rows])), alphas)
            for row in part:
                take(rows, int(row), block.row(float(betas[row])))

    threads = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(cores, "landscape") as pool:
            for _ in pool.map(work, jobs):
                pass
    finally:
        torch.set_num_threads(threads)


class _Block:
    """Some pictures, and what of them is the same at all points."""

    def __init__(self, made: Compiled, x: Tensor, alphas: Floats) -> None:
        self.made, self.x, self.alphas = made, x, [float(alpha) for alpha in alphas]
        self.even = len(alphas) > 1 and bool(np.allclose(np.diff(alphas), alphas[1] - alphas[0], rtol=1e-9))
        self.centre, self.along, self.across = made.vectors()
        self.point = torch.empty_like(self.centre)
        self.weights = made.views(self.point)
        self.first = self._answers()
        self.sums = torch.empty(0)

    def row(self, beta: float) -> list[Tensor]:
        """The logits at every α."""
        base = torch.add(self.centre, self.across, alpha=beta)
        inputs, begin = self._inputs(beta)
        found = []
        for place, alpha in enumerate(self.alphas):
            torch.add(base, self.along, alpha=alpha, out=self.point)
            found.append(self.made.run(inputs(place), self.weights, begin))
        return found

    def _answers(self) -> list[Tensor]:
        first = self.made.first
        if first is None:
            return []
        return [first.answer(self.x, W, b) for W, b in zip(first.weights, first.biases, strict=True)]

    def _inputs(self, beta: float) -> tuple[Callable[[int], dict[str, Tensor]], int]:
        """The values that the steps begin with at each place of a row, and the first step that is still to be done."""
        if not self.first:
            return lambda place: {self.made.seam: self.x}, 0
        kinds, output = [step.kind for step in self.made.steps[:2]], self.made.first_output
        base = torch.add(self.first[0], self.first[2], alpha=beta)
        if kinds == [SIGMOID, SUM] and self.even and self._small(base):
            sums = self._squashed(base)
            return lambda place: {self.made.steps[1].makes: sums[place]}, 2
        return lambda place: {output: torch.add(base, self.first[1], alpha=self.alphas[place])}, 0

    def _small(self, base: Tensor) -> bool:
        """Whether no exponential function of a row leaves fp32."""
        return bool(torch.add(base.abs(), self.first[1].abs(), alpha=max(map(abs, self.alphas))).max() < _LARGEST)

    def _squashed(self, base: Tensor) -> Tensor:
        """σ of the first layer's answers, summed over 2 × 2, at all points of a row: [A, n, C, H / 2, W / 2]."""
        n, C, H, W = base.shape
        if not len(self.sums):  # memory that is new for every row is cleared for every row
            self.sums = torch.empty(len(self.alphas), n, C, H // 2, W // 2)
        sums, step = self.sums, self.alphas[1] - self.alphas[0]
        for rows in blocks(n, max(1, _AT_ONCE // (C * H * W))):
            slope = _by_places(self.first[1][rows])
            e = torch.add(_by_places(base[rows]), slope, alpha=self.alphas[0]).neg_().exp_()
            factor = slope.mul_(-step).exp_()
            sigmoid, pairs = torch.empty_like(e), torch.empty_like(e[0])
            for place in range(len(self.alphas)):
                torch.add(e, 1, out=sigmoid).reciprocal_()
                torch.add(sigmoid[0], sigmoid[1], out=pairs)
                torch.add(pairs[0], pairs[1], out=sums[place, rows])
                e.mul_(factor)
        return sums


def _by_places(answers: Tensor) -> Tensor:
    """[n, C, H, W] as [2, 2, n, C, H / 2, W / 2]: one plane of memory for each place of the windows, a copy."""
    n, C, H, W = answers.shape
    return answers.view(n, C, H // 2, 2, W // 2, 2).permute(3, 5, 0, 1, 2, 4).contiguous()
