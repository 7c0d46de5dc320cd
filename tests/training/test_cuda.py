"""The same training on a graphics card: the same code, the same bits again, and nearly the processor's numbers. Skipped where there is none."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")
if not torch.cuda.is_available():
    pytest.skip("there is no graphics card", allow_module_level=True)
sys.path.insert(0, str(Path(__file__).parent))
from made_trainings import CLASSES, NAMES, RECIPE, made_bench, made_pictures, never, nothing

import vitreous as vt
from vitreous.core.reporter import Quiet
from vitreous.errors import RunError, VitreousError
from vitreous.nets.catalogue import CATALOGUE
from vitreous.training.loop import train
from vitreous.training.pictures import standard_of
from vitreous.training.position import Position
from vitreous.training.speed import measured
from vitreous.training.state import made_by, recipe_of, restore, to_files

# torch warns of a way of adding up that a card does in any order, where windows overlap; here none do, as the bits show
pytestmark = pytest.mark.filterwarnings("ignore:.*deterministic implementation")

CASES: dict[str, dict[str, Any]] = {
    "adamw, dropout, mixup, average, clipping": {"dropout": 0.3, "mixup": 0.4, "average": 0.8, "clip": 0.5},
    "muon": {"optimizer": "muon", "rate": 0.02},
    "sgd in pieces": {"optimizer": "sgd", "pieces": 3, "rate": 0.5},
    "batch norm, channels last": {"net": "resnet20-cifar", "optimizer": "nesterov", "epochs": 2, "channels_last": True},
    "bf16": {"net": "resnet20-cifar", "optimizer": "nesterov", "epochs": 2, "number_format": "bf16", "channels_last": True},
    "augmented": {"augment": "flip,crop"},
}


def finished(files: dict[str, bytes] | None = None, **changed: Any) -> tuple[dict[str, Any], Position]:
    made, position = made_bench(**changed), Position()
    if files:
        position = restore(made, files, "x-1")
    assert train(made, position, NAMES, never, nothing)
    return {**made.net.state_dict(), **{f"best.{name}": value for name, value in made.best.items()}}, position


def same(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    return all(torch.equal(ours[name], value) for name, value in theirs.items())


@pytest.fixture(autouse=True)
def as_in_a_training() -> Any:
    from vitreous.training.hardware import repeatable

    with repeatable(1, "cuda"):
        yield


@pytest.mark.parametrize("case", CASES)
def test_stopped_at_any_step_a_training_on_the_card_ends_with_the_same_bits(case: str) -> None:
    changed = CASES[case] | {"device": "cuda"}
    whole, end = finished(**changed)
    assert all(value.is_cuda for value in whole.values())
    for step in range(0, end.step, 2):
        made, position = made_bench(**changed), Position()
        assert not train(made, position, NAMES, lambda step=step, position=position: position.step == step, nothing)
        weights, _ = finished(to_files(made, position), **changed)
        assert same(whole, weights), step


@pytest.mark.parametrize("case", ["muon", "sgd in pieces", "augmented", "adamw, dropout, mixup, average, clipping"])
def test_the_card_and_the_processor_see_the_same_pictures_and_nearly_the_same_loss(case: str) -> None:
    changed = {name: value for name, value in CASES[case].items() if name != "dropout"}  # what dropout draws is the device's own
    _, there = finished(**changed, device="cuda")
    _, here = finished(**changed, device="cpu")
    for ours, theirs in zip(there.history, here.history, strict=True):
        assert ours["train_loss"] == pytest.approx(theirs["train_loss"], rel=2e-3)  # sums in another order, through nine steps of an optimizer
        assert ours["held_loss"] == pytest.approx(theirs["held_loss"], rel=5e-3)


@pytest.mark.parametrize("net", sorted(CATALOGUE))
def test_every_network_takes_a_step_there_twice_with_the_same_bits(net: str) -> None:
    entry = CATALOGUE[net]
    recipe = replace(RECIPE, net=net, size=entry.size, channels=entry.channels, device="cuda", batch=4, rate=1e-4)
    found = []
    for _ in range(2):
        pictures, target = made_pictures(4, entry.channels)
        from vitreous.fit.pictures import Pictures
        from vitreous.training.bench import bench
        from vitreous.training.loop import learn
        from vitreous.training.pictures import Batches

        larger = Pictures(np.ascontiguousarray(pictures.source.repeat(16, 1).repeat(16, 2)[:, : entry.size, : entry.size]), np.arange(4))
        batches = Batches(larger, target, standard_of(larger, entry.channels), torch.device("cuda"), False)
        made = bench(recipe, batches, batches)
        made.net.train()
        torch.manual_seed(0)
        learn(made, Position(), np.arange(4), NAMES)
        found.append({name: value.clone() for name, value in made.net.state_dict().items()})
    assert same(*found)


def test_the_programs_own_random_numbers_on_the_card_are_left_alone() -> None:
    before = torch.cuda.get_rng_state()
    finished(device="cuda", dropout=0.5)
    assert torch.equal(before, torch.cuda.get_rng_state())


def test_what_is_fastest_is_measured_there_too() -> None:
    pictures, target = made_pictures(CLASSES * 64, 3)
    recipe = replace(RECIPE, net="resnet20-cifar", channels=3, batch=128, device="cuda")
    speed = measured(recipe, pictures, target, standard_of(pictures, 3))
    assert speed.seconds > 0 and "bf16" in " ".join(speed.remarks)


def test_a_state_of_another_card_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    made, position = made_bench(device="cuda"), Position()
    files = to_files(made, position)
    assert recipe_of(files, "x-1").device == "cuda" and made_by("cuda")["card"] == torch.cuda.get_device_name()
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Another Card")
    with pytest.raises(RunError, match=r"card .* then, Another Card now"):
        recipe_of(files, "x-1")


def test_a_card_whose_memory_runs_out_gets_fewer_pictures_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from vitreous.training.speed import in_smaller_pieces

    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 45, device="cuda")
    recipe, remark = in_smaller_pieces(replace(RECIPE, device="cuda"), caught.value)
    assert recipe.pieces == 2 and "6 at a time" in remark


def folder(root: Path) -> Path:
    """Three classes of 24 pictures of 32×32: bright on the left, in the middle, on the right."""
    rng = np.random.default_rng(0)
    for number in range(72):
        values = rng.integers(0, 120, (32, 32, 3))
        values[:, 10 * (number % 3) : 10 * (number % 3) + 10] += 100
        path = root / ("left", "middle", "right")[number % 3] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values.astype(np.uint8)).save(path)
    return root


class Heard(Quiet):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def test_a_whole_training_says_the_card_and_its_run_answers_on_the_processor(tmp_path: Path) -> None:
    tell = Heard()
    data = folder(tmp_path / "photos")
    run = vt.train(data, net="resnet9", epochs=12, augment="none", runs=str(tmp_path / "runs"), reporter=tell)
    assert any(torch.cuda.get_device_name() in line for line in tell.lines)
    assert run.metrics["accuracy"] > 0.8
    again = vt.repeat(run.folder, runs=tmp_path / "again", reporter=Quiet())
    assert (Path(run.folder) / "weights.safetensors").read_bytes() == (Path(again.folder) / "weights.safetensors").read_bytes()
    assert run.predict(data / "left" / "0.png").label == "left"
    here = vt.train(data, net="lenet", epochs=2, device="cpu", runs=str(tmp_path / "runs"), reporter=Quiet())
    assert here.metrics["accuracy"] >= 0


def test_on_a_machine_with_a_card_the_wrong_device_is_still_refused(tmp_path: Path) -> None:
    with pytest.raises(VitreousError, match="there is no such device"):
        vt.train(folder(tmp_path / "photos"), net="lenet", device="tpu", runs=str(tmp_path / "runs"), reporter=Quiet())
