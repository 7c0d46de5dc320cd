"""What a training decides before its first step, and says."""

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
from made_trainings import CLASSES, SIDE, made_pictures

from vitreous.errors import UsageError
from vitreous.fit.settings import TrainSettings
from vitreous.training.choosing import choose, require_batch
from vitreous.training.method import from_scratch
from vitreous.training.pictures import standard_of
from vitreous.training.recipe import Recipe


def chosen(augment: str, several: bool = False, net: str = "mlp") -> tuple[Recipe, list[str]]:
    """For pictures whose class is told by where they are bright: mirrored, the first class is the last."""
    pictures, target = made_pictures(300)
    if several:
        target = np.eye(CLASSES, dtype=np.float32)[target]
    said: list[str] = []
    settings = TrainSettings(trainer="torch", augment=augment, epochs=1, threads=1)
    recipe, _ = choose(settings, net, (CLASSES, 1, SIDE), pictures, target, 0, standard_of(pictures, 1), 1.0, said.append)
    return recipe, said


def test_augmentation_that_would_change_the_meaning_is_found_and_left_out() -> None:
    recipe, said = chosen("auto")
    assert "flip" not in recipe.augment and recipe.augment.startswith("crop=2,brightness=0.2")
    assert said[0].startswith("Augmentation without flip: mirrored, as more pictures of the same class: error +")


def test_one_layer_is_not_shown_pictures_that_move_unless_somebody_wants_it() -> None:
    recipe, said = chosen("auto", net="linear")
    assert recipe.augment == "none" and said[0].startswith("No augmentation: linear has a weight for every place")
    assert chosen("crop=2", net="linear")[0].augment == "crop=2"


def test_a_rate_to_be_measured_is_said_and_stored_with_its_curve() -> None:
    pictures, target = made_pictures(300)
    said: list[str] = []
    settings = TrainSettings(trainer="torch", rate="auto", epochs=40, threads=1)
    recipe, _ = choose(settings, "mlp", (CLASSES, 1, SIDE), pictures, target, 0, standard_of(pictures, 1), 1.0, said.append)
    assert recipe.rate_curve is not None and recipe.rate == recipe.rate_curve.pick and said[0] == recipe.rate_curve.finding
    assert chosen("none")[0].rate_curve is None


def test_what_is_named_is_done_and_several_labels_are_not_judged() -> None:
    assert chosen("flip")[0].augment == "flip"
    assert chosen("none")[0].augment == "none"
    assert chosen("auto", several=True)[0].augment.startswith("flip,crop=2")


def test_one_picture_at_a_time_and_batch_norm_are_refused_before_the_pictures_are_read() -> None:
    with pytest.raises(UsageError, match="--batch 1 with resnet9: batch norm takes the mean over a batch, and one picture is no batch; 2 or more"):
        require_batch("resnet9", 1, 3, 32)
    require_batch("lenet", 1, 1, 28)
    make = from_scratch(TrainSettings(net="resnet9", trainer="torch", batch=1))
    assert make is not None
    with pytest.raises(UsageError, match="--batch 1"):
        make(TrainSettings(net="resnet9", trainer="torch", batch=1), [], "classify")


def test_the_minutes_count_from_the_beginning_of_the_command_and_one_epoch_there_is_always() -> None:
    pictures, target = made_pictures(300)
    settings, shape = TrainSettings(trainer="torch", minutes=0.05, threads=1), (CLASSES, 1, SIDE)
    epochs = [
        choose(settings, "mlp", shape, pictures, target, 0, standard_of(pictures, 1), 1.0, lambda _: None, spent)[0].epochs for spent in (0.0, 10.0)
    ]
    assert epochs[0] > 1 == epochs[1]
