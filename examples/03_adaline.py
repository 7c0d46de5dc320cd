"""ADALINE predicts the next bit of a stream

The neuron learns from its weighted sum z, before the threshold: not from right or wrong, but from how far it is off.

    z = w · x        w ← w + η (t − z) x        answer: the sign of z

x holds the last bits as −1 and 1, t is the next one. Each step goes down the gradient of (t − z)² / 2, so that on average the
weights come to rest at the least-squares solution. It works before anything is known about the stream, bit after bit.

Source: Widrow, Hoff, "Adaptive switching circuits", 1960.
Try next: a larger η, until the weights no longer come to rest (above 2 / |x|² each step overshoots); a stream that changes its pattern half-way.
"""

import numpy as np
from picture import save_picture

from vitreous.draw.theme import LIGHT, new_figure

BITS, SEEN, RATE = 8000, 21, 0.003
random = np.random.default_rng(0)


def adaline(stream):
    """The weights [SEEN], and for each bit whether its sign was foretold. The latest bit comes first in x."""
    w, right = np.zeros(SEEN), []
    for place in range(SEEN, len(stream)):
        x, target = stream[place - SEEN : place][::-1], stream[place]
        z = w @ x
        right.append((z > 0) == (target > 0))
        w += RATE * (target - z) * x
    return w, np.array(right)


def least_squares(stream):
    X = np.lib.stride_tricks.sliding_window_view(stream, SEEN)[:-1, ::-1]
    return np.linalg.lstsq(X, stream[SEEN:], rcond=None)[0]


# A pattern of seven bits over and over, on a line that turns over one bit in twenty.
pattern = np.resize([1, 1, -1, 1, -1, -1, -1], BITS)
noisy = pattern * np.where(random.random(BITS) < 0.05, -1.0, 1.0)

# A stream in which each bit is the XOR of those 3 and 20 places before: with −1 and 1, minus their product. It only repeats itself
# after 2^20 − 1 bits.
secret = list(random.choice([-1.0, 1.0], 20))
while len(secret) < BITS:
    secret.append(-secret[-3] * secret[-20])
secret = np.array(secret)

w, right = adaline(noisy)
_, right_secret = adaline(secret)
after = slice(1000, None)
print(f"Noisy pattern: {right[:20].mean():.0%} of the first 20 bits foretold, {right[after].mean():.1%} after bit 1,000.")
print("No one can do better than 95 %: one bit in twenty is turned over at random.")
print(f"The weights differ from the least-squares solution by {np.abs(w - least_squares(noisy)).max():.3f} at most.")
print(f"XOR of two earlier bits: {right_secret[after].mean():.1%} after bit 1,000, no better than a coin.")
print("The rule of that stream is as simple as the other, but no weighted sum can express it.")

with new_figure(10, 4.2, LIGHT) as figure:
    left, far_right = figure.subplots(1, 2, width_ratios=(3, 2))
    for name, hits, colour, style in (("noisy pattern", right, LIGHT.right, "-"), ("XOR of two bits", right_secret, LIGHT.wrong, "--")):
        left.plot(np.arange(500, len(hits) + 1), np.convolve(hits, np.ones(500) / 500, "valid"), color=colour, linestyle=style, label=name)
    left.axhline(0.5, color=LIGHT.muted, linestyle=":", linewidth=1)
    left.set(title="A pattern is learned; an XOR is not", xlabel="bits seen", ylabel="share foretold, of the last 500", ylim=(0.3, 1.02))
    left.legend(frameon=False, loc="center right")
    place = np.arange(1, SEEN + 1)
    far_right.bar(place - 0.2, w, 0.4, color=LIGHT.right, label="ADALINE")
    far_right.bar(place + 0.2, least_squares(noisy), 0.4, color=LIGHT.grid, edgecolor=LIGHT.muted, label="least squares")
    far_right.set(title="Its weights are those of least squares", xlabel="bits ago", ylabel="weight", ylim=(-0.05, 0.39), xticks=(1, 7, 14, 21))
    far_right.legend(frameon=False, loc="upper left", ncols=2)

save_picture(figure, __file__)
