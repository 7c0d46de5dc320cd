"""LeNet learns to read digits

    16 × 16 ─ conv 6 @ 5 × 5 ─ ReLU ─ max-pool ─ conv 16 @ 5 × 5 ─ ReLU ─ max-pool ─ 120 ─ ReLU ─ 84 ─ ReLU ─ 10 scores

Each layer gives its output and the way back, from the gradient of its output to those of its input, weights and bias. Forward
through the layers, back in reverse, a step W ← W − η dW for every weight: that is training. It has 44,426 weights.

Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998.
Try next: tanh for ReLU and average-pool for max-pool, as in the paper; no second convolution; no shifts; all weights zero at first.
"""

import numpy as np
from picture import save_picture
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers import activations, convolution, linear, pooling, softmax, window

FIVE, HALF = window.Window((5, 5), padding=(2, 2, 2, 2)), window.Window((2, 2), stride=(2, 2))
threadpool_limits(1)  # products as small as these are slower on two threads


def convolved(X, W, b):
    R = activations.relu(convolution.convolution(X, W, b, FIVE))
    P = pooling.max_pool(R, HALF)

    def back(dP):
        dC = activations.relu_dX(pooling.max_pool_dX(dP, R, P, HALF), R)
        return convolution.convolution_dX(dC, X, W, FIVE), convolution.convolution_dW(dC, X, W, FIVE), convolution.convolution_db(dC)

    return P, back


def connected(X, W, b):
    flat = activations.relu(X.reshape(len(X), -1))  # changes nothing in the pooled maps, which are not below zero

    def back(dY):
        return activations.relu_dX(linear.linear_dX(dY, W), flat).reshape(X.shape), linear.linear_dW(dY, flat), linear.linear_db(dY)

    return linear.linear(flat, W, b), back


def forward(X, weights):
    ways = []
    for layer, (W, b) in zip((convolved, convolved, connected, connected, connected), weights, strict=True):
        X, back = layer(X, W, b)
        ways.append(back)
    return X, ways  # the scores [N, 10], and the way back through each layer


# Each pixel of the 8 × 8 becomes four; 360 digits are held out; random weights of variance 2 / inputs (He et al. 2015).
digits, random = load_digits(), np.random.default_rng(0)
pictures = np.kron(digits.images[:, None] / 16 - 0.3, np.ones((2, 2))).astype(np.float32)  # [1797, 1, 16, 16]
learned, held = np.split(random.permutation(len(pictures)), [-360])
shapes = [(6, 1, 5, 5), (16, 6, 5, 5), (120, 256), (84, 120), (10, 84)]
weights = [[random.normal(0, np.sqrt(2 / np.prod(s[1:])), s).astype(np.float32), np.zeros(s[0], np.float32)] for s in shapes]
# In every epoch each digit is seen once, shifted by up to a pixel; the rate η falls in a straight line to zero.
shifts = np.lib.stride_tricks.sliding_window_view(np.pad(pictures, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge"), (16, 16), (2, 3))
for rate in np.linspace(0.2, 0, 12, endpoint=False):
    for batch in np.array_split(random.permutation(learned), len(learned) // 32):
        scores, ways = forward(shifts[batch, :, *random.integers(0, 3, (2, len(batch)))], weights)
        gradient = softmax.cross_entropy_dZ(scores, digits.target[batch])
        for back, pair in zip(ways[::-1], weights[::-1], strict=True):
            gradient, *found = back(gradient)
            for weight, change in zip(pair, found, strict=True):
                weight -= rate * change

probability, truth = softmax.softmax(forward(pictures[held], weights)[0]), digits.target[held]
right = (probability.argmax(1) == truth).mean()
print(f"After 12 epochs LeNet reads {right:.1%} of {len(held)} new digits right. Those of people new to it would be harder.")

with new_figure(10, 3, LIGHT) as figure:
    figure.suptitle(f"{right:.1%} are read right. The five least expected", x=0.02, ha="left", weight="bold", fontsize=14)
    for panel, place in zip(figure.subplots(1, 5), probability[np.arange(len(held)), truth].argsort(), strict=False):
        panel.imshow(pictures[held[place], 0], cmap="gray_r")
        panel.set(title=f"a {truth[place]}, read as {probability[place].argmax()}", xticks=[], yticks=[])

save_picture(figure, __file__)
