"""`--net`: every way of learning ends in the same kind of run, whose one file gives the answers that were measured."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import SIDE, colourful, small_model

from vitreous import api
from vitreous.core.item import Item
from vitreous.core.reporter import Quiet
from vitreous.data.decode import Policy
from vitreous.errors import ModelError, UsageError
from vitreous.fit.methods import NETS, are_grey, method_for
from vitreous.fit.settings import TrainSettings
from vitreous.layers.walk import read_walk

pytest_plugins = ["shared_fixtures"]


@pytest.fixture
def photos(tmp_path: Path, own_cache: Path) -> Path:
    return colourful(tmp_path / "colours", {"red": 30, "green": 30, "blue": 30})


def trained(photos: Path, **settings: Any) -> api.Run:
    return api.train(photos, runs=str(photos.parent / "runs"), reporter=Quiet(), **settings)


@pytest.mark.slow
@pytest.mark.parametrize("net", ["linear", "mlp", "lenet"])
def test_a_small_network_ends_in_a_run_like_any_other(net: str, photos: Path) -> None:
    run = trained(photos, net=net, size=14, trainer="numpy")
    assert run.metrics["accuracy"] > 0.6  # by chance a third
    facts = run._run.facts
    assert facts["network"]["network"] == net and facts["preprocessing"]["view"] == {"kind": "whole", "size": 14, "short_side": 14}
    history = [json.loads(line) for line in run._run.read("history.jsonl").splitlines()]
    assert len(history) == facts["classifier"]["epochs"] and history[-1]["train_loss"] < history[0]["train_loss"]
    again = run.evaluate()
    assert again.scores.accuracy == pytest.approx(run.metrics["accuracy"])
    walk = read_walk(run.folder / "model.onnx")
    assert "probability" in walk.names and ("conv1" in walk.names) == (net == "lenet")


@pytest.mark.slow
def test_the_same_seed_gives_a_small_network_of_the_same_bytes(photos: Path) -> None:
    first, second = (trained(photos, net="linear", size=8, trainer="numpy") for _ in range(2))
    assert (first.folder / "model.onnx").read_bytes() == (second.folder / "model.onnx").read_bytes()


@pytest.mark.slow
def test_the_classical_way_ends_in_a_run_like_any_other(photos: Path) -> None:
    run = trained(photos, net="classical", size=64)
    assert run._run.facts["network"]["network"] == "classical"
    again = run.evaluate()
    assert again.scores.accuracy == pytest.approx(run.metrics["accuracy"])


def test_a_network_from_elsewhere_is_read_and_its_licence_stored(photos: Path, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.onnx"
    file.write_bytes(small_model({}))
    run = trained(photos, net=str(file), scale="0-255", licence="MIT", output="features")
    facts = run._run.facts
    assert facts["network"]["network"] == "elsewhere.onnx" and facts["network"]["licence"] == "MIT"
    assert facts["network"]["input"]["why"] and facts["preprocessing"]["view"]["size"] == SIDE
    assert run.evaluate().scores.accuracy == pytest.approx(run.metrics["accuracy"])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"net": "lenett"}, r"unknown network 'lenett': .*did you mean 'lenet'"),
        ({"net": "lenet", "scale": "0-1"}, "--scale with --net lenet"),
        ({"mean": "1"}, "--mean with --net efficientnet-lite0"),
        ({"size": 99}, "--size: --net efficientnet-lite0"),
        ({"net": "lenet", "size": 5}, "5"),
    ],
)
def test_what_cannot_be_meant_is_wrong_use(settings: dict[str, Any], said: str, photos: Path) -> None:
    with pytest.raises(UsageError, match=said):
        trained(photos, **settings)
    assert not (photos.parent / "runs").exists() or not list((photos.parent / "runs").iterdir())


def test_a_file_that_is_no_network_is_said(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"nothing")
    for name in ("a.onnx", "missing.onnx"):
        with pytest.raises(ModelError, match=name):
            trained(photos, net=str(tmp_path / name))


def test_every_network_has_a_method(photos: Path) -> None:
    items = [Item(str(path), path.name, path.parent.name) for path in sorted(photos.glob("*/*"))]
    for net in NETS:
        method = method_for(TrainSettings(net=net), items)
        assert method.says and method.views and (method.network or method.learned)


def test_grey_pictures_are_seen_to_be_grey(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 20), np.uint8)
    Image.fromarray(noise).save(tmp_path / "grey.png")
    Image.fromarray(noise).convert("RGB").save(tmp_path / "grey.jpg", quality=90)
    Image.fromarray(np.stack([noise, noise, 255 - noise], -1)).save(tmp_path / "colour.png")
    grey, jpeg, colour = (Item(str(tmp_path / name), name, "") for name in ("grey.png", "grey.jpg", "colour.png"))
    assert are_grey([grey, jpeg], Policy()) and not are_grey([grey, colour], Policy()) and not are_grey([], Policy())
