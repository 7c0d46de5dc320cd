"""Momentum and Adam in a ravine

    f(w) = ½ wᵀ H w        steep across, flat along: the curvatures of H are L = 50 and ℓ = 1, κ = L / ℓ = 50

    gradient descent    rate 2 / (L + ℓ): each step leaves (κ − 1) / (κ + 1) of the error, 0.96
    momentum            rate 4 / (√L + √ℓ)², μ = ((√κ − 1) / (√κ + 1))²: in the long run (√κ − 1) / (√κ + 1), 0.75
    Adam                divides each weight's step by how steep it was along that weight

A larger rate would climb the walls: above 2 / L the descent goes up. To turn the ravine changes nothing for the first two. Adam looks along
the axes of the weights: a ravine along an axis it makes round, one across it cannot see.

Sources: Polyak 1964; Kingma, Ba, "Adam", 2015; Goh, "Why momentum really works", 2017.
Try next: the rate of gradient descent at 0.041, just above 2 / L; a curvature of 500; betas=(0, 0.999).
"""

import numpy as np
from picture import save_picture

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.optim.rules import adam, gradient_descent, momentum

STEEP, FLAT, STEPS = 50.0, 1.0, 300
ROOTS = np.sqrt(STEEP), np.sqrt(FLAT)
MU = ((ROOTS[0] - ROOTS[1]) / (ROOTS[0] + ROOTS[1])) ** 2


def ravine(angle):
    """H, and the start: both turned by the angle in degrees."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn = np.array([[c, -s], [s, c]])
    return turn @ np.diag([FLAT, STEEP]) @ turn.T, turn @ np.array([-4.0, 0.6])


def way(rule, angle):
    """The weights of each step, [STEPS + 1, 2]."""
    (H, w), V, M, S = ravine(angle), np.zeros(2), np.zeros(2), np.zeros(2)
    seen = [w]
    for t in range(1, STEPS + 1):
        g = H @ w
        if rule == "gradient descent":
            w = gradient_descent(w, g, rate=2 / (STEEP + FLAT))
        elif rule == "momentum":
            w, V = momentum(w, g, V, rate=4 / (ROOTS[0] + ROOTS[1]) ** 2, mu=MU)
        else:
            w, M, S = adam(w, g, M, S, t, rate=0.3)
        seen.append(w)
    return np.array(seen)


def height(w, H):
    return 0.5 * np.einsum("...i,ij,...j->...", w, H, w)


RULES = {"gradient descent": LIGHT.ink, "momentum": LIGHT.right, "Adam": LIGHT.wrong}
heights = {(rule, angle): height(way(rule, angle), ravine(angle)[0]) for rule in RULES for angle in (0, 45)}
print("Steps until the height is a millionth of what it was (and stays below):")
for rule in RULES:
    needed = [int(np.nonzero(heights[rule, angle] > 1e-6 * heights[rule, angle][0])[0][-1]) + 1 for angle in (0, 45)]
    print(f"{rule:>18}: {needed[0]:>3} along an axis, {needed[1]:>3} where the ravine is turned by 45 degrees")

with new_figure(13, 4.1, LIGHT) as figure:
    *maps, right = figure.subplots(1, 3)
    for axes, angle, title in zip(maps, (0, 45), ("Along an axis: Adam swings once", "Turned: Adam zigzags too"), strict=True):
        grid = np.stack(np.meshgrid(np.linspace(-5, 3, 120), np.linspace(-5, 3, 120)), -1)
        axes.contour(grid[..., 0], grid[..., 1], height(grid, ravine(angle)[0]), levels=np.geomspace(0.5, 400, 9), colors=LIGHT.grid, linewidths=1)
        for rule, colour in RULES.items():
            axes.plot(*way(rule, angle)[:40].T, color=colour, linewidth=1.3, marker="o", markersize=2.5, label=rule)
        axes.plot(0, 0, marker="*", markersize=13, color=LIGHT.background, markeredgecolor=LIGHT.ink, linestyle="none")
        axes.set(title=title, xlabel="weight 1", ylabel="weight 2", xlim=(-5, 3), ylim=(-5, 3), aspect="equal")
    for (rule, angle), each in heights.items():
        if rule == "Adam" or not angle:  # for the others both are one line
            right.plot(each, color=RULES[rule], linestyle="--" if angle else "-", label=f"{rule}, turned" if angle else rule)
    right.set(title="Momentum is there first", xlabel="step", ylabel="height f", yscale="log", ylim=(1e-6, 1e2), xlim=(0, 200))
    right.set_yticks((1e-6, 1e-4, 1e-2, 1, 100), ("0.000001", "0.0001", "0.01", "1", "100"))
    right.legend(frameon=False, fontsize=9, loc="upper right")

save_picture(figure, __file__)
