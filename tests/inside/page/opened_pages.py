"""Pages for the tests of this folder, and a reader who clicks and types."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))
from made_networks import every_operator
from small_network import small_facts, small_model

from vitreous.data.decode import decode
from vitreous.infer.network import Network
from vitreous.inside import Inside, inside
from vitreous.layers.walk import read_walk

LABELS = ["<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>", "長い " * 60]


def of_every_operator(photo: Path) -> Inside:
    """A made-up network opened on numbers that are drawn, not on the photo."""
    data = every_operator()
    network = Network(data, Path("every.onnx"), small_facts(["a", "b", "c", "d"]))
    walk = read_walk(data)
    feed = {"x": np.random.default_rng(0).normal(0, 1, (1, 4, 12, 11)).astype(np.float32)}
    return Inside(network, str(photo), decode(str(photo), (network.view,)), walk, walk.values(feed))


def of_the_small_network(photo: Path) -> Inside:
    return inside(Network(small_model(labels=LABELS), Path("small.onnx"), small_facts(LABELS)), photo)


def of_a_grey_network(photo: Path) -> Inside:
    """The small network on pictures made grey first, as those for digits are: a matrix product along the colours."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load_model_from_string(small_model(labels=LABELS))
    nodes = list(model.graph.node)
    luma = numpy_helper.from_array(np.float32([[0.299], [0.587], [0.114]]), "luma")
    nodes.insert(1, helper.make_node("MatMul", ["float", "luma"], ["grey"]))
    nodes[2].input[0] = "grey"
    for weight in model.graph.initializer:
        if weight.name == "conv.weight":
            weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight)[:, :1].copy(), "conv.weight"))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.append(luma)
    return inside(Network(model.SerializeToString(), Path("grey.onnx"), small_facts(LABELS)), photo)


class Reader:
    """A reader before a page. Errors in the console, and any request, end the test."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("console", lambda message: self.wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self.wrong.append(request.url[:80]) if not request.url.startswith(("file:", "data:", "blob:")) else None)

    def opens(self, file: Path, number: str = "") -> None:
        from urllib.parse import quote

        self.page.goto(f"{file.as_uri()}{'#n=' + quote(number, safe='') if number else ''}")
        self.page.wait_for_selector("body[data-ready]")

    def goes_to(self, number: str) -> None:
        """By the address, which every link sets."""
        self.page.evaluate("number => { location.hash = '#n=' + encodeURIComponent(number) }", number)
        self.shows(number)

    def shows(self, number: str) -> None:
        """Waits until the panel tells of this number."""
        self.page.wait_for_function("number => document.getElementById('panel-title')?.textContent?.startsWith(number)", arg=number, timeout=20_000)

    @property
    def said(self) -> str:
        text: str = self.page.text_content("#said")
        return text
