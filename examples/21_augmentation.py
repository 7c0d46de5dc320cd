"""More pictures than there are: augmentation

    x' = colours(window(mirror(x)))        each of the three drawn anew for every picture and epoch, the label y kept

A network that never sees the same picture twice cannot learn pictures by heart. That helps where x' could have been a picture of the same
class, and hurts where it could not: a 5 in a mirror is nearly a 2. A hundred digits are learned from, in five ways.

Source: Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to visual document analysis", 2003.
Try next: 30 or 1,000 digits to learn from; crop=3; rotation=180, and which digits suffer; your pictures: vitreous see FOLDER --augment.
"""

import numpy as np
from picture import save_picture
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.training.augment import augmented, parse
from vitreous.training.augment.judge import harmful

LEARNED, EPOCHS, SEEDS = 100, 100, 3
WAYS = ("none", "crop=1", "rotation=15", "brightness=0.5", "flip")
threadpool_limits(1)  # products as small as these are slower on two threads

# Each pixel of the 8 × 8 becomes four, so that a shift by one of them is half of an old one.
digits = load_digits()
pictures = np.kron(np.round(digits.images * 15.9), np.ones((2, 2))).astype(np.uint8)[..., None]  # [1797, 16, 16, 1]


def accuracy(text, seed):
    order = np.random.default_rng(seed).permutation(len(pictures))
    learned, held = order[:LEARNED], order[LEARNED:]
    network = MLPClassifier((100,), batch_size=50, learning_rate_init=0.003, random_state=seed)
    for epoch in range(EPOCHS):
        seen = augmented(pictures[learned], learned, seed, epoch, parse(text, 16))
        network.partial_fit(seen.reshape(LEARNED, -1) / 255, digits.target[learned], classes=range(10))
    return network.score(pictures[held].reshape(len(held), -1) / 255, digits.target[held])


found = {text: [accuracy(text, seed) for seed in range(SEEDS)] for text in WAYS}
plain = np.mean(found["none"])
print(f"{LEARNED} digits learned from, {len(pictures) - LEARNED:,} asked, {SEEDS} times each:")
for text, shares in found.items():
    print(f"  {text:34} {np.mean(shares):6.1%} right   {100 * (np.mean(shares) - plain):+.1f} points")
verdict = harmful(pictures, digits.target, seed=0)["flip"]
print(f"It can be known before: {verdict.evidence}.")

with new_figure(10, 6.2, LIGHT) as figure:
    best = max(found, key=lambda text: np.mean(found[text]))
    gain, loss = (100 * (np.mean(found[text]) - plain) for text in (best, "flip"))
    title = f"{LEARNED} digits learned from: {best} brings {gain:+.1f} points, the mirror {loss:+.1f}"
    figure.suptitle(title.replace("-", "−"), x=0.02, ha="left", weight="bold", fontsize=14)
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.5))
    number = np.full(16, 5)
    views = augmented(pictures[number], np.arange(16), 0, 0, parse("flip,crop=1,rotation=15,brightness=0.5", 16))
    for panel, view in zip(above.subplots(2, 8).ravel(), views, strict=True):
        panel.imshow(view[..., 0], cmap="gray_r", vmin=0, vmax=255)
        panel.set(xticks=[], yticks=[])
    axes = below.subplots()
    for place, shares in enumerate(found.values()):
        axes.plot(shares, [place] * SEEDS, "o", color=LIGHT.wrong if np.mean(shares) < plain else LIGHT.right, alpha=0.5)
        axes.plot(np.mean(shares), place, "|", color=LIGHT.ink, markersize=18, markeredgewidth=2)
    axes.axvline(plain, color=LIGHT.grid, zorder=0)
    axes.set(
        yticks=range(len(WAYS)),
        yticklabels=WAYS,
        xlabel=f"share of {len(pictures) - LEARNED:,} new digits read right; line: the mean",
        ylim=(len(WAYS) - 0.5, -0.5),
    )

save_picture(figure, __file__)
