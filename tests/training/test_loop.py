"""The loop against one written by hand in torch, and what it does when things go wrong."""

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
from made_trainings import LEARNED, NAMES, RECIPE, made_bench, made_pictures, never, nothing

from vitreous.nets import build
from vitreous.training.bench import Bench
from vitreous.training.divergence import NotFinite
from vitreous.training.loop import train
from vitreous.training.pictures import Batches
from vitreous.training.position import Position
from vitreous.training.recording import ended_early


def trained(**changed: Any) -> tuple[Bench, Position]:
    made, position = made_bench(**changed), Position()
    assert train(made, position, NAMES, never, nothing)
    return made, position


def test_the_loop_does_what_a_loop_of_ten_lines_does_to_the_last_bit() -> None:
    made, position = trained(optimizer="momentum", momentum=0.9, schedule="constant", decay=0.0, batch=12)
    pictures, target = made_pictures()
    x = torch.from_numpy(pictures.source[:LEARNED]).float()
    mean, deviation = made.learned.standard.mean, made.learned.standard.std
    assert (mean, deviation) == (pytest.approx(x.mean().item(), rel=1e-5), pytest.approx(x.std(correction=0).item(), rel=1e-5))
    x = ((x - mean[0]) * float(1 / deviation[0])).permute(0, 3, 1, 2).contiguous()
    y = torch.from_numpy(target[:LEARNED])
    net = build("mlp", 3, 1, 16, 0)
    descent = torch.optim.SGD(net.parameters(), 0.01, 0.9)
    for epoch in (1, 2, 3):
        order = torch.from_numpy(np.random.default_rng([0, epoch]).permutation(LEARNED))
        for chosen in (order[:12], order[12:24], order[24:]):  # 37: the last one alone is joined to the batch before it
            descent.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x[chosen]), y[chosen])
            loss.backward()
            descent.step()
    for ours, theirs in zip(made.net.parameters(), net.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert position.step == 9 and math.isclose(position.history[-1]["rate"], 0.01)


def test_an_epoch_records_both_losses_and_what_happened_in_every_layer() -> None:
    _, position = trained()
    assert [each["epoch"] for each in position.history] == [1, 2, 3] and len(position.steps) == position.step == 9
    last = position.history[-1]
    assert last["train_loss"] < position.history[0]["train_loss"] and 0 <= last["held_accuracy"] <= 1 and last["gradient_norm"] > 0
    assert list(last["layers"]) == ["hidden", "activation", "head"]
    assert 0 < last["layers"]["hidden"]["update_ratio"] < 1 and 0 <= last["layers"]["activation"]["dead"] < 1
    assert {"loss", "rate", "step", "gradient_norm"} == set(position.steps[0])


def test_the_same_seed_gives_the_same_weights_and_leaves_torchs_generator_alone() -> None:
    before = torch.random.get_rng_state()
    first, _ = trained(dropout=0.5, mixup=0.5, average=0.9)
    second, _ = trained(dropout=0.5, mixup=0.5, average=0.9)
    other, _ = trained(dropout=0.5, mixup=0.5, average=0.9, seed=1)
    assert all(torch.equal(first.net.state_dict()[name], value) for name, value in second.net.state_dict().items())
    assert not torch.equal(first.net.head.weight, other.net.head.weight)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("where", ["weights", "gradient"])
def test_a_number_that_is_none_stops_before_the_update_and_names_step_and_pictures(where: str) -> None:
    made, position = made_bench(), Position()
    stop_at = 4

    def plant() -> bool:
        if position.step == stop_at:
            if where == "weights":
                made.net.head.weight.data[0, 0] = math.nan
            else:
                made.net.head.weight.register_hook(lambda gradient: gradient * math.inf)
            kept.update({name: value.clone() for name, value in made.net.state_dict().items()})
        return False

    kept: dict[str, object] = {}
    with pytest.raises(NotFinite, match=r"stopped before step 5 \(epoch 2, batch 2: \d+\.png, \d+\.png, \d+\.png …\)"):
        train(made, position, NAMES, plant, nothing)
    assert position.step == stop_at
    for name, value in made.net.state_dict().items():
        torch.testing.assert_close(value, kept[name], rtol=0, atol=0, equal_nan=True)
    assert made.best and all(torch.isfinite(value).all() for value in made.best.values())


@pytest.mark.parametrize("size", [math.inf, math.nan, 1e31])
def test_held_out_pictures_without_an_answer_stop_before_the_epoch_counts(size: float, monkeypatch: pytest.MonkeyPatch) -> None:
    made, position = made_bench(), Position()

    def plant() -> None:
        if position.epoch == 2:  # the pictures learned from stay as they are: only those held out get such logits
            monkeypatch.setattr("vitreous.training.held_out.logits_of", lambda bench: torch.full((len(bench.held), 3), size))

    with pytest.raises(NotFinite, match=r"stopped at the end of epoch 2 \(step 6\): the logits of the held-out pictures are infinite, or no numbers"):
        train(made, position, NAMES, never, plant)
    assert len(position.history) == 1 and made.best and all(torch.isfinite(value).all() for value in made.best.values())


def test_weights_that_are_no_numbers_are_seen_where_no_picture_is_held_out() -> None:
    made, position = made_bench(epochs=1, batch=37), Position()
    made.held = replace_rows(made.held)
    made.optimizer.register_step_post_hook(lambda *_: made.net.head.bias.data.fill_(math.inf))
    with pytest.raises(NotFinite, match="the weights are no numbers"):
        train(made, position, NAMES, never, nothing)
    assert not made.best


def replace_rows(held: Batches) -> Batches:
    """The same kind of batches, of no picture."""
    return Batches(held.pictures[:0], np.zeros(0, np.intp), held.standard, torch.device("cpu"), False)


def test_it_ends_where_nothing_gets_better_and_keeps_the_best_weights() -> None:
    made, position = trained(epochs=30, patience=2, rate=0.5, schedule="constant", optimizer="sgd")
    assert position.stopped == "no better held-out loss for 2 epochs" and len(position.history) == position.best + 2
    last, best = position.best + 2, position.best
    said = f"Ended behind epoch {last} of 30: no better held-out loss for 2 epochs; the weights of epoch {best} are kept."
    assert ended_early(made.recipe, position) == said and ended_early(replace(made.recipe, epochs=last), position) == ""
    again, at_best = made_bench(epochs=30, patience=2, rate=0.5, schedule="constant", optimizer="sgd"), Position()
    train(again, at_best, NAMES, lambda: at_best.epoch > position.best, nothing)
    assert all(torch.equal(made.best[name], value) for name, value in again.net.state_dict().items())


def test_a_batch_in_pieces_makes_the_same_step() -> None:
    whole, _ = trained(epochs=1)
    pieces, _ = trained(epochs=1, pieces=4)
    for ours, theirs in zip(pieces.net.parameters(), whole.net.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)  # sums in another order, through Adam's division


def test_the_average_of_the_weights_is_what_is_judged_and_kept() -> None:
    made, _ = trained(average=0.9, epochs=1)
    assert not torch.equal(made.best["head.weight"], made.net.head.weight)
    torch.testing.assert_close(made.best["head.weight"], made.average.values["head.weight"])


def test_a_deadline_lets_the_epoch_that_runs_be_the_last() -> None:
    made, position = made_bench(), Position()
    assert train(made, position, NAMES, never, nothing, deadline=0.0)
    assert len(position.history) == 1 and position.stopped == "the minutes allowed were over"
    again, other = made_bench(last=1), Position()
    train(again, other, NAMES, never, nothing)
    assert torch.equal(again.net.head.weight, made.net.head.weight)


def test_steps_are_thinned_and_never_more_than_two_thousand() -> None:
    position = Position()
    for _ in range(10_000):
        position.take(1, 1.0, 1.0, 1.0, 1.0)
    assert 500 < len(position.steps) < 2000
    gaps = {after["step"] - before["step"] for before, after in zip(position.steps, position.steps[1:], strict=False)}
    assert gaps == {position.every}


def test_weights_of_classes_make_every_class_count_the_same() -> None:
    from vitreous.training.bench import class_weights

    weights = class_weights(np.array([0, 0, 0, 1]), 3)
    assert weights == pytest.approx([2 / 3, 2.0, 1.0])
    assert replace(RECIPE, class_weights="balanced").class_weights == "balanced"
    trained(class_weights="balanced", epochs=1)
