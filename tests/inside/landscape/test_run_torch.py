"""The landscape of a run that torch trained, from its folder: its weights, its loss, its path."""

import os
from pathlib import Path

import numpy as np
import pytest

import vitreous as vt
from vitreous.core.reporter import Quiet
from vitreous.data.samples import write_sample
from vitreous.errors import RunError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow  # trains a network


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About 200 pictures."""
    folder = tmp_path_factory.mktemp("landscape") / "digits"
    write_sample("digits", folder)
    for number, file in enumerate(sorted(folder.rglob("*.png"))):
        if number % 9:
            os.remove(file)
    return folder


def trained(digits: Path, net: str, epochs: int) -> vt.Run:
    return vt.train(digits, net=net, trainer="torch", epochs=epochs, keep_path=True, threads=1, runs=str(digits.parent / "runs"), reporter=Quiet())


@pytest.fixture(scope="module")
def run(digits: Path) -> vt.Run:
    return trained(digits, "mlp", 3)


def test_the_centre_is_the_loss_of_the_weights_as_they_were_trained(run: vt.Run) -> None:
    found = run.landscape(points=5, pictures=60)
    assert found.noise is not None and found.noise.pictures == 60
    assert found.loss[2, 2] == pytest.approx(found.centre, rel=1e-5)
    # without the temperature of calibration: as history.jsonl has it, on other pictures
    history = run._run.read("history.jsonl").decode().splitlines()
    assert found.centre < 1.5 and len(history) == 3
    assert found.guessing == pytest.approx(np.log(10))


def test_the_path_ends_at_the_centre_and_begins_at_guessing(run: vt.Run) -> None:
    found = run.landscape("path", points=7, pictures=60)
    (path,) = found.paths
    assert list(path.numbers) == [0, 1, 2, 3] and found.shares is not None and sum(found.shares) > 0.9
    best = run._run.facts["classifier"]["best_epoch"]
    assert np.abs(path.places[best]).max() < 0.02 * np.abs(path.places).max()  # kept in fp16
    assert path.heights[best] == pytest.approx(found.centre, rel=0.02) and path.heights[0] > 2 * found.centre
    assert found.alphas[0] < path.places[:, 0].min() and found.alphas[-1] > path.places[:, 0].max()


def test_filters_are_shown_behind_the_epochs_of_the_path(run: vt.Run) -> None:
    from safetensors.numpy import load

    from vitreous.inside.filters.moments import epochs_of

    path, best = load((run.folder / "path.safetensors").read_bytes()), run._run.facts["classifier"]["best_epoch"]
    moments = epochs_of(run._run, run.network)
    assert [each.name for each in moments] == [f"epoch {epoch}" for epoch in range(1, best)] and best > 1
    assert any(np.array_equal(value, path["stages.hidden.weight"][1]) for value in moments[0].walk.constants.values())
    found = run.filters()
    assert found.moments == ["before", *(each.name for each in moments), "after"] and "% until epoch 1" in found.moves


def test_numpy_finds_the_same_without_torch(run: vt.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with_torch = run.landscape(points=5, pictures=30)
    monkeypatch.setattr("vitreous.inside.landscape.surface.find_spec", lambda name: None)
    without = run.landscape(points=5, pictures=30)
    np.testing.assert_allclose(without.loss, with_torch.loss, rtol=1e-5)


def test_weights_of_another_network_are_refused(run: vt.Run, tmp_path: Path) -> None:
    from vitreous.inside.landscape.learned import of_torch
    from vitreous.layers.walk import read_walk

    walk = read_walk(run.network.data)
    with pytest.raises(RunError, match=r"do not belong together: .* is not in weights\.safetensors"):
        of_torch({"stages.fc1.weight": np.zeros((3, 3), np.float32)}, walk, "x-1")


@pytest.mark.parametrize("net", ["resnet20-cifar", "plain20-cifar"])
def test_a_network_with_norms_has_a_landscape_of_the_weights_as_they_were_trained(
    net: str, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vitreous.inside.landscape.learned import learned
    from vitreous.inside.landscape.losses import losses
    from vitreous.inside.landscape.sample import sample_of
    from vitreous.nets import build, load_weights

    for label in digits.iterdir():
        (tmp_path / "few" / label.name).mkdir(parents=True)
        for file in sorted(label.iterdir())[:5]:
            os.link(file, tmp_path / "few" / label.name / file.name)
    run = trained(tmp_path / "few", net, 1)
    found = run.landscape(points=3, pictures=6, span=0.1)
    assert "19 batch norms with means and variances of the end of the training at every point" in found.about

    # by torch alone, from the run's own weights and pictures
    own = build(net, 10, 1, run.network.view.size).eval()
    load_weights(own, run.folder / "weights.safetensors")
    sample = sample_of(run._run, run.network, 12, 0).at(slice(0, 6))
    mean, std = (np.asarray(run.network.facts[key], np.float32) for key in ("mean", "std"))
    grey = sample.pictures[..., :1].astype(np.float32)  # red, green and blue are equal
    x = torch.from_numpy(((grey - mean) / std).transpose(0, 3, 1, 2).copy())
    with torch.no_grad():
        expected = losses(own(x).numpy(), sample.target).mean()
    assert found.centre == pytest.approx(expected, rel=1e-4)
    assert found.loss[1, 1] == pytest.approx(expected, rel=1e-4)

    names = learned(run._run, run.network).stored
    assert len(names) == len(set(names.values())) and set(names.values()) == {name for name, _ in own.named_parameters()}
    (path,) = run.landscape("path", points=3, pictures=6).paths
    assert path.heights[run._run.facts["classifier"]["best_epoch"]] == pytest.approx(found.centre, rel=0.02)
    assert run.filters().moments == ["before", "after"]  # the path does not hold what a norm would need

    monkeypatch.setattr("vitreous.inside.landscape.with_norms.find_spec", lambda name: None)
    with pytest.raises(RunError, match=r"the landscape of .*few-1 needs torch: its norms .*; pip install"):
        run.landscape(points=3, pictures=6)


def test_a_network_without_its_skips_is_not_taken_for_one_with_them() -> None:
    from vitreous.core.view import View
    from vitreous.export.onnx_file import to_network, to_network_as_trained
    from vitreous.inside.landscape.with_norms import require_same
    from vitreous.layers.walk import read_walk
    from vitreous.nets import build

    size = 8
    one, plain = ((build(name, 3, 3, size).eval(), list("abc"), View.whole(size), 100.0, 50.0, {}) for name in ("resnet20-cifar", "plain20-cifar"))
    walk = read_walk(to_network(*one).data)
    require_same(walk, read_walk(to_network_as_trained(*one).data), size, "x-1")
    with pytest.raises(RunError, match=r"do not belong together: .* gives other features than model\.onnx"):
        require_same(walk, read_walk(to_network_as_trained(*plain).data), size, "x-1")
