"""Down the gradient with all pictures, one, or a few

    L(W) = 1/N Σ_n L_n(W)        W ← W − η · the mean gradient of a batch

    the whole set    the exact gradient: one step in a pass over the pictures
    one picture      a gradient that is right on the average only: N steps in a pass, and it never comes to rest
    a few            the noise of a mean of B falls with √B: N / B steps in a pass, and B pictures make one matrix product

A logistic regression with two weights tells 3 from 8 by two pixels, so that the ways can be seen. All three see each picture as often.

Sources: Cauchy 1847; Robbins, Monro, "A stochastic approximation method", 1951; LeCun et al., "Efficient BackProp", 1998.
Try next: a rate that halves with each pass for one picture at a time (now it comes to rest); 40 passes for the whole set.
"""

import numpy as np
from picture import save_picture
from sklearn.datasets import load_digits

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers.activations import sigmoid
from vitreous.optim.rules import gradient_descent

PASSES, RATE = 10, 0.3
digits = load_digits()
chosen = np.isin(digits.target, (3, 8))
t = np.where(digits.target[chosen] == 8, 1.0, 0.0)
pixels = digits.images[chosen][:, (3, 5), (2, 2)]  # left of the middle, where only the 8 is closed
X = (pixels - pixels.mean(0)) / pixels.std(0)


def losses_at(W):
    """The mean loss over all pictures for weights [..., 2]."""
    z = W @ X.T
    return (np.logaddexp(0, z) - t * z).mean(-1)


def path(batch, passes=PASSES, rate=RATE):
    """The weights before the first step and behind each one."""
    random, W = np.random.default_rng(0), np.array([-2.0, 0.5])
    ways = [W]
    for _ in range(passes):
        order = random.permutation(len(X))
        for first in range(0, len(X), batch):
            seen = order[first : first + batch]
            gradient = (sigmoid(X[seen] @ W) - t[seen]) @ X[seen] / len(seen)
            W = gradient_descent(W, gradient, rate)
            ways.append(W)
    return np.array(ways)


best = path(len(X), passes=3000)[-1]
least = losses_at(best)
ways = {f"all {len(X)} pictures": path(len(X)), "16 at a time": path(16), "one at a time": path(1)}
print(f"The least loss that two pixels allow is {least:.3f}. After {PASSES} passes over the {len(X)} pictures:")
for name, way in ways.items():
    steps = (len(way) - 1) // PASSES
    late = losses_at(way[-steps:]) - least  # in the last pass
    print(f"{name:>16}: {len(way) - 1:>5,} steps; the loss is above the least by {late[-1]:.4f}, in the last pass by up to {late.max():.4f}")

grid = np.stack(np.meshgrid(np.linspace(-2.5, 4.5, 120), np.linspace(-1, 6, 120)), -1)
field = losses_at(grid)
colours = (LIGHT.ink, LIGHT.right, LIGHT.wrong)
titles = ("All: exact, {} steps", "A few: {} steps", "One: {} steps, no rest")
with new_figure(13.5, 3.7, LIGHT) as figure:
    *maps, right = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.25))
    for axes, way, colour, title in zip(maps, ways.values(), colours, titles, strict=True):
        axes.contour(grid[..., 0], grid[..., 1], field, levels=least + np.geomspace(0.002, 2, 10), colors=LIGHT.grid, linewidths=1)
        axes.plot(*way.T, color=colour, linewidth=1.2, marker="o" if len(way) < 20 else None, markersize=4)
        axes.plot(*best, marker="*", markersize=13, color=LIGHT.background, markeredgecolor=LIGHT.ink, linestyle="none")
        axes.set(title=title.format(f"{len(way) - 1:,}"), xlabel="weight of the upper pixel", xlim=(-2.5, 4.5), ylim=(-1, 6))
    maps[0].set_ylabel("weight of the lower pixel")
    for (name, way), colour in zip(reversed(ways.items()), reversed(colours), strict=True):
        right.plot(np.linspace(0, PASSES, len(way)), losses_at(way) - least, color=colour, linewidth=1.2 if "one" in name else 2, label=name)
    right.set(title="Same pictures seen, other descents", xlabel="passes over the pictures", ylabel="loss above the least", yscale="log")
    right.set(ylim=(1e-4, 20))
    right.yaxis.set_major_formatter("{x:g}")
    right.legend(frameon=False, fontsize=9, loc="upper right")

save_picture(figure, __file__)
