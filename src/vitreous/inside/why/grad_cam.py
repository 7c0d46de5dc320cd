"""Grad-CAM: the last feature maps A_k, weighted by how much each of them moves the score.

    α_k = mean_xy ∂ score / ∂ A_k(x, y)        M(x, y) = Σ_k α_k A_k(x, y)

Where a global average pool and one linear layer follow, α_k is w_k / (h · w), and the map that of CAM. The paper cuts M at zero; here what
speaks against the score is kept, with its sign.

Source: Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization", ICCV 2017.
"""

import numpy as np

from vitreous.core.text import visible
from vitreous.errors import UsageError
from vitreous.inside.why.question import Question
from vitreous.inside.why.saliency import Saliency, over_maps, spatial_axes


def grad_cam(question: Question, value: str | None = None) -> Saliency:
    """Of the last feature maps with more than one place, or of those that `value` names.

    Raises UsageError for a network without feature maps; it says what to use instead.
    """
    value = value or last_maps(question)
    places = spatial_axes(question, value)
    axes = [axis - 1 for axis in places]
    maps = np.moveaxis(question.values[value][0].astype(np.float64), axes, (1, 2))
    weights = np.moveaxis(question.gradients(question.values, value)[0].astype(np.float64), axes, (1, 2)).mean((1, 2))
    return over_maps(question, value, places, "grad-cam", np.tensordot(weights, maps, 1), weights, f"by the maps of {visible(value)}")


def last_maps(question: Question) -> str:
    """The last value with channels, rows and columns that a convolution has made and the score depends on."""
    walk, values = question.walk, question.values
    reached: set[str] = set()
    needed = {question.score.value}
    for node in walk.nodes:
        if node.kind == "Conv" or reached & set(node.inputs):
            reached.update(node.outputs)
    for node in reversed(walk.nodes):
        if needed & set(node.outputs):
            needed.update(node.inputs)
            for name in node.outputs:
                if name in reached and name in needed and values[name].ndim == 4 and values[name].dtype.kind == "f":
                    rows, columns = (values[name].shape[axis] for axis in spatial_axes(question, name))
                    if rows > 1 and columns > 1:
                        return name
    raise UsageError(
        "there is no Grad-CAM of this network",
        "no feature maps of more than one place",
        "a convolutional network",
        "integrated-gradients and occlusion explain any network",
    )
