"""The coach on made histories with known faults."""

from typing import Any

import pytest

from vitreous.training.coach import KINDS, Context, Finding, read
from vitreous.training.coach.meanwhile import Meanwhile


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


BINARY = {"classes": 8, "loss": "binary-cross-entropy", "augment": "none", "mixup": 0.0, "dropout": None, "smoothing": 0.0, "class_weights": "none"}


def test_a_guess_costs_log_k_of_one_label_and_log_2_of_several() -> None:
    assert Context.of(BINARY).guess == pytest.approx(0.6931, abs=1e-4) and Context.of(BINARY).several
    assert Context.of(BINARY | {"loss": "cross-entropy"}).guess == pytest.approx(2.0794, abs=1e-4)
    assert Context.of(BINARY | {"loss": "focal"}).guess == pytest.approx((7 / 8) ** 2 * 2.0794, abs=1e-4)
    assert Context.of(BINARY | {"loss": "asymmetric"}).guess is None


def test_the_guess_is_what_the_loss_gives_of_logits_without_an_opinion() -> None:
    torch = pytest.importorskip("torch")
    from vitreous.losses import loss

    for name, target in (("cross-entropy", torch.tensor([3])), ("focal", torch.tensor([3])), ("binary-cross-entropy", torch.eye(8)[:1])):
        assert loss(name)(torch.zeros(1, 8), target).item() == pytest.approx(Context.of(BINARY | {"loss": name}).guess)


def test_of_several_labels_faults_of_the_descent_are_named_and_sound_trainings_are_not() -> None:
    several = Context.of(BINARY)
    falling = history([0.65, 0.4, 0.3, 0.26, 0.24, 0.23], accuracy=(0.91, 0.89))
    rare = history([0.6, 0.35, 0.33, 0.33, 0.32, 0.32], accuracy=(0.9, 0.9))  # a label of ten is there: most answers are right, the loss stays high
    assert read(falling, context=several) == [] and read(rare, context=several) == []
    still = history([0.6931, 0.693, 0.6929, 0.6928], [0.6931, 0.693, 0.6929, 0.6928], (0.5, 0.5), update_ratio=1e-5)
    assert [each.kind for each in read(still, context=several)] == ["rate too low"]
    assert [each.kind for each in read(history([0.7, 3.0, 9.0]), context=several)] == ["divergence"]
    assert read(history([0.7] * 4, [0.7] * 4, dead=1.0), context=several)[0].kind == "dead units"
    parted = history([0.6, 0.3, 0.1, 0.05, 0.02, 0.01], [0.6, 0.4, 0.3, 0.35, 0.4, 0.5], (1.0, 0.93))
    assert [each.kind for each in read(parted, context=several)] == ["over-fitting"]


def test_the_asymmetric_loss_is_measured_by_its_first_value() -> None:
    asymmetric = Context.of(BINARY | {"loss": "asymmetric"})
    assert read(history([0.12, 0.05, 0.03, 0.02, 0.02, 0.02], [0.6, 0.4, 0.3, 0.25, 0.24, 0.24]), context=asymmetric) == []
    assert read(history([0.12, 0.2, 0.9]), [{"loss": 0.1}], asymmetric)[0].kind == "divergence"


def test_losses_that_measure_something_else_are_not_compared() -> None:
    smoothed = Context.of(BINARY | {"loss": "cross-entropy", "smoothing": 0.1})
    lower = [loss / 3 for loss in FALLING]
    assert read(history(FALLING, lower, (0.95, 0.95)), context=smoothed) == []


def test_better_on_pictures_held_out_is_put_down_to_what_made_the_training_harder() -> None:
    mixed = Context.of(BINARY | {"loss": "cross-entropy", "mixup": 0.4, "dropout": 0.5})
    found = read(history(FALLING, [0.5 * loss for loss in FALLING], (0.7, 0.95)), context=mixed)
    assert [each.kind for each in found] == ["held out better"] and "mixup and dropout" in found[0].remedy


def test_a_fault_is_told_once_while_the_training_runs_and_not_again_behind_a_resume() -> None:
    dead = history([2.3] * 3, dead=1.0)
    meanwhile = Meanwhile(Context.plain(10))
    assert "dead" in meanwhile.read(dead[:1], []) and meanwhile.read(dead[:2], []) == ""
    assert Meanwhile(Context.plain(10), dead[:2]).read(dead, []) == ""
    assert Meanwhile(Context.plain(10)).read(history(FALLING), []) == ""


def test_units_that_died_behind_a_leap_of_the_loss_are_the_rates_doing() -> None:
    dead = history([2.6, 2.32, 2.31, 2.31], [2.3] * 4, (0.1, 0.1), dead=1.0, update_ratio=0.0)
    assert [each.kind for each in read(dead, [{"loss": 2.4}, {"loss": 17.0}, {"loss": 2.3}] * 4)] == ["rate too high"]
    assert [each.kind for each in read(dead, [{"loss": 2.4}, {"loss": 2.3}] * 4)] == ["dead units"]


def test_while_it_runs_a_divergence_is_told_and_not_what_follows_from_it() -> None:
    assert [each.kind for each in Meanwhile(Context.plain(10)).new(history([87.0], dead=1.0))] == ["divergence"]


def test_figures_that_are_no_numbers_are_not_stored() -> None:
    assert Finding("divergence", "It grew.", {"loss": float("inf"), "guess": 2.3}, "Less.").to_json()["evidence"] == {"guess": 2.3}
