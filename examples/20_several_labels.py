"""Several labels for one picture: a sigmoid for each in place of one softmax

    softmax    p_k = exp(z_k) / Σ_j exp(z_j)       adds up to 1: one label wins what another loses
    sigmoid    p_k = 1 / (1 + exp(−z_k))           each label is a yes or a no of its own
    loss       −Σ_k y_k log p_k + (1 − y_k) log(1 − p_k)        gradient in z, of both: p − y

A picture holds two digits side by side, or one, or none, in noise. When is "there is a 3" said? From the threshold on at which
F1 = 2 TP / (2 TP + FP + FN) is highest; it is half of the F1 it reaches, so for what is hard to see far below 0.5.

Sources: Cox 1958 (the sigmoid); Lipton, Elkan, Naryanaswamy, "Optimal thresholding of classifiers to maximize F1 measure", 2014.
Try next: a softmax trained on the same y / Σ y; a cost, 5 for a missed digit and 1 for a false one: threshold 1 / 6.
"""

import numpy as np
from picture import save_picture
from sklearn.datasets import load_digits
from sklearn.metrics import average_precision_score

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers.activations import sigmoid
from vitreous.layers.linear import linear, linear_db, linear_dW

STEPS, BATCH, RATE, SHARE = 2000, 64, 0.5, 0.35
random = np.random.default_rng(0)
digits = load_digits()
images, kinds = digits.images / 16, digits.target


def pairs(chosen, count):
    """`count` pictures 8 × 16 of two, one or no digit out of `chosen`, with noise; and which digits are in them, [count, 10]."""
    X, y = random.normal(0, 0.4, (count, 8, 16)), np.zeros((count, 10))
    for picture, labels in zip(X, y, strict=True):
        for half in (slice(0, 8), slice(8, 16)):
            if random.random() < SHARE:
                number = random.choice(chosen)
                picture[:, half] += images[number]
                labels[kinds[number]] = 1
    return X.reshape(count, -1), y


order = random.permutation(len(images))  # new pictures are made of digits that were not learned from
(X, y), (held, held_y), (new, new_y) = pairs(order[:1200], 4000), pairs(order[1200:1500], 1500), pairs(order[1500:], 1500)
W, b = np.zeros((10, 128)), np.zeros(10)
for _ in range(STEPS):
    rows = random.choice(len(X), BATCH)
    gradient = (sigmoid(linear(X[rows], W, b)) - y[rows]) / BATCH  # of the loss in z, as for softmax
    W, b = W - RATE * linear_dW(gradient, X[rows]), b - RATE * linear_db(gradient)

p, held_p = (sigmoid(linear(each, W, b)) for each in (new, held))
print(f"Digits in a picture: {y.sum(1).mean():.2f} on average; the probabilities of one add up to {p.sum(1).mean():.2f}.")
right, no = ((p >= 0.5) == new_y).mean(), (new_y == 0).mean()
print(f"mAP {average_precision_score(new_y, p):.1%}; right, label by label: {right:.1%}; saying no to all: {no:.1%}.")


def f1(p, y, t):
    return 2 * ((p >= t) & (y == 1)).sum(0) / np.maximum(1, (p >= t).sum(0) + y.sum(0))


tried = np.linspace(0.02, 0.9, 89)
curves = np.array([f1(held_p, held_y, t) for t in tried])  # [thresholds, digits], on pictures that were not learned from
best = tried[curves.argmax(0)]
half, chosen = (f1(p, new_y, t).mean() for t in (0.5, best))
print(f"Macro F1 on new pictures: {half:.3f} at 0.5, {chosen:.3f} at thresholds of {best.min():.2f} to {best.max():.2f}.")

with new_figure(10.5, 3.6, LIGHT) as figure:
    left, side = figure.subfigures(1, 2, width_ratios=(1, 1.1))
    left.suptitle("What is there, and what is said", x=0.03, ha="left", weight="bold", fontsize=11)
    for panel, row in zip(left.subplots(2, 2).ravel(), np.argsort(-new_y.sum(1), kind="stable")[[0, 1, 2, 900]], strict=True):
        panel.imshow(new[row].reshape(8, 16), cmap="gray_r")
        there, said = (" ".join(map(str, np.flatnonzero(each))) or "none" for each in (new_y[row], p[row] >= best))
        panel.set(title=f"there: {there}   said: {said}", xticks=[], yticks=[])
    axes = side.subplots()
    for k, (colour, style) in zip(np.argsort(curves.max(0))[[0, -1]], ((LIGHT.wrong, "--"), (LIGHT.right, "-")), strict=True):
        axes.plot(tried, curves[:, k], color=colour, linestyle=style, label=f"digit {k}, best from {best[k]:.2f} on")
        axes.plot(best[k], curves[:, k].max(), "o", color=colour)
    axes.set(title="The harder label is said from a lower threshold on", xlabel="threshold", ylabel="F1", xlim=(0, 0.92), ylim=(0, 1))
    axes.legend(frameon=False, loc="lower left")

save_picture(figure, __file__)
