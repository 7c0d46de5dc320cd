"""Vitreous from Python: what the namespace holds, what it loads, what its values show."""

import ast
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from small_network import Coloured, Told, colourful
from trained_run import Trained

import vitreous as vt
from vitreous import api
from vitreous.errors import DataError, RunError, UnreadableImage, UsageError
from vitreous.infer.network import Network
from vitreous.runs.folder import RunFolder
from vitreous.storage.lock import Holder
from vitreous.tasks.classify.answers import Answers, Failure

pytest_plugins = ["shared_fixtures"]


def test_the_public_names_are_there_and_listed() -> None:
    for name in vt.__all__:
        assert getattr(vt, name) is getattr(api, name)
        assert name in dir(vt)
    with pytest.raises(AttributeError, match="module 'vitreous' has no attribute 'trian'"):
        _ = vt.trian


def test_the_type_checker_is_told_the_names_that_are_loaded_late() -> None:
    tree = ast.parse(Path(vt.__file__).read_text(encoding="utf-8"))
    told = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vitreous.")
        for alias in node.names
    }
    assert told == set(vt.__all__)


def test_importing_vitreous_loads_nothing_heavy() -> None:
    script = "import sys, vitreous; print(vitreous.__version__, sorted({'numpy', 'PIL', 'openvino', 'vitreous.api', 'click'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"{vt.__version__} []\n"


def test_a_training_gives_a_run_that_answers(tmp_path: Path, as_shipped: Network, capsys: pytest.CaptureFixture[str]) -> None:
    data = colourful(tmp_path / "photos", {"red": 12, "blue": 12})
    run = vt.train(data, runs=str(tmp_path / "runs"), name="colours", seed=3)
    assert run.folder == tmp_path / "runs" / "colours-1" and run.labels == ["blue", "red"]
    assert "Plan: " in capsys.readouterr().out
    answer = run.predict(data / "red" / "red-000.png")
    assert answer.label == "red" and answer.confidence == max(answer.probability) and float(answer.probability.sum()) == pytest.approx(1, abs=1e-5)
    assert run.evaluate().scores.accuracy == pytest.approx(run.metrics["accuracy"])
    again = vt.load(run.folder)
    assert again.labels == run.labels and again.metrics == run.metrics
    assert np.array_equal(again.predict(data / "red" / "red-000.png").probability, answer.probability)


