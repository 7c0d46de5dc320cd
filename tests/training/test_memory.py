"""Memory that runs out: fewer pictures at a time, whose gradients are added up; later, one line."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
from made_trainings import CLASSES, LEARNED, RECIPE, SIDE, made_pictures

from vitreous.errors import ModelError
from vitreous.fit.classifier import Parts
from vitreous.fit.settings import TrainSettings
from vitreous.training.learner import ScratchLearner
from vitreous.training.speed import in_smaller_pieces

FULL = RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried to allocate 3 bytes")


def test_half_as_many_pictures_at_a_time_is_said_and_one_picture_is_the_end() -> None:
    recipe, remark = in_smaller_pieces(RECIPE, FULL)
    assert (recipe.pieces, recipe.batch) == (2, 12)
    assert remark == "Memory is too small for 12 pictures at once: 6 at a time, whose gradients are added up to one step."
    for _ in range(3):
        recipe, _ = in_smaller_pieces(recipe, MemoryError())
    with pytest.raises(ModelError, match=r"mlp does not fit into memory: pictures of 16 pixels; a smaller --size"):
        in_smaller_pieces(recipe, FULL)


def test_behind_the_first_step_it_is_one_line_and_other_errors_stay_what_they_are() -> None:
    with pytest.raises(ModelError, match=r"memory ran out behind step 7: 12 pictures of 16 pixels a step, .*; close other programs, or train"):
        in_smaller_pieces(RECIPE, FULL, step=7)
    with pytest.raises(RuntimeError, match="shapes"):
        in_smaller_pieces(RECIPE, RuntimeError("shapes cannot be multiplied"))


def test_a_training_begins_again_with_fewer_pictures_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import vitreous.training.loop as loop

    plain, seen = loop.right_of, []

    def right_of(logits: Any, target: Any) -> Any:
        seen.append(len(logits))
        if len(logits) > 8:
            raise FULL
        return plain(logits, target)

    monkeypatch.setattr(loop, "right_of", right_of)
    pictures, target = made_pictures(60)
    parts = Parts(pictures, target, np.arange(60), CLASSES, LEARNED, LEARNED, 23, 0)
    settings = TrainSettings(net="mlp", epochs=1, batch=16, threads=1)
    classifier = ScratchLearner("mlp", 1, SIDE, settings).fit(parts, lambda *_: None)
    assert classifier.recipe.pieces == 2 and classifier.recipe.batch == 16 and seen[0] > 8 and max(seen[1:]) <= 8
