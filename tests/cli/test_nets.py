"""`vitreous nets`: the list without torch, the stages with it, and mistakes in a sentence."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from trained_run import Said, watched

from vitreous.nets.catalogue import CATALOGUE

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]


def test_the_list_is_aligned_and_loads_nothing_heavy(tmp_path: Path) -> None:
    said, modules = watched(tmp_path / "m.json", "nets", cwd=tmp_path)
    lines = said.out.splitlines()
    assert said.code == 0 and len(lines) == 1 + len(CATALOGUE)
    assert not {"torch", "numpy", "onnx"} & {name.split(".")[0] for name in modules}
    end = lines[0].index("parameters") + len("parameters")
    assert all(line[end - 1].isdigit() and line[end] == " " for line in lines[1:])
    assert any(line.startswith("resnet18 ") and "11,689,512" in line and "224×224×3" in line for line in lines)


def test_the_list_as_json_is_one_object_a_network(vitreous: Vitreous) -> None:
    values = vitreous("nets", "--json").lines()
    assert [each["name"] for each in values] == list(CATALOGUE)
    assert all(set(each["installed"]) == set(each["needs"]) for each in values)


@pytest.mark.slow
def test_the_stages_of_a_network_with_their_sums(vitreous: Vitreous) -> None:
    pytest.importorskip("torch")
    said = vitreous("nets", "lenet", "--classes", "7")
    assert said.code == 0 and said.out.startswith("LeNet-5 (LeCun") and "32×32 pixels, 1 channel\n" in said.out
    rows = {line.split()[0]: line.split()[1:] for line in said.out.splitlines()[2:]}
    assert rows["C1"] == ["6×28×28", "156", "117,600", "5×5"] and rows["head"] == ["7", "595", "588", "all"]
    assert rows["all"][0] == f"{61_706 - 3 * 85:,}"
    values = [json.loads(line) for line in vitreous("nets", "lenet", "--json").out.splitlines()]
    assert sum(each["parameters"] for each in values) == 61_706 and values[1]["receptive_field"] == 6


def test_mistakes_are_said(vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    for arguments, message in (
        (("resnet81",), "there is no network 'resnet81': did you mean"),
        (("vgg16", "--size", "20"), "vgg16 cannot be built for this: pictures of 20×20; at least 32×32 pixels"),
        (("--classes", "7"), "which network?"),
    ):
        said = vitreous("nets", *arguments)
        assert said.code == 2 and message in said.err and said.err.count("\n") == 1
    monkeypatch.setattr("vitreous.nets.find_spec", lambda name: None)
    said = vitreous("nets", "lenet")
    assert said.code == 1 and 'cannot build lenet: torch; pip install "vitreous[train]"' in said.err
