"""Under- and over-fitting, and an elephant of four parameters

    polynomial    f(x) = Σ_d w_d x^d                                    by least squares, to 12 noisy points of a sine
    elephant      x(t) = Σ_k A_k cos kt + B_k sin kt, y(t) likewise     its four complex numbers: 50 − 30i, 18 + 8i, 12 − 10i, −14 − 60i

Too few parameters miss the curve in the training points and in new ones; too many pass through every training point and swing between them.
"With four parameters I can fit an elephant, and with five I can make him wiggle his trunk", von Neumann said, as Fermi told Dyson.

What is not counted: that these are eight real numbers, and the choice of the eight coefficients, out of many, that are not zero.

Sources: Dyson, "A meeting with Enrico Fermi", 2004; Mayer, Khairy, Howard, "Drawing an elephant with four complex parameters", 2010.
Try next: 100 points in place of 12 (degree 11 is no harm then); a penalty on |w|²; the elephant without one of its numbers.
"""

import numpy as np
from numpy.polynomial import Chebyshev
from picture import save_picture

from vitreous.draw.theme import LIGHT, new_figure

POINTS, NOISE = 12, 0.25
random = np.random.default_rng(3)


def sine(x):
    return np.sin(1.5 * np.pi * x)


x = np.sort(random.uniform(-1, 1, POINTS))
y = sine(x) + random.normal(0, NOISE, POINTS)
new_x = random.uniform(x[0], x[-1], 1000)
new_y = sine(new_x) + random.normal(0, NOISE, 1000)

# Chebyshev polynomials span the same functions as powers of x, and keep the arithmetic sound at degree 11.
degrees = range(POINTS)
fits = [Chebyshev.fit(x, y, degree, domain=[-1, 1]) for degree in degrees]
train = [np.sqrt(np.mean((fit(x) - y) ** 2)) for fit in fits]
test = [np.sqrt(np.mean((fit(new_x) - new_y) ** 2)) for fit in fits]
best = int(np.argmin(test))
for degree in (1, best, POINTS - 1):
    print(f"degree {degree:>2}: error {train[degree]:.3f} on the {POINTS} training points, {test[degree]:.3f} on 1,000 new ones")
print(f"The noise alone makes an error of {NOISE}.")

# The paper's table: real parts are coefficients of x, imaginary parts of y.
p1, p2, p3, p4 = 50 - 30j, 18 + 8j, 12 - 10j, -14 - 60j
t = np.linspace(0, 2 * np.pi, 400)
down = p1.real * np.sin(t) + p2.real * np.sin(2 * t) + p3.real * np.cos(3 * t) + p4.real * np.cos(5 * t)
along = p4.imag * np.cos(t) + p1.imag * np.sin(t) + p2.imag * np.sin(2 * t) + p3.imag * np.sin(3 * t)
print(f"The elephant: 4 complex numbers, {len(t)} points drawn, {along.max() - along.min():.0f} long and {down.max() - down.min():.0f} high.")

with new_figure(13, 4.1, LIGHT) as figure:
    left, middle, right = figure.subplots(1, 3)
    fine = np.linspace(x[0], x[-1], 400)
    for degree, colour, style in ((1, LIGHT.ink, "--"), (best, LIGHT.right, "-"), (POINTS - 1, LIGHT.wrong, "-")):
        left.plot(fine, fits[degree](fine), color=colour, linestyle=style, label=f"degree {degree}")
    left.plot(x, y, "o", color=LIGHT.ink, label="training points")
    left.set(title=f"Degree 1 misses, {best} fits, 11 swings", xlabel="x", ylabel="y", ylim=(-3, 3))
    left.legend(frameon=False, fontsize=9, loc="lower left")
    middle.plot(degrees, train, "o--", color=LIGHT.ink, label="training points")
    middle.plot(degrees, test, "o-", color=LIGHT.wrong, label="new points")
    middle.axhline(NOISE, color=LIGHT.muted, linewidth=1, linestyle=":")
    middle.text(0, NOISE, "noise", va="bottom", color=LIGHT.muted)
    middle.set(title=f"New points are best at degree {best}", xlabel="degree (one parameter less)", ylabel="root mean square error")
    middle.set(ylim=(0, 1.5), xticks=range(0, POINTS, 2))
    middle.legend(frameon=False, fontsize=9, loc="upper center")
    right.plot(along, -down, color=LIGHT.right, linewidth=2.5)
    right.plot(20, 20, "o", color=LIGHT.right, markersize=5)  # the eye, from the fifth number, 40 + 20i
    right.set(title="Four complex numbers: an elephant", xlabel="y(t)", ylabel="−x(t)", aspect="equal")

save_picture(figure, __file__)
