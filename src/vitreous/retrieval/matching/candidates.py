"""Which pictures of a folder may show what a picture shows, by the features of whole pictures: those are looked at closely.

Features change when a picture is turned, mirrored or cropped, so the query is asked in several forms: eight turns, plain and mirrored, and its
middle and four corners at 60 % of the side in four turns. A picture's nearness is the largest cosine to any form, of features standardized over the
folder.
"""

import numpy as np

from vitreous.fit.features import Wanted
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.infer.network import Network
from vitreous.retrieval.matching.homography import Floats
from vitreous.retrieval.matching.maps import Cells
from vitreous.retrieval.matching.picture import Picture

_TURNS, _PART_TURNS, _PART = 8, 4, 0.6
_ENGINE_BATCHES = 10_000  # as for many pictures


def forms(picture: Picture, size: int) -> list[Floats]:
    """What takes pixels of a canvas of `size` to the picture, [3, 3] for each form: the square in its middle, or a part of it."""
    width, height = picture.size
    short, middle = min(width, height), (width / 2, height / 2)
    found = [_square(middle, short / size, 2 * np.pi * turn / _TURNS, side, size) for turn in range(_TURNS) for side in (1, -1)]
    reach = (1 - _PART) / 2
    for x, y in ((0, 0), (-reach, -reach), (reach, -reach), (-reach, reach), (reach, reach)):
        part = middle[0] + x * width, middle[1] + y * height
        found += [_square(part, _PART * short / size, 2 * np.pi * turn / _PART_TURNS, 1, size) for turn in range(_PART_TURNS)]
    return found


def nearness(picture: Picture, network: Network, wanted: Wanted, values: Cells) -> Cells:
    """For each row of `values` [N, D], the features of the folder's pictures, the largest cosine to a form of the picture, −1 to 1."""
    size = network.view.size
    canvases = np.stack([picture.drawn(M, size) for M in forms(picture, size)])
    engine = start_engine(network, default_setting(_ENGINE_BATCHES), (wanted.value,), size)
    asked = wanted.rows(run_batch(engine, canvases))
    mean, spread = values.mean(0), values.std(0)
    spread = np.where(spread > 1e-6, spread, 1.0) if len(values) > 2 else np.ones_like(spread)
    mean = mean if len(values) > 2 else np.zeros_like(mean)
    rows, forms_ = _units((values - mean) / spread), _units((asked - mean) / spread)
    found: Cells = (rows @ forms_.T).max(1)
    return found


def _square(middle: tuple[float, float], step: float, angle: float, side: int, size: int) -> Floats:
    c, s = np.cos(angle), np.sin(angle)
    M = np.eye(3)
    M[:2, :2] = step * np.array([(c, -s), (s, c)]) @ np.diag([side, 1])
    M[:2, 2] = np.array(middle) - M[:2, :2] @ (size / 2, size / 2)
    return M


def _units(X: Cells) -> Cells:
    return np.asarray(X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9))
