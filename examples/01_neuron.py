"""The neuron of 1943 as a logic gate

Excitatory inputs count one each; a single active inhibitory input keeps the neuron silent:

    y = 1  if no inhibitory input is on and the sum of the excitatory ones reaches the threshold θ,  else 0

One such neuron is AND, OR or NOT. XOR needs two layers: no straight line has (0, 1) and (1, 0) on one side and (0, 0) and (1, 1)
on the other. Nothing is learned yet: the thresholds are chosen by hand.

Source: McCulloch, Pitts, "A logical calculus of the ideas immanent in nervous activity", 1943.
Try next: a gate of three inputs that is on when at least two of them are (the majority); then one that adds two bits and a carry.
"""

from itertools import product

import numpy as np
from picture import save_picture

from vitreous.draw.theme import LIGHT, new_figure


def neuron(excitatory, inhibitory, threshold):
    return int(not any(inhibitory) and sum(excitatory) >= threshold)


def xor(a, b):
    only_a = neuron([a], [b], 1)
    only_b = neuron([b], [a], 1)
    return neuron([only_a, only_b], [], 1)


gates = {
    "AND": lambda a, b: neuron([a, b], [], 2),
    "OR": lambda a, b: neuron([a, b], [], 1),
    "XOR": xor,
}
pairs = list(product((0, 1), repeat=2))
print("NOT of 0 and 1:", *(neuron([], [a], 0) for a in (0, 1)))
for name, gate in gates.items():
    print(f"{name} of 00, 01, 10, 11:", *(gate(a, b) for a, b in pairs))

# How many of the 16 gates of two inputs can one neuron be, if its inputs may have any weights? We try weights and thresholds
# from −2 to 2 in steps of a half and collect the truth tables that appear.
steps = np.arange(-2, 2.5, 0.5)
reached = {tuple(w1 * a + w2 * b >= threshold for a, b in pairs) for w1, w2, threshold in product(steps, repeat=3)}
missing = [table for table in product((False, True), repeat=4) if table not in reached]
print(f"\nOne neuron with weights reaches {len(reached)} of the 16 gates of two inputs.")
print("The two that are missing are XOR and its opposite:", *("".join(str(int(y)) for y in table) for table in missing))

# The lines along which the neurons of each gate change their mind. In XOR there are two: one for each hidden neuron.
lines = {"AND": [([0, 1.5], [1.5, 0])], "OR": [([-0.5, 1], [1, -0.5])], "XOR": [([0, 1.5], [-0.5, 1]), ([-0.5, 1], [0, 1.5])]}
with new_figure(10, 3.9, LIGHT) as figure:
    figure.suptitle("One line cuts out AND and OR; XOR takes two", x=0.02, ha="left", weight="bold", fontsize=14)
    for axes, (name, gate) in zip(figure.subplots(1, 3), gates.items(), strict=True):
        for ends in lines[name]:
            axes.plot(*ends, color=LIGHT.muted, linestyle="--", linewidth=1.5)
        for a, b in pairs:
            on = gate(a, b)
            axes.scatter(a, b, s=420, color=LIGHT.right if on else LIGHT.background, edgecolor=LIGHT.right, linewidth=2, zorder=2)
            axes.text(a, b, str(on), ha="center", va="center_baseline", color=LIGHT.background if on else LIGHT.ink, weight="bold")
        layers = "two layers" if name == "XOR" else "one neuron"
        axes.set(title=f"{name}: {layers}", xlabel="input a", ylabel="input b", xticks=(0, 1), yticks=(0, 1))
        axes.set(xlim=(-0.5, 1.5), ylim=(-0.5, 1.5), aspect="equal")

save_picture(figure, __file__)
