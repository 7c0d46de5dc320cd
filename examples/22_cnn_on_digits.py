"""A convolutional network while it learns digits, and what its filters are worth

    8 × 8 ─ conv 16 @ 3 × 3 ─ ReLU ─ max-pool ─ 10 scores        V ← μ V + dW        W ← W − η V

The loss of a batch jumps, as each batch holds other digits; that of the digits held out is calm. The filters begin as noise. What does
their learning bring? The same network is trained once more with filters that stay noise: only the ten scores learn.

Sources: LeCun et al. 1998; Jarrett et al., "What is the best multi-stage architecture for object recognition?", 2009 (random filters).
Try next: 4 filters in place of 16; a rate of 1; 100 digits to learn from. More layers, each with its way back, are in chapter 12.
"""

import numpy as np
from picture import save_picture
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers import activations, convolution, linear, pooling, softmax, window
from vitreous.optim.rules import momentum

EPOCHS, BATCH, RATE = 12, 32, 0.03
THREE, HALF = window.Window((3, 3), padding=(1, 1, 1, 1)), window.Window((2, 2), stride=(2, 2))
threadpool_limits(1)  # products as small as these are slower on two threads
digits = load_digits()
X, y = (digits.images[:, None] / 16 - 0.3).astype(np.float32), digits.target
learned, held = np.split(np.random.default_rng(0).permutation(len(X)), [-360])


def forward(X, W1, b1, W2, b2):
    R = activations.relu(convolution.convolution(X, W1, b1, THREE))  # [N, 16, 8, 8]
    P = pooling.max_pool(R, HALF)  # [N, 16, 4, 4]
    return linear.linear(P.reshape(len(X), -1), W2, b2), R, P  # the scores [N, 10], and what the way back needs


def train(name, fixed):
    """The first filters at the start and in the end, the scores in the end, losses. The first `fixed` weights do not learn."""
    random, losses, held_losses = np.random.default_rng(1), [], []
    shapes = [(16, 1, 3, 3), (16,), (10, 256), (10,)]
    weights = [(random.normal(0, np.sqrt(2 / np.prod(s[1:])), s) * (len(s) > 1)).astype(np.float32) for s in shapes]
    first, velocities = weights[0], [np.zeros_like(W) for W in weights]
    for _ in range(EPOCHS):
        for batch in np.array_split(random.permutation(learned), len(learned) // BATCH):
            scores, R, P = forward(X[batch], *weights)
            losses.append(softmax.cross_entropy(scores, y[batch]))
            dZ = softmax.cross_entropy_dZ(scores, y[batch])
            dP = linear.linear_dX(dZ, weights[2]).reshape(P.shape)
            dC = activations.relu_dX(pooling.max_pool_dX(dP, R, P, HALF), R)
            found = [convolution.convolution_dW(dC, X[batch], weights[0], THREE), convolution.convolution_db(dC)]
            found += [linear.linear_dW(dZ, P.reshape(len(batch), -1)), linear.linear_db(dZ)]
            for i in range(fixed, 4):
                weights[i], velocities[i] = momentum(weights[i], found[i], velocities[i], RATE)
        scores = forward(X[held], *weights)[0]
        held_losses.append(softmax.cross_entropy(scores, y[held]))
    print(f"Filters {name}: held-out loss {held_losses[-1]:.3f}; {(scores.argmax(1) != y[held]).sum()} of {len(held)} digits are read wrong")
    return first, weights[0], softmax.softmax(scores), losses, held_losses


before, after, P, losses, held_losses = train("that learn", fixed=0)
frozen = train("left random", fixed=2)[4]

with new_figure(13.5, 4, LIGHT) as figure:
    left, middle, right = figure.subfigures(1, 3, width_ratios=(1.5, 1.5, 1.2))
    axes, times = left.subplots(), range(1, EPOCHS + 1)
    axes.plot(np.linspace(0, EPOCHS, len(losses)), losses, color=LIGHT.grid, linewidth=1, label="each batch learned from")
    axes.plot(times, frozen, "s--", color=LIGHT.wrong, markersize=4, label="held out, filters left random")
    axes.plot(times, held_losses, "o-", color=LIGHT.right, markersize=4, label="held out, filters that learn")
    axes.set(title="Random filters do well, learned ones better", xlabel="epoch", ylabel="loss (guessing: 2.30)", yscale="log")
    axes.set_yticks((0.01, 0.1, 1), ("0.01", "0.1", "1"))
    axes.legend(frameon=False, fontsize=9, loc="lower left")
    for panel, W, when in zip(middle.subplots(1, 2), (before, after), ("16 filters at first", "… and learned"), strict=True):
        framed = np.pad(W[:, 0], ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)  # [16, 4, 4]: a gap between them
        panel.imshow(framed.reshape(4, 4, 4, 4).swapaxes(1, 2).reshape(16, 16)[:15, :15], cmap="PuOr", vmin=-1.2, vmax=1.2)
        panel.set(title=when, xticks=[], yticks=[])
    right.suptitle("The digits least expected", x=0.03, ha="left", weight="bold", fontsize=11)
    for panel, n in zip(right.subplots(2, 3).flat, P[np.arange(len(held)), y[held]].argsort(), strict=False):
        panel.imshow(X[held[n], 0], cmap="gray_r")
        panel.set(title=f"a {y[held[n]]}: {P[n, y[held[n]]]:.0%}", xticks=[], yticks=[])

save_picture(figure, __file__)
