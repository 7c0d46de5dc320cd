"""The trainings of a small network keep within the time allowed for all of them, and say before what they take."""

from typing import Any

import numpy as np
import pytest

from vitreous.core.reporter import Quiet
from vitreous.errors import UsageError
from vitreous.fit.classifier import Parts
from vitreous.fit.small import learner
from vitreous.fit.small.learner import SmallLearner
from vitreous.fit.small.training import train_small

CLASSES = 2


def parts(train: int, test: int) -> Parts:
    count = train + test
    features = np.random.default_rng(0).random((count, 64), np.float32)
    target = np.arange(count) % CLASSES
    features[:, 0] = target
    return Parts(features, target, np.arange(count), CLASSES, train, train, 0, seed=0)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """The seconds that each training was given."""
    seconds: list[float | None] = []

    def train(*arguments: Any) -> Any:
        seconds.append(arguments[9])
        return train_small(*arguments)

    monkeypatch.setattr(learner, "train_small", train)
    return seconds


@pytest.mark.parametrize(("test", "own"), [(10, 1.0), (60, 3.0), (0, 1.0)])
def test_all_trainings_share_the_time_where_the_folds_will_be_trained_too(test: int, own: float, given: list[float | None]) -> None:
    data = parts(40, test)
    classifier = SmallLearner("linear", 1, 8, seconds_allowed=3.0).fit(data, Quiet().progress)
    assert given == [pytest.approx(own)]
    if own < 3:
        classifier.out_of_fold(data)
        assert len(given) == 4 and sum(filter(None, given)) == pytest.approx(3.0)


def test_without_a_limit_no_training_has_one(given: list[float | None]) -> None:
    SmallLearner("linear", 1, 8).fit(parts(40, 10), Quiet().progress).out_of_fold(parts(40, 10))
    assert given == [None] * 4


def test_what_a_training_takes_is_about_what_was_measured() -> None:
    # benchmarks/results/small_nets.json: 24 epochs of LeNet on digits in 13.3 s
    assert SmallLearner("lenet", 1, 28).seconds(1797, 10) == pytest.approx(13.3, rel=0.5)
    assert SmallLearner("lenet", 1, 28, seconds_allowed=5.0).seconds(1797, 10) == 5
    # few test pictures: three folds besides
    assert SmallLearner("linear", 1, 28).seconds(1797, 100) == pytest.approx(3 * SmallLearner("linear", 1, 28).seconds(1797, 10))
    assert SmallLearner("mlp", 3, 56).seconds(1797, 10) == pytest.approx(12 * SmallLearner("mlp", 1, 28).seconds(1797, 10))


@pytest.mark.parametrize(
    ("kind", "channels", "size", "pictures", "message"),
    [
        ("lenet", 1, 11, 100, "cannot build lenet: pictures of 11 pixels; 12 pixels or more"),
        ("mlp", 3, 1024, 100, "mlp cannot be trained here: pictures of 1024 × 1024 pixels, for 805,306,368 weights; at most 100,000,000; a smaller"),
        ("lenet", 3, 1024, 100, "for 125,829,120 weights"),
        ("linear", 3, 512, 20_000, "linear cannot be trained here: 20,000 pictures of 512 × 512 pixels, which take 63 GB; at most 8 GB"),
    ],
)
def test_what_no_memory_holds_is_refused_before_the_work(kind: str, channels: int, size: int, pictures: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        SmallLearner(kind, channels, size).require_possible(pictures, 10)


def test_usual_sizes_are_possible() -> None:
    for kind in ("linear", "mlp", "lenet"):
        SmallLearner(kind, 3, 64).require_possible(50_000, 300)
