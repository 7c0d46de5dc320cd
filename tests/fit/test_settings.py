"""Settings from arguments, a file and the defaults, and what is said of wrong ones."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from vitreous.data.decode import policy
from vitreous.errors import UsageError
from vitreous.fit.settings import TrainSettings, resolve


def file(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def test_arguments_go_before_the_file_and_the_file_before_the_defaults(tmp_path: Path) -> None:
    settings = resolve({"seed": 3, "name": None}, file(tmp_path, 'seed = 1\nname = "leaves"\nminutes = 2\n'))
    assert settings == TrainSettings(minutes=2, seed=3, name="leaves")
    assert resolve({}, None) == TrainSettings()


def test_a_seed_of_zero_given_by_hand_goes_before_the_file(tmp_path: Path) -> None:
    assert resolve({"seed": 0}, file(tmp_path, "seed = 7\n")).seed == 0


def test_every_setting_can_stand_in_the_file(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "minutes": 1.5, "seed": 2, "name": "a", "runs": "out", "engine": "openvino-f32", "group": "g", "image_column": "i",
        "label_column": "l", "max_pixels": 1000, "tolerate_truncated": True, "net": "a.onnx,b.onnx", "size": 64, "mean": "0.5", "std": "1,1,1",
        "scale": "0-1", "layout": "NCHW",
        "colours": "rgb", "output": "features", "licence": "MIT", "task": "multilabel", "threshold_for": "cost=2:1", "tune": "none",
        "trainer": "torch", "epochs": 3, "batch": 8, "rate": 0.1, "optimizer": "muon",
        "momentum": 0.9, "decay": 0.01, "schedule": "step", "loss": "focal", "smoothing": 0.1, "class_weights": "balanced", "mixup": 0.2,
        "dropout": 0.5, "augment": "none", "clip": 1.0, "average": 0.999, "patience": 4, "device": "cpu", "threads": 1,
            "tensorboard": True, "keep_path": True, "smallest_within": 1.5,
    }  # fmt: skip
    assert {*values, "fastest_within"} == {field.name for field in dataclasses.fields(TrainSettings)}  # of smallest and fastest one is asked for
    text = "".join(f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}\n" for key, value in values.items())
    assert resolve({}, file(tmp_path, text)).to_json() == values | {"fastest_within": None}


WRONG = {
    "sed = 1": "unknown setting 'sed' in .*did you mean 'seed'",
    "Seed = 1": "unknown setting",
    "[train]\nseed = 1": "unknown setting 'train'",
    'seed = "1"': "seed in .*'1'; a whole number",
    "seed = true": "seed in .*True; a whole number",
    "seed = 1.5": "seed in .*; a whole number",
    "minutes = 'long'": "minutes in .*; a whole number or a number",
    "tolerate_truncated = 1": "tolerate_truncated in .*; true or false",
    "name = 3": "name in .*; a text",
    "seed = ": "is no TOML file",
    "engine = 'gpu'": "unknown engine 'gpu': one of auto, openvino-f32",
    "seed = -1": "--seed: -1; a whole number from 0",
    "minutes = 0": "--minutes: 0; more than 0",
    "minutes = nan": "--minutes: nan; more than 0",
    "minutes = inf": "--minutes: inf",
    'runs = "a\\u0000b"': r"runs: .*x00b'; a text without zero bytes",
    "max_pixels = 0": "--max-pixels: 0; a number of pixels",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_setting_is_named_with_what_was_needed(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=WRONG[text]):
        resolve({}, file(tmp_path, text))


def test_a_settings_file_that_is_not_there_or_no_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*missing\.toml"):
        resolve({}, tmp_path / "missing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is no TOML file"):
        resolve({}, tmp_path / "binary.toml")


def test_a_limit_given_by_hand_holds_for_every_kind_of_picture() -> None:
    given = policy(1_000_000, tolerate_truncated=True)
    assert (given.max_pixels, given.reduced_pixels, given.tolerate_truncated) == (1_000_000, 1_000_000, True)
    assert policy(None, tolerate_truncated=False) == TrainSettings().policy
