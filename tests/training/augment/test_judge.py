"""What changes a meaning is found: in made-up pictures whose meaning is known, and in scanned digits; by arithmetic done the long way."""

import numpy as np
import pytest
from numpy.typing import NDArray

from vitreous.errors import UsageError
from vitreous.training.augment import Augmentation
from vitreous.training.augment.judge import _errors, _kernel, _median_distance, harmful, kept_meaning, reduced, without_harmful

Labelled = tuple[NDArray[np.uint8], NDArray[np.int64]]


def stripes(count: int, size: int = 12, seed: int = 0) -> Labelled:
    """Noise with a bright bar; its class is told by which way the bar leans: mirrored, it is the other one; upside down too; half turned, not."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    pictures = random.integers(0, 60, (count, size, size, 1))
    for picture, label in zip(pictures, labels, strict=True):
        shift = random.integers(-2, 3)
        bar = np.eye(size, k=shift, dtype=np.int64) + np.eye(size, k=shift + 1, dtype=np.int64)
        picture[..., 0] += 150 * (bar[:, ::-1] if label else bar)
    return pictures.astype(np.uint8), labels


def blobs(count: int, size: int = 12, seed: int = 0) -> Labelled:
    """Round spots anywhere, small or large, in colours that mean nothing: no mirror and no turn changes what they are."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    rows, columns = np.mgrid[:size, :size]
    x, y = random.uniform(4, size - 4, (2, count, 1, 1))
    radius = np.where(labels, 3.2, 1.7)[:, None, None]
    spot = (np.hypot(rows - y, columns - x) < radius)[..., None]
    pictures = random.integers(0, 60, (count, size, size, 3)) + spot * random.integers(120, 190, (count, 1, 1, 3))
    return pictures.astype(np.uint8), labels


def fading(count: int, size: int = 8, seed: int = 0) -> Labelled:
    """Grounds of one hue, its class told by how strong the colour is."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    strength = np.where(labels, 70, 25) + random.integers(-8, 9, count)
    colours = 128 + strength[:, None] * np.array([1.0, -0.4, -0.6])
    return np.clip(colours[:, None, None] + random.normal(0, 5, (count, size, size, 3)), 0, 255).astype(np.uint8), labels


def test_mirrors_that_turn_one_class_into_the_other_are_found() -> None:
    verdicts = harmful(*stripes(300), 0, ("flip", "vertical_flip", "rotation"))
    assert verdicts["flip"].harmful and verdicts["vertical_flip"].harmful and verdicts["rotation"].harmful
    assert "they change what pictures mean" in verdicts["flip"].evidence and verdicts["flip"].loss_with > verdicts["flip"].loss_without


def test_what_looks_the_same_from_everywhere_may_be_turned() -> None:
    verdicts = harmful(*blobs(300), 0, ("flip", "vertical_flip", "rotation", "colour"))
    assert list(verdicts) == ["flip", "vertical_flip", "rotation", "colour"]
    assert not any(verdict.harmful for verdict in verdicts.values())
    assert all("no harm found" in verdict.evidence for verdict in verdicts.values())


def test_a_class_that_is_told_by_the_strength_of_its_colour_is_found() -> None:
    assert harmful(*fading(300), 0, ("colour",))["colour"].harmful


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_mirrored_digits_hurt(seed: int) -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures = np.round(digits.images * 15.9).astype(np.uint8)[..., None]
    verdict = harmful(pictures, digits.target, seed)["flip"]
    assert verdict.harmful and verdict.interval[0] > 0.1 and verdict.pictures == 1000


def test_leaving_out_by_formula_is_leaving_out_by_hand() -> None:
    pictures, labels = stripes(40)
    x, Y = reduced(pictures), np.eye(2)[labels]
    width, strength, n = _median_distance(x), 0.1, len(x)
    both, targets = np.concatenate([x, x[:, :, ::-1]]), np.concatenate([Y, Y])
    K = _kernel(both, both, width)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vitreous.training.augment.judge._STRENGTHS", (strength,))
        summed = _errors(_kernel(x, x, width) + _kernel(x, x[:, :, ::-1], width), Y)
        blocks = _errors(K, targets, 2)
        own = _errors(K[:n, :n], Y)
    for i in range(0, n, 7):
        for errors, rows in ((summed, 2 * n), (blocks, 2 * n), (own, n)):
            others = np.array([k for k in range(rows) if k % n != i])
            coefficients = np.linalg.solve(K[np.ix_(others, others)] + strength * np.eye(len(others)), targets[others])
            by_hand = ((K[i, others] @ coefficients - Y[i]) ** 2).sum()
            assert errors[i] == pytest.approx(by_hand, rel=1e-9)  # fp64, a matrix of condition below 1e4


def test_the_same_seed_judges_the_same() -> None:
    pictures, labels = blobs(120)
    assert harmful(pictures, labels, 3) == harmful(pictures, labels, 3)


def test_what_cannot_be_judged_is_left_out() -> None:
    pictures, labels = stripes(80)
    assert harmful(pictures[:, :, :8], labels, 0, ("rotation", "colour")) == {}
    assert harmful(pictures[:59], labels[:59], 0) == {}
    assert harmful(pictures, np.zeros(80, int), 0) == {}
    same = np.zeros((80, 8, 8, 1), np.uint8)
    assert not harmful(same, labels, 0)["flip"].harmful


def test_only_what_was_found_harmful_is_switched_off() -> None:
    verdicts = harmful(*stripes(200), 0, ("flip", "vertical_flip", "rotation"))
    allowed = Augmentation(flip=True, crop=2, brightness=0.2, rotation=15.0)
    assert without_harmful(allowed, verdicts) == Augmentation(crop=2, brightness=0.2, rotation=15.0)
    assert without_harmful(Augmentation(rotation=180.0), verdicts) == Augmentation()
    assert without_harmful(allowed, {}) == allowed
    round_ones = harmful(*blobs(300), 0)
    assert without_harmful(allowed, round_ones) == allowed
    json = round_ones["flip"].to_json()
    assert json["harmful"] is False and json["name"] == "flip" and len(json["interval"]) == 2


def test_wrong_arrays_and_names_are_refused() -> None:
    pictures, labels = stripes(80)
    with pytest.raises(UsageError, match="did you mean 'flip'"):
        harmful(pictures, labels, 0, ("flipp",))
    for given, kinds in ((pictures.astype(float), labels), (pictures[..., 0], labels), (pictures, labels[:3])):
        with pytest.raises(UsageError, match="cannot be judged"):
            harmful(given, kinds, 0)


def test_auto_leaves_out_what_changes_a_meaning_and_says_why() -> None:
    allowed, said = kept_meaning("auto", 12, *stripes(300), 0)
    assert (
        not allowed.flip and allowed.crop and said[0].startswith("Augmentation without flip: mirrored, as more pictures of the same class: error +")
    )
    allowed, said = kept_meaning("auto", 12, *blobs(300), 0)
    assert allowed == Augmentation.usual(12) and said == [f"Augmentation: {allowed.text}."]
    assert kept_meaning("auto", 12, *(each[:40] for each in stripes(300)), 0)[1][0].endswith("too few pictures to judge it by.")


def test_what_is_named_is_done_unjudged() -> None:
    pictures, labels = stripes(300)
    assert kept_meaning("flip,crop=1", 12, pictures, labels, 0) == (Augmentation(flip=True, crop=1), [])
    assert kept_meaning("auto,flip,no-colour", 12, pictures, labels, 0)[0].flip
    assert kept_meaning("none", 12, pictures, labels, 0) == (Augmentation(), [])
