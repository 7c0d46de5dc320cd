"""Learning rates too low, right and too high: how their curves look, and what the coach says

    W ← W − η g        η too small: the loss hardly falls;  too large: it leaps, kills units, and stays on a plateau, or grows without end

The coach reads what was recorded of a network of two layers of 48 ReLUs that learns digits, and nothing else: losses, |ΔW| / |W| of a step in
each epoch, about 1/1000 where all is well, and the share of units that are 0 for every digit of a batch.

Sources: Bengio, "Practical recommendations for gradient-based training", 2012; Karpathy, "A recipe for training neural networks", 2019.
Try next: 40 epochs in place of 10 (what was too low may be right); batches of 1; first weights five times as large.
"""

from textwrap import fill

import numpy as np
from picture import save_picture
from sklearn.datasets import load_digits

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers import activations, softmax
from vitreous.training.coach import read

EPOCHS, BATCH, SIZES, RATES, SHOWN = 10, 32, ((64, 48), (48, 48), (48, 10)), np.geomspace(0.0005, 30, 12).tolist(), (0, 5, 8, 11)
digits, order = load_digits(), np.random.default_rng(0).permutation(1797)
(X, held), (y, held_y) = (np.split(each[order], [1297]) for each in (np.float32(digits.data / 6 - 0.8), digits.target))


def forward(H, net):
    kept = [(H, H @ net[0][0].T + net[0][1])]  # of each layer: what comes in, what goes out
    for W, b in net[1:]:
        H = activations.relu(kept[-1][1])
        kept.append((H, H @ W.T + b))
    return kept


@np.errstate(all="ignore")  # rates that are too large end in huge numbers
def train(rate):
    random, history, steps, layers = np.random.default_rng(1), [], [], {}
    net = [(random.normal(0, np.sqrt(2 / m), (n, m)).astype(np.float32), np.zeros(n, np.float32)) for m, n in SIZES]
    for _ in range(EPOCHS):
        seen = []
        for rows in np.array_split(random.permutation(len(X)), len(X) // BATCH):
            kept = forward(X[rows], net)
            scores, dZ = kept[2][1], softmax.cross_entropy_dZ(kept[2][1], y[rows])
            seen.append((float(softmax.cross_entropy(scores, y[rows])), (scores.argmax(1) == y[rows]).mean()))
            for i in (2, 1, 0):
                (W, b), H, dW = net[i], kept[i][0], dZ.T @ kept[i][0]
                net[i] = (W - rate * dW, b - rate * dZ.sum(0))
                layers[f"layer {i + 1}"] = {"update_ratio": float(rate * np.linalg.norm(dW) / np.linalg.norm(W))}
                layers[f"ReLU {i}"] = {"dead": float((H <= 0).all(0).mean())} if i else {}
                dZ = activations.relu_dX(dZ @ W, kept[i - 1][1]) if i else None
        scores, (loss, right), steps = forward(held, net)[2][1], np.mean(seen, 0), [*steps, *({"loss": each} for each, _ in seen)]
        apart = {"held_loss": float(softmax.cross_entropy(scores, held_y)), "held_accuracy": (scores.argmax(1) == held_y).mean()}
        history.append({"train_loss": loss, "train_accuracy": right, "layers": dict(layers)} | apart)
    return history, steps


looks = {"rate too low": "v#cc79a7", "under-fitting": "s#e69f00", "silent": "o#0072b2", "rate too high": "^#d55e00", "divergence": "X#1f2430"}
with new_figure(13.5, 4, LIGHT) as figure:
    left, middle, words = figure.subplots(1, 3, width_ratios=(1, 1, 0.9))
    for i, rate in enumerate(RATES):
        history, steps = train(rate)
        finding, right = next(iter(read(history, steps)), None), history[-1]["held_accuracy"]  # the first one is the cause
        print(f"{rate:8.4f}: {right:4.0%}  {finding or 'Nothing is wrong.'}")
        look = looks[finding.kind if finding else "silent"]
        middle.plot(rate, 100 * right, look[0], color=look[1:])
        if i in SHOWN:
            left.plot(range(1, EPOCHS + 1), [each["train_loss"] for each in history], f"{look[0]}-", color=look[1:], label=f"rate {rate:.2g}")
            words.text(0, 0.98 - 0.27 * SHOWN.index(i), fill(f"{rate:.2g}: {finding or 'nothing.'}", 50), color=look[1:], va="top", fontsize=9.5)
    for kind, look in looks.items():
        middle.plot([], [], look[0], color=look[1:], label=kind)
    left.axhline(np.log(10), color=LIGHT.muted, linestyle=":")
    left.set(title="One of four rates learns", xlabel="epoch", ylabel="training loss (dotted: guessing)", yscale="log", ylim=(0.01, 100))
    middle.set(title="Where the coach is silent, all goes well", xlabel="learning rate", ylabel="new digits read right, %", xscale="log")
    words.set(title="What it says of the four", frame_on=False, xticks=[], yticks=[])
    for axes in (left, middle):
        axes.legend(frameon=False, fontsize=9)
        (axes.yaxis if axes is left else axes.xaxis).set_major_formatter("{x:g}")

save_picture(figure, __file__)
