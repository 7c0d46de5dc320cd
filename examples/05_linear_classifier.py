"""The linear classifier on a picture of four pixels

    f(x) = W x + b        a row of W and a number of b for each class; the largest score is the answer

A row of W is the template of its class: the score is how well the picture fits to it, pixel by pixel. With the numbers of a widely
shown slide:

    W = [[0.2, −0.5, 0.1, 2], [1.5, 1.3, 2.1, 0], [0, 0.25, 0.2, −0.3]]    x = [56, 231, 24, 2]    b = [1.1, 3.2, −1.2]

gives [−96.8, 437.9, 60.75]. The slide prints 61.95 for the last one: that is W x without the bias of −1.2.

Source of the rule: Fisher, "The use of multiple measurements in taxonomic problems", 1936.
Try next: which pixel must change, and by how much, until "ship" wins? Divide the difference of two scores by that of two weights.
"""

import numpy as np
from picture import save_picture

from vitreous.draw.theme import LIGHT, class_colours, new_figure
from vitreous.layers.linear import linear

classes = ["cat", "dog", "ship"]
W = np.array([[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0.0, 0.25, 0.2, -0.3]])
x = np.array([56, 231, 24, 2])
b = np.array([1.1, 3.2, -1.2])

products = W * x  # [3, 4]: what each pixel adds to each score
for name, row, bias in zip(classes, products, b, strict=True):
    parts = " ".join(f"{part:+8.2f}" for part in (*row, bias))
    print(f"{name:>4}: {parts}  = {row.sum() + bias:8.2f}")

scores = linear(x[None], W, b)[0]
print(f"\nThe layer gives {scores.round(2).tolist()}; the answer is {classes[scores.argmax()]}.")
print(f"Without the bias the last score is {products[2].sum():.2f}: the number on the slide, where {scores[2]:.2f} is right.")

# The bias as one more weight, of a pixel that is always 1: the same scores from one product.
together = linear(np.append(x, 1)[None], np.column_stack([W, b]))[0]
print(f"With the bias as a fifth column of W and a pixel that is always 1: {together.round(2).tolist()}.")

with new_figure(10, 3.9, LIGHT) as figure:
    left, right = figure.subplots(1, 2, width_ratios=(1, 2.4))
    left.imshow(x.reshape(2, 2), cmap="gray", vmin=0, vmax=255)
    for place, value in enumerate(x):
        left.text(place % 2, place // 2, f"x{place + 1} = {value}", ha="center", va="center_baseline", color="white" if value < 128 else "black")
    left.set(title="A picture of four pixels", xticks=[], yticks=[])
    for row in range(3):
        positive = negative = 0.0
        for column, part in enumerate((*products[row], b[row])):
            start = positive if part > 0 else negative
            colour = [*class_colours(["x1", "x2", "x3", "x4"]).values(), LIGHT.muted][column]
            label = ["x1", "x2", "x3", "x4", "bias"][column] if row == 0 else None
            right.barh(row, part, 0.55, left=start, color=colour, edgecolor=LIGHT.background, label=label)
            positive, negative = positive + max(part, 0), negative + min(part, 0)
        right.text(positive + 8, row, f"{scores[row]:.2f}", va="center_baseline", weight="bold")
    right.axvline(0, color=LIGHT.muted, linewidth=1)
    right.set(title="What each pixel adds to each score", xlabel="score", yticks=range(3), yticklabels=classes, ylim=(2.6, -0.6), xlim=(-140, 540))
    right.legend(frameon=False, loc="lower right", ncols=5)

save_picture(figure, __file__)
