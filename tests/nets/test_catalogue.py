"""The list of networks, against the figures of the papers; nothing here needs torch."""

import subprocess
import sys

import pytest

from vitreous.errors import UsageError
from vitreous.nets.catalogue import CATALOGUE, entry

# From the papers and the networks' reference implementations; LeNet-5 with every map of C3 joined to every map of S2.
PUBLISHED = {
    "lenet": 61_706,
    "alexnet": 60_965_224,
    "vgg11": 132_863_336,
    "vgg13": 133_047_848,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "googlenet": 6_998_552,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet20-cifar": 269_722,
    "resnet56-cifar": 853_018,
    "plain20-cifar": 269_722,  # as many as with shortcuts, which have none
    "plain56-cifar": 853_018,
    "efficientnet-lite0": 4_652_008,
    "efficientnet-lite1": 5_416_680,
    "efficientnet-lite2": 6_092_072,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_are_those_that_were_published(name: str) -> None:
    assert entry(name).parameters == PUBLISHED[name]


def test_the_list_is_in_the_order_of_the_lecture_and_names_its_papers() -> None:
    assert list(CATALOGUE)[:7] == ["perceptron", "adaline", "madaline", "linear", "mlp", "lenet", "alexnet"]
    for name, each in CATALOGUE.items():
        assert each.name == name and each.paper and 1936 <= each.year <= 2020 and 1 <= each.smallest <= each.size


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no network 'resnet17': did you mean '?resnet18'?"):
        entry("resnet17")
    for name, shown in (("ResNet18", "'ResNet18': did you mean 'resnet18'"), ("\x1b[31mlenet", r"'\\x1b[31mlenet'"), ("x" * 500, f"'{'x' * 80}'")):
        with pytest.raises(UsageError) as caught:
            entry(name)
        assert f"no network {shown}" in str(caught.value)
    for name in (None, 18, ["lenet"]):  # from Python anything may come
        with pytest.raises(UsageError, match="there is no network"):
            entry(name)  # on purpose no name


def test_the_list_loads_no_torch() -> None:
    code = "import sys, vitreous.nets.catalogue; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
