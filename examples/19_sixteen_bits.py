"""Products in 16 bit, sums in 32

    fp32    1 sign bit,  8 of the exponent, 23 + 1 of the number      up to 3.4 · 10³⁸, 7 digits
    fp16    1            5                  10 + 1                    up to 65,504, 3 digits
    bf16    1            8                   7 + 1                    as far as fp32, 2 digits

A product of two bf16 numbers has 8 + 8 bits, of two fp16 numbers 11 + 11: it fits into fp32 unrounded. A sum of ones in 16 bit stands
still where the next number is 2 away. So processors multiply in 16 bit and add up in 32, and a training keeps its weights in 32: a step
of a thousandth is less than half the distance between two numbers of bf16 near 1.

Sources: IEEE 754, 2008 (fp16); Micikevicius et al., "Mixed precision training", 2018; Kalamkar et al., "A study of bfloat16", 2019.
Try next: numbers of mean 0 in place of 0 to 1; the sum of 1 / n; pairs of sums of pairs, in bf16.
"""

import numpy as np
from picture import save_picture

from vitreous.draw.theme import LIGHT, new_figure


def bf16(values):
    """The nearest bf16 numbers, as fp32: the upper 16 of 32 bits, rounded, to even at a tie."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def summed(terms, rounded, total=0.0):
    """The sums of `total` and the first 1, 2, 3, … terms, each rounded before the next term is added."""
    sums = []
    for term in terms:
        total = rounded(np.float32(total + term))
        sums.append(total)
    return np.array(sums)


ones = {"fp16": summed(np.ones(3000), np.float16), "bf16": summed(np.ones(3000), bf16)}
print(", ".join(f"in {name} 1 + 1 + 1 + … ends at {int(sums[-1]):,}" for name, sums in ones.items()) + ".")

# Dot products of 30 pairs of vectors with elements between 0 and 1, exact in fp64.
LENGTH = 8192
a, b = np.random.default_rng(0).random((2, LENGTH, 30))
WAYS = {
    "bf16, summed in bf16": (bf16, bf16, LIGHT.wrong, "-"),
    "fp16, summed in fp16": (np.float16, np.float16, "#e69f00", "--"),
    "bf16, summed in fp32": (bf16, np.float32, LIGHT.right, "-"),
    "fp16, summed in fp32": (np.float16, np.float32, "#009e73", "--"),
    "fp32, summed in fp32": (np.float32, np.float32, LIGHT.ink, ":"),
}
exact, lengths, errors = (a * b).cumsum(0), np.unique(np.geomspace(1, LENGTH, 60).astype(int)), {}
for name, (numbers, sums, *_) in WAYS.items():
    found = summed(np.float32(numbers(a)) * np.float32(numbers(b)), sums)
    errors[name] = np.sqrt(np.mean((found / exact - 1) ** 2, axis=1))[lengths - 1]
    print(f"{name}: error of a dot product of length {LENGTH:,} {errors[name][-1]:.0e}")

# A weight goes 2,000 steps of −0.001: from 1 to −1, if it can.
weights = {"bf16": summed(np.full(2000, -1e-3), bf16, 1.0), "fp32": summed(np.full(2000, -1e-3), np.float32, 1.0)}
print(f"After 2,000 steps of −0.001 a weight of 1 is {weights['bf16'][-1]:.3f} in bf16 and {weights['fp32'][-1]:.3f} in fp32.")

with new_figure(13, 4.1, LIGHT) as figure:
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1.3, 1))
    for (name, sums), colour, style in zip(ones.items(), ("#e69f00", LIGHT.wrong), ("--", "-"), strict=True):
        left.plot(range(1, 3001), sums, color=colour, linestyle=style, linewidth=2, label=name)
    left.plot((0, 3000), (0, 3000), color=LIGHT.ink, linestyle=":", label="exact")
    left.set(title="Sums of ones stand still", xlabel="ones added", ylabel="sum", xticks=range(0, 3001, 1000))
    left.legend(frameon=False, fontsize=9)
    for name, (_, _, colour, style) in WAYS.items():
        middle.plot(lengths, errors[name], color=colour, linestyle=style, linewidth=2, label=name)
    middle.set(title="Summed in 32, 16 bits are enough", xlabel="length of the dot product", ylabel="relative error", xscale="log", yscale="log")
    middle.set_xticks((1, 10, 100, 1000), ("1", "10", "100", "1,000"))
    middle.set_yticks((1e-7, 1e-5, 1e-3, 0.1), ("0.0000001", "0.00001", "0.001", "0.1"))
    middle.set(ylim=(1e-8, 200))
    middle.legend(frameon=False, fontsize=9, loc="upper left")
    for (name, each), colour in zip(weights.items(), (LIGHT.wrong, LIGHT.ink), strict=True):
        right.plot(each, color=colour, linewidth=2, linestyle="-" if name == "bf16" else ":", label=name)
    right.set(title="Small steps get lost in bf16", xlabel="steps of −0.001", ylabel="weight")
    right.legend(frameon=False, fontsize=9)

save_picture(figure, __file__)
