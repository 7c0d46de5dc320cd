"""One set of digits, three ways to learn from it

    labels    supervised     for each picture the right answer y is told: up the gradient of log p_y
    reward    reinforced     it guesses a from p and hears only r = 1 or 0, right or wrong: up the gradient of (r − p_a) log p_a
    nothing   unsupervised   k-means: each picture joins the closest mean, each mean moves to the middle of its pictures

After a wrong guess nobody says which of the other nine was right, so learning takes longer. To subtract p_a is, on average, a prize
for staying unsure, ½ (1 − Σ p²): it keeps all ten answers alive. Labels and reward train the same linear classifier.

Sources: MacQueen 1967 (k-means); Williams, "Simple statistical gradient-following algorithms", 1992 (REINFORCE).
Try next: r alone, without p_a (some digits may never be guessed again); 30 clusters in place of 10.
"""

import numpy as np
from picture import save_picture
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers.linear import linear, linear_db, linear_dW
from vitreous.layers.softmax import softmax

STEPS, BATCH, RATE, CHECK = 1200, 32, 0.5, 10
digits = load_digits()
X, held, y, held_y = train_test_split(digits.data / 16, digits.target, test_size=360, stratify=digits.target, random_state=0)


def by_label(p, target, random):
    return p - np.eye(10)[target]  # the gradient of the loss in the scores [N, 10]: what was said minus what is true


def by_reward(p, target, random):
    guess = (p.cumsum(1) > random.random((len(p), 1))).argmax(1)
    reward = guess == target  # all that is ever heard of the target
    surprise = reward - p[np.arange(len(p)), guess]
    return surprise[:, None] * (p - np.eye(10)[guess])


def accuracies(gradient):
    """On the held-out digits, after every CHECK steps."""
    random, W, b, reached = np.random.default_rng(0), np.zeros((10, 64)), np.zeros(10), []
    for step in range(1, STEPS + 1):
        batch = random.choice(len(X), BATCH, replace=False)
        dZ = gradient(softmax(linear(X[batch], W, b)), y[batch], random) / BATCH
        W -= RATE * linear_dW(dZ, X[batch])
        b -= RATE * linear_db(dZ)
        if step % CHECK == 0:
            reached.append((linear(held, W, b).argmax(1) == held_y).mean())
    return np.array(reached)


seen = np.arange(CHECK, STEPS + 1, CHECK) * BATCH  # pictures
told = {"told the label": accuracies(by_label), "told right or wrong": accuracies(by_reward)}
for name, reached in told.items():
    print(f"{name:>19}: {reached[-1]:.1%} of the held-out digits right; 90 % after {seen[(reached >= 0.9).argmax()]:,} pictures seen.")

# A cluster has no name; we give it that of its most frequent digit.
clusters = KMeans(10, n_init=4, random_state=0).fit(X)
names = np.array([np.bincount(y[clusters.labels_ == k], minlength=10).argmax() for k in range(10)])
named = (names[clusters.predict(held)] == held_y).mean()
missing = ", ".join(str(k) for k in range(10) if k not in names) or "none"
print(f"{'told nothing':>19}: {named:.1%}, once the clusters are named after their most frequent digit; digits without a cluster: {missing}.")

with new_figure(10.5, 3.8, LIGHT) as figure:
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1))
    axes = left.subplots()
    for (name, reached), colour, style in zip(told.items(), (LIGHT.right, LIGHT.wrong), ("-", "--"), strict=True):
        axes.plot(seen, reached, color=colour, linestyle=style, label=name)
    axes.axhline(named, color=LIGHT.muted, linestyle=":", label="told nothing")
    axes.set(title="A reward teaches the same, later", xlabel="pictures seen", ylabel="held-out accuracy", ylim=(0, 1))
    axes.locator_params(axis="x", nbins=5)
    axes.legend(frameon=False, loc="lower right")
    right.suptitle("The ten clusters, with their names", x=0.03, ha="left", weight="bold", fontsize=11)
    for panel, centre, name in zip(right.subplots(2, 5).ravel(), clusters.cluster_centers_, names, strict=True):
        panel.imshow(centre.reshape(8, 8), cmap="gray_r")
        panel.set(title=name, xticks=[], yticks=[])

save_picture(figure, __file__)
