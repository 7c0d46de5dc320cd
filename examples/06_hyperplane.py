"""Two classes and the hyperplane between them

    f(x) = w · x + b        f(x) = 0 is the hyperplane; w stands upright on it; f(x) / |w| is the signed distance of x

Two numbers are taken of each handwritten digit, so that the plane can be drawn: how much ink there is in the middle, and how much
at the left and the right of it. A zero is a ring; a one is a stroke. The line is learned by going down the gradient of the loss

    L = mean of log(1 + e^(−s f(x)))        s = 1 for a one, −1 for a zero

Source: Cox, "The regression analysis of binary sequences", 1958.
Try next: 3 against 8 with the same two numbers (why is that hard?), then with all 64 pixels: a hyperplane that nobody can draw.
"""

import numpy as np
from picture import save_picture
from sklearn.datasets import load_digits

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers.activations import sigmoid

digits = load_digits()
chosen = digits.target < 2
images, s = digits.images[chosen] / 16, np.where(digits.target[chosen] == 1, 1, -1)  # [360, 8, 8] of 0 to 1
X = np.column_stack([images[:, 3:5, 3:5].mean((1, 2)), images[:, 2:6, [1, 2, 5, 6]].mean((1, 2))])
X = (X - X.mean(0)) / X.std(0)  # both in units of their own spread

# The first half learns, the second half tests.
half = len(X) // 2
w, b = np.zeros(2), 0.0
for _ in range(500):
    f = X[:half] @ w + b
    df = -s[:half] * sigmoid(-s[:half] * f) / half  # the derivative of the loss in each f(x)
    w -= 1.0 * (X[:half].T @ df)
    b -= 1.0 * df.sum()

distance = (X @ w + b) / np.linalg.norm(w)
right = np.sign(distance[half:]) == s[half:]
print(f"f(x) = {w[0]:.2f} · (ink in the middle) {w[1]:+.2f} · (ink at the sides) {b:+.2f}")
print(f"{right.sum()} of {len(right)} test digits lie on the right side, {right.mean():.1%}.")
print(f"The plane is {abs(b) / np.linalg.norm(w):.2f} from the origin. The closest digit lies {np.abs(distance).min():.3f} from it, in spreads.")

with new_figure(6.6, 6.2, LIGHT) as figure:
    axes = figure.subplots()
    across, up = np.meshgrid(np.linspace(-3, 3, 200), np.linspace(-2.3, 2.3, 200))
    axes.contourf(across, up, w[0] * across + w[1] * up + b > 0, levels=[-0.5, 0.5, 1.5], colors=[LIGHT.wrong, LIGHT.right], alpha=0.12)
    for value, colour, marker in ((-1, LIGHT.wrong, "s"), (1, LIGHT.right, "o")):
        axes.scatter(*X[s == value].T, s=16, color=colour, marker=marker, label="ones" if value == 1 else "zeros")
    foot = -b * w / (w @ w)  # the point of the plane that is closest to the origin
    tip = foot + w / np.linalg.norm(w)
    along = np.array([-w[1], w[0]]) / np.linalg.norm(w)
    axes.plot(*np.transpose([foot - 4 * along, foot + 4 * along]), color=LIGHT.ink, linewidth=1.5, label="f(x) = 0")
    axes.annotate("", tip, foot, arrowprops={"arrowstyle": "-|>", "color": LIGHT.ink, "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0})
    axes.text(tip[0], tip[1] + 0.1, "w", weight="bold", fontsize=14)
    axes.set(xlabel="ink in the middle, in spreads", ylabel="ink at the sides, in spreads", xlim=(-2.2, 2.2), ylim=(-2.3, 2.3), aspect="equal")
    axes.set_title(f"A line puts {right.mean():.0%} of the test digits on the right side")
    axes.legend(frameon=True, facecolor=LIGHT.background, edgecolor=LIGHT.grid, loc="upper left")

save_picture(figure, __file__)
