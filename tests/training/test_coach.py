"""The coach on made histories with known faults."""

from typing import Any

import pytest

from vitreous.training.coach import KINDS, Finding, read


def history(
    losses: list[float], held: list[float] | None = None, accuracy: tuple[float, float] = (0.95, 0.92), **layer: float
) -> list[dict[str, Any]]:
    held = held or [1.3 * loss for loss in losses]
    return [
        {
            "epoch": number + 1, "train_loss": loss, "held_loss": other, "train_accuracy": accuracy[0], "held_accuracy": accuracy[1],
            "layers": {"hidden": {"update_ratio": 1e-3} | layer},
        }
        for number, (loss, other) in enumerate(zip(losses, held, strict=True))
    ]  # fmt: skip


FALLING = [2.0, 1.0, 0.6, 0.4, 0.3, 0.25]
FAULTS = {
    "divergence": history([2.3, 9.0, 40.0]),
    "labels": history(FALLING, [2.4] * 6, (0.8, 0.11)),
    "rate too high": history([3.0, 2.0, 2.6, 1.9, 2.5, 2.0], accuracy=(0.3, 0.3), update_ratio=0.1),
    "rate too low": history([2.30, 2.28, 2.26, 2.24, 2.22, 2.20], [2.29, 2.27, 2.25, 2.23, 2.21, 2.19], (0.15, 0.15), update_ratio=1e-5),
    "held out better": history(FALLING, [0.5 * loss for loss in FALLING], (0.85, 0.95)),
    "over-fitting": history([2.0, 1.0, 0.4, 0.1, 0.02, 0.01], [1.8, 1.1, 0.9, 1.0, 1.2, 1.4], (1.0, 0.7)),
    "under-fitting": history([2.0, 1.7, 1.6, 1.5, 1.45, 1.44], [1.9, 1.7, 1.6, 1.5, 1.46, 1.45], (0.45, 0.44)),
    "dead units": history([2.3] * 6, [2.3] * 6, (0.1, 0.1), dead=1.0, update_ratio=1e-5),
    "saturated": history([2.2, 2.1, 2.0, 1.9, 1.9, 1.9], [2.2, 2.1, 2.0, 1.9, 1.9, 1.9], (0.3, 0.3), saturated=0.97),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_known_fault_is_named_first_with_figures_and_a_remedy(kind: str) -> None:
    first = read(FAULTS[kind])[0]
    assert first.kind == kind and first.kind in KINDS
    assert first.evidence and first.sentence.endswith(".") and first.remedy.endswith(".")
    assert Finding.from_json(first.to_json()) == first


def test_of_a_sound_training_nothing_is_said() -> None:
    assert read(history(FALLING)) == []


def test_a_loss_that_jumps_from_step_to_step_is_a_batch_too_small() -> None:
    even, jumping = ([{"loss": 1 + share * (-1) ** number} for number in range(60)] for share in (0.1, 0.95))
    assert read(history(FALLING), even) == []
    assert [each.kind for each in read(history(FALLING), jumping)] == ["batch too small"]


def test_a_training_that_was_stopped_before_its_first_epoch_has_diverged() -> None:
    found = read([], [{"loss": 2.4}, {"loss": 1e6}], failure="the loss is nan")
    assert [each.kind for each in found] == ["divergence"] and found[0].evidence["last loss"] == 1e6


def test_histories_without_accuracies_and_layers_are_read_too() -> None:
    bare = [{"train_loss": loss, "held_loss": loss, "held_accuracy": None} for loss in FALLING]
    assert read(bare) == [] and read([]) == [] and read(bare[:1]) == []
