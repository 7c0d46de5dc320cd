"""The order of history on one data set

    perceptron 1958 ─ softmax regression 1966 ─ multi-layer perceptron 1986 ─ support-vector machine 1995 ─ LeNet-5 1998

All learn from every second one of 1,797 digits and are asked for the others, then for the same ones moved by a pixel to the right.
The three that go down a gradient are ONNX files: a walk through the file gives values and gradients, Adam the step (Kingma, Ba 2015).

Sources: Rosenblatt 1958; Cox 1966; Rumelhart, Hinton, Williams 1986; Cortes, Vapnik 1995; LeCun et al. 1998.
Try next: a tenth of the pictures to learn from; other seeds; shifted pictures to learn from, as in chapter 12: who needs them most?
"""

import numpy as np
from picture import save_picture
from sklearn.datasets import load_digits
from sklearn.linear_model import Perceptron
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.fit.small.gradient import learned_weights
from vitreous.fit.small.graphs import small_graph
from vitreous.fit.small.optimizer import Moments, adam_step
from vitreous.layers.softmax import cross_entropy_dZ
from vitreous.layers.walk import read_walk
from vitreous.metrics.intervals import wilson

threadpool_limits(1)  # products as small as these are slower on two threads
digits = load_digits()
pictures = np.kron(digits.images / 16, np.ones((2, 2))).reshape(-1, 256).astype(np.float32)  # each pixel becomes four: 16 × 16
X, y, held, held_y = pictures[::2], digits.target[::2], pictures[1::2], digits.target[1::2]


def network(kind, epochs):
    walk = read_walk(small_graph(kind, 10, 1, 16, seed=0))
    weights, moments, random = learned_weights(walk), Moments(), np.random.default_rng(0)
    for rate in np.linspace(2e-3, 0, epochs, endpoint=False):
        for batch in np.array_split(random.permutation(len(X)), len(X) // 32):
            values = walk.values({"features": X[batch]})
            gradients = walk.gradients(values, {"logits": cross_entropy_dZ(values["logits"], y[batch])}, weights)
            adam_step(weights, gradients, moments, rate)
    return lambda asked: walk.values({"features": asked})["logits"].argmax(1), sum(weight.size for weight in weights.values())


def by_scikit_learn(model):
    return model.fit(X, y).predict, model.coef_.size + model.intercept_.size


methods = {  # the way from pictures to answers, and the number of weights
    "perceptron 1958": by_scikit_learn(Perceptron(random_state=0)),
    "softmax 1966": network("linear", 60),
    "two hidden layers 1986": network("mlp", 15),
    "linear SVM 1995": by_scikit_learn(LinearSVC(C=0.1)),
    "LeNet 1998": network("lenet", 15),
}
shifted = np.roll(held.reshape(-1, 16, 16), 2, axis=2).reshape(held.shape)
right = {name: answer(held) == held_y for name, (answer, _) in methods.items()}
shares = np.array([[each.mean(), (methods[name][0](shifted) == held_y).mean()] for name, each in right.items()])
intervals = wilson(shares, np.full(shares.shape, float(len(held_y))))  # [5, 2, 2]
print(f"{'':>22}   in place                 one pixel further        weights")
for name, share, ends in zip(methods, shares, intervals, strict=True):
    columns = [f"{at:6.1%} [{low:.1%}, {high:.1%}]" for at, (low, high) in zip(share, ends, strict=True)]
    print(f"{name:>22}:", *columns, f"{methods[name][1]:>8,}", sep="  ")

gains = shares[:, 0] - shares[0, 0]
print(f"\nOver the perceptron, later rules for the same ten templates gain {gains[[1, 3]].max():.1%}, hidden layers {gains[2]:.1%}.")
hidden, lenet = right["two hidden layers 1986"], right["LeNet 1998"]
print(f"Of {len(held_y)} digits only LeNet has {sum(lenet > hidden)} right, only the hidden layers {sum(hidden > lenet)}; all stand in the middle.")
print("Moved by a pixel, the digits show the order: kernels look everywhere.")

with new_figure(9, 4.2, LIGHT) as figure:
    axes = figure.subplots()
    for column, (name, colour) in enumerate((("in place", LIGHT.right), ("one pixel further", LIGHT.wrong))):
        errors = np.abs(intervals[:, column].T - shares[:, column])
        axes.errorbar(shares[:, column], np.arange(5), xerr=errors, fmt="os"[column], color=colour, capsize=4, label=name)
    axes.set(title="In place the order hardly shows; moved by a pixel, LeNet stands out", xlabel="accuracy, with its 95 % interval")
    axes.set(yticks=range(5), yticklabels=list(methods), ylim=(4.5, -0.5))
    axes.legend(frameon=False, loc="upper center")

save_picture(figure, __file__)
