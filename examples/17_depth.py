"""What reaches the first of thirty layers

    ∂L / ∂W_l = D_l · (∏ over the layers above l of W D) · …        D: the derivative of the activation

    sigmoid          D is at most 1/4: the product shrinks with every layer
    ReLU             D is 0 or 1; with weights of variance 2 / n the product keeps its size (He et al. 2015)
    sigmoid, norm    batch norm keeps each input where the sigmoid is steep
    ReLU, skip       Y = X + F(X): one summand of the product is 1, whatever F does (He et al. 2016)

A slide says that Adam cures vanishing gradients. It divides the step of each weight by the size of its gradient, so the first layer would
move as fast as the last; but not where |g| is far below its ε, 1e-8, and here it is 1e-21. Without ε, in fp64, the loss is still 2.0
after 1,000 steps: the direction is what the same product left of it.

Sources: Hochreiter 1991; Glorot, Bengio 2010; He et al. 2015 and 2016; Ioffe, Szegedy 2015; Kingma, Ba 2015.
Try next: tanh in place of the sigmoid; 10 layers; weights of ReLU twice as large.
"""

import numpy as np
from picture import save_picture
from sklearn.datasets import load_digits

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers.activations import relu, relu_dX, sigmoid, sigmoid_dX
from vitreous.layers.batch_norm import batch_norm_gradients_in_training, batch_norm_in_training
from vitreous.layers.softmax import cross_entropy, cross_entropy_dZ
from vitreous.optim.rules import adam

DEPTH, WIDTH, STEPS = 30, 64, 150
KINDS = {"sigmoid": (LIGHT.wrong, "-"), "ReLU": (LIGHT.ink, "--"), "sigmoid, norm": ("#009e73", "-."), "ReLU, skip": (LIGHT.right, ":")}
X, y = (each[:128] for each in load_digits(return_X_y=True))
X = (X - X.mean()) / X.std()


def start(kind):
    """30 matrices, and the head of 10. Glorot's variance 1 / n for the sigmoid, He's 2 / n for ReLU, less of it where branches add up."""
    random, variance = np.random.default_rng(1), {"ReLU": 2, "ReLU, skip": 2 / DEPTH}.get(kind, 1)
    return [random.normal(0, np.sqrt(variance / WIDTH), (WIDTH, WIDTH)) for _ in range(DEPTH)] + [random.normal(0, 0.1, (10, WIDTH))]


def gradients(kind, weights):
    H, kept = X, []
    for W in weights[:-1]:
        Z = H @ W.T
        N = batch_norm_in_training(Z, np.ones(WIDTH), np.zeros(WIDTH), 1e-5)[0] if "norm" in kind else Z
        A = relu(N) if "ReLU" in kind else sigmoid(N)
        kept.append((W, H, Z, N, A))
        H = H + A if "skip" in kind else A
    dZ = cross_entropy_dZ(H @ weights[-1].T, y)
    found, dH = [dZ.T @ H], dZ @ weights[-1]
    for W, before, Z, N, A in reversed(kept):
        dN = relu_dX(dH, N) if "ReLU" in kind else sigmoid_dX(dH, A)
        dZ = batch_norm_gradients_in_training(dN, Z, np.ones(WIDTH), 1e-5)[0] if "norm" in kind else dN
        found.append(dZ.T @ before)
        dH = dZ @ W + (dH if "skip" in kind else 0)
    return cross_entropy(H @ weights[-1].T, y), found[::-1]  # the gradients in the order of the layers


norms, losses = {}, {kind: [] for kind in KINDS}
for kind in KINDS:
    learned = [(W, 0, 0) for W in start(kind)]  # W, and what Adam remembers
    for t in range(1, STEPS + 1):
        loss, found = gradients(kind, [W for W, _, _ in learned])
        norms.setdefault(kind, [np.linalg.norm(g) for g in found[:-1]])  # of the first step
        learned = [adam(W, g, M, S, t, rate=1e-3) for (W, M, S), g in zip(learned, found, strict=True)]
        losses[kind].append(loss)
    print(f"{kind:>13}: gradient of layer 1 {norms[kind][0]:.0e}, of layer 30 {norms[kind][-1]:.0e}; loss in the end {loss:.2f}")
print(f"The loss is that after {STEPS} steps of Adam; to guess costs log 10 = {np.log(10):.2f}.")

with new_figure(11.5, 4.1, LIGHT) as figure:
    left, right = figure.subplots(1, 2)
    for kind, (colour, style) in KINDS.items():
        left.plot(range(1, DEPTH + 1), norms[kind], color=colour, linestyle=style, linewidth=2, label=kind)
        right.plot(losses[kind], color=colour, linestyle=style, linewidth=2)
    left.set(title="Nothing reaches the first layers of sigmoids", xlabel="layer", ylabel="norm of its gradient at the start", yscale="log")
    left.set_yticks((1e-18, 1e-12, 1e-6, 1), ("1e−18", "1e−12", "1e−6", "1"))
    left.legend(frameon=False)
    right.set(title="Adam does not cure that; another network does", xlabel="step of Adam", ylabel="loss (guessing: 2.30)", ylim=(0, 3))

save_picture(figure, __file__)
