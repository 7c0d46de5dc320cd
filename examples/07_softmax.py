"""Softmax and its loss, with the hinge loss beside it

    p_k = e^{z_k} / Σ_j e^{z_j}        L = − log p_y                      softmax: how surprising is the true class y?
                                       L = Σ_{j≠y} max(0, z_j − z_y + 1)  hinge: does it win by 1 against every other?

Three pictures with the scores of a widely shown slide. For the cat it shows the softmax loss as 0.89: that is the logarithm to
base 10; with the natural one, which is meant everywhere else, it is 2.04.

Sources: Bridle 1990 (softmax); Weston, Watkins 1999 (hinge loss of several classes).
Try next: multiply all scores by ten. The answers stay; what happens to each loss, and why does one of them want large weights?
"""

import numpy as np
from picture import save_picture

from vitreous.draw.theme import LIGHT, class_colours, new_figure
from vitreous.layers.softmax import cross_entropy, cross_entropy_dZ, softmax

classes = ["cat", "car", "frog"]
Z = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])  # a row for each picture: a cat, a car, a frog
y = np.array([0, 1, 2])


def hinge(Z, y):
    rows = np.arange(len(y))
    margins = np.maximum(0, Z - Z[rows, y][:, None] + 1)
    margins[rows, y] = 0
    return margins.sum(1)


print("The cat: scores", Z[0].tolist(), "→ e^z", np.exp(Z[0]).round(2).tolist(), "→ probabilities", softmax(Z)[0].round(2).tolist())
probability = softmax(Z)[0, 0]
print(f"Its loss is −log {probability:.2f} = {-np.log(probability):.2f}; to base 10 it would be {-np.log10(probability):.2f}.\n")

for name, z, label in zip(classes, Z, y, strict=True):
    print(f"{name:>4}: softmax loss {cross_entropy(z[None], np.array([label])):5.2f}   hinge loss {hinge(z[None], np.array([label]))[0]:5.2f}")
print(f"mean: softmax loss {cross_entropy(Z, y):5.2f}   hinge loss {hinge(Z, y).mean():5.2f}")

print("\nThe gradient of the cat's softmax loss is what was said minus what is true:", cross_entropy_dZ(Z[:1], y[:1])[0].round(2).tolist())
print(f"All scores one higher: the softmax loss is {cross_entropy(Z + 1, y):.2f}, the hinge loss {hinge(Z + 1, y).mean():.2f}, as before.")
print("The car wins by more than 1: for the hinge loss it is done with; softmax wants it to win by still more.")

with new_figure(10.5, 4.2, LIGHT) as figure:
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    colours = class_colours(classes)
    for k, name in enumerate(classes):
        bars = left.bar(np.arange(3) + 0.27 * (k - 1), softmax(Z)[:, k], 0.25, color=colours[name], label=f"answer {name}")
        left.bar_label(bars, [f"{p:.2f}" for p in softmax(Z)[:, k]], padding=2, fontsize=9)
    left.set(title="Only the car is recognized", ylabel="probability", ylim=(0, 1.2), yticks=np.arange(0, 1.1, 0.2))
    left.set_xticks(range(3), [f"picture of a {name}" for name in classes])
    left.legend(frameon=False, loc="upper right", ncols=3)
    lead = np.linspace(-4, 4, 200)  # of the true class over the only other one
    pair = np.column_stack([lead, np.zeros(200)])
    right.plot(lead, [cross_entropy(z[None], np.array([0])) for z in pair], color=LIGHT.right, label="softmax")
    right.plot(lead, hinge(pair, np.zeros(200, int)), color=LIGHT.wrong, linestyle="--", label="hinge")
    right.set(title="Hinge is content at 1, softmax never", xlabel="lead of the true class", ylabel="loss of a picture")
    right.legend(frameon=False)

save_picture(figure, __file__)
