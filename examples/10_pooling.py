"""Pooling: a window becomes its largest value, or its mean

    max-pool  Y[i, j] = max over the window        average-pool  Y[i, j] = mean over the window

Max-pool 2 × 2 with stride 2 of [[1,1,2,4],[5,6,7,8],[3,2,1,0],[1,2,3,4]] is [[6,8],[3,4]]. Nothing is learned. What it is for:
where exactly something was seen no longer matters so much, and the next layer has a quarter of the work. The gradient goes back to
the largest value of each window alone.

Sources: Fukushima, "Neocognitron", 1980 (average); Ranzato, Huang, Boureau, LeCun 2007 (max).
Try next: a window of 3 × 3 with stride 2, as AlexNet has it; shift by two pixels: is anything lost then?
"""

import numpy as np
from picture import save_picture
from sklearn.datasets import load_digits

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers.pooling import average_pool, max_pool, max_pool_dX
from vitreous.layers.window import Window

halves = Window(kernel=(2, 2), stride=(2, 2))
X = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]], float)[None, None]
Y = max_pool(X, halves)
returned = max_pool_dX(np.ones_like(Y), X, Y, halves)[0, 0]
print("max-pool:", Y[0, 0].astype(int).tolist())
print("average-pool:", average_pool(X, halves)[0, 0].tolist())
print("where the gradient of 1 for each output goes:", returned.astype(int).tolist())

# All digits, shifted by one pixel to the right: how much of the picture changes, before and after pooling?
images = np.pad(load_digits().images / 16, ((0, 0), (0, 0), (4, 4)))[:, None]  # [1797, 1, 8, 16], with room beside them
shifted = np.roll(images, 1, axis=3)


def change(A, B):
    """The length of the difference in parts of the length of A, in the mean over pictures."""
    return (np.linalg.norm(A - B, axis=(2, 3)) / np.linalg.norm(A, axis=(2, 3))).mean()


changes = {"no pooling": change(images, shifted)}
for side in (2, 4, 8):
    window = Window((side, side), (side, side))
    changes[f"max {side} × {side}"] = change(max_pool(images, window), max_pool(shifted, window))
print("\nA shift of one pixel to the right changes the digits by:")
for name, amount in changes.items():
    print(f"{name:>11}: {amount:.0%} of their length")

with new_figure(10.5, 4, LIGHT) as figure:
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1, 1.5))
    windows = np.kron([[0, 1], [2, 3]], np.ones((2, 2), int))
    colours = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")
    for axes, values, owner in ((left, X[0, 0], windows), (middle, Y[0, 0], windows[::2, ::2])):
        for (row, column), value in np.ndenumerate(values):
            largest = axes is middle or returned[row, column]
            axes.fill_between([column, column + 1], row, row + 1, color=colours[owner[row, column]], alpha=0.9 if largest else 0.25, linewidth=0)
            axes.text(column + 0.5, row + 0.5, f"{value:.0f}", ha="center", va="center_baseline", fontsize=16, weight="bold" if largest else "normal")
        axes.hlines(range(len(values) + 1), 0, len(values), color=LIGHT.background)
        axes.vlines(range(len(values) + 1), 0, len(values), color=LIGHT.background)
        axes.set(xlim=(0, len(values)), ylim=(len(values), 0), aspect="equal", xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    left.set_title("Four windows …")
    middle.set_title("… and their largest values")
    bars = right.barh(list(changes), list(changes.values()), color=[LIGHT.muted, *[LIGHT.right] * 3])
    right.bar_label(bars, [f"{amount:.0%}" for amount in changes.values()], padding=4)
    right.set(title="A shift by one pixel matters less", xlabel="change of the picture", xlim=(0, 1.15 * max(changes.values())))
    right.invert_yaxis()

save_picture(figure, __file__)
