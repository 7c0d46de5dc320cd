"""Batch norm: what it keeps in place, and what it costs

    training    N = (Z − mean of the batch) / √(variance of the batch + ε) + β
    use         the same with running averages: r ← 0.9 r + 0.1 new, so that an answer does not depend on its neighbours

A network of 6 hidden layers of 48 ReLUs learns digits; γ is 1. Why it helps is disputed: less drift, says the paper; a smoother loss, say others.

Sources: Ioffe, Szegedy 2015; Santurkar et al., "How does batch normalization help optimization?", 2018; Wu, He, "Group normalization", 2018.
Try next: 2 hidden layers; other first weights (two to four rates work without); ε of 1 in batches of two; first weights twice as large.
"""

import numpy as np
from picture import save_picture
from sklearn.datasets import load_digits

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers import activations, batch_norm, softmax

DEPTH, WIDTH, EPSILON, PASSES, RATES, BATCHES = 6, 48, 1e-5, 4, np.geomspace(0.01, 10, 10).tolist(), (2, 5, 10, 50)
order = np.random.default_rng(0).permutation(1797)
images, labels = np.float32(load_digits().data[order] / 6 - 0.8), load_digits().target[order]  # mean and variance near 0 and 1
X, y, new, new_y, ones = images[:1000], labels[:1000], images[1000:1700], labels[1000:1700], np.ones(WIDTH, np.float32)


def forward(net, H, norm, training):
    kept = []
    for W, beta, mean, variance in net[:-1]:
        Z, m, v = H @ W.T, mean, variance
        if norm and training:
            m, v = Z.mean(0), Z.var(0)
            mean[:], variance[:] = batch_norm.running(mean, m, 0.1), batch_norm.running(variance, v * len(Z) / (len(Z) - 1), 0.1)
        N = batch_norm.batch_norm(Z, ones, beta, m, v, EPSILON) if norm else Z + beta
        kept, H = [*kept, (H, Z, N)], activations.relu(N)
    return H @ net[-1][0].T, [*kept, (H, None, None)]  # the scores; of each layer what came in, its product, and what ReLU is given


def right(net, norm, parts=0):  # the percentage of new digits; with `parts` in so many batches, each with its own mean and variance
    scores = [forward(net, x, norm, parts > 0)[0] for x in np.array_split(new, parts or 1)]
    return 100 * (np.concatenate(scores).argmax(1) == new_y).mean()


@np.errstate(all="ignore")  # rates that are too large end in infinities
def train(norm, rate, batch=50):
    random, spread, sizes = np.random.default_rng(1), [], [(WIDTH, 64)] + [(WIDTH, WIDTH)] * (DEPTH - 1) + [(10, WIDTH)]
    net = [[random.normal(0, np.sqrt(2 / s[1]), s).astype(np.float32), 0 * ones, 0 * ones, 1 * ones] for s in sizes]
    for rows in (rows for _ in range(PASSES) for rows in random.permutation(len(X)).reshape(-1, batch)):
        scores, kept = forward(net, X[rows], norm, training=True)
        spread.append(kept[-2][2].std())
        dZ = softmax.cross_entropy_dZ(scores, y[rows])
        dH, net[-1][0] = dZ @ net[-1][0], net[-1][0] - rate * dZ.T @ kept[-1][0]
        for layer, (H, Z, N) in zip(net[-2::-1], kept[-2::-1], strict=True):
            dN = activations.relu_dX(dH, N)
            dZ = batch_norm.batch_norm_gradients_in_training(dN, Z, ones, EPSILON)[0] if norm else dN
            dH, layer[:2] = dZ @ layer[0], [layer[0] - rate * dZ.T @ H, layer[1] - rate * dN.sum(0)]
    return net, right(net, norm), spread  # of what the last ReLUs are given, step by step


by_rate = {norm: [train(norm, rate) for rate in RATES] for norm in (False, True)}
by_batch = {norm: [train(norm, 0.002 * batch, batch)[1] for batch in BATCHES] for norm in (False, True)}
among = [right(by_rate[True][3][0], True, len(new) // batch) for batch in BATCHES]  # learned in 50s at a rate of 0.1
plain, normed = (sum(share >= 80 for _, share, _ in by_rate[norm]) for norm in (False, True))
print(f"80% and more at {normed} of 10 rates with batch norm, at {plain} without. Learned in twos: {by_batch[1][0]:.0f}% and {by_batch[0][0]:.0f}%.")
print(f"Learned in 50s, asked with running averages: {by_batch[1][-1]:.0f}%; asked in twos, each with its own mean and variance: {among[0]:.0f}%.")

with new_figure(13.5, 4, LIGHT) as figure:
    left, middle, last = figure.subplots(1, 3)
    for norm, name, colour, style in ((False, "without", LIGHT.wrong, "s--"), (True, "with batch norm", LIGHT.right, "o-")):
        left.plot(by_rate[norm][3][2], style[1:], color=colour, label=name)
        middle.plot(RATES, [share for _, share, _ in by_rate[norm]], style, color=colour, label=name)
        last.plot(BATCHES, by_batch[norm], style, color=colour, label=f"learned so, {name}")
    last.plot(BATCHES, among, "^:", color=LIGHT.ink, label="learned in 50s, asked so")
    left.set(title="What the last ReLUs get stays in place", xlabel="step", ylabel="standard deviation of their inputs", ylim=(0, None))
    middle.set(title="More learning rates work", xlabel="learning rate", ylabel="read right, %", xscale="log", ylim=(0, 100))
    last.set(title="Small batches are its weak point", xlabel="digits in a batch", ylabel="read right, %", xticks=BATCHES, ylim=(0, 100))
    for axes in (left, middle, last):
        axes.legend(frameon=False, fontsize=9)
        axes.xaxis.set_major_formatter("{x:g}")

save_picture(figure, __file__)
