"""Pictures for the tests of augmentation, and the same change of one of them by Pillow."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def noise(count: int, height: int = 12, width: int = 10, channels: int = 3, seed: int = 0) -> NDArray[np.uint8]:
    """Pictures in which no two places look alike."""
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, channels), np.uint8)


def as_image(picture: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(picture if picture.shape[2] == 3 else picture[:, :, 0])
