"""The perceptron: a neuron that learns from its mistakes

    y = 1 if w · x + b > 0 else 0            w ← w + (t − y) x,   b ← b + (t − y)

Nothing happens while the answer y equals the target t. If a hyperplane separates the classes with margin γ and no input is longer
than R, the rule makes at most (R / γ)² mistakes, whatever the order of the inputs (Novikoff 1962). If none separates them, as in
XOR, the weights run in a circle for ever.

Source: Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain", 1958.
Try next: leave out fewer of the points near the line and watch bound and mistakes grow; or stop when an epoch brings no progress.
"""

import numpy as np
from picture import save_picture

from vitreous.draw.theme import LIGHT, new_figure


def learn(X, t, epochs):
    """The weights after each epoch [epochs, D + 1], bias last, and the number of mistakes in it. X [N, D], t [N] of 0 and 1."""
    X = np.column_stack([X, np.ones(len(X))])  # the bias is the weight of an input that is always 1
    w, history, mistakes = np.zeros(X.shape[1]), [], []
    for _ in range(epochs):
        wrong = 0
        for x, target in zip(X, t, strict=True):
            y = int(w @ x > 0)
            w = w + (target - y) * x
            wrong += y != target
        history.append(w)
        mistakes.append(wrong)
    return np.array(history), mistakes


# Points on both sides of a line; those within 0.08 of it are left out, so that there is a margin.
cloud = np.random.default_rng(5).uniform(-2, 2, (120, 2))
beside = cloud @ (0.8, 0.6) - 1.3
cloud, cloud_t = cloud[abs(beside) > 0.08], (beside[abs(beside) > 0.08] > 0).astype(int)
history, mistakes = learn(cloud, cloud_t, 12)
w = history[-1]
last = max(np.flatnonzero(mistakes)) + 1
print(f"{len(cloud)} points: {sum(mistakes)} mistakes, none after epoch {last}. The line is {w[0]:.2f} x {w[1]:+.2f} y {w[2]:+.2f} = 0.")

# Novikoff's bound, with the margin that the line of the data leaves; the bias counts as a third weight, of an input 1.
margin = abs(beside[abs(beside) > 0.08]).min() / np.linalg.norm((0.8, 0.6, -1.3))
longest = np.sqrt((cloud**2).sum(1) + 1).max()
print(f"The theorem allows (R / γ)² = ({longest:.2f} / {margin:.3f})² = {(longest / margin) ** 2:,.0f} mistakes.")

# XOR, which no line separates.
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
xor_history, xor_mistakes = learn(corners, np.array([0, 1, 1, 0]), 12)
first, again = next((i, j) for j in range(12) for i in range(j) if (xor_history[i] == xor_history[j]).all())
print(f"XOR: {min(xor_mistakes)} mistakes at least in every epoch; the weights after epoch {again + 1} are those after epoch {first + 1}: a circle.")

with new_figure(10, 4.2, LIGHT) as figure:
    left, right = figure.subplots(1, 2)
    for value, colour, marker in ((0, LIGHT.wrong, "s"), (1, LIGHT.right, "o")):
        left.scatter(*cloud[cloud_t == value].T, color=colour, marker=marker, s=26, label=f"class {value}")
    ends = np.array([-2.2, 2.2])
    left.plot(ends, -(w[0] * ends + w[2]) / w[1], color=LIGHT.ink, label="w · x + b = 0")
    left.set(title="A line that separates the classes is found", xlabel="x", ylabel="y", xlim=(-2.2, 2.2), ylim=(-2.2, 2.9))
    left.legend(frameon=False, loc="upper left", ncols=3)
    epochs = range(1, 13)
    right.plot(epochs, mistakes, color=LIGHT.right, marker="o", label=f"{len(cloud)} points with a margin")
    right.plot(epochs, xor_mistakes, color=LIGHT.wrong, marker="s", label="XOR, 4 points")
    right.set(title="XOR never comes to rest", xlabel="epoch", ylabel="mistakes in the epoch", ylim=(-0.3, None))
    right.legend(frameon=False)

save_picture(figure, __file__)
