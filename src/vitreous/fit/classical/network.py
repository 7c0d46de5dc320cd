"""The classical network: a feature extractor that is learned, without a label, from the training pictures themselves."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vitreous.core.reporter import Quiet
from vitreous.core.text import plural
from vitreous.core.view import View
from vitreous.errors import DataError, UsageError
from vitreous.fit.classical.coding import Floats, add_code, learn_dictionary
from vitreous.fit.classical.descriptors import WIDTH, dense_descriptors, grid
from vitreous.fit.classical.graph import Graph
from vitreous.fit.classical.pyramid import REGIONS, add_pyramid
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.infer.network import METADATA_KEY, Network

SIZE, WORDS = 168, 380
# Of small pictures there is no more to see: log loss 0.504 against 0.532 on 320 of Fashion-MNIST, in less than half the time (LOG.md, 2026-11-26).
SMALL_SIZE = 112
MOST_WORDS = 2000
# The dictionary is learned from so many pictures at most, and from so many of their descriptors.
PICTURES, DESCRIPTORS = 500, 100_000
_AT_ONCE = 64
_QUIET = Quiet().progress


def classical_network(
    pictures: NDArray[np.uint8], size: int = SIZE, words: int = WORDS, seed: int = 0, progress: Callable[[str, int, int], None] = _QUIET
) -> Network:
    """Learn the dictionary from training `pictures` uint8 [n, size, size, 3]; the network has the output `features` [N, 21 words].

    Equal arguments give equal bytes on one machine. Of n pictures 500 at random are enough: give those rather than all. Of few or nearly
    equal pictures come fewer words. Raises UsageError for pictures of another shape and for a size or a number of words that cannot
    be, DataError for none.
    """
    if not 2 <= words <= MOST_WORDS:
        raise UsageError("cannot learn the dictionary", plural(words, "word"), f"2 to {MOST_WORDS:,}")
    cells = grid(size)
    if pictures.dtype != np.uint8 or pictures.shape[1:] != (size, size, 3):
        raise UsageError("cannot learn the dictionary", f"{pictures.dtype} pictures {list(pictures.shape)}", f"uint8 [n, {size}, {size}, 3]")
    if not len(pictures):
        raise DataError("cannot learn the dictionary", "no training picture", "at least one")
    random = np.random.default_rng([seed, len(pictures)])
    chosen = pictures[np.sort(random.permutation(len(pictures))[:PICTURES])]
    sample = _sampled_descriptors(chosen, size, random, progress)
    progress("learning the visual words", 0, 1)
    dictionary = learn_dictionary(sample, words, seed)
    progress("learning the visual words", 1, 1)

    graph = Graph()
    features = add_pyramid(graph, add_code(graph, dense_descriptors(graph), dictionary), cells)
    width = REGIONS * len(dictionary.words)
    facts = {
        "network": "classical",
        "task": "classify",
        "labels": [],  # it has no answers of its own
        "view": View.crop(size).to_json(),
        "features": width,
        "licence": "Apache-2.0",
        "source": f"{plural(len(dictionary.words), 'visual word')} learned from {plural(len(chosen), 'training picture')}",
        "number_format": "f32",  # luma and the samples that LBP compares need more than the 8 bits of bf16
    }
    data = graph.to_bytes(size, {features: ["N", width]}, {METADATA_KEY: json.dumps(facts)})
    return Network(data, Path("classical.onnx"), facts)


def _sampled_descriptors(pictures: NDArray[np.uint8], size: int, random: np.random.Generator, progress: Callable[[str, int, int], None]) -> Floats:
    """Descriptors [M, 46] at random places, as many of each picture."""
    cells, graph = grid(size), Graph()
    output = dense_descriptors(graph)
    network = Network(graph.to_bytes(size, {output: ["N", WIDTH, cells, cells]}, {}), Path("descriptors.onnx"), {"view": View.crop(size).to_json()})
    engine = start_engine(network, default_setting(len(pictures)), (output,), size)
    each = min(cells * cells, -(-DESCRIPTORS // len(pictures)))
    found = []
    for first in range(0, len(pictures), _AT_ONCE):
        progress("describing patches", first, len(pictures))
        part = pictures[first : first + _AT_ONCE]
        columns = run_batch(engine, part)[output].reshape(len(part), WIDTH, -1)
        found += [column[:, random.permutation(cells * cells)[:each]].T for column in columns]
    progress("describing patches", len(pictures), len(pictures))
    return np.concatenate(found)
