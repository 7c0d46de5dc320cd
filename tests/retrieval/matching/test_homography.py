"""Homographies against scikit-image's, and RANSAC against what was planted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitreous.retrieval.matching.homography import Floats, consensus, corners_of, errors, fitted, is_mirrored, is_plausible, moved

TILTED = np.array([(0.8, -0.3, 40.0), (0.25, 0.9, -20.0), (4e-4, -2e-4, 1.0)])


def points(count: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).uniform(0, 400, (count, 2))


def test_points_move_as_by_hand() -> None:
    assert moved(np.array([(2.0, 0, 1), (0, 3, 0), (0, 0.1, 1)]), np.array([(4.0, 10.0)])).tolist() == [[4.5, 15.0]]
    assert np.isinf(moved(np.array([(1.0, 0, 0), (0, 1, 0), (1, 0, -5)]), np.array([(5.0, 1.0)]))).all()


def test_four_pairs_give_the_homography_that_made_them() -> None:
    four = corners_of(400, 300)
    found = fitted(four, moved(TILTED, four))
    assert found is not None and np.allclose(found, TILTED, atol=1e-9)


@pytest.mark.slow
def test_many_noisy_pairs_give_what_scikit_image_gives() -> None:
    transform = pytest.importorskip("skimage.transform")
    source = points(60)
    target = moved(TILTED, source) + np.random.default_rng(1).normal(0, 0.7, source.shape)
    kind = transform.ProjectiveTransform
    theirs = kind.from_estimate(source, target) if hasattr(kind, "from_estimate") else transform.estimate_transform("projective", source, target)
    ours = fitted(source, target)
    assert ours is not None
    # both minimize the same error, so only the last bits differ: coordinates to 500 in float64, through two inverses
    assert np.abs(moved(ours, corners_of(400, 400)) - moved(np.asarray(theirs.params), corners_of(400, 400))).max() < 1e-6


def test_weights_leave_pairs_out() -> None:
    source = points(12)
    target = moved(TILTED, source)
    target[:4] += 90
    found = fitted(source, target, np.array([0.0] * 4 + [1.0] * 8))
    assert found is not None and np.allclose(found, TILTED, atol=1e-9)


@pytest.mark.parametrize("source", [np.ones((8, 2)), np.stack([np.arange(8.0), np.arange(8.0)], 1), points(3)])
def test_points_that_decide_nothing_give_nothing(source: Floats) -> None:
    assert fitted(source, moved(TILTED, source)) is None
    assert consensus(source, moved(TILTED, source), 2.0) is None


@pytest.mark.parametrize("wrong", [0.0, 0.3, 0.6])
def test_consensus_finds_the_right_pairs_among_wrong_ones(wrong: float) -> None:
    rng = np.random.default_rng(3)
    source = points(120)
    target = moved(TILTED, source) + rng.normal(0, 0.5, source.shape)
    planted = rng.random(120) < wrong
    target[planted] = rng.uniform(0, 500, (int(planted.sum()), 2))
    found = consensus(source, target, 3.0)
    assert found is not None
    H, agreeing = found
    assert errors(H, corners_of(400, 400), moved(TILTED, corners_of(400, 400))).max() < 2.0
    assert np.mean(agreeing == ~planted) > 0.97


@pytest.mark.slow
def test_consensus_is_as_near_to_the_truth_as_scikit_images() -> None:
    measure, transform = pytest.importorskip("skimage.measure"), pytest.importorskip("skimage.transform")
    rng = np.random.default_rng(5)
    off, theirs_off = [], []
    for seed in range(5):
        source = points(100, seed)
        target = moved(TILTED, source) + rng.normal(0, 1.0, source.shape)
        target[:40] = rng.uniform(0, 500, (40, 2))
        ours = consensus(source, target, 3.0)
        theirs, _ = measure.ransac((source, target), transform.ProjectiveTransform, 4, 3.0, max_trials=512, rng=seed)
        assert ours is not None
        corners = corners_of(400, 400)
        off.append(errors(ours[0], corners, moved(TILTED, corners)).mean())
        theirs_off.append(errors(np.asarray(theirs.params), corners, moved(TILTED, corners)).mean())
    assert np.mean(off) < 1.2 * np.mean(theirs_off)


def test_the_same_pairs_give_the_same_bits() -> None:
    source = points(50)
    target = moved(TILTED, source) + np.random.default_rng(1).normal(0, 2, source.shape)
    (first, _), (second, _) = (consensus(source, target, 3.0) or (np.eye(3), None) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@given(st.floats(-180, 180), st.floats(0.3, 3), st.booleans())
def test_turns_and_mirrors_are_plausible_and_told_apart(angle: float, scale: float, mirrored: bool) -> None:
    c, s = scale * np.cos(np.deg2rad(angle)), scale * np.sin(np.deg2rad(angle))
    H = np.array([(c, -s, 5.0), (s, c, -7.0), (0, 0, 1)]) @ np.diag([-1.0 if mirrored else 1.0, 1, 1])
    assert is_plausible(H, 300, 200) and is_mirrored(H, 300, 200) == mirrored


@pytest.mark.parametrize(
    "H",
    [
        np.array([(1.0, 0, 0), (0, 1, 0), (-0.01, 0, 1)]),  # its right side lies beyond the horizon
        np.array([(1.0, 0, 0), (0, 0.01, 0), (0, 0, 1)]),  # squeezed to a line
        np.full((3, 3), np.nan),
    ],
)
def test_what_no_camera_shows_is_not_plausible(H: Floats) -> None:
    assert not is_plausible(H, 300, 200)
