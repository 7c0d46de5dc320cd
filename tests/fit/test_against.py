"""Two runs on the same pictures: against what each says alone, and what is said where they cannot be compared fairly."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured, Told, colourful, small_network

from vitreous import api
from vitreous.errors import DataError, RunError
from vitreous.fit import against as against_module
from vitreous.fit import methods, training
from vitreous.fit.against import Against, against
from vitreous.fit.settings import TrainSettings
from vitreous.infer.network import Network
from vitreous.runs.folder import open_run

pytest_plugins = ["shared_fixtures"]


@pytest.fixture(scope="module")
def others(coloured: Coloured, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs: on another split of the same pictures, on other pictures of the same classes, and on two of the classes."""
    folder = tmp_path_factory.mktemp("others")
    found = {"same": coloured.data, "few": colourful(folder / "few", {"red": 6, "green": 6, "blue": 6}, seed=3)}
    found["two"] = colourful(folder / "two", {"red": 8, "blue": 8}, seed=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITREOUS_CACHE", str(folder / "cache"))
        patch.setattr(methods, "load_network", small_network)
        return {name: training.train(data, TrainSettings(seed=8, runs=str(folder / "runs"), name=name), Told()).path for name, data in found.items()}


def compared(coloured: Coloured, other: Path, data: Path | None = None) -> Against:
    run, folder = api.load(coloured.run.path), open_run(coloured.run.path)
    return against(folder, run.network, run.evaluate(data), other, data, "auto", Told())


def test_the_figures_are_those_of_each_model_alone(coloured: Coloured, others: dict[str, Path], tmp_path: Path) -> None:
    data = colourful(tmp_path / "new", {"red": 12, "green": 9, "blue": 10}, seed=50)
    found = compared(coloured, others["few"], data)
    alone = [api.load(path).evaluate(data) for path in (coloured.run.path, others["few"])]
    for place, scores in enumerate(each.scores for each in alone):
        for difference, value in (
            (found.accuracy, scores.accuracy),
            (found.differences.balanced_accuracy, scores.balanced_accuracy),
            (found.differences.macro_f1, scores.macro_f1),
            (found.differences.log_loss, scores.log_loss),
        ):
            # answers of fp32 engines in other batches: the last digits
            assert (difference.first, difference.second)[place] == pytest.approx(value, rel=1e-4)
    right = []
    for each in alone:
        assert each.predictions is not None
        right.append(dict(zip(each.predictions.paths, np.equal(each.predictions.predicted, each.predictions.labels), strict=True)))
    assert found.only_first == [path for path in right[0] if right[0][path] and not right[1][path]]
    assert found.only_second == [path for path in right[0] if right[1][path] and not right[0][path]]
    assert (found.paired.only_first, found.paired.only_second) == (len(found.only_first), len(found.only_second))
    assert found.seen == 0 and found.remarks == [] and found.what == "31 labelled pictures"


def test_a_run_against_itself_differs_in_nothing(coloured: Coloured) -> None:
    found = compared(coloured, coloured.run.path)
    assert found.accuracy.difference == 0 and found.only_first == found.only_second == [] and found.paired.p_value == 1
    assert found.finding().startswith("No difference in accuracy is shown between ")
    assert found.first != "" and found.what == f"{coloured.run.facts['metrics']['num_images']} test pictures"


def test_pictures_that_the_other_was_trained_on_are_counted_and_the_rest_compared(coloured: Coloured, others: dict[str, Path]) -> None:
    found = compared(coloured, others["same"])
    count = coloured.run.facts["metrics"]["num_images"]
    assert 0 < found.seen <= count
    (remark,) = found.remarks
    assert f"{found.seen} pictures of these were seen in the training of same-1: its figures are too good" in remark
    if found.seen < count:
        assert found.unseen is not None and f"on {count - found.seen} picture" in remark


def test_of_a_bare_model_it_is_said_that_its_training_is_not_known(coloured: Coloured, others: dict[str, Path], tmp_path: Path) -> None:
    shutil.copy(others["few"] / "model.onnx", tmp_path / "bare.onnx")
    bare, whole = compared(coloured, tmp_path / "bare.onnx"), compared(coloured, others["few"] / "model.onnx")
    assert bare.remarks == ["what bare.onnx was trained on is not known: if it was on these pictures, its figures are too good"]
    assert whole.remarks == [] and whole.second == "few-1" and bare.accuracy == whole.accuracy


def test_models_of_different_classes_are_an_error_that_names_them(coloured: Coloured, others: dict[str, Path]) -> None:
    with pytest.raises(DataError, match="cannot compare models of different classes: only the first knows 'green'; two models of the same classes"):
        compared(coloured, others["two"])


def test_what_is_no_run_is_said(coloured: Coloured, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no run"):
        compared(coloured, tmp_path / "none")


def test_an_output_is_known_by_its_class_not_by_its_place(
    coloured: Coloured, others: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = colourful(tmp_path / "new", {"red": 5, "green": 4, "blue": 3}, seed=51)
    said = api.load(others["few"]).evaluate(data).predictions
    assert said is not None
    load = against_module.load_network

    def turned(path: Path) -> Network:
        network = load(path)
        return Network(network.data, network.path, dict(network.facts) | {"labels": network.labels[::-1]})

    monkeypatch.setattr(against_module, "load_network", turned)
    swap = {"red": "blue", "blue": "red", "green": "green"}  # blue, green, red turned round
    right = [swap[answer] == label for answer, label in zip(said.predicted, said.labels, strict=True)]
    assert compared(coloured, others["few"], data).accuracy.second == pytest.approx(np.mean(right))


def test_it_can_be_shown_and_written(coloured: Coloured, others: dict[str, Path]) -> None:
    found = compared(coloured, others["same"])
    value = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert value["accuracy"]["difference"] == pytest.approx(value["accuracy"]["first"] - value["accuracy"]["second"])
    text = repr(found)
    assert "McNemar's exact test: p = " in text and "balanced accuracy" in text and "right by" in text
    assert "<table>" in found._repr_html_()
