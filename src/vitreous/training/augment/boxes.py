"""What becomes of boxes where their pictures are augmented: moved, clipped, and marked where too little of them is left."""

import numpy as np
from numpy.typing import NDArray

from vitreous.errors import UsageError
from vitreous.training.augment.augmentation import Augmentation
from vitreous.training.augment.places import places

LEAST_LEFT = 0.25


def augmented_boxes(
    boxes: NDArray[np.floating],
    owners: NDArray[np.integer],
    size: tuple[int, int],
    seed: int,
    epoch: int,
    allowed: Augmentation,
    least_left: float = LEAST_LEFT,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Boxes [B, 4] as x0, y0, x1, y1 in pixels of pictures of `size` (height, width), and which of them [B] are still to be used.

    `owners` [B]: the number of each box's picture, as `augmented` is given it. A box that leaves the picture is clipped; one of whose
    area less than `least_left` is inside is marked False. A turned box becomes the upright box around it.
    Raises UsageError for arrays of another form.
    """
    if boxes.ndim != 2 or boxes.shape[1] != 4 or owners.shape != boxes.shape[:1]:
        raise UsageError("these boxes cannot be augmented", f"{list(boxes.shape)} with owners {list(owners.shape)}", "[B, 4] with owners [B]")
    height, width = size
    where = places(height, width, owners, seed, epoch, allowed)
    moved = np.empty(boxes.shape)
    for k, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        x0, x1 = (width - x1, width - x0) if where.flip[k] else (x0, x1)
        y0, y1 = (height - y1, height - y0) if where.vertical_flip[k] else (y0, y1)
        matrix = where.matrix(k)
        corners = np.array([[x0, x1, x0, x1], [y0, y0, y1, y1]]) - matrix[:, 2:]
        back = corners / where.scale[k] if where.angle[k] == 0 else np.linalg.solve(matrix[:, :2], corners)
        moved[k] = *back.min(1), *back.max(1)
    clipped = np.clip(moved, 0, (width, height, width, height))
    return clipped, _area(clipped) > least_left * _area(moved)


def _area(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
