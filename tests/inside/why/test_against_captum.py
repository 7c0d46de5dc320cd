"""Integrated gradients, Grad-CAM and occlusion beside Captum's, of the same torch network (slow: torch and an export)."""

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("captum")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what it says of versions of other packages
    from captum.attr import IntegratedGradients, LayerGradCam, Occlusion
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
from asked import inside_of

from vitreous.core.view import View
from vitreous.export.onnx_file import to_network
from vitreous.inside.why.grad_cam import grad_cam
from vitreous.inside.why.integrated_gradients import plain_picture, way_to
from vitreous.inside.why.occlusion import occlusion
from vitreous.inside.why.question import Question, question_of
from vitreous.nets import build

pytestmark = pytest.mark.slow

LABELS, MEAN, STD = ["a", "b", "c"], 120.0, 60.0


class OfPixels(nn.Module):
    """The network from grey levels [N, S, S, 3] on, as its file takes them."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: Any) -> Any:
        return self.net((pixels.permute(0, 3, 1, 2) - MEAN) / STD)


@pytest.fixture(params=["resnet20-cifar", "lenet"])
def pair(request: pytest.FixtureRequest) -> tuple[OfPixels, Question]:
    return pair_of(request.param, 0)


def pair_of(name: str, seed: int) -> tuple[OfPixels, Question]:
    """A network of torch, and the question to its file about a picture; with a batch norm that has seen something."""
    size = 32
    net = build(name, classes=3, channels=3, size=size, seed=1)
    torch.manual_seed(0)
    picture = np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)
    net.train()
    with torch.no_grad():
        net(torch.randn(8, 3, size, size))
    net.eval()
    network = to_network(net, LABELS, View.crop(size), MEAN, STD, {"network": name})
    return OfPixels(net), question_of(inside_of(network, picture), "b")


def pixels_of(question: Question) -> Any:
    return torch.from_numpy(question.picture.astype(np.float32))[None]


@pytest.mark.parametrize("name", ["resnet20-cifar", "lenet"])
def test_integrated_gradients_are_captums(name: str) -> None:
    """The sum at the same points with the same weights: Captum has no rule with points where they are needed, but takes those of others.

    Equal but for sums in fp32. Where a ReLU is met within the last bits of its zero, one side counts a gradient that the other does not; in which
    pictures that happens depends on the processor (a third of them): never in all of them, and never in most of the pixels.
    """
    equal = []
    for seed in range(8):
        net, question = pair_of(name, seed)
        way = way_to(question, 4, 32)
        baseline = torch.from_numpy(plain_picture(question.picture).copy())[None]
        rule = (way.weights.tolist(), way.points.tolist())
        (theirs,) = IntegratedGradients(net)._attribute(
            (pixels_of(question),), (baseline,), target=1, n_steps=len(way.points), step_sizes_and_alphas=rule
        )
        difference = np.abs(way.shares - theirs[0].detach().numpy()) / np.abs(way.shares).max()
        equal.append(difference.max() <= 5e-6)
        assert np.median(difference) <= 1e-6 and difference.max() <= 0.01
    assert sum(equal) >= (2 if name == "resnet20-cifar" else 8)


def test_with_many_points_captum_gives_the_same_integral(pair: tuple[OfPixels, Question]) -> None:
    net, question = pair
    baseline = torch.from_numpy(plain_picture(question.picture).copy())[None]
    theirs = IntegratedGradients(net).attribute(pixels_of(question), baseline, target=1, n_steps=300, method="riemann_middle", internal_batch_size=50)
    ours = way_to(question, 128, 128).shares
    # sums of slopes that leap: with so many points each of them is some hundredths off, pixel by pixel
    assert np.abs(ours - theirs[0].detach().numpy()).sum() <= 0.05 * np.abs(ours).sum()


def test_grad_cam_is_captums(pair: tuple[OfPixels, Question]) -> None:
    net, question = pair
    layer = "conv4" if "conv4" in question.values else "S4"
    theirs = LayerGradCam(net, net.net.stages[layer]).attribute(pixels_of(question), target=1)[0, 0].detach().numpy()
    ours = grad_cam(question, layer).values
    assert ours.shape == theirs.shape and np.abs(ours - theirs).max() <= 1e-4 * np.abs(theirs).max()


def test_occlusion_is_captums_where_squares_do_not_overlap(pair: tuple[OfPixels, Question]) -> None:
    net, question = pair
    colour = np.rint(plain_picture(question.picture))
    theirs = Occlusion(net).attribute(pixels_of(question), (8, 8, 3), strides=(8, 8, 3), baselines=torch.from_numpy(colour)[None], target=1)
    ours = occlusion(question, cells=4, wide=1.0).values
    # differences of scores, each to the last bits of fp32 in two libraries
    assert np.abs(ours - theirs[0, ::8, ::8, 0].detach().numpy()).max() <= 1e-4 * max(1.0, float(np.abs(question.values["logits"]).max()))
