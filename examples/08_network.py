"""A network of neurons learns XOR

    H = tanh(X W₁ᵀ + b₁)        z = H W₂ᵀ + b₂        y = σ(z)        L = mean of −t log y − (1 − t) log(1 − y)

The error is sent back through the layers by the chain rule, and each weight goes a step down its own gradient. The two hidden
neurons move the four corners of the square to places where one line separates them: that is what a hidden layer is for.

Source: Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors", 1986.
Try next: three hidden neurons (how many starts succeed then?); all starting weights zero; relu in place of tanh.
"""

import numpy as np
from picture import save_picture

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers.activations import sigmoid, tanh, tanh_dX
from vitreous.layers.linear import linear, linear_db, linear_dW, linear_dX

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
t = np.array([[0.0], [1.0], [1.0], [0.0]])


def forward(X, weights):
    W1, b1, W2, b2 = weights
    H = tanh(linear(X, W1, b1))
    return H, sigmoid(linear(H, W2, b2))


def learn(seed, steps=2000, rate=0.5):
    """The weights of two hidden neurons and one output, and the loss of each step."""
    random = np.random.default_rng(seed)
    weights = [random.normal(0, 1, (2, 2)), np.zeros(2), random.normal(0, 1, (1, 2)), np.zeros(1)]
    losses = []
    for _ in range(steps):
        H, y = forward(X, weights)
        losses.append(-np.mean(t * np.log(y) + (1 - t) * np.log(1 - y)))
        dz = (y - t) / len(X)  # what was said minus what is true: loss and σ together
        dA = tanh_dX(linear_dX(dz, weights[2]), H)
        gradients = [linear_dW(dA, X), linear_db(dA), linear_dW(dz, H), linear_db(dz)]
        weights = [weight - rate * gradient for weight, gradient in zip(weights, gradients, strict=True)]
    return weights, losses


# From some starts the descent ends in a hollow from which every direction leads up, with two corners undecided.
runs = [learn(seed) for seed in range(20)]
solved = [((forward(X, weights)[1] > 0.5) == t).all() for weights, _ in runs]
stuck = [each[-1] for each, fine in zip((losses for _, losses in runs), solved, strict=True) if not fine]
print(f"{sum(solved)} of 20 random starts learn XOR in 2,000 steps; the others hang in a hollow, at a loss of {min(stuck):.2f} to {max(stuck):.2f}.")

weights, losses = runs[solved.index(True)]
H, y = forward(X, weights)
for corner, hidden, answer in zip(X, H, y, strict=True):
    print(f"{corner.astype(int)} → hidden {hidden.round(2)} → {answer[0]:.3f}")
print(f"The loss went from {losses[0]:.3f} to {losses[-1]:.4f}.")

with new_figure(11, 4, LIGHT) as figure:
    left, middle, right = figure.subplots(1, 3)
    for number, (_, each) in enumerate(runs):
        left.plot(each, color=LIGHT.right if solved[number] else LIGHT.wrong, linewidth=1, linestyle="-" if solved[number] else "--")
    left.set(title=f"{sum(solved)} of 20 starts succeed", xlabel="step", ylabel="loss", xlim=(0, 600))
    grid = np.stack(np.meshgrid(np.linspace(-0.5, 1.5, 120), np.linspace(-0.5, 1.5, 120)), -1)
    field = forward(grid.reshape(-1, 2), weights)[1].reshape(120, 120)
    middle.contourf(grid[..., 0], grid[..., 1], field, levels=[0, 0.5, 1], colors=[LIGHT.wrong, LIGHT.right], alpha=0.15)
    middle.set(title="Inputs: no line will do", xlabel="input a", ylabel="input b", xticks=(0, 1), yticks=(0, 1))
    (v1, v2), bias = weights[2][0], weights[3][0]
    ends = np.array([-1.3, 1.3])
    right.plot(ends, -(v1 * ends + bias) / v2, color=LIGHT.ink)
    right.set(title="Hidden: one line does", xlabel="hidden 1", ylabel="hidden 2", xlim=(-1.3, 1.3), ylim=(-1.3, 1.3))
    for axes, places in ((middle, X), (right, H)):
        for value, colour, marker in ((0, LIGHT.wrong, "s"), (1, LIGHT.right, "o")):
            axes.scatter(*places[t[:, 0] == value].T, s=90, color=colour, marker=marker, zorder=3)

save_picture(figure, __file__)
