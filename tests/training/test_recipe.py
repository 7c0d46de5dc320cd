"""Recipes: what is chosen, what is said, what is refused."""

from typing import Any

import pytest

from vitreous.errors import ModelError, UsageError
from vitreous.fit.settings import TrainSettings
from vitreous.nets.catalogue import CATALOGUE
from vitreous.training import method
from vitreous.training.method import from_scratch, own_size
from vitreous.training.recipe import Recipe, own_batch, resolve, usual_epochs


def resolved(net: str = "lenet", pictures: int = 10_000, **settings: Any) -> Recipe:
    return resolve(TrainSettings(**settings), net, (10, 1, 28), pictures, "cpu", 2)[0]


@pytest.mark.parametrize("net", CATALOGUE)
def test_every_network_of_the_catalogue_has_a_recipe(net: str) -> None:
    recipe = resolved(net)
    assert recipe.rate > 0 and 1 <= recipe.batch <= 256 and recipe.epochs >= recipe.patience >= 4
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_what_is_set_goes_before_the_networks_own() -> None:
    recipe = resolved(
        epochs=7, batch=9, rate=0.5, optimizer="nesterov", momentum=0.5, decay=0.0, schedule="step", patience=3, clip=2.0, smoothing=0.1
    )
    assert (recipe.epochs, recipe.batch, recipe.rate, recipe.optimizer, recipe.momentum, recipe.decay) == (7, 9, 0.5, "nesterov", 0.5, 0.0)
    assert (recipe.schedule, recipe.patience, recipe.clip, recipe.smoothing) == ("step", 3, 2.0, 0.1)


def test_a_batch_larger_than_the_data_is_cut_and_said() -> None:
    recipe, remarks = resolve(TrainSettings(batch=5000), "lenet", (10, 1, 28), 300, "cpu", 2)
    assert recipe.batch == 300 and remarks == ["A batch of 5,000 is more than the 300 pictures to learn from: all of them are one batch."]


def test_few_pictures_get_more_epochs_and_smaller_batches() -> None:
    assert usual_epochs(100) > usual_epochs(2000) > usual_epochs(50_000) == 20
    assert own_batch("lenet", 100) == 16 and own_batch("lenet", 50_000) == 64


def test_the_rate_of_plain_descent_goes_with_the_batch() -> None:
    assert resolved("resnet18", batch=32).rate == pytest.approx(resolved("resnet18", batch=128).rate / 4)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "rate 0": ({"rate": 0.0}, "--rate: 0; more than 0 and at most 100"),
    "rate below 0": ({"rate": -1.0}, "--rate: -1"),
    "rate of a million": ({"rate": 1e6}, r"--rate: 1e\+06"),
    "rate that is no number": ({"rate": float("nan")}, "--rate: nan"),
    "no epoch": ({"epochs": 0}, "--epochs: 0; a whole number from 1"),
    "no batch": ({"batch": 0}, "--batch: 0"),
    "momentum of one": ({"momentum": 1.0}, "--momentum: 1; 0 or more and less than 1"),
    "an unknown optimizer": ({"optimizer": "adamm"}, r"--optimizer adamm: there is no such optimizer; did you mean 'adam'"),
    "an unknown schedule": ({"schedule": "cosin"}, "did you mean 'cosine'"),
    "an unknown loss": ({"loss": "crossentropy"}, "did you mean 'cross-entropy'"),
    "an unknown trainer": ({"trainer": "pytorch"}, "did you mean 'torch'"),
    "unknown class weights": ({"class_weights": "even"}, "--class-weights even"),
    "smoothing of one": ({"smoothing": 1.0}, "--smoothing: 1"),
    "dropout of all": ({"dropout": 1.0}, "--dropout: 1"),
    "no thread": ({"threads": 0}, "--threads: 0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_setting_that_cannot_be_meant_is_refused(case: str) -> None:
    settings, message = WRONG[case]
    with pytest.raises(UsageError, match=message):
        TrainSettings(**settings)


def test_momentum_for_an_optimizer_without_one_is_refused() -> None:
    with pytest.raises(UsageError, match="--momentum with --optimizer adam: which has none; momentum, nesterov or muon"):
        resolved(momentum=0.9, optimizer="adam")


def test_who_learns_is_told_by_network_and_trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "find_spec", lambda name: object())
    assert from_scratch(TrainSettings()) is None and from_scratch(TrainSettings(net="classical")) is None
    assert from_scratch(TrainSettings(net="efficientnet-lite0")) is None
    assert from_scratch(TrainSettings(net="lenet", trainer="numpy")) is None
    for settings in (TrainSettings(net="lenet"), TrainSettings(net="vgg11"), TrainSettings(net="efficientnet-lite0", trainer="torch")):
        assert from_scratch(settings) is not None
    with pytest.raises(UsageError, match="--trainer torch with --net classical"):
        from_scratch(TrainSettings(net="classical", trainer="torch"))
    with pytest.raises(UsageError, match="--scale with --net lenet"):
        from_scratch(TrainSettings(net="lenet", scale="0-1"))


def test_without_torch_small_networks_learn_without_it_and_others_say_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "find_spec", lambda name: None)
    assert from_scratch(TrainSettings(net="lenet")) is None
    for settings in (TrainSettings(net="resnet18"), TrainSettings(net="lenet", trainer="torch"), TrainSettings(net="lenet", rate=0.1)):
        with pytest.raises(ModelError, match=r'cannot be trained: torch and safetensors; pip install "vitreous\[train\]"'):
            from_scratch(settings)


def test_pictures_are_as_large_as_they_are_within_what_the_network_takes() -> None:
    assert [own_size("resnet18", side) for side in (8, 32, 100, 500)] == [28, 32, 100, 224]
    assert own_size("alexnet", 32) == 63 and own_size("linear", 400) == 28 and own_size("lenet", 8) == 28
