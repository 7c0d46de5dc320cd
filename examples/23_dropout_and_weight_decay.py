"""Few pictures: what early stopping, weight decay and dropout bring

    early stopping    the weights of the step at which the loss of digits held out was least
    weight decay      W ← (1 − η λ) W before each step of Adam: what no picture needs goes back to zero
    dropout           Y = M X / (1 − p), M = 0 with probability p: no neuron can rely on one other

A network of 64 → 100 → 10 learns from 60 digits until it knows each of them. Over-fitting shows in the share read wrong, and in the loss,
which counts how sure wrong answers are. Early stopping holds out 60 more: what if one learned from those? λ and p are not tuned.

Sources: Krogh, Hertz 1991; Prechelt, "Early stopping – but when?", 1998; Srivastava et al. 2014; Loshchilov, Hutter 2019.
Try next: p = 0.8; a decay of 10; 600 digits to learn from (what is left of the gains?). Dots in the picture are pairs of trainings.
"""

import numpy as np
from picture import save_picture
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers.activations import relu, relu_dX
from vitreous.layers.dropout import dropout_mask
from vitreous.layers.linear import linear, linear_db, linear_dW, linear_dX
from vitreous.layers.softmax import cross_entropy, cross_entropy_dZ
from vitreous.optim.rules import adamw

FEW, STEPS, RATE, SEEDS, EVERY = 60, 240, 3e-3, 10, 20
threadpool_limits(1)  # products as small as these are slower on two threads
images, labels = np.float32(load_digits().data / 16), load_digits().target


def train(seed, learned=FEW, p=0.0, decay=0.0):
    """Every EVERY steps: the loss of the digits learned from, of those held out, of new ones, and the percentage of new ones read wrong."""
    random, seen, M, S, shapes = np.random.default_rng(seed), [], [0] * 4, [0] * 4, [(100, 64), (100,), (10, 100), (10,)]
    order = random.permutation(len(images))  # of one seed, the same for each remedy
    parts = [order[:learned], order[FEW : 2 * FEW], order[2 * FEW :]]
    X, y = images[parts[0]], labels[parts[0]]
    W = [(random.normal(0, np.sqrt(2 / s[-1]), s) * (len(s) > 1)).astype(np.float32) for s in shapes]
    for t in range(1, STEPS + 1):
        mask = dropout_mask((len(X), 100), p, random)
        Z = linear(X, W[0], W[1])
        H = relu(Z) * mask
        dY = cross_entropy_dZ(linear(H, W[2], W[3]), y)
        dZ = relu_dX(linear_dX(dY, W[2]) * mask, Z)
        for i, g in enumerate((linear_dW(dZ, X), linear_db(dZ), linear_dW(dY, H), linear_db(dY))):
            W[i], M[i], S[i] = adamw(W[i], g, M[i], S[i], t, RATE, decay=decay if g.ndim > 1 else 0)  # biases do not decay
        if t % EVERY == 0:
            scores = [linear(relu(linear(images[part], W[0], W[1])), W[2], W[3]) for part in parts]
            losses = [cross_entropy(z, labels[part]) for z, part in zip(scores, parts, strict=True)]
            seen.append([*losses, 100 * (scores[2].argmax(1) != labels[parts[2]]).mean()])
    return np.array(seen)


ways = {"nothing": {}, "weight decay": {"decay": 1.0}, "dropout": {"p": 0.5}, "60 more digits": {"learned": 2 * FEW}}
curves = {name: np.array([train(seed, **way) for seed in range(SEEDS)]) for name, way in ways.items()}  # [SEEDS, times, 4]
early = curves["nothing"][range(SEEDS), curves["nothing"][:, :, 1].argmin(1)]  # [SEEDS, 4]
ends = {"nothing": curves["nothing"][:, -1], "early stopping": early} | {name: each[:, -1] for name, each in curves.items()}
print(f"New digits after {STEPS} steps; the change is a mean of {SEEDS} pairs of trainings, ± its standard error:")
for name, each in ends.items():
    (loss, wrong), change = each.mean(0)[2:], (each - ends["nothing"])[:, 2:]
    (dl, dw), (sl, sw), less = change.mean(0), change.std(0, ddof=1) / np.sqrt(SEEDS), (change[:, 0] < 0).sum()
    print(f"{name:>14}: loss {loss:.3f} ({dl:+.3f} ± {sl:.3f}, less in {less:>2}), wrong {wrong:.1f}% ({dw:+.1f} ± {sw:.1f} points)")

with new_figure(13, 4.1, LIGHT) as figure:
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.1, 1, 1))
    for (name, each), colour, style in zip(curves.items(), (LIGHT.ink, LIGHT.right, "#009e73", LIGHT.wrong), ("-", "--", "-.", ":"), strict=True):
        left.plot(range(EVERY, STEPS + 1, EVERY), each[:, :, 2].mean(0), color=colour, linestyle=style, linewidth=2, label=name)
    left.set(title="The loss of new digits turns up again", xlabel="step", ylabel="loss of new digits, mean", ylim=(0, 1.2))
    left.legend(frameon=False, fontsize=9)
    middle.set(title="Remedies: less loss, but not surely", xlabel="change of the loss; a dot is a pair of trainings")
    right.set(title="Fewer wrong: more digits do it", xlabel="change of the share read wrong, points")
    for axes, column in ((middle, 2), (right, 3)):
        for place, each in enumerate(list(ends.values())[1:]):
            change = (each - ends["nothing"])[:, column]
            axes.plot(change, np.full(SEEDS, place), "o", color=LIGHT.muted, markersize=4, alpha=0.6)
            axes.plot(change.mean(), place, "D", color=LIGHT.right, markersize=9)
        axes.axvline(0, color=LIGHT.ink, linewidth=1)
        axes.set(yticks=range(4), yticklabels=list(ends)[1:] if axes is middle else [], ylim=(3.5, -0.5))

save_picture(figure, __file__)
