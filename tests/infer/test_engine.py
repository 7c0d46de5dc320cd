"""The engine: how many pictures go in at once and side by side changes nothing; what cannot be run is said."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import SIDE, WIDTH, small_model, small_network

from vitreous.errors import ModelError, UsageError
from vitreous.infer.engine import ENGINES, Outputs, Setting, default_setting, padded, parse_engine, run_batch, start_engine
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network, load_network

LIBRARIES = ["openvino", "onnxruntime"]


def noise(count: int, side: int = SIDE) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)


def features(network: Network, pictures: NDArray[np.uint8], batch: int, streams: int, library: Any = "openvino") -> NDArray[np.float32]:
    engine = start_engine(network, Setting(library, "f32", batch, streams), ("features",))
    return run_batch(engine, pictures)["features"]


@pytest.mark.parametrize("batch", [1, 3, 8, 16])
def test_streams_and_repetition_change_no_bit_of_the_features(batch: int) -> None:
    network, pictures = small_network(), noise(19)
    once = features(network, pictures, batch, 1)
    assert np.array_equal(features(network, pictures, batch, 2), once) and np.array_equal(features(network, pictures, batch, 1), once)
    # with another batch a library may add up in another order: 24 bits, sums of 75 products
    np.testing.assert_allclose(once, features(network, pictures, 2, 1), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_neither_batch_nor_streams_change_the_shipped_networks_features() -> None:
    """Bit for bit with AMX and AVX-512; with AVX2 oneDNN takes another kernel from 5 pictures on, and the last bits differ."""
    network, pictures = load_network(), noise(17, 224)
    alone = features(network, pictures, 1, 1)
    for batch in (2, 5, 8, 16):
        together = features(network, pictures, batch, 1 + batch % 2)
        if this_machine().instructions in ("AMX", "AVX-512"):
            assert np.array_equal(together, alone), batch
        # 24 bits, through 50 layers of sums of up to 1,000 products
        np.testing.assert_allclose(together, alone, atol=2e-5)
        assert np.array_equal(together, features(network, pictures, batch, 2 - batch % 2))


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_last_batch_is_filled_up_and_what_was_added_is_dropped(library: str) -> None:
    if library == "onnxruntime":
        pytest.importorskip("onnxruntime")
    network, pictures = small_network(), noise(13)
    together = features(network, pictures, 8, 1, library)
    assert together.shape == (13, WIDTH)
    np.testing.assert_allclose(together, features(network, pictures, 13, 1, library), rtol=1e-5)


def test_padding_adds_zeros_up_to_the_batch() -> None:
    part = noise(3)
    whole = padded(part, 5)
    assert whole.shape[0] == 5 and np.array_equal(whole[:3], part) and not whole[3:].any()
    assert padded(part, 3) is part


def test_no_picture_gives_no_outputs() -> None:
    assert run_batch(start_engine(small_network(), Setting("openvino", "f32", 4, 1)), noise(0)) == {}


def test_every_batch_is_answered_once_and_with_its_own_pictures() -> None:
    network, pictures = small_network(), noise(40)
    engine = start_engine(network, Setting("openvino", "f32", 2, 2), ("features",))
    answers: dict[int, NDArray[np.float32]] = {}

    def keep(number: int) -> Any:
        def done(outputs: Outputs) -> None:
            assert number not in answers
            answers[number] = outputs["features"].copy()

        return done

    for number in range(20):
        engine.submit(pictures[2 * number : 2 * number + 2], keep(number))
    engine.finish()
    assert np.array_equal(np.concatenate([answers[number] for number in range(20)]), features(network, pictures, 1, 1))


def test_an_error_in_what_takes_the_answers_is_raised_by_finish() -> None:
    engine = start_engine(small_network(), Setting("openvino", "f32", 1, 1))

    def broken(_: Outputs) -> None:
        raise ZeroDivisionError

    engine.submit(noise(1), broken)
    with pytest.raises(ZeroDivisionError):
        engine.finish()


def test_a_network_runs_at_another_size() -> None:
    engine = start_engine(small_network(), Setting("openvino", "f32", 2, 1), ("features",), size=64)
    assert run_batch(engine, noise(2, 64))["features"].shape == (2, WIDTH)


def with_graph(graph: bytes) -> Network:
    """A file whose metadata are right and whose graph is `graph`."""
    from onnx import ModelProto

    whole = small_network()
    model = ModelProto.FromString(whole.data)
    model.ClearField("graph")
    field = b"\x3a" + bytes([len(graph)]) + graph if len(graph) < 128 else graph
    return Network(bytes(model.SerializeToString()) + field, whole.path, whole.facts)


def headless() -> Network:
    """A network without the output that is asked for."""
    from onnx import ModelProto

    model = ModelProto.FromString(small_model())
    del model.graph.output[0]
    return Network(bytes(model.SerializeToString()), small_network().path, small_network().facts)


BROKEN = {"garbage": lambda: with_graph(b"\xff" * 60), "an empty graph": lambda: with_graph(b""), "no such output": headless}


@pytest.mark.parametrize(
    ("case", "library"),
    [
        ("garbage", "openvino"),
        ("no such output", "openvino"),
        ("an empty graph", "openvino"),
        *((case, "onnxruntime") for case in BROKEN),
    ],
)
def test_a_graph_that_cannot_be_run_is_a_model_error_with_the_files_name(case: str, library: Any) -> None:
    if library == "onnxruntime":
        pytest.importorskip("onnxruntime")
    with pytest.raises(ModelError, match=r"small\.onnx cannot be run here: .*a model\.onnx as vitreous train writes it"):
        run_batch(start_engine(BROKEN[case](), Setting(library, "f32", 1, 1)), noise(1))


@pytest.mark.parametrize(
    ("text", "meant"),
    [("auto", (None, None)), ("openvino-f32", ("openvino", "f32")), ("openvino-bf16", ("openvino", "bf16")), ("onnxruntime", ("onnxruntime", "f32"))],
)
def test_an_engine_is_named_by_library_and_number_format(text: str, meant: tuple[str | None, str | None]) -> None:
    assert text in ENGINES and parse_engine(text) == meant


@pytest.mark.parametrize("text", ["", "openvino", "fp32", "AUTO", "openvino-f16", "auto "])
def test_an_unknown_engine_is_wrong_use_and_all_are_named(text: str) -> None:
    with pytest.raises(UsageError, match=r"unknown engine .*: one of auto, openvino-f32, openvino-bf16, onnxruntime"):
        parse_engine(text)


def test_few_pictures_go_one_by_one_and_many_eight_at_once() -> None:
    cores = this_machine().cores
    assert (default_setting(1).batch, default_setting(1).streams) == (1, 1)
    assert (default_setting(8 * cores).batch, default_setting(8 * cores).streams) == (8, cores)
    assert default_setting(0).streams == 1


def test_a_setting_reads_as_a_sentence() -> None:
    assert str(Setting("openvino", "f32", 8, 2, "AVX2, 2 cores")) == "openvino fp32, 8 at once in 2 streams (AVX2, 2 cores)"
    assert str(Setting("onnxruntime", "bf16", 1, 1)) == "onnxruntime bf16, 1 at once in 1 stream"


def test_without_openvino_onnxruntime_is_taken_and_without_both_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"onnxruntime"}
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object() if name in there else None)
    assert default_setting(1).library == "onnxruntime"
    there.clear()
    with pytest.raises(UsageError, match=r"no inference engine is installed: openvino or onnxruntime; pip install openvino"):
        default_setting(1)
