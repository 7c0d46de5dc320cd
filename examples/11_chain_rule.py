"""The chain rule by hand

    f = σ(w₀ x₀ + w₁ x₁ + w₂),   taken apart into  m₀ = w₀ x₀,  m₁ = w₁ x₁,  s = m₀ + m₁,  z = s + w₂,  f = 1 / (1 + e^(−z))

Forward, each node computes its value. Backward, each node multiplies the gradient that arrives with its own derivative:
a sum hands it on to both sides, a product multiplies it with the other factor, σ with f (1 − f). With w = (2, −3, −3) and
x = (−1, −2), f = 0.73 and the gradients are −0.20, −0.39, 0.20 in w and 0.39, −0.59 in x. Two others check them: differences
of f for small steps, and the walk that differentiates any ONNX file.

Source: Linnainmaa 1970 (reverse differentiation); Rumelhart, Hinton, Williams 1986.
Try next: change one input so that f barely depends on it (where is σ flat?); a graph in which one value is used twice.
"""

import numpy as np
from onnx import TensorProto, helper
from picture import save_picture

from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers.walk import read_walk

inputs = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}


def forward(w0, x0, w1, x1, w2):
    m0, m1 = w0 * x0, w1 * x1
    s = m0 + m1
    z = s + w2
    return {"m0": m0, "m1": m1, "s": s, "z": z, "f": 1 / (1 + np.exp(-z))}


# Backward, from the last node to the first; each line is one node.
v = inputs | forward(**inputs)
d = {"f": 1.0}
d["z"] = d["f"] * v["f"] * (1 - v["f"])
d["s"] = d["w2"] = d["z"]
d["m0"] = d["m1"] = d["s"]
d["w0"], d["x0"] = d["m0"] * v["x0"], d["m0"] * v["w0"]
d["w1"], d["x1"] = d["m1"] * v["x1"], d["m1"] * v["w1"]

# The same graph as an ONNX file, differentiated by the walk in 64-bit numbers.
steps = [("Mul", "w0 x0", "m0"), ("Mul", "w1 x1", "m1"), ("Add", "m0 m1", "s"), ("Add", "s w2", "z"), ("Sigmoid", "z", "f")]
nodes = [helper.make_node(kind, names.split(), [output]) for kind, names, output in steps]
shapes = {name: helper.make_tensor_value_info(name, TensorProto.DOUBLE, [1]) for name in (*inputs, "f")}
graph = helper.make_graph(nodes, "neuron", [shapes[name] for name in inputs], [shapes["f"]])
walk = read_walk(helper.make_model(graph).SerializeToString(), np.float64)
walked = walk.gradients(walk.values({name: np.array([value]) for name, value in inputs.items()}), {"f": np.ones(1)}, list(inputs))

print(f"f = {v['f']:.4f}\n\n      by hand   differences   walk")
for name, value in inputs.items():
    up, down = (forward(**inputs | {name: value + step})["f"] for step in (1e-5, -1e-5))
    print(f"{name:>4}  {d[name]:+.6f}   {(up - down) / 2e-5:+.6f}   {walked[name][0]:+.6f}")
print(f"\nBy hand and walk differ by {max(abs(d[name] - walked[name][0]) for name in inputs):.1g} at most.")

places = {"w0": (0, 8), "x0": (0, 6), "w1": (0, 4), "x1": (0, 2), "w2": (0, 0), "m0": (1, 7), "m1": (1, 3), "s": (2, 5), "z": (3, 3), "f": (4, 3)}
signs = {"m0": "×", "m1": "×", "s": "+", "z": "+", "f": "σ"}
with new_figure(10, 6.4, LIGHT) as figure:
    axes = figure.subplots()
    for _, names, output in steps:
        for name in names.split():
            axes.annotate("", places[output], places[name], arrowprops={"arrowstyle": "-|>", "color": LIGHT.muted, "shrinkA": 16, "shrinkB": 16})
    for name, (x, y) in places.items():
        axes.scatter(x, y, s=800, color=LIGHT.panel, edgecolor=LIGHT.muted, zorder=2)
        axes.text(x, y, signs.get(name, name), ha="center", va="center_baseline", fontsize=14 if name in signs else 11, zorder=3)
        axes.text(x, y + 0.5, f"{v[name]:.2f}", ha="center", color=LIGHT.right, weight="bold")
        axes.text(x, y - 0.5, f"{d[name]:.2f}", ha="center", va="top", color=LIGHT.wrong)
    axes.set(title="Values forward (above, bold), gradients of f backward (below)", xlim=(-0.4, 4.4), ylim=(-1.2, 9), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)

save_picture(figure, __file__)
