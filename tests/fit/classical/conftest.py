"""Pictures for the classical way, and its graphs run by the engine and by the walk."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from vitreous.core.view import View
from vitreous.data.decode import decode
from vitreous.fit.classical.graph import Graph
from vitreous.layers.walk import read_walk

Pictures = NDArray[np.uint8]
Run = Callable[[Callable[[Graph], str], Pictures], NDArray[np.float32]]


@pytest.fixture(scope="session")
def photos(shared_data: Path) -> Pictures:
    """Six real photos, uint8 [6, 104, 104, 3]."""
    files = sorted((shared_data / "clothing" / "train").glob("*/*.jpg"))[::250][:6]
    return np.stack([decode(str(file), [View.crop(104)]).views[0] for file in files])


@pytest.fixture(scope="session")
def noise() -> Pictures:
    """Random pixels, and smooth ramps of few grey values in which neighbours are often equal; a side that 8 does not divide."""
    random = np.random.default_rng(0)
    flat = random.integers(0, 3, (2, 61, 61, 1), np.uint8).repeat(3, axis=3) * np.uint8(100)
    return np.concatenate([random.integers(0, 256, (2, 61, 61, 3), np.uint8), flat])


@pytest.fixture(scope="session")
def walked() -> Run:
    """The value of a graph's last node for pictures, by the walk in fp32."""

    def run(build: Callable[[Graph], str], pictures: Pictures) -> NDArray[np.float32]:
        graph = Graph()
        output = build(graph)
        data = graph.to_bytes(pictures.shape[1], {output: ["N", "C", "H", "W"]}, {})
        value: NDArray[np.float32] = read_walk(data).values({"image": pictures})[output]
        return value

    return run
