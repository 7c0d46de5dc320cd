"""An adaptive filter removes the echo from a telephone line

You hear yourself, late and weaker, because the far end sends part of your voice back. The filter learns the way of the echo from
the line itself and takes its own copy of it away; what is left over is both the answer and the error that it learns from:

    e = d − w · x        w ← w + η e x / (ε + x · x)

x: the last samples of your voice; d: what comes back; w: the echo's path, sample by sample. It is ADALINE's rule without the
threshold, with a step that does not depend on how loud you are. Lectures tell this of MADALINE (1962), many ADALINEs side by
side, as the first neural network in daily use; the part of it that hangs on telephone lines is this linear filter.

Sources: Widrow, Hoff 1960; Sondhi, "An adaptive echo canceller", 1967.
Try next: a path that changes after two seconds; both speaking at once for long (the filter then learns from the wrong voice).
"""

import numpy as np
from picture import save_picture

from vitreous.draw.theme import LIGHT, new_figure

RATE, SECONDS, TAPS, STEP = 8000, 4, 64, 0.3
random = np.random.default_rng(0)


def voice(syllables, loudness):
    """Something like speech: noise with weak high tones, louder and softer in turns. [samples]"""
    samples = np.convolve(random.normal(size=RATE * SECONDS), [0.4, 1, 0.4], "same")
    return loudness * samples * np.repeat(syllables, RATE * SECONDS // len(syllables))


def decibels(loud, quiet):
    return 10 * np.log10((loud**2).mean() / (quiet**2).mean())


# Your voice goes out; 1.5 ms later its echo comes back, fading away, with the other person's voice in the last second.
mine = voice(random.uniform(0.1, 1, 16), 1.0)
theirs = voice(np.repeat([0, 0, 0, 1], 4), 0.2)
path = np.where(np.arange(TAPS) < 12, 0, 0.5 * random.normal(size=TAPS) * np.exp(-(np.arange(TAPS) - 12) / 10))
echo = np.convolve(mine, path)[: len(mine)]
line = echo + theirs + random.normal(0, 0.003, len(mine))

w, cleaned = np.zeros(TAPS), line.copy()
for n in range(TAPS, len(line)):
    x = mine[n - TAPS + 1 : n + 1][::-1]  # the latest sample first
    e = line[n] - w @ x
    # While the other person speaks the filter only works: their voice would be taken for an error.
    if not theirs[n]:
        w += STEP * e * x / (0.01 + x @ x)
    cleaned[n] = e

before, during = slice(2 * RATE, 3 * RATE), slice(3 * RATE, None)
print(f"In the third second the echo is {decibels(line[before], cleaned[before]):.0f} dB weaker than it came.")
print(f"The {TAPS} weights differ from the echo's true path by {np.abs(w - path).max():.4f} at most; its largest value is {np.abs(path).max():.2f}.")
print(f"While both speak, their voice stands {decibels(theirs[during], echo[during]):.0f} dB against the echo before,")
print(f"and {decibels(theirs[during], (cleaned - theirs)[during]):.0f} dB against all that is left of it after.")

time = np.arange(len(line)) / RATE
with new_figure(10, 5.4, LIGHT) as figure:
    panels = figure.subplot_mosaic([["line", "line"], ["cleaned", "cleaned"], ["path", "path"]], height_ratios=(1, 1, 1.2))
    for name, sound, colour in (("line", line, LIGHT.wrong), ("cleaned", cleaned, LIGHT.right)):
        panels[name].plot(time, sound, color=colour, linewidth=0.4)
        panels[name].set(xlim=(0, SECONDS), ylim=(-2.5, 2.5), yticks=(-2, 0, 2), ylabel="amplitude")
    panels["line"].set(title="What comes back: an echo, from second 3 on with a voice in it", xticklabels=[])
    panels["cleaned"].set(title="What is left: the voice", xlabel="seconds")
    panels["path"].stem(np.arange(TAPS) * 1000 / RATE, path, linefmt=LIGHT.muted, markerfmt=" ", basefmt=" ", label="the echo's path")
    panels["path"].plot(np.arange(TAPS) * 1000 / RATE, w, "o", color=LIGHT.right, markersize=3.5, label="learned weights")
    panels["path"].set(title="The weights have become the path of the echo", xlabel="milliseconds", ylabel="weight", ylim=(-0.32, 0.42))
    panels["path"].legend(frameon=False, loc="upper right", ncols=2)

save_picture(figure, __file__)
