"""How long does an epoch of tuning take, beside torch's own convolutions and beside what its layers take, each alone at its best?

    python benchmarks/tuning_epoch.py [--pictures N] [--cut VALUE]

The shipped network behind stage 5 (its 192-channel stage and all after it), 1,501 pictures in batches of 64, whose values at the cut are noise: what
a step takes does not depend on them. By turns, with as many threads as a tuning has:

    tuning     an epoch of `vitreous.training.tuning`: reading the batch, forward, backward, norm of the gradient, AdamW, loss and accuracy
    torch      the same with torch's convolutions on channels-last maps, as the prototype of DESIGN.md had them, bf16 where the processor has it
    layers     every layer alone, forward and backward, on values that are ready, in its best form: ours or torch's (laid out by channel or
               channels-last), fp32 or bf16; the best time of each, added up, for as many batches

Targets: an epoch at most 1/5 of the prototype's, and at most 2 x the sum of its layers.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from harness import Claim, alternate, begin, median, parser, skip

try:
    import torch
    from torch import Tensor
    from torch.nn import functional
except ImportError:
    skip("torch is not installed")

from vitreous.fit.head import Head
from vitreous.fit.pictures import Pictures
from vitreous.infer.engine import Setting
from vitreous.infer.network import load_network
from vitreous.infer.openvino_engine import native_bf16
from vitreous.layers.cuts import FEATURES, behind
from vitreous.layers.operators import window_of_node
from vitreous.layers.operators.values import limits
from vitreous.layers.walk import read_walk
from vitreous.training.augment import parse
from vitreous.training.hardware import repeatable, threads_for
from vitreous.training.tuning.frozen import Frozen
from vitreous.training.tuning.recipe import TuningRecipe
from vitreous.training.tuning.tail import DTYPES, Tail
from vitreous.training.tuning.tuning import Tuning

CLASSES, BATCH, OF_PROTOTYPE, OF_LAYERS = 20, 64, 1 / 5, 2.0
FORMATS = ("f32", "bf16") if native_bf16() else ("f32",)
Form = tuple[Callable[..., Tensor], Sequence[Tensor]]


class TorchTail(Tail):
    """The same layers as torch's own, channels-last."""

    def forward(self, X: Tensor) -> Tensor:
        kept = {self.cut: X.to(self.dtype).contiguous(memory_format=torch.channels_last)}
        for node in behind(self._walk, self.cut):
            found = [kept[name] for name in node.inputs if name in kept]
            kept[node.outputs[0]] = self.layer(node, found)
        return kept[FEATURES].float()

    def layer(self, node: Any, found: list[Tensor]) -> Tensor:
        match node.kind:
            case "Conv":
                return self.convolution(node)(found[0], *self.of_convolution(node))
            case "Clip":
                return found[0].clamp(*limits(node, [self.constant(name) if name else None for name in node.inputs]))
            case "Add":
                return found[0] + found[1]
            case "GlobalAveragePool":
                return found[0].mean((2, 3), keepdim=True)
            case "Flatten":
                return found[0].flatten(1)
        raise SystemExit(f"{node.kind} is not of the shipped network")

    def of_convolution(self, node: Any) -> list[Tensor]:
        return [self.weight(name) for name in node.inputs[1:3]]

    def convolution(self, node: Any) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        W = self.constant(node.inputs[1])
        assert W is not None
        window, groups = window_of_node(node, self._values[node.inputs[0]], W.shape[2:]), node.attributes.get("group", 1)
        top, left, bottom, right = window.padding
        even = (top, left) == (bottom, right)

        def convolved(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
            padded = X if even else functional.pad(X, (left, right, top, bottom))
            return functional.conv2d(padded, W.to(X.dtype), b.to(X.dtype), window.stride, (top, left) if even else 0, window.dilation, groups)

        return convolved


def main() -> None:
    options = parser(__doc__, repeats=5)
    options.add_argument("--pictures", type=int, default=1501, help="in an epoch (%(default)s)")
    options.add_argument("--cut", default="stage5.block3", help="the value before the tail (%(default)s)")
    arguments = options.parse_args()
    count, rounds = (128, 1) if arguments.quick else (arguments.pictures, arguments.repeats)
    benchmark = begin("tuning_epoch", arguments)
    network = load_network()
    walk = read_walk(network.data)
    values = {name: value for name, value in walk.values({"image": np.zeros((1, 224, 224, 3), np.uint8)}).items() if value.ndim}
    shape = values[arguments.cut].shape[1:]
    with repeatable(threads_for(None)[0]), tempfile.TemporaryFile() as file:
        bits = np.memmap(file, np.uint16, "w+", shape=(1, count, *shape))
        bits[0] = torch.randn(count, *shape, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16).view(torch.int16).numpy().view(np.uint16)
        pictures = Pictures(np.zeros((1, 1, 1, 3), np.uint8), np.zeros(count, np.int64))
        frozen = Frozen(network, Setting("openvino", "f32", 1, 1), arguments.cut, bits, pictures, parse("none", 224), 0, made=1)
        kinds: dict[str, type[Tail]] = {"tuning": Tail, "torch": TorchTail}
        tails = {(side, name): kind(walk, values, arguments.cut, DTYPES[name]) for side, kind in kinds.items() for name in FORMATS}
        formats = {side: fastest({name: partial(epoch, tails[side, name], name, frozen, BATCH) for name in FORMATS}) for side in kinds}
        sides: dict[str, Callable[[], Any]] = {side: partial(epoch, tails[side, name], name, frozen, count) for side, name in formats.items()}
        last: dict[str, Any] = {}
        sides["layers"] = lambda: layers(tails["tuning", "f32"], tails["torch", "f32"], frozen, count, last)
        found = alternate(rounds, sides)
    benchmark.measured = {
        "seconds": found,
        "pictures": count,
        "formats": formats,
        "layers": last,
        "torch": torch.__version__,
        "threads": threads_for(None)[0],
    }
    for other, what, target in (
        ("torch", "of the prototype's way, torch's convolutions", OF_PROTOTYPE),
        ("layers", "of its layers alone", OF_LAYERS),
    ):
        ratios = [mine / theirs for mine, theirs in zip(found["tuning"], found[other], strict=True)]
        note = f"{median(found['tuning']):.1f} s and {median(found[other]):.1f} s for {count:,} pictures"
        benchmark.claim(Claim(f"an epoch of tuning, times that {what}", round(median(ratios), 3), "x", "at most", target, ratios, note))
    benchmark.write()


def epoch(tail: Tail, number_format: str, frozen: Frozen, count: int) -> float:
    """Seconds of one, after a step that does not count."""
    features = tail._values[FEATURES].shape[1]
    random = np.random.default_rng(0)
    head = Head((0.01 * random.standard_normal((CLASSES, features))).astype(np.float32), np.zeros(CLASSES, np.float32))
    recipe = TuningRecipe(tail.cut, 1, 1, batch=BATCH, rate=1e-6, number_format=number_format)
    tuning = Tuning(tail, head, np.zeros(features, np.float32), np.ones(features, np.float32), recipe)
    target = random.integers(0, CLASSES, count)
    tuning.learn(frozen, np.arange(min(count, BATCH)), target[:BATCH])
    begun = time.perf_counter()
    tuning.learn(frozen, np.arange(count), target)
    return time.perf_counter() - begun


def fastest(works: dict[str, Callable[[], float]]) -> str:
    return min(works, key=lambda name: min(works[name]() for _ in range(3)))


def layers(ours: Tail, theirs: TorchTail, frozen: Frozen, count: int, said: dict[str, Any]) -> float:
    """Seconds of all layers, each at its best, for an epoch. `said`: milliseconds of a batch by layer, with the form that was the best."""
    kept = {ours.cut: frozen.take(np.arange(min(count, BATCH))).float()}
    with torch.no_grad():
        for node in behind(theirs._walk, theirs.cut):
            kept[node.outputs[0]] = theirs.layer(node, [kept[name] for name in node.inputs if name in kept])
    total = 0.0
    steps = dict(ours._steps)
    for node in behind(theirs._walk, theirs.cut):
        times = {form: best_time(*work) for form, work in forms(node, steps[node.outputs[0]], ours, theirs, kept)}
        best = min(times, key=lambda form: times[form])
        said[node.outputs[0]] = {
            "kind": node.kind,
            "form": best,
            "ms": round(1e3 * times[best], 3),
            "forms": {each: round(1e3 * t, 3) for each, t in times.items()},
        }
        total += times[best]
    return total * count / BATCH


def forms(node: Any, step: Any, ours: Tail, theirs: TorchTail, kept: dict[str, Tensor]) -> Iterator[tuple[str, Form]]:
    """Every way in which a layer can be done: a function, and the tensors that it is given, which learn."""
    names = [name for name in node.inputs if name in kept]
    own = [ours.weight(name) for name in node.inputs[1:3]] if node.kind == "Conv" else []
    for number_format in FORMATS:
        given = [kept[name].to(DTYPES[number_format]) for name in names]
        laid = [X.flatten(2).transpose(0, 1).contiguous() if X.ndim == 4 else X for X in given]
        yield f"ours, {number_format}", (lambda *X: step(dict(zip(names, X, strict=False))), [*leaves(laid, names, ours.cut), *own])
        if node.kind == "Conv":
            for layout, memory in (("channels-last", torch.channels_last), ("by channel", torch.contiguous_format)):
                inputs = leaves([X.contiguous(memory_format=memory) for X in given], names, ours.cut)
                yield f"torch {layout}, {number_format}", (theirs.convolution(node), [*inputs, *own])


def leaves(values: Sequence[Tensor], names: Sequence[str], cut: str) -> list[Tensor]:
    """Values that a gradient is wanted of: of all but what comes from the frozen part."""
    return [value.detach().requires_grad_(name != cut) for value, name in zip(values, names, strict=True)]


def best_time(layer: Callable[..., Tensor], given: Sequence[Tensor], seconds: float = 0.25) -> float:
    """Seconds of forward and backward, the best of as many as fit."""
    wanted = [each for each in given if each.requires_grad]
    gradient = torch.randn_like(layer(*given).detach())
    best, begun = float("inf"), time.perf_counter()
    while time.perf_counter() - begun < seconds:
        before = time.perf_counter()
        torch.autograd.grad(layer(*given), wanted, gradient)
        best = min(best, time.perf_counter() - before)
    return best


if __name__ == "__main__":
    main()
