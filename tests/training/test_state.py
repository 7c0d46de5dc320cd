"""Resume: a training that is stopped, stored, and gone on with in a fresh bench has the bits of one that was left alone."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")
sys.path.insert(0, str(Path(__file__).parent))
from made_trainings import NAMES, made_bench, never, nothing

from vitreous.errors import RunError
from vitreous.training import state
from vitreous.training.loop import train
from vitreous.training.position import Position
from vitreous.training.state import recipe_of, restore, to_files

HARD = {"dropout": 0.3, "mixup": 0.4, "average": 0.8, "clip": 0.5}
CASES: dict[str, dict[str, Any]] = {
    "adamw, dropout, mixup, average, clipping": HARD,
    "muon": {"optimizer": "muon", "rate": 0.02},
    "nesterov, channels last, batch norm": {"net": "resnet20-cifar", "optimizer": "nesterov", "epochs": 2, "channels_last": True},
    "sgd in pieces": {"optimizer": "sgd", "pieces": 3, "rate": 0.5},
}
STEPS = 9


def stopped_at(step: int, **changed: Any) -> dict[str, bytes]:
    made, position = made_bench(**changed), Position()
    assert not train(made, position, NAMES, lambda: position.step == step, nothing)
    return to_files(made, position)


def finished(files: dict[str, bytes] | None = None, **changed: Any) -> tuple[dict[str, Any], Position]:
    made, position = made_bench(**changed), Position()
    if files:
        position = restore(made, files, "x-1")
    assert train(made, position, NAMES, never, nothing)
    return {**made.net.state_dict(), **{f"best.{name}": value for name, value in made.best.items()}}, position


def without_time(position: Position) -> dict[str, Any]:
    told = position.to_json() | {"seconds": 0}
    told["history"] = [each | {"seconds": 0} for each in told["history"]]
    return told


@pytest.mark.parametrize("case", ["adamw, dropout, mixup, average, clipping", pytest.param("muon", marks=pytest.mark.slow), "sgd in pieces"])
def test_stopped_at_any_step_it_ends_with_the_same_bits_and_the_same_history(case: str) -> None:
    whole, end = finished(**CASES[case])
    for step in range(STEPS):
        weights, position = finished(stopped_at(step, **CASES[case]), **CASES[case])
        assert all(torch.equal(whole[name], value) for name, value in weights.items()), step
        assert without_time(position) == without_time(end)


@pytest.mark.slow
def test_the_same_with_convolutions_and_batch_norm() -> None:
    case = CASES["nesterov, channels last, batch norm"]
    whole, _ = finished(**case)
    for step in (1, 3, 5):
        weights, _ = finished(stopped_at(step, **case), **case)
        assert all(torch.equal(whole[name], value) for name, value in weights.items()), step


def test_a_training_stopped_again_and_again_still_has_the_same_bits() -> None:
    whole, _ = finished(**HARD)
    files = stopped_at(0, **HARD)
    for step in range(1, STEPS):
        made = made_bench(**HARD)
        position = restore(made, files, "x-1")
        train(made, position, NAMES, lambda step=step, position=position: position.step == step, nothing)
        files = to_files(made, position)
    weights, _ = finished(files, **HARD)
    assert all(torch.equal(whole[name], value) for name, value in weights.items())


def test_the_recipe_comes_back_as_it_was() -> None:
    files = stopped_at(2, **HARD)
    assert recipe_of(files, "x-1") == made_bench(**HARD).recipe


def test_a_missing_file_and_another_version_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    files = stopped_at(2)
    with pytest.raises(RunError, match=r"cannot go on with x-1: state/optimizer.safetensors is missing"):
        recipe_of({name: each for name, each in files.items() if "optimizer" not in name}, "x-1")
    monkeypatch.setattr(state, "made_by", lambda device: {"torch": "9.9"})
    with pytest.raises(RunError, match=rf"torch {torch.__version__.split('+')[0]}.* then, 9.9 now"):
        recipe_of(files, "x-1")


def test_a_state_that_is_not_of_this_network_or_format_is_said() -> None:
    files = stopped_at(2)
    training = json.loads(files[state.TRAINING])
    with pytest.raises(RunError, match=r"a state of format 2; needed is 1; go on where it was begun"):
        recipe_of(files | {state.TRAINING: json.dumps(training | {"format": 2}).encode()}, "x-1")
    wrong = {
        "a setting nobody knows": json.dumps(training | {"recipe": training["recipe"] | {"colour": 1}}).encode(),
        "no recipe": json.dumps({"format": 1, "made_by": state.made_by()}).encode(),
        "no JSON": b"{",
    }
    for what, content in wrong.items():
        with pytest.raises(RunError, match=r"x-1: what is in state/ does not belong to its network; restore it"):
            assert recipe_of(files | {state.TRAINING: content}, "x-1"), what
    for name, content in ((state.WEIGHTS, files[state.OPTIMIZER]), (state.BEST, b"cut off"), (state.OPTIMIZER, files[state.WEIGHTS])):
        with pytest.raises(RunError, match=r"x-1: what is in state/ does not belong to its network"):
            assert restore(made_bench(), files | {name: content}, "x-1"), name


def test_nothing_in_a_state_is_pickled() -> None:
    files = stopped_at(2, **HARD)
    json.loads(files["state/training.json"])
    assert set(files) == {"state/weights.safetensors", "state/best.safetensors", "state/optimizer.safetensors", "state/training.json"}
    assert not any(each[:2] == b"\x80\x02" or each[:4] == b"PK\x03\x04" for each in files.values())
