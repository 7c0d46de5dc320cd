"""What each command loads: the heavy libraries only where they are used, torch nowhere."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured
from trained_run import Trained, watched

pytest_plugins = ["shared_fixtures"]
HEAVY = {"numpy", "PIL", "openvino", "onnx", "onnxruntime", "scipy", "sklearn", "matplotlib", "torch", "rich", "jinja2", "asyncio"}


def loaded(modules: frozenset[str]) -> set[str]:
    return {name.split(".")[0] for name in modules} & HEAVY


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["predict", "-h"]])
def test_help_loads_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    said, modules = watched(tmp_path / "modules.json", *arguments, cwd=tmp_path)
    assert said.code == 0 and "vitreous.cli" in modules and loaded(modules) == set()


@pytest.mark.slow
def test_training_loads_no_torch_and_no_library_of_pictures_or_learning(trained: Trained) -> None:
    assert loaded(trained.modules) <= {"numpy", "PIL", "openvino", "onnx", "scipy", "jinja2", "asyncio"}


@pytest.mark.slow
def test_predict_loads_what_decodes_and_runs(coloured: Coloured, tmp_path: Path) -> None:
    said, modules = watched(tmp_path / "m.json", "predict", coloured.run.path, coloured.data / "red" / "red-000.png", cwd=tmp_path)
    assert said.code == 0 and loaded(modules) <= {"numpy", "PIL", "openvino"}


@pytest.mark.slow
def test_evaluate_loads_nothing_that_draws_or_learns(coloured: Coloured, tmp_path: Path) -> None:
    said, modules = watched(tmp_path / "m.json", "evaluate", coloured.run.path, cwd=tmp_path)
    assert said.code == 0 and loaded(modules) <= {"numpy", "PIL", "openvino", "scipy"}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "allowed"), [("clothing", {"PIL"}), ("digits", {"PIL", "scipy", "sklearn", "rich"})])
def test_sample_loads_what_its_pictures_need(name: str, allowed: set[str], tmp_path: Path) -> None:
    said, modules = watched(tmp_path / "m.json", "sample", name, tmp_path / "photos", cwd=tmp_path)
    assert said.code == 0 and loaded(modules) <= allowed | {"numpy", "asyncio"}
