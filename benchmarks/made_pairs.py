"""Pairs of which the homography is known: a photo, and a picture made of it by turning, scaling, cropping, tilting and relighting it.

    turn 0 to 180° either way; scale 0.5 to 2; crop to 30 to 100 % of the area; tilt: each corner moved by up to 8 % of the side;
    brightness × 0.6 to 1.5, gamma 0.8 to 1.25; saved as a JPEG of quality 60 to 95

What lies outside of the photo is filled with black, white or grey. Every number is drawn from the seed, so the pairs are the same everywhere.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from vitreous.retrieval.matching.picture import SIDE, Picture


@dataclass(frozen=True)
class Ranges:
    turn: float = 180.0
    scale: tuple[float, float] = (0.5, 2.0)
    area: tuple[float, float] = (0.3, 1.0)
    tilt: float = 0.08
    mirrored: bool = False


@dataclass(frozen=True)
class Made:
    """`image` was made of `photo`; `H` [3, 3] takes its pixels to those of the photo."""

    photo: Image.Image
    image: Image.Image
    H: np.ndarray
    about: dict


def upright(path: Path) -> Image.Image:
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def made(photo: Image.Image, seed: int, ranges: Ranges = Ranges()) -> Made:
    rng = np.random.default_rng(seed)
    W, H = photo.size
    angle = np.deg2rad(rng.uniform(-ranges.turn, ranges.turn))
    scale = float(np.exp(rng.uniform(*np.log(ranges.scale))))
    area = rng.uniform(*ranges.area)
    w, h = W * np.sqrt(area), H * np.sqrt(area)
    # the middle may lie where as little as possible of the turned frame leaves the photo
    reach = np.abs([(np.cos(angle), np.sin(angle)), (np.sin(angle), np.cos(angle))]) @ (w / 2, h / 2)
    room = np.maximum(0, np.array([W, H]) / 2 - reach)
    middle = np.array([W, H]) / 2 + rng.uniform(-1, 1, 2) * room
    corners = np.array([(-w, -h), (w, -h), (w, h), (-w, h)]) / 2
    corners = corners + rng.uniform(-1, 1, (4, 2)) * ranges.tilt * min(w, h)
    if ranges.mirrored:
        corners[:, 0] *= -1
    corners = corners @ np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))]) + middle
    size = max(16, round(w * scale)), max(16, round(h * scale))
    M = four_points(np.array([(0, 0), (size[0], 0), size, (0, size[1])], float), corners)
    fill = [(0, 0, 0), (255, 255, 255), (127, 127, 127)][rng.integers(3)]
    image = _drawn(photo, M, size, fill)
    x = np.asarray(image, np.float32) / 255
    x = np.clip(x * rng.uniform(0.6, 1.5), 0, 1) ** rng.uniform(0.8, 1.25)
    stream = io.BytesIO()
    Image.fromarray(np.rint(255 * x).astype(np.uint8)).save(stream, "JPEG", quality=int(rng.integers(60, 96)))
    about = {"turn": float(np.rad2deg(angle)), "scale": scale, "area": float(area), "mirrored": ranges.mirrored}
    return Made(photo, Image.open(io.BytesIO(stream.getvalue())).convert("RGB"), M, about)


def different(files: list[Path], number: int) -> tuple[Path, Path]:
    """Two photos; every second time of one class, where files lie in folders of classes."""
    b = files[number]
    if number % 2:
        like = [each for each in files if each.parent == b.parent and each != b]
        return like[np.random.default_rng(number).integers(len(like))], b
    return files[(number + len(files) // 2) % len(files)], b


def picture(image: Image.Image) -> Picture:
    """As `open_picture` gives it."""
    square = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return Picture(square, *image.size, np.random.default_rng(square.sum(dtype=np.int64)).bytes(16), "made")


def four_points(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    rows = [
        r for (x, y), (u, v) in zip(source, target, strict=True) for r in ((x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y))
    ]
    return np.append(np.linalg.solve(np.array(rows), target.reshape(-1)), 1).reshape(3, 3)


def corner_error(found: np.ndarray, true: np.ndarray, size: tuple[int, int], photo: tuple[int, int]) -> float:
    """The median over the four corners of how far they are from where they should be, in shares of the photo's long side."""
    corners = np.array([(0, 0, 1), (size[0], 0, 1), (*size, 1), (0, size[1], 1)], float)
    a, b = corners @ found.T, corners @ true.T
    return float(np.median(np.hypot(*(a[:, :2] / a[:, 2:] - b[:, :2] / b[:, 2:]).T))) / max(photo)


def _drawn(photo: Image.Image, M: np.ndarray, size: tuple[int, int], fill: tuple[int, int, int]) -> Image.Image:
    """Drawn twice as large where that is needed and brought down, so that what is shrunk has no aliasing."""
    times = 2 if size[0] < photo.width else 1
    to = (M @ np.diag([1 / times, 1 / times, 1])).reshape(9)
    large = photo.transform(
        (size[0] * times, size[1] * times), Image.Transform.PERSPECTIVE, (to / to[8])[:8].tolist(), Image.Resampling.BICUBIC, fillcolor=fill
    )
    return large.resize(size, Image.Resampling.BOX) if times > 1 else large
