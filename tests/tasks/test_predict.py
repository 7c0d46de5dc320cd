"""Answers for many files: in order, in batches of any size, and a file that cannot be read stops nothing."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from small_network import SIDE, colourful, small_facts, small_model, small_network

from vitreous.core.view import View
from vitreous.data.decode import Policy, decode
from vitreous.errors import ModelError
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.infer.network import Network
from vitreous.tasks.classify.answers import Answers, Failure
from vitreous.tasks.predict import predict


def setting(batch: int) -> Setting:
    return Setting("openvino", "f32", batch, 2)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    return [str(path) for path in sorted(colourful(tmp_path / "data", {"red": 12, "blue": 11}).glob("*/*"))]


@pytest.mark.parametrize("batch", [1, 8])
def test_every_file_gets_its_own_answer_in_its_place(files: list[str], batch: int) -> None:
    Path(files[0]).write_bytes(b"broken")
    Path(files[9]).unlink()
    network = small_network()
    engine = start_engine(network, setting(1))
    results = list(predict(network, setting(batch), files, Policy()))
    assert [answer.image for answer, _ in results] == files
    assert [number for number, (answer, _) in enumerate(results) if isinstance(answer, Failure)] == [0, 9]
    for answer, decoded in results:
        if isinstance(answer, Answers):
            picture = decode(answer.image, [View.crop(SIDE)])
            alone = run_batch(engine, picture.views[0][None])["probability"][0]
            np.testing.assert_allclose(answer.probability, alone, atol=1e-6)
            assert decoded is not None and decoded.key == picture.key and answer.labels == network.labels
        else:
            assert decoded is None and answer.reason


def test_a_file_named_twice_is_answered_twice(files: list[str]) -> None:
    first, second, third = (answer for answer, _ in predict(small_network(), setting(2), [files[3], files[0], files[3]], Policy()))
    assert isinstance(first, Answers) and isinstance(third, Answers) and isinstance(second, Answers)
    assert np.array_equal(first.probability, third.probability) and not np.array_equal(first.probability, second.probability)


def test_broken_files_alone_and_none_at_all_are_no_trouble(tmp_path: Path) -> None:
    assert list(predict(small_network(), setting(2), [], Policy())) == []
    ((answer, _),) = predict(small_network(), setting(2), [str(tmp_path / "none.jpg")], Policy())
    assert isinstance(answer, Failure) and answer.reason == "no such file or directory"


def test_answers_come_while_others_are_still_to_be_decoded(files: list[str]) -> None:
    results = predict(small_network(), setting(1), files * 40, Policy())
    next(results)
    results.close()


def test_the_limit_of_pixels_holds(files: list[str]) -> None:
    ((answer, _),) = predict(small_network(), setting(1), files[:1], Policy(max_pixels=100, reduced_pixels=100))
    assert isinstance(answer, Failure) and "1,920 pixels; at most 100 (--max-pixels)" in answer.reason


@pytest.mark.parametrize("labels", [["only one"], ["a", "b", "c", "d"]])
def test_a_model_whose_labels_do_not_fit_its_outputs_is_refused(files: list[str], labels: list[str]) -> None:
    network = Network(small_model(), Path("small.onnx"), small_facts(labels))
    with pytest.raises(ModelError):
        [answer.top(3) for answer, _ in predict(network, setting(1), files[:3], Policy()) if isinstance(answer, Answers)]
