"""`vitreous train` and `vitreous sample`: options, settings, dry runs, and what is written where."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured
from trained_run import Said, Trained

from vitreous.infer.network import load_network
from vitreous.runs.folder import open_run, verify

pytest_plugins = ["shared_fixtures"]
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
Vitreous = Callable[..., Said]


def test_the_run_is_named_after_the_data_and_is_all_that_standard_output_says(photos_here: Path, vitreous: Vitreous) -> None:
    first, second = vitreous("train", "photos"), vitreous("train", "photos/")
    assert (first.code, first.out, second.out) == (0, "runs/photos-1\n", "runs/photos-2\n")
    assert "Plan: " in first.err and "Try: vitreous predict runs/photos-1 PHOTO" in first.err
    verify(open_run("runs/photos-1"))
    assert open_run("runs/photos-1").read("model.onnx") == open_run("runs/photos-2").read("model.onnx")


@pytest.mark.slow
def test_the_current_folder_and_options_name_the_run(photos_here: Path, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photos_here)
    assert vitreous("train", ".", "--runs", "../out", "--name", "my leaves!").out == "../out/my-leaves-1\n"
    assert vitreous("train", ".", "--runs", "../out").out == "../out/photos-1\n"


@pytest.mark.slow
def test_json_is_one_object_that_names_the_run(photos_here: Path, vitreous: Vitreous) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    said = vitreous("train", "photos", "--json")
    (value,) = said.lines()
    jsonschema.validate(value, json.loads((SCHEMAS / "train.json").read_text(encoding="utf-8")))
    assert said.code == 0 and said.err == "" and value["run"] == "runs/photos-1" and value["labels"] == ["blue", "red"]


def test_a_dry_run_says_what_would_be_done_and_writes_no_run(photos_here: Path, vitreous: Vitreous) -> None:
    said = vitreous("train", "photos", "--dry-run", "--seed", "4")
    assert said.code == 0 and "seed = 4" in said.out.splitlines() and "Plan: one label out of 2, 20 pictures" in said.err
    assert not Path("runs").exists()
    (value,) = vitreous("train", "photos", "--dry-run", "--json").lines()
    assert value["data"] == {"pictures": 20, "classes": ["blue", "red"], "left_out": 0} and value["plan"]["sample"] > 0 and not Path("runs").exists()


@pytest.mark.slow
def test_settings_come_from_a_file_and_the_command_line_goes_before_it(photos_here: Path, vitreous: Vitreous) -> None:
    Path("s.toml").write_text('seed = 3\nname = "leaves"\nruns = "out"\n')
    said = vitreous("train", "photos", "--settings", "s.toml", "--seed", "9")
    assert said.out == "out/leaves-1\n"
    assert open_run("out/leaves-1").settings["seed"] == 9
    assert vitreous("train", "photos", "--settings", "s.toml", "--seed", "0").out == "out/leaves-2\n"
    assert open_run("out/leaves-2").settings["seed"] == 0


def test_the_settings_that_a_dry_run_prints_can_be_given_back(photos_here: Path, vitreous: Vitreous) -> None:
    (value,) = vitreous("train", "photos", "--dry-run", "--json", "--seed", "6", "--engine", "openvino-f32").lines()
    lines = [f"{key} = {json.dumps(each)}" for key, each in value["settings"].items() if each is not None]
    Path("s.toml").write_text("\n".join(lines))
    (again,) = vitreous("train", "photos", "--dry-run", "--json", "--settings", "s.toml").lines()
    assert again["settings"] == value["settings"]


def test_an_unknown_key_is_wrong_use_and_the_nearest_is_offered(photos_here: Path, vitreous: Vitreous) -> None:
    Path("s.toml").write_text("sede = 3\n")
    said = vitreous("train", "photos", "--settings", "s.toml")
    assert said.code == 2 and "unknown setting 'sede' in s.toml: did you mean 'seed'" in said.err and not Path("runs").exists()


WRONG = ["--seed -1", "--seed x", "--minutes 0", "--minutes nan", "--engine gpu", "--max-pixels 0", "--settings none.toml", "--sed"]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_option_is_wrong_use_and_nothing_is_begun(wrong: str, photos_here: Path, vitreous: Vitreous) -> None:
    said = vitreous("train", "photos", *wrong.split())
    assert said.code == 2 and said.out == "" and "Traceback" not in said.err and not Path("runs").exists()


@pytest.mark.parametrize("wrong", ["missing", "photos/red/red-000.png", "photos/red"])
def test_data_that_cannot_be_trained_on_are_one_line_and_leave_nothing(wrong: str, photos_here: Path, vitreous: Vitreous) -> None:
    said = vitreous("train", wrong)
    assert said.code == 1 and said.out == "" and said.err.startswith("error: ") and said.err.count("\n") == 1
    assert not Path("runs").exists() or not list(Path("runs").iterdir())


@pytest.mark.slow
def test_terminal_codes_in_names_are_shown_and_not_obeyed(photos_here: Path, vitreous: Vitreous) -> None:
    (photos_here / "red").rename(photos_here / "\x1b[31mred")
    (photos_here / "\x1b[31mred" / "\x1b]0;x\x07.png").write_bytes(b"broken")
    said = vitreous("train", "photos")
    assert said.code == 0 and "\x1b" not in said.err + said.out and "\\x1b[31mred" in said.err
    assert "\x1b" not in vitreous("evaluate", "runs/photos-1").out


def test_a_sample_is_written_once_and_never_over_something(tmp_path: Path, vitreous: Vitreous) -> None:
    said = vitreous("sample", "clothing", tmp_path / "photos")
    assert said.code == 0 and said.out == "" and "200 pictures in" in said.err and f"vitreous train {tmp_path / 'photos'}" in said.err
    again = vitreous("sample", "clothing", tmp_path / "photos")
    assert again.code == 1 and "is not empty" in again.err
    unknown = vitreous("sample", "clothes", tmp_path / "x")
    assert unknown.code == 2 and "did you mean 'clothing'?" in unknown.err


@pytest.mark.slow
def test_the_shipped_network_trains_from_the_command_line(trained: Trained) -> None:
    run = open_run(trained.folder)
    assert trained.said.out == f"{trained.folder}\n" and run.finished and run.facts["network"]["network"] == "efficientnet-lite0"
    verify(run)
    network = load_network(trained.folder / "model.onnx")
    assert network.labels == ["dress", "pants", "shirt", "shoes", "skirt"] and network.facts["licence"] == "Apache-2.0"
    assert set(run.facts["metrics"]["out_of_fold"]) == set(network.labels)  # 10 test pictures: few of every class
    assert {path.name for path in trained.cache.iterdir()} <= {"packs", "compiled", "engine"}


def test_a_training_of_the_small_network_is_kept_for_other_tests(coloured: Coloured) -> None:
    verify(coloured.run)
