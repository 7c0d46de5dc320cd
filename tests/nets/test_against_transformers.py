"""ResNets against those of another library with the same weights: transformers, from its configurations alone, nothing fetched.

Its bottleneck has the stride in its 3×3 ("v1.5") like ours, and with `downsample_in_bottleneck` in its first 1×1, as the paper has it.
"""

import re
from typing import Any

import pytest

from vitreous.nets import build

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "resnet18": {"layer_type": "basic", "depths": [2, 2, 2, 2], "hidden_sizes": [64, 128, 256, 512]},
    "resnet34": {"layer_type": "basic", "depths": [3, 4, 6, 3], "hidden_sizes": [64, 128, 256, 512]},
    "resnet50": {"layer_type": "bottleneck", "depths": [3, 4, 6, 3], "hidden_sizes": [256, 512, 1024, 2048]},
}
# fp32 keeps 24 bits: some fifty layers of sums of up to 4,608 products, in the same order or another, are equal to about 1e-5
TOLERANCE = 1e-4
# A weight's name there, and here.
NAMES = (
    (r"resnet\.embedder\.embedder\.convolution", "stages.conv1.0"),
    (r"resnet\.embedder\.embedder\.normalization", "stages.conv1.1"),
    (r"resnet\.encoder\.stages\.(\d)\.layers\.(\d)\.shortcut\.convolution", r"stages.conv<\1>.\2.shortcut.0"),
    (r"resnet\.encoder\.stages\.(\d)\.layers\.(\d)\.shortcut\.normalization", r"stages.conv<\1>.\2.shortcut.1"),
    (r"resnet\.encoder\.stages\.(\d)\.layers\.(\d)\.layer\.(\d)\.convolution", r"stages.conv<\1>.\2.conv[\3]"),
    (r"resnet\.encoder\.stages\.(\d)\.layers\.(\d)\.layer\.(\d)\.normalization", r"stages.conv<\1>.\2.norm[\3]"),
    (r"classifier\.1", "head"),
)


def our_name(theirs: str) -> str:
    """Their stage 0 is the paper's conv2; their first layer of a block is its layer 1."""
    for pattern, ours in NAMES:
        theirs = re.sub(f"^{pattern}", ours, theirs)
    theirs = re.sub(r"<(\d)>", lambda found: str(int(found[1]) + 2), theirs)
    return re.sub(r"\[(\d)\]", lambda found: str(int(found[1]) + 1), theirs)


def both(name: str, **changed: Any) -> tuple[Any, Any]:
    """Their network and ours with the same weights, the batch norms' figures random too."""
    configuration = transformers.ResNetConfig(num_channels=3, embedding_size=64, num_labels=10, **CONFIGURATIONS[name], **changed)
    theirs = transformers.ResNetForImageClassification(configuration).eval()
    generator = torch.Generator().manual_seed(0)
    weights = {}
    for key, value in theirs.state_dict().items():
        if value.is_floating_point():
            spread = value.std() if value.ndim > 1 else torch.tensor(0.2)
            centre = 1.0 if key.endswith(("running_var", "normalization.weight")) else 0.0
            value = centre + spread * torch.rand(value.shape, generator=generator).sub(0.5).mul(2)
        weights[key] = value
    theirs.load_state_dict(weights)
    ours = build(name, classes=10).eval()
    ours.load_state_dict({our_name(key): value for key, value in weights.items()})  # all of them, by name
    return theirs, ours


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("size", [64, 97])
def test_a_resnet_gives_the_logits_of_transformers_with_the_same_weights(name: str, size: int) -> None:
    theirs, ours = both(name)
    pictures = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected, found = theirs(pictures).logits, ours(pictures)
    assert expected.std() > 0
    assert (found - expected).abs().max() <= TOLERANCE * expected.abs().max()


@pytest.mark.slow
def test_stages_of_a_resnet_are_the_hidden_states_of_transformers() -> None:
    theirs, ours = both("resnet50")
    pictures = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected, found = theirs(pictures, output_hidden_states=True).hidden_states, ours.named_values(pictures)
    for hidden, stage in zip(expected, ("pool1", "conv2", "conv3", "conv4", "conv5"), strict=True):
        assert (found[stage] - hidden).abs().max() <= TOLERANCE * hidden.abs().max(), stage


@pytest.mark.slow
def test_the_papers_stride_in_the_first_1x1_gives_other_logits() -> None:
    """The one place where the layouts differ; it also shows that the comparison above can fail."""
    theirs, ours = both("resnet50", downsample_in_bottleneck=True)
    pictures = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected, found = theirs(pictures).logits, ours(pictures)
    assert (found - expected).abs().max() > 10 * TOLERANCE * expected.abs().max()
