"""The classical network in the engine, in the walk, joined with a head; its dictionary; ugly pictures."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from vitreous.core.view import View
from vitreous.errors import DataError, UsageError
from vitreous.fit.classical import classical_network
from vitreous.fit.classical.coding import Dictionary, add_code, learn_dictionary
from vitreous.fit.classical.descriptors import dense_descriptors
from vitreous.fit.classical.graph import Graph
from vitreous.fit.classical.pyramid import REGIONS, add_pyramid, window
from vitreous.fit.head import Head
from vitreous.fit.join import join
from vitreous.fit.link import Softmax
from vitreous.fit.probe import Probe
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.infer.network import Network
from vitreous.layers.walk import read_walk

Pictures = NDArray[np.uint8]
SIDE, WORDS = 61, 12
SETTING = Setting("openvino", "f32", 2, 1)


@pytest.fixture(scope="module")
def network(noise: Pictures) -> Network:
    return classical_network(noise, SIDE, WORDS)


def test_the_file_is_valid_onnx(network: Network) -> None:
    onnx.checker.check_model(onnx.load_model_from_string(network.data), full_check=True)


def test_no_two_values_have_one_name(network: Network) -> None:
    graph = onnx.load_model_from_string(network.data).graph
    names = [name for node in graph.node for name in node.output] + [each.name for each in graph.initializer]
    assert len(names) == len(set(names))


def test_its_facts_say_what_it_is(network: Network) -> None:
    assert network.view == View.crop(SIDE) and network.number_format == "f32"
    assert network.facts["features"] == REGIONS * WORDS == 252
    assert (network.facts["network"], network.facts["licence"]) == ("classical", "Apache-2.0")
    assert network.facts["source"] == "12 visual words learned from 4 training pictures"


def test_engine_walk_and_onnxruntime_agree(network: Network, noise: Pictures) -> None:
    engine = run_batch(start_engine(network, SETTING, ("features",), SIDE), noise)["features"]
    walk = read_walk(network.data).values({"image": noise})["features"]
    # squared distances are differences of terms of up to 100, known to 1e-5 in fp32: their roots, next to a word, to 3e-3, elsewhere to 1e-6
    np.testing.assert_allclose(engine, walk, atol=3e-3)
    assert np.median(np.abs(engine - walk)) < 1e-6
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(network.data, providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(["features"], {"image": noise})[0], walk, atol=3e-3)


def test_each_level_of_the_pyramid_has_unit_length(network: Network, noise: Pictures) -> None:
    features = read_walk(network.data).values({"image": noise})["features"]
    for level in np.split(features, [WORDS, 5 * WORDS], axis=1):
        np.testing.assert_allclose(np.linalg.norm(level, axis=1), 1, rtol=1e-5)


def test_a_gradient_reaches_the_pixels_and_is_finite(network: Network, noise: Pictures) -> None:
    walk = read_walk(network.data)
    pictures = np.concatenate([noise[:1], np.full((1, SIDE, SIDE, 3), 90, np.uint8)])
    values = walk.values({"image": pictures})
    seed = np.zeros_like(values["features"])
    seed[:, 0] = 1
    found = walk.gradients(values, {"features": seed}, ["grey"])["grey"]
    assert np.isfinite(found).all() and np.abs(found[0]).max() > 0


def test_the_same_pictures_and_seed_give_the_same_bytes(network: Network, noise: Pictures) -> None:
    assert classical_network(noise, SIDE, WORDS).data == network.data
    assert classical_network(noise, SIDE, WORDS, seed=1).data != network.data


def test_it_tells_what_it_does(noise: Pictures) -> None:
    told: list[tuple[str, int, int]] = []
    classical_network(noise, SIDE, WORDS, progress=lambda *step: told.append(step))
    assert told[0] == ("describing patches", 0, 4) and told[-1] == ("learning the visual words", 1, 1)


def test_one_file_with_a_head_answers_from_the_pixels(network: Network, noise: Pictures) -> None:
    width, random = network.facts["features"], np.random.default_rng(0)
    head = Head(random.normal(0, 1, (3, width)).astype(np.float32), np.zeros(3, np.float32))
    probe = Probe(head, np.full(width, 0.1, np.float32), np.full(width, 0.2, np.float32), 1.0, Softmax(2.0), "", ())
    model = join(network, View.crop(SIDE), probe, ["a", "b", "c"], {})
    answers = run_batch(start_engine(model, SETTING), noise)["probability"]
    features = run_batch(start_engine(network, SETTING, ("features",), SIDE), noise)["features"]
    np.testing.assert_allclose(answers, probe.probability(probe.standardize(features)), atol=1e-5)


def test_one_constant_picture_gives_a_network_that_runs() -> None:
    black = np.zeros((1, 48, 48, 3), np.uint8)
    network = classical_network(black, 48, 30)
    features = read_walk(network.data).values({"image": black})["features"]
    assert features.shape == (1, network.facts["features"]) and np.isfinite(features).all()


def test_what_cannot_be_is_said(noise: Pictures) -> None:
    with pytest.raises(UsageError, match=r"uint8 pictures \[4, 61, 61, 3\]; uint8 \[n, 64, 64, 3\]"):
        classical_network(noise, 64, WORDS)
    with pytest.raises(UsageError, match="float32 pictures"):
        classical_network(noise.astype(np.float32), SIDE, WORDS)
    with pytest.raises(UsageError, match="1 word; 2 to 2,000"):
        classical_network(noise, SIDE, 1)
    with pytest.raises(UsageError, match="too small"):
        classical_network(noise[:, :32, :32], 32, WORDS)
    with pytest.raises(DataError, match="no training picture"):
        classical_network(noise[:0], SIDE, WORDS)


def test_the_code_is_coates_and_ngs_triangle(noise: Pictures) -> None:
    random = np.random.default_rng(3)
    P, mean, words = (random.normal(0, 1, shape).astype(np.float32) for shape in ((46, 46), (46,), (7, 46)))
    graph = Graph()
    output = add_code(graph, dense_descriptors(graph), Dictionary(mean, P, words))
    values = read_walk(graph.to_bytes(SIDE, {output: ["N", 7, 6, 6]}, {})).values({"image": noise})
    white = (values["descriptors"].transpose(0, 2, 3, 1).astype(np.float64) - mean) @ P.T.astype(np.float64)
    distance = np.linalg.norm(white[..., None, :] - words, axis=-1)
    theirs = np.maximum(0, distance.mean(-1, keepdims=True) - distance).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(values["code"], theirs, atol=1e-4)  # distances of about 10, of squares that cancel


def test_whitened_descriptors_are_uncorrelated_and_of_variance_one() -> None:
    random = np.random.default_rng(0)
    descriptors = (random.normal(0, 1, (4000, 6)) @ random.normal(0, 1, (6, 6)) + 3).astype(np.float32)
    dictionary = learn_dictionary(descriptors, 5, 0)
    white = (descriptors - dictionary.mean) @ dictionary.whitening.T
    # the ridge takes some of the variance of the smallest axis
    np.testing.assert_allclose(np.cov(white.T) - np.diag(np.var(white, axis=0)), 0, atol=2e-3)
    assert np.var(white, axis=0).max() <= 1.001 and np.median(np.var(white, axis=0)) > 0.9


def test_words_of_separate_clouds_are_their_centres() -> None:
    random = np.random.default_rng(1)
    centres = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9]])
    descriptors = (centres[:, None] + random.normal(0, 0.01, (4, 300, 3))).reshape(-1, 3).astype(np.float32)
    dictionary = learn_dictionary(descriptors, 40, 0)
    white = (centres - dictionary.mean) @ dictionary.whitening.T
    nearest = np.linalg.norm(white[:, None] - dictionary.words, axis=-1).min(1)
    assert nearest.max() < 0.1  # the clouds are 2 apart when whitened


def test_of_few_different_descriptors_come_as_many_words() -> None:
    descriptors = np.repeat(np.eye(4, dtype=np.float32), 50, axis=0)
    assert len(learn_dictionary(descriptors, 30, 0).words) == 4


@pytest.mark.parametrize("cells", [4, 5, 12, 15, 20, 27, 28])
@pytest.mark.parametrize("level", [1, 2, 4])
def test_the_regions_of_a_level_cover_the_grid(cells: int, level: int) -> None:
    (kernel, _), (stride, _) = window(cells, level).values()
    covered = {start * stride + place for start in range(level) for place in range(kernel)}
    assert covered == set(range(cells)) and (cells - kernel) // stride + 1 == level


def test_the_pyramid_takes_the_largest_code_of_each_region() -> None:
    graph = Graph()
    code = graph.add("Transpose", [graph.add("Cast", ["image"], "float", {"to": 1})], "code", {"perm": [0, 3, 1, 2]})
    output = add_pyramid(graph, code, 8)
    picture = np.random.default_rng(0).integers(0, 200, (1, 8, 8, 3), np.uint8)
    features = read_walk(graph.to_bytes(8, {output: ["N", 63]}, {})).values({"image": picture})[output][0]
    quarters = np.sqrt([float(picture[0, r : r + 4, c : c + 4, word].max()) for word in range(3) for r in (0, 4) for c in (0, 4)])
    np.testing.assert_allclose(features[3:15], quarters / np.linalg.norm(quarters), rtol=1e-5)


def test_reading_it_again_needs_nothing_but_the_file(network: Network, tmp_path: Path) -> None:
    (tmp_path / "classical.onnx").write_bytes(network.data)
    walk = read_walk(tmp_path / "classical.onnx")
    assert list(walk.outputs) == ["features"] and list(walk.inputs) == ["image"]