@pytest.mark.slow
def test_a_reporter_is_told_instead_of_the_screen(tmp_path: Path, as_shipped: Network, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told()
    vt.train(colourful(tmp_path / "photos", {"red": 4, "blue": 4}), runs=str(tmp_path / "runs"), reporter=told)
    assert capsys.readouterr().out == "" and told.sentences


def test_an_unknown_setting_is_wrong_use_with_what_was_meant(tmp_path: Path) -> None:
    with pytest.raises((UsageError, TypeError)):
        vt.train(tmp_path, sed=1)


def test_a_run_opens_by_its_folder_and_by_its_model(coloured: Coloured) -> None:
    for path in (coloured.run.path, str(coloured.run.path), coloured.run.path / "model.onnx"):
        assert vt.load(path).folder == coloured.run.path


def test_what_is_no_run_is_said(tmp_path: Path, coloured: Coloured) -> None:
    with pytest.raises(RunError, match=r"there is no run .*colours-9: did you mean .*colours-1'?"):
        vt.load(coloured.run.path.with_name("colours-9"))
    with pytest.raises(RunError, match=r"looks like a folder of pictures; .*train on it first"):
        vt.load(coloured.data)


def test_several_files_are_answered_in_order_with_failures_in_place(coloured: Coloured, tmp_path: Path) -> None:
    run, files = vt.load(coloured.run.path), sorted(coloured.data.glob("red/*"))[:3]
    (tmp_path / "broken.jpg").write_bytes(b"broken")
    answers = run.predict_many([files[0], tmp_path / "broken.jpg", files[1]])
    assert [type(answer) for answer in answers] == [Answers, Failure, Answers]
    assert [answer.image for answer in answers] == [str(files[0]), str(tmp_path / "broken.jpg"), str(files[1])]
    assert len(run.predict_many(coloured.data / "red")) == 20
    assert len(run.predict_many(str(coloured.data))) == 60
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no picture"):
        run.predict_many(tmp_path / "empty")


def test_one_file_that_cannot_be_read_is_an_error_with_its_name(coloured: Coloured, tmp_path: Path) -> None:
    run = vt.load(coloured.run.path)
    with pytest.raises(UnreadableImage, match=r"cannot read .*missing\.jpg: no such file or directory"):
        run.predict(tmp_path / "missing.jpg")


def test_a_damaged_model_gives_no_answer(coloured: Coloured, tmp_path: Path) -> None:
    copy = tmp_path / "copy-1"
    shutil.copytree(coloured.run.path, copy)
    content = bytearray((copy / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (copy / "model.onnx").write_bytes(content)
    with pytest.raises(RunError, match=r"changed: model\.onnx"):
        vt.load(copy).predict(next(coloured.data.glob("red/*")))


def test_without_a_training_the_shipped_network_answers(photos: Path) -> None:
    answer = vt.predict(photos / "shoes" / "shoes-01.jpg")
    assert len(answer.labels) == 1000 and any(word in answer.label.lower() for word in ("shoe", "loafer", "boot", "clog", "sandal")), answer
    first, second = vt.predict_many([photos / "shoes" / "shoes-01.jpg", "missing.jpg"])
    assert first.label == answer.label and isinstance(second, Failure)


@pytest.fixture
def nasty(coloured: Coloured) -> Any:
    """A run whose labels and folder name are an attack."""
    facts = coloured.run.facts
    labels = ["<script>alert(1)</script>", "\x1b[31mred", "c"]
    classes = [each | {"label": label} for each, label in zip(facts["metrics"]["classes"], labels, strict=True)]
    metrics = facts["metrics"] | {"classes": classes, "what": "<i>5</i> pictures"}
    document = replace(coloured.run.document, facts=facts | {"labels": labels, "metrics": metrics})
    return lambda name, **changes: api.Run(RunFolder(Path("runs") / name, replace(document, **changes)))


def test_a_run_reads_as_its_classes_and_its_accuracy(coloured: Coloured) -> None:
    run = vt.load(coloured.run.path)
    low, high = run.metrics["accuracy_interval"]
    assert repr(run).splitlines() == [
        f"Run {run.folder}: 3 classes (blue, green, red)",
        f"  accuracy {run.metrics['accuracy']:.3f} [{low:.3f}, {high:.3f}] on {run.metrics['what']}",
    ]


def test_nothing_in_a_run_becomes_markup_or_a_control_code(nasty: Any) -> None:
    run = nasty("<img src=x>\x1b[2J-1")
    html, text = run._repr_html_(), repr(run)
    for tag in ("<script", "<img", "<i>"):
        assert tag not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html and "&lt;img src=x&gt;" in html and "\x1b" not in html + text
    assert "\\x1b[31mred" in text


def test_a_training_that_was_stopped_is_remarked(nasty: Any) -> None:
    holder = Holder(1, "nowhere", "2026-01-01 12:00:00")
    assert "was stopped before its end" in repr(nasty("x-1", status="unfinished", process=holder))


def test_a_class_without_a_figure_shows_a_dash(nasty: Any, coloured: Coloured) -> None:
    run = nasty("x-1")
    run.metrics = run.metrics | {"classes": [{"label": "a", "num_images": 0, "precision": None, "recall": None}]}
    assert "<td>–</td><td>–</td>" in run._repr_html_()


def test_sample_writes_a_folder_that_can_be_trained_on(tmp_path: Path) -> None:
    assert vt.sample("clothing", tmp_path / "photos") == 200
    assert sorted(os.listdir(tmp_path / "photos")) == ["dress", "pants", "shirt", "shoes", "skirt"]


@pytest.mark.slow
def test_the_shipped_training_knows_its_clothes(trained: Trained, warm_cache: Path) -> None:
    run = vt.load(trained.folder)
    assert run.labels == ["dress", "pants", "shirt", "shoes", "skirt"] and run.metrics["accuracy"] > 0.5
    assert run.predict(trained.photos / "shoes" / "shoes-02.jpg").label == "shoes"
