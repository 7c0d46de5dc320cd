"""What stands in a picture moves with it: a painted rectangle, its box and its mask stay together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_pictures import noise

from vitreous.errors import UsageError
from vitreous.training.augment import Augmentation, augmented, augmented_boxes, augmented_masks

H, W = 40, 60


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2**32),
    st.tuples(st.integers(8, 20), st.integers(8, 14)),
    st.builds(Augmentation, flip=st.booleans(), vertical_flip=st.booleans(), crop=st.integers(0, 6), zoom=st.sampled_from([1.0, 1.3])),
)
def test_a_box_follows_the_painted_rectangle(seed: int, corner: tuple[int, int], allowed: Augmentation) -> None:
    x0, y0 = corner
    x1, y1 = x0 + 24, y0 + 12
    picture = np.zeros((1, H, W, 1), np.uint8)
    picture[0, y0:y1, x0:x1] = 255
    number = np.array([5])
    result = augmented(picture, number, seed, 0, allowed)[0, :, :, 0]
    mask = augmented_masks((picture[..., 0] // 255).astype(np.uint16), number, seed, 0, allowed)[0]
    ((bx0, by0, bx1, by1),), (kept,) = augmented_boxes(np.array([[x0, y0, x1, y1]], float), number, (H, W), seed, 0, allowed)
    # half covered or more is painted: within half a pixel of the box, exact where no pixel is made anew
    for painted in (result > 127, mask == 1):
        rows, columns = np.flatnonzero(painted.any(1)), np.flatnonzero(painted.any(0))
        found = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
        assert np.abs(found - (bx0, by0, bx1, by1)).max() <= (0 if allowed.zoom == 1 else 0.75)
    assert kept and mask.dtype == np.uint16


def test_a_turned_rectangle_lies_in_its_box_and_touches_it() -> None:
    picture = np.zeros((20, H, W, 1), np.uint8)
    picture[:, 14:26, 20:40] = 255
    numbers, allowed = np.arange(20), Augmentation(rotation=20.0, flip=True)
    result = augmented(picture, numbers, 0, 0, allowed)[..., 0] > 127
    masks = augmented_masks(picture[..., 0] // 255, numbers, 0, 0, allowed) == 1
    boxes, _ = augmented_boxes(np.tile([20.0, 14.0, 40.0, 26.0], (20, 1)), numbers, (H, W), 0, 0, allowed)
    for painted, mask, box in zip(result, masks, boxes, strict=True):
        for each in (painted, mask):
            rows, columns = np.flatnonzero(each.any(1)), np.flatnonzero(each.any(0))
            # a corner that is turned fills less than half of its outermost pixels
            assert np.abs(np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]) - box).max() < 1.6
        assert (painted != mask).mean() < 0.02


def test_a_box_that_leaves_is_clipped_and_marked() -> None:
    allowed = Augmentation(crop=10)
    numbers = np.arange(500)
    boxes = np.tile([0.0, 0.0, 8.0, 8.0], (500, 1))
    moved, kept = augmented_boxes(boxes, numbers, (H, W), 0, 0, allowed)
    inside = (moved[:, 2] - moved[:, 0]) * (moved[:, 3] - moved[:, 1])
    assert (moved >= 0).all() and (kept == (inside > 16)).all() and 0 < kept.sum() < 500
    everything = augmented_boxes(boxes, numbers, (H, W), 0, 0, allowed, least_left=0)[1]
    assert (everything == (inside > 0)).all()


def test_flipping_twice_brings_a_box_back() -> None:
    boxes = np.random.default_rng(0).uniform(0, 20, (50, 4))
    boxes[:, 2:] += boxes[:, :2] + 1
    numbers, allowed = np.arange(50), Augmentation(flip=True, vertical_flip=True)
    once, _ = augmented_boxes(boxes, numbers, (H, W), 0, 0, allowed)
    twice, kept = augmented_boxes(once, numbers, (H, W), 0, 0, allowed)
    inside = np.clip(boxes, 0, (W, H, W, H))
    assert kept.all() and np.abs(twice - inside).max() < 1e-12 and np.abs(once - inside).max() > 1


def test_boxes_and_masks_of_nothing_and_of_a_wrong_form() -> None:
    assert augmented_boxes(np.zeros((0, 4)), np.zeros(0, int), (H, W), 0, 0, Augmentation(flip=True))[0].shape == (0, 4)
    masks = noise(2)[..., 0]
    same = augmented_masks(masks, np.arange(2), 0, 0, Augmentation(brightness=0.5))
    assert (same == masks).all() and not np.shares_memory(same, masks)
    with pytest.raises(UsageError, match="these boxes cannot be augmented"):
        augmented_boxes(np.zeros((1, 3)), np.zeros(1, int), (H, W), 0, 0, Augmentation())
    with pytest.raises(UsageError, match="these masks cannot be augmented"):
        augmented_masks(noise(2), np.arange(2), 0, 0, Augmentation())
