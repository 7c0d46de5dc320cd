"""The gradient of the loss in the weights of every network of the catalogue, beside torch's own: the same, by the factor of its batch norm."""

from typing import Any

import numpy as np
import pytest

from vitreous.core.view import View
from vitreous.inside.backwards.chain import Backwards
from vitreous.inside.backwards.loss import loss_of
from vitreous.inside.backwards.weights import learned_names
from vitreous.layers.walk import read_walk
from vitreous.nets import build
from vitreous.nets.catalogue import CATALOGUE

torch = pytest.importorskip("torch")
from torch import nn

from vitreous.export.onnx_file import to_network
from vitreous.nets.stages import trace

pytestmark = pytest.mark.slow  # exports networks

LABELS = ["a", "b", "c"]
MEAN, STD = 120.0, 60.0
# One of each kind of network, and of each kind of block.
NETWORKS = ["linear", "mlp", "lenet", "googlenet", "resnet18", "resnet50", "resnet20-cifar", "resnet9", "efficientnet-lite0"]


def small(name: str) -> tuple[Any, int]:
    """A network for small pictures in float64, with batch norms that have seen something."""
    size = max(CATALOGUE[name].smallest, 33 if CATALOGUE[name].smallest == 1 else 0)
    net = build(name, classes=len(LABELS), size=size, seed=1)
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in [*net.head.parameters(), *(each for key, each in net.named_buffers() if each.is_floating_point())]:
            value.copy_(torch.rand(value.shape, generator=random) * 0.5 + (0.5 if value.ndim == 1 else -0.25))
    return net, size


def gradients_of_torch(net: Any, picture: Any, label: int) -> list[Any]:
    """Of every convolution and fully connected layer in working order: its weight's gradient, over the factor that the export puts into it."""
    channels = net.accepts.channels
    layers, found = dict(net.named_modules()), []
    working_order = trace(net, (channels, picture.shape[1], picture.shape[2]))
    net = net.double().eval()
    x = torch.from_numpy(picture).double()
    x = x @ torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)[:, None] if channels == 1 else x
    loss = nn.functional.cross_entropy(net((x.permute(0, 3, 1, 2) - MEAN) / STD), torch.tensor([label]))
    loss.backward()
    for each in working_order:
        layer = layers.get(str(each.target)) if each.op == "call_module" else None
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            continue
        users = [layers.get(str(user.target)) for user in each.users]
        gradient = layer.weight.grad.numpy()
        if isinstance(users[0], nn.BatchNorm2d):
            factor = (users[0].weight / (users[0].running_var + users[0].eps).sqrt()).detach().numpy()
            gradient = gradient / factor[:, None, None, None]
        found.append(gradient)
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradients_in_all_weights_are_those_of_torch(name: str) -> None:
    net, size = small(name)
    walk = read_walk(to_network(net, LABELS, View.crop(size), MEAN, STD, {"network": name}).data, np.float64)
    picture = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), np.uint8)
    theirs = gradients_of_torch(net, picture, 1)
    values = walk.values({"image": picture})
    loss = loss_of(walk, values, LABELS, np.eye(3)[0], "b")
    names = [each for each in learned_names(walk) if walk.constants[each].ndim > 1]
    assert len(names) == len(theirs)
    few = max(1, len(names) // 5)  # each costs a way back
    for weight, expected in list(zip(names, theirs, strict=True))[::few]:
        backwards = Backwards(walk, values, loss, weight)
        flat = expected.reshape(backwards.gradients[weight].shape)
        for place in {(0,) * flat.ndim, tuple(int(k) for k in np.unravel_index(np.abs(flat).argmax(), flat.shape))}:
            factor = backwards.factor(weight, place)
            # the weights of the file are fp32, those of torch here float64
            assert abs(factor.sum - flat[place]) <= 1e-5 * max(factor.size, 1e-12), (weight, place)
