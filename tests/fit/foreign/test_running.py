"""What runs for ever is left alone, and what fails in its thread is raised where it was asked for."""

import sys
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from made_files import FEATURES, PLAIN, some_pictures, write

from vitreous.errors import ModelError
from vitreous.fit.foreign import foreign_network, running
from vitreous.fit.foreign.checking import raw_outputs
from vitreous.fit.foreign.inputs import image_input
from vitreous.fit.foreign.metadata import Metadata
from vitreous.fit.foreign.normalization import IMAGENET
from vitreous.fit.foreign.reading import read_model
from vitreous.fit.foreign.wrapping import Head, Recipe


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    file = read_model(write(tmp_path / "net.onnx", FEATURES, ("N", 3, "H", "W")))
    return Recipe(file, image_input(file, PLAIN, Metadata()), 32, IMAGENET, {})


def test_an_engine_that_comes_to_no_end_is_given_up_at_once_for_all_sizes(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, starts = Event(), []

    class Endless:
        def submit(self, pictures: Any, done: Any) -> None: ...

        def finish(self) -> None:
            ended.wait()

    monkeypatch.setattr(running, "start_engine", lambda *_: starts.append(1) or Endless())
    monkeypatch.setattr(running, "PATIENCE", 0.05)
    with pytest.raises(ModelError, match=r"net.onnx cannot be used here: no answer in 0.05 s; one picture in 0.05 s, compiling included; look for"):
        raw_outputs(recipe, ["flat"])
    ended.set()
    assert len(starts) == 1


def test_an_error_in_the_thread_is_raised_here_with_the_words_of_the_library(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("Exception from a.cpp:1:\nstd::bad_alloc\n")

    monkeypatch.setattr(running, "start_engine", fails)
    with pytest.raises(ModelError, match=r"cannot be run here: it needs more memory than there is"):
        raw_outputs(recipe, ["flat"])


@pytest.mark.slow
def test_features_come_one_row_a_picture(recipe: Recipe, tmp_path: Path) -> None:
    network = foreign_network(tmp_path / "net.onnx", PLAIN)
    assert network.facts["features"] == 8
    recipe, (flat,) = raw_outputs(recipe, ["flat"])
    assert flat.shape == (1, 8) and flat.dtype == np.float32
    assert running.features_of(recipe.ending_in({"features": Head("flat")}), some_pictures(3)).shape == (3, 8)
