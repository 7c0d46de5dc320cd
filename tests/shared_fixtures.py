"""Fixtures for several folders of tests: one small training for the whole session, the command line as a function, a small network.

A test file takes them with `pytest_plugins = ["shared_fixtures"]`, after this folder was put on `sys.path`.
"""

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from small_network import Coloured, Told, coloured_picture, colourful, small_model, small_network
from trained_run import Said, Trained, watched, write_photos

from vitreous.cli import main
from vitreous.core.item import Source
from vitreous.fit import methods, training
from vitreous.fit.plan import make_plan
from vitreous.fit.settings import TrainSettings
from vitreous.infer.network import SHIPPED, Network, load_network

PHOTOS_OF_A_CLASS = 14


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """70 photos of clothes in 5 class folders, as old as files that a user has: not changed a moment ago."""
    folder = write_photos(tmp_path_factory.mktemp("data") / "photos", ["dress", "pants", "shirt", "shoes", "skirt"], PHOTOS_OF_A_CLASS)
    for photo in folder.glob("*/*"):
        os.utime(photo, (1_700_000_000, 1_700_000_000))
    return folder


@pytest.fixture(scope="session")
def trained(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A training with the shipped network, by the command line, in a process of its own with an empty cache."""
    work = tmp_path_factory.mktemp("trained")
    env = {**os.environ, "VITREOUS_CACHE": str(work / "cache")}
    said, modules = watched(work / "modules.json", "train", photos, "--runs", work / "runs", cwd=work, env=env)
    assert said.code == 0, said.err
    return Trained(photos, work / "runs" / "photos-1", work / "cache", said, modules)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture of 48 × 40 pixels that the small network calls red, alone in a folder."""
    coloured_picture(np.random.default_rng(0), "red").save(tmp_path / "red.png")
    return tmp_path / "red.png"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The small network as a file."""
    (tmp_path / "small.onnx").write_bytes(small_model())
    return tmp_path / "small.onnx"


@pytest.fixture
def warm_cache(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache that the training of the shipped network has filled, in place of the test's own empty one."""
    monkeypatch.setenv("VITREOUS_CACHE", str(trained.cache))
    return trained.cache


@pytest.fixture
def vitreous(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """The command line in this process: `vitreous("predict", run, photo)` gives exit code, output and error output."""

    def call(*arguments: str | Path, stdin: bytes = b"") -> Said:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    return call


@pytest.fixture
def as_shipped(monkeypatch: pytest.MonkeyPatch) -> Network:
    """Trainings take the small network for the shipped one: they need a second, and test everything but its weights."""
    network = small_network()
    for place in ("vitreous.fit.methods", "vitreous.api"):
        monkeypatch.setattr(f"{place}.load_network", lambda path=SHIPPED: network if path == SHIPPED else load_network(path))
    return network


@pytest.fixture
def photos_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_shipped: Network) -> Path:
    """A data folder called photos in the current folder; trainings take the small network."""
    monkeypatch.chdir(tmp_path)
    return colourful(tmp_path / "photos", {"red": 10, "blue": 10})


@pytest.fixture(scope="session")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> Coloured:
    """One training of the small network, for every test that only looks at its result."""
    folder = tmp_path_factory.mktemp("coloured")
    data, told, network = colourful(folder / "colours", {"red": 20, "green": 20, "blue": 20}), Told(), small_network()
    for picture in data.glob("*/*"):
        os.utime(picture, (1_700_000_000, 1_700_000_000))
    sample: list[str] = []

    def plan(source: Source, method: methods.Method, settings: TrainSettings, *more: Any) -> Any:
        made = make_plan(source, method, settings, *more)
        sample.extend(source.items[number].relative for number in made.sample)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITREOUS_CACHE", str(folder / "cache"))
        patch.setattr(methods, "load_network", lambda: network)
        patch.setattr(training, "make_plan", plan)
        run = training.train(data, TrainSettings(seed=5, runs=str(folder / "runs")), told)
    return Coloured(data, run, told, sample, folder / "cache")
