"""The loss at all points of a plane in torch, row by row.

A row is all α at one β. The first layer's answers there are Y* + β Y₂ + α Y₁. Where σ and a sum over 2 × 2 follow, at points a step δ apart,

    σ(a + k δ d) = 1 / (1 + e⁻ᵃ vᵏ)        v = e^(−δ d)

so the next point takes a product, a sum and a reciprocal in place of an exponential function, and with the four places of each window in four
planes of memory the sum over them is three sums. Blocks are so small that they stay in the cache; cores share blocks and rows.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vitreous.inside.landscape.compiled import Compiled
from vitreous.inside.landscape.compiling import SIGMOID, SUM, compiled
from vitreous.inside.landscape.losses import Floats, losses
from vitreous.inside.landscape.plane import Array, Plane
from vitreous.inside.landscape.program import Program, blocks

_BLOCK = 256  # pictures behind the first layer
_CACHED = 60_000  # numbers of a first layer's answer that are worked on at once: 240 kB, of which three fit into a core's cache
_LARGEST = 80.0  # e^88 is the largest that fp32 holds


def summed_in_torch(
    program: Program, plane: Plane, alphas: Floats, betas: Floats, X: Array, target: Array, cores: int, told: Callable[[int], None]
) -> Floats:
    """The sums of the losses of all pictures, [B, A]; `told` of points times pictures done. `alphas` are evenly spaced."""
    made = compiled(program, plane, X[:1])
    size = max(1, min(_BLOCK, -(-len(X) // max(1, cores if len(X) < 2 * _BLOCK else 1))))
    jobs = [(rows, part) for rows in blocks(len(X), size) for part in np.array_split(np.arange(len(betas)), cores if len(betas) >= cores else 1)]
    total = np.zeros((len(betas), len(alphas)))

    def work(job: tuple[slice, Array]) -> tuple[Array, Floats]:
        rows, part = job
        torch.set_num_threads(1)
        with torch.inference_mode():
            block = _Block(made, torch.from_numpy(np.ascontiguousarray(X[rows])), target[rows], alphas)
            sums = np.zeros((len(part), len(alphas)))
            for place, beta in enumerate(betas[part]):
                sums[place] = block.row(float(beta))
                told(len(alphas) * (rows.stop - rows.start))
        return part, sums

    threads = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(cores, "landscape") as pool:
            for part, sums in pool.map(work, jobs):
                total[part] += sums
    finally:
        torch.set_num_threads(threads)
    return total


class _Block:
    """Some pictures, and what of them is the same at all points."""

    def __init__(self, made: Compiled, x: Tensor, target: Array, alphas: Floats) -> None:
        self.made, self.x, self.target, self.alphas = made, x, target, [float(alpha) for alpha in alphas]
        self.classes = torch.from_numpy(target.astype(np.int64)) if target.ndim == 1 else None
        self.centre, self.along, self.across = made.vectors()
        self.point = torch.empty_like(self.centre)
        self.weights = made.views(self.point)
        self.first = self._answers()

    def row(self, beta: float) -> Floats:
        base = torch.add(self.centre, self.across, alpha=beta)
        inputs, begin = self._inputs(beta)
        found = np.zeros(len(self.alphas))
        for place, alpha in enumerate(self.alphas):
            torch.add(base, self.along, alpha=alpha, out=self.point)
            found[place] = self._loss(self.made.run(inputs(place), self.weights, begin))
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
        if kinds == [SIGMOID, SUM] and self._small(base):
            sums = self._squashed(base)
            return lambda place: {self.made.steps[1].makes: sums[place]}, 2
        return lambda place: {output: torch.add(base, self.first[1], alpha=self.alphas[place])}, 0

    def _small(self, base: Tensor) -> bool:
        """Whether no exponential function of a row leaves fp32."""
        return bool(torch.add(base.abs(), self.first[1].abs(), alpha=max(map(abs, self.alphas))).max() < _LARGEST)

    def _squashed(self, base: Tensor) -> Tensor:
        """σ of the first layer's answers, summed over 2 × 2, at all points of a row: [A, n, C, H / 2, W / 2]."""
        n, C, H, W = base.shape
        sums = torch.empty(len(self.alphas), n, C, H // 2, W // 2)
        step = self.alphas[1] - self.alphas[0] if len(self.alphas) > 1 else 0.0
        for rows in blocks(n, max(1, _CACHED // (C * H * W))):
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

    def _loss(self, logits: Tensor) -> float:
        if self.classes is None:
            return float(losses(logits.numpy(), self.target).sum())
        return float(functional.cross_entropy(logits.double(), self.classes, reduction="sum"))


def _by_places(answers: Tensor) -> Tensor:
    """[n, C, H, W] as [2, 2, n, C, H / 2, W / 2]: one plane of memory for each place of the windows, a copy."""
    n, C, H, W = answers.shape
    return answers.view(n, C, H // 2, 2, W // 2, 2).permute(3, 5, 0, 1, 2, 4).contiguous()
