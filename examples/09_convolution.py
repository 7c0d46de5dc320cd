"""Convolution by hand, and how much is saved by sharing weights

    Y[i, j] = b + Σ_{u, v} W[u, v] · X[i + u, j + v]

The same small kernel W is laid on every patch of the picture: a detector that looks for one thing everywhere. LeNet's first layer
makes 6 maps of 28 × 28 values from 32 × 32 pixels with kernels of 5 × 5. Its weights can be counted in three ways: shared (one
kernel for each map), unshared (each value has a kernel of its own), and fully connected (each value sees every pixel).

Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998 (C1: 156 parameters, 122,304
connections).
Try next: a kernel of your own, with a sum of zero (why?); stride 2; a kernel turned round by 90 degrees.
"""

import tempfile
from pathlib import Path

import numpy as np
from picture import save_picture
from PIL import Image

import vitreous as vt
from vitreous.draw.theme import LIGHT, new_figure
from vitreous.layers.convolution import convolution
from vitreous.layers.window import Window

with tempfile.TemporaryDirectory() as folder:
    vt.sample("clothing", Path(folder, "photos"))
    photo = Image.open(Path(folder, "photos", "shoes", "shoes-01.jpg")).convert("L")
X = np.asarray(photo, float) / 255

# Two kernels that look for a change from bright to dark, and one that blurs.
kernels = {
    "left to right": [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
    "top to bottom": [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
    "mean of nine": np.full((3, 3), 1 / 9),
}
W = np.array(list(kernels.values()), float)[:, None]  # [3 maps, 1 channel, 3, 3]
Y = convolution(X[None, None], W, None, Window((3, 3)))[0]  # [3, H − 2, W − 2]

# The value of the first map that is farthest from zero, by hand.
i, j = np.unravel_index(abs(Y[0]).argmax(), Y[0].shape)
patch = X[i : i + 3, j : j + 3]
print(f"The patch at row {i}, column {j} and the kernel, product by product:")
for pixels, weights in zip(patch, W[0, 0], strict=True):
    print("   " + "   ".join(f"{pixel:.2f} · {weight:+.0f} = {pixel * weight:+.2f}" for pixel, weight in zip(pixels, weights, strict=True)))
print(f"Their sum is {(patch * W[0, 0]).sum():+.4f}; the layer computed {Y[0, i, j]:+.4f}.\n")

values = 6 * 28 * 28
counts = {"shared": 6 * (5 * 5 + 1), "unshared": values * (5 * 5 + 1), "fully connected": values * (32 * 32 + 1)}
for name, count in counts.items():
    print(f"{name:>15}: {count:>9,} weights")
print(f"Sharing saves a factor of {counts['unshared'] / counts['shared']:,.0f}, looking at patches only another {1025 / 26:.0f}.")

with new_figure(11, 6.6, LIGHT) as figure:
    panels = figure.subplot_mosaic([["photo", *kernels], ["kernel", "bars", "bars", "bars"]], height_ratios=(3, 2))
    panels["photo"].imshow(X, cmap="gray", vmin=0, vmax=1)
    panels["photo"].set(title=f"{X.shape[0]} × {X.shape[1]} pixels", xticks=[], yticks=[])
    for name, kernel_map in zip(kernels, Y, strict=True):
        has_signs, limit = kernel_map.min() < 0, abs(kernel_map).max()
        panels[name].imshow(kernel_map, cmap="RdBu" if has_signs else "gray", vmin=-limit if has_signs else 0, vmax=limit)
        panels[name].set(title=name, xticks=[], yticks=[])
    panels["kernel"].imshow(W[0, 0], cmap="RdBu", vmin=-4, vmax=4)
    for (u, v), weight in np.ndenumerate(W[0, 0]):
        panels["kernel"].text(v, u, f"{weight:+.0f}" if weight else "0", ha="center", va="center_baseline", fontsize=14)
    panels["kernel"].set(title="kernel of left to right", xticks=[], yticks=[])
    bars = panels["bars"].barh(list(counts), list(counts.values()), color=[LIGHT.right, LIGHT.muted, LIGHT.wrong])
    panels["bars"].bar_label(bars, [f"{count:,}" for count in counts.values()], padding=4)
    panels["bars"].set(title="One kernel for all places: 156 weights in LeNet's first layer", xlabel="weights", xscale="log", xlim=(30, 3e7))
    panels["bars"].set_xticks([100, 10_000, 1_000_000], ["100", "10,000", "1,000,000"])
    panels["bars"].minorticks_off()
    panels["bars"].invert_yaxis()

save_picture(figure, __file__)
