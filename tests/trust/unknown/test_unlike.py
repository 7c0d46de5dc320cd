"""How far a picture is: against brute force, the rate of false alarms, and what is found."""

import numpy as np
import pytest

from vitreous.errors import DataError, ModelError, UsageError
from vitreous.trust.unknown.unlike import NEIGHBOURS, Reference, reference, space_of


def known(rng: np.random.Generator, count: int, width: int = 12, classes: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features [N, D] around the middle of each class, classes and probabilities."""
    middles = np.random.default_rng(7).normal(0, 3, (classes, width))
    target = rng.integers(0, classes, count)
    features = (middles[target] + rng.normal(size=(count, width))).astype(np.float32)
    logits = -((features[:, None] - middles) ** 2).sum(2) / 8
    probability = np.exp(logits - logits.max(1, keepdims=True))
    return features, target, (probability / probability.sum(1, keepdims=True)).astype(np.float32)


def made(rng: np.random.Generator, count: int = 120) -> Reference:
    features, target, _ = known(rng, 150)
    others, _, probability = known(rng, count)
    space = space_of(features, target)
    return reference(space, space.distances(others), probability)


def test_far_is_one_less_the_cosine_to_the_fifth_nearest_and_beside_what_no_direction_holds() -> None:
    rng = np.random.default_rng(0)
    features, target, _ = known(rng, 40)
    asked = known(rng, 9)[0]
    space = space_of(features, target)
    assert space.directions.shape == (12, 6)

    def placed(rows: np.ndarray) -> np.ndarray:
        z = (rows - features.mean(0)) / features.std(0) @ space.directions @ space.white
        return z / np.linalg.norm(z, axis=1, keepdims=True)

    x = (asked - features.mean(0)) / features.std(0)
    beside, far = space.distances(asked)
    expected = [1 - sorted((float(a @ b) for b in placed(features)), reverse=True)[NEIGHBOURS - 1] for a in placed(asked)]
    assert far == pytest.approx(expected, abs=1e-3)  # directions and bank are kept in two bytes a number
    rest = x - x @ space.directions @ space.directions.T
    assert beside == pytest.approx(np.linalg.norm(rest, axis=1) / np.linalg.norm(x, axis=1), rel=3e-2)


def test_directions_that_vary_within_the_classes_weigh_less() -> None:
    rng = np.random.default_rng(0)
    target = np.repeat([0, 1], 100)
    apart = [target * 2.0 + rng.normal(0, 0.1, 200) for _ in range(2)]
    features = np.stack([*apart, rng.normal(0, 1, 200), rng.normal(0, 1, 200)], 1).astype(np.float32)
    space = space_of(features, target)
    weights = np.linalg.norm(space.directions @ space.white, axis=1)
    assert weights[:2].min() > 2 * weights[2:].max()


def test_no_more_ordinary_pictures_are_beyond_the_limit_than_stated() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(40):
        kept = made(rng)
        limit = kept.limit(0.1)
        features, _, probability = known(rng, 100)
        found.append(np.mean([limit.of(score).none_of_these for score in kept.scores(features, probability)]))
    assert np.mean(found) == pytest.approx(0.1, abs=4 * np.std(found) / np.sqrt(40))


def test_a_picture_of_another_world_is_none_of_these_however_sure_the_answer() -> None:
    kept = made(np.random.default_rng(0))
    strange = np.random.default_rng(1).normal(0, 9, (50, 12)).astype(np.float32)
    sure = np.tile(np.array([[1, 0, 0]], np.float32), (50, 1))
    limit = kept.limit(0.05)
    assert np.mean([limit.of(score).none_of_these for score in kept.scores(strange, sure)]) > 0.7
    assert limit.of(1e9).as_odd == pytest.approx(1 / 121)


def test_what_is_kept_comes_back_as_it_was() -> None:
    rng = np.random.default_rng(0)
    kept = made(rng)
    features, _, probability = known(rng, 20)
    again = Reference.from_bytes(kept.to_bytes())
    assert np.array_equal(again.scores(features, probability), kept.scores(features, probability))
    assert again.limit(0.05).value == kept.limit(0.05).value


def test_pictures_that_are_all_alike_have_a_reference() -> None:
    space = space_of(np.ones((8, 5), np.float32), np.zeros(8, np.intp))
    assert np.isfinite(space.distances(np.ones((1, 5), np.float32))).all()


def test_features_that_are_no_numbers_are_said() -> None:
    features = np.ones((8, 5), np.float32)
    features[3, 2] = np.nan
    with pytest.raises(ModelError, match="features of the network are no numbers"):
        space_of(features, np.zeros(8, np.intp))


def test_features_of_another_network_are_said() -> None:
    with pytest.raises(ModelError, match="7 features, and a reference of 12"):
        made(np.random.default_rng(0)).scores(np.ones((1, 7), np.float32), np.ones((1, 3), np.float32))


@pytest.mark.parametrize("rate", [0.0, 1.0, float("nan"), -1.0])
def test_what_is_no_share_is_refused(rate: float) -> None:
    with pytest.raises(UsageError, match="above 0 and below 1"):
        made(np.random.default_rng(0)).limit(rate)


def test_too_few_ordinary_pictures_for_a_rate_are_said_with_what_can_be_kept() -> None:
    with pytest.raises(DataError, match=r"0.1 %.*120 ordinary pictures.*999 are needed; 0.9 % can be kept \(--unknown 0.009\)"):
        made(np.random.default_rng(0)).limit(0.001)
