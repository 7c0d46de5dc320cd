"""Learning from made pictures (a bright corner, one a class), and from scikit-learn's digits."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from vitreous.data.split import hold_out
from vitreous.errors import DataError, UsageError
from vitreous.fit.small import training
from vitreous.fit.small.gradient import forward
from vitreous.fit.small.training import SmallFit, train_small
from vitreous.fit.softmax import log_loss
from vitreous.layers.walk import read_walk

SIZE, CLASSES = 12, 3
Floats, Ints = NDArray[np.float32], NDArray[np.intp]
NO_X, NO_Y = np.zeros((0, SIZE * SIZE), np.float32), np.zeros(0, np.intp)


def corners(count: int, seed: int = 0, noise: float = 0.3) -> tuple[Floats, Ints]:
    random = np.random.default_rng(seed)
    y = np.arange(count) % CLASSES
    X = random.random((count, SIZE, SIZE)) * noise
    for n, k in enumerate(y):
        X[n, k // 2 * 6 : k // 2 * 6 + 6, k % 2 * 6 : k % 2 * 6 + 6] += 0.3
    return np.float32(X.reshape(count, -1)), y.astype(np.intp)


def learned(kind: str = "linear", seed: int = 0, seconds: float | None = None, count: int = 90) -> SmallFit:
    X, y = corners(count)
    held_X, held_y = corners(30, 1)
    return train_small(kind, X, y, held_X, held_y, CLASSES, 1, SIZE, seed, seconds)


@pytest.fixture(autouse=True)
def few_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_MOST_EPOCHS", 8)
    monkeypatch.setattr(training, "_FEWEST_EPOCHS", 2)


@pytest.mark.parametrize("kind, epochs", [("linear", 60), ("mlp", 20), ("lenet", 15)])
def test_every_kind_learns_to_tell_corners(kind: str, epochs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_MOST_EPOCHS", epochs)
    fit = learned(kind)
    accuracy = fit.history[fit.best - 1].held_accuracy
    assert accuracy is not None and accuracy > 0.9  # chance is 0.33
    assert fit.history[0].held_loss > fit.history[fit.best - 1].held_loss


def test_the_weights_that_are_kept_are_those_with_the_least_held_out_loss() -> None:
    fit = learned("mlp")
    losses = [epoch.held_loss for epoch in fit.history]
    assert fit.best == 1 + int(np.argmin(losses)) and fit.epochs == len(losses)
    held_X, held_y = corners(30, 1)
    np.testing.assert_array_equal(fit.held_target, held_y)
    # the file holds the same weights: logits to the rounding of fp32
    np.testing.assert_allclose(fit.logits(held_X), fit.held_logits, atol=1e-5)
    assert log_loss(fit.logits(held_X), held_y).mean() == pytest.approx(min(losses), abs=1e-5)


def test_learning_stops_early_where_held_out_labels_are_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_MOST_EPOCHS", 60)
    X, y = corners(60)
    held_X, _ = corners(30, 1)
    fit = train_small("mlp", X, y, held_X, np.random.default_rng(0).integers(0, CLASSES, 30), CLASSES, 1, SIZE, 0)
    assert fit.epochs < 60 and fit.stopped.startswith("no better held-out loss for 24")


def test_the_same_seed_gives_the_same_bytes_with_one_core_and_with_three(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for cores in (1, 3):
        monkeypatch.setattr(training, "this_machine", lambda cores=cores: replace(real, cores=cores))
        found.append(learned("lenet").model)
    assert found[0] == found[1]
    assert learned("lenet", seed=1).model != found[0]


real = training.this_machine()


def test_without_held_out_pictures_a_tenth_of_each_class_is_taken_in_whole_groups() -> None:
    X, y = corners(120)
    groups = np.arange(120) // 6  # six pictures belong together
    fit = train_small("linear", X, y, NO_X, NO_Y, CLASSES, 1, SIZE, 0, groups=groups)
    assert len(fit.held_target) == 12 and np.bincount(fit.held_target).tolist() == [4, 4, 4]
    held = hold_out(y, groups, 0.1, 0)
    np.testing.assert_allclose(fit.held_logits, fit.logits(X[held]), atol=1e-5)


def test_where_nothing_can_be_held_out_the_training_loss_judges() -> None:
    X, y = corners(9)
    fit = train_small("linear", X, y, NO_X, NO_Y, CLASSES, 1, SIZE, 0, groups=np.zeros(9, np.intp))
    assert fit.held_logits.shape == (0, CLASSES) and fit.history[0].held_loss == fit.history[0].train_loss and fit.history[0].held_accuracy is None


def test_when_the_time_is_used_up_it_says_so_and_has_a_model() -> None:
    fit = learned("lenet", seconds=0.0)
    assert fit.stopped == "the 0 s allowed were used up" and fit.epochs == 1
    assert fit.logits(corners(3)[0]).shape == (3, CLASSES)


def test_colours_constant_pictures_and_two_pictures_do_not_break_it() -> None:
    X = np.full((2, 3 * SIZE * SIZE), 0.5, np.float32)
    fit = train_small("lenet", X, np.array([0, 1]), X[:0], NO_Y, 2, 3, SIZE, 0)
    assert np.isfinite(fit.logits(X)).all()


def test_progress_ends_at_the_whole_and_ctrl_c_passes_through() -> None:
    X, y = corners(40)
    told: list[tuple[str, int, int]] = []
    train_small("linear", X, y, X, y, CLASSES, 1, SIZE, 0, None, lambda stage, done, total: told.append((stage, done, total)))
    assert {stage for stage, _, _ in told} == {"training linear"} and told[-1][1] == told[-1][2]
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)

    def interrupted(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_small("linear", X, y, X, y, CLASSES, 1, SIZE, 0, None, interrupted)


def test_arrays_that_do_not_fit_are_refused_with_what_is_needed() -> None:
    X, y = corners(12)
    for pictures, target, held, message in (
        (X[:, :-1], y, NO_X, r"\[12, 143\]; \[N, 144\]"),
        (X, y[:-1], NO_X, "12 pictures and 11 classes"),
        (X, y + 1, NO_X, "class numbers 1 to 3; 0 to 2"),
        (np.where(X > 0.5, np.float32(np.nan), X), y, NO_X, "not finite"),
        (X, np.zeros_like(y), NO_X, "one class"),
    ):
        with pytest.raises(DataError, match=message):
            train_small("linear", pictures, target, held, NO_Y, CLASSES, 1, SIZE, 0)
    with pytest.raises(UsageError, match="float64"):
        train_small("linear", X.astype(np.float64), y, NO_X, NO_Y, CLASSES, 1, SIZE, 0)
    with pytest.raises(UsageError, match="unknown small network"):
        train_small("resnet", X, y, NO_X, NO_Y, CLASSES, 1, SIZE, 0)


def test_forward_in_parts_is_forward_at_once() -> None:
    X, _ = corners(300)
    walk = read_walk(learned().model)
    with ThreadPoolExecutor(2) as pool:
        # sums of 144 products in fp32; a product of another height may add in another order
        np.testing.assert_allclose(forward(walk, X, pool), walk.values({"features": X})["logits"], atol=1e-5)


@pytest.mark.slow
def test_lenet_reads_scikit_learns_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    monkeypatch.undo()
    digits = datasets.load_digits()
    scans = [Image.fromarray(np.uint8(np.round(each * (255 / 16)))).resize((28, 28), Image.Resampling.BICUBIC) for each in digits.images]
    X = np.stack([np.asarray(each, np.float32).ravel() / 255 for each in scans])
    y = digits.target.astype(np.intp)
    test = hold_out(y, np.arange(len(y)), 0.25, 1)
    fit = train_small("lenet", X[~test], y[~test], X[:0], y[:0], 10, 1, 28, 0)
    assert (fit.logits(X[test]).argmax(1) == y[test]).mean() > 0.97
