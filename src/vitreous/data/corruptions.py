"""What cameras, light and cables do to a picture, at five strengths each, as a network sees it.

After D. Hendrycks and T. Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations", ICLR 2019, with
strengths in units of photography, most of them in steps of two:

    Gaussian blur    standard deviation of the kernel, in pixels       under-, overexposure  stops of linear light, × 2^EV
    motion blur      length of the path in pixels, in any direction    contrast              distance from the mean colour, × factor
    Gaussian noise   standard deviation, 1 being the whole range       rotation              degrees, to either side
    shot noise       photons at a white pixel (Poisson, linear light)  zoom out, in          size of what is seen, × factor
    JPEG             quality, as libjpeg counts it

Pixels are those of a seen picture of 224; lengths grow with its side. A camera blurs, turns and moves what lies around the seen part
too: a `Scene` holds the seen picture with half its side of surroundings on each side, taken from the picture as far as it reaches and
mirrored at its edges beyond. What is drawn (noise, directions) depends on the file's content and the corruption alone, so a picture
meets the same noise in any order and batch.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, cos, pi, radians, sin
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from vitreous.core.view import View

Picture = NDArray[np.uint8]  # [H, W, 3], RGB

REFERENCE_SIDE = 224


@dataclass(frozen=True)
class Scene:
    """A seen picture of H × W pixels in the middle of its surroundings, `around` uint8 [H + 2 ⌈H/2⌉, W + 2 ⌈W/2⌉, 3].

    `aspect`: how much wider than high one of its pixels is in the upright picture; not 1 where the whole is squeezed to a square.
    """

    around: Picture
    aspect: float = 1.0

    @classmethod
    def of(cls, image: Image.Image, view: View) -> "Scene":
        """What a view shows of an upright RGB picture, with what lies around it."""
        x0, y0, x1, y1 = view.box(*image.size)
        across, down = (x1 - x0) / view.size, (y1 - y0) / view.size  # of one seen pixel, in pixels of the picture
        reach = ceil(view.size / 2)
        # whole seen pixels that the picture has beyond the view, on either side
        beside, above = (min(reach, int(start / step + 1e-6)) for start, step in ((x0, across), (y0, down)))
        left, top = max(0.0, x0 - beside * across), max(0.0, y0 - above * down)
        box = (left, top, image.width - left, image.height - top)
        known = np.array(image.resize((view.size + 2 * beside, view.size + 2 * above), Image.Resampling.BICUBIC, box=box))
        # the middle is the same but for roundings; with these it is what every other part of Vitreous sees
        known[above : above + view.size, beside : beside + view.size] = image.resize(
            (view.size, view.size), Image.Resampling.BICUBIC, box=view.box(*image.size)
        )
        side = view.size + 2 * reach
        return cls(_middle(known, side, side), across / down)

    @classmethod
    def mirrored(cls, picture: Picture) -> "Scene":
        """A picture of which no surroundings are known."""
        height, width = picture.shape[:2]
        return cls(_middle(picture, height + 2 * ceil(height / 2), width + 2 * ceil(width / 2)))

    @property
    def seen(self) -> Picture:
        return self.part(0)

    def part(self, margin: int) -> Picture:
        """The seen picture with so many pixels around it: [H + 2 margin, W + 2 margin, 3]."""
        height, width = self.around.shape[:2]
        return _middle(self.around, height // 2 + 2 * margin, width // 2 + 2 * margin)


@dataclass(frozen=True)
class Corruption:
    """One kind of harm. `apply(scene, strength, rng)` gives the seen picture, uint8 [H, W, 3], harmed; `strengths` from mild to harsh;
    `quantity` says what they measure, `pattern` how one is written."""

    name: str
    quantity: str
    pattern: str
    strengths: tuple[float, float, float, float, float]
    apply: Callable[[Scene, float, np.random.Generator], Picture]

    def __call__(self, scene: Scene, strength: float, key: bytes) -> Picture:
        """The harmed picture of a file with this content key."""
        seed = [crc32(self.name.encode()), *key]
        return self.apply(scene, strength, np.random.default_rng(seed))

    def told(self, strength: float) -> str:
        """
        >>> CORRUPTIONS["underexposure"].told(-0.5), CORRUPTIONS["JPEG"].told(10)
        ('−0.5 EV', 'quality 10')
        """
        return self.pattern.format(f"{strength:g}".replace("-", "−"))

    @property
    def unit(self) -> str:
        return self.pattern.replace("{}", "").strip()


def corrupt(picture: Picture, name: str, strength: float, key: bytes = b"") -> Picture:
    """A picture by itself, uint8 [H, W, 3], after the corruption of this name: a new array of the same shape. KeyError for no such name."""
    return CORRUPTIONS[name](Scene.mirrored(picture), strength, key)


def _gaussian_blur(scene: Scene, sigma: float, rng: np.random.Generator) -> Picture:
    sigma = _pixels(scene, sigma)
    reach = ceil(3 * sigma)
    blurred = Image.fromarray(scene.part(reach)).filter(ImageFilter.GaussianBlur(sigma))
    return _inner(np.asarray(blurred), reach)


def _motion_blur(scene: Scene, length: float, rng: np.random.Generator) -> Picture:
    """The mean along a straight path whose middle is the pixel."""
    kernel = _path(_pixels(scene, length), rng.uniform(0, pi))
    reach = len(kernel) // 2
    light = scene.part(reach).astype(np.float32)
    height, width = scene.seen.shape[:2]
    total, weighted = np.zeros((height, width, 3), np.float32), np.empty((height, width, 3), np.float32)
    for y, x in np.argwhere(kernel):
        total += np.multiply(light[y : y + height, x : x + width], kernel[y, x], out=weighted)
    return _rounded(total)


def _gaussian_noise(scene: Scene, sigma: float, rng: np.random.Generator) -> Picture:
    noise = rng.standard_normal(scene.seen.shape, np.float32)
    return _rounded(scene.seen + 255 * np.float32(sigma) * noise)


def _shot_noise(scene: Scene, photons: float, rng: np.random.Generator) -> Picture:
    expected = photons * _LINEAR
    most = int(photons)  # more than at white is white
    level = _encoded(np.arange(most + 1) / photons)
    counted = rng.poisson(expected[scene.seen])
    return np.asarray(level[np.minimum(counted, most)])


def _jpeg(scene: Scene, quality: float, rng: np.random.Generator) -> Picture:
    file = io.BytesIO()
    Image.fromarray(scene.seen).save(file, "JPEG", quality=int(quality))
    return np.asarray(Image.open(file))


def _exposure(scene: Scene, stops: float, rng: np.random.Generator) -> Picture:
    return np.asarray(_encoded(_LINEAR * 2.0**stops)[scene.seen])


def _contrast(scene: Scene, factor: float, rng: np.random.Generator) -> Picture:
    mean = scene.seen.mean(axis=(0, 1), dtype=np.float64)
    # a table for each colour: [256, 3]
    level = _rounded(mean + factor * (np.arange(256)[:, None] - mean))
    return np.stack([level[:, colour][scene.seen[:, :, colour]] for colour in range(3)], axis=2)


def _rotation(scene: Scene, degrees: float, rng: np.random.Generator) -> Picture:
    angle = radians(degrees) * rng.choice([-1, 1])
    height, width = scene.seen.shape[:2]
    middle_y, middle_x = scene.around.shape[0] / 2, scene.around.shape[1] / 2
    # from a place in the turned picture to one in the scene; along x a pixel counts `aspect` times
    a, b = cos(angle), -sin(angle) / scene.aspect
    d, e = sin(angle) * scene.aspect, cos(angle)
    c, f = middle_x - a * width / 2 - b * height / 2, middle_y - d * width / 2 - e * height / 2
    turned = Image.fromarray(scene.around).transform((width, height), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BICUBIC)
    return np.asarray(turned)


def _scale(scene: Scene, factor: float, rng: np.random.Generator) -> Picture:
    """Nearer than the picture was taken means larger pixels, not more detail."""
    height, width = scene.seen.shape[:2]
    x, y = (scene.around.shape[1] - width / factor) / 2, (scene.around.shape[0] - height / factor) / 2
    box = (x, y, scene.around.shape[1] - x, scene.around.shape[0] - y)
    return np.asarray(Image.fromarray(scene.around).resize((width, height), Image.Resampling.BICUBIC, box=box))


def _pixels(scene: Scene, length: float) -> float:
    """A length in pixels of a seen picture of 224, in those of this one."""
    return length * float(min(scene.around.shape[:2])) / (2 * REFERENCE_SIDE)


def _path(length: float, angle: float) -> NDArray[np.float32]:
    """The share of time that a path spends at each pixel, [2 R + 1, 2 R + 1]: points along it, each spread over its four neighbours."""
    reach = ceil(length / 2) + 1
    along = (np.arange(count := 8 * ceil(length + 1)) + 0.5) / count - 0.5
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    y, x = reach + along * length * sin(angle), reach + along * length * cos(angle)
    row, column = np.floor(y).astype(int), np.floor(x).astype(int)
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        share = np.abs(1 - down - (y - row)) * np.abs(1 - right - (x - column))
        np.add.at(kernel, (row + down, column + right), share / count)
    return kernel


def _middle(picture: Picture, height: int, width: int) -> Picture:
    """The central part of this size, mirrored beyond the edges."""
    down, right = height - picture.shape[0], width - picture.shape[1]
    if down > 0 or right > 0:
        more = [(max(0, down) // 2, max(0, down) - max(0, down) // 2), (max(0, right) // 2, max(0, right) - max(0, right) // 2), (0, 0)]
        picture = np.pad(picture, more, "symmetric")
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return picture[top : top + height, left : left + width]


def _inner(picture: Picture, margin: int) -> Picture:
    return picture[margin : picture.shape[0] - margin, margin : picture.shape[1] - margin]


def _rounded(values: NDArray[np.floating]) -> Picture:
    return (values + 0.5).clip(0, 255).astype(np.uint8)


def _encoded(linear: NDArray[np.float64]) -> Picture:
    """Linear light, 1 at white, as sRGB levels (IEC 61966-2-1)."""
    light = linear.clip(0, 1)
    return _rounded(255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


def _decoded(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


_LINEAR = _decoded(np.arange(256) / 255)  # the light of each sRGB level

CORRUPTIONS = {
    each.name: each
    for each in (
        Corruption("Gaussian blur", "standard deviation, pixels of 224", "{} px", (0.5, 1, 2, 4, 8), _gaussian_blur),
        Corruption("motion blur", "length, pixels of 224", "{} px", (2, 4, 8, 16, 32), _motion_blur),
        Corruption("Gaussian noise", "standard deviation, of 1", "σ {}", (0.02, 0.04, 0.08, 0.16, 0.32), _gaussian_noise),
        Corruption("shot noise", "photons at white", "{} photons", (1024, 256, 64, 16, 4), _shot_noise),
        Corruption("JPEG", "quality", "quality {}", (50, 25, 15, 10, 5), _jpeg),
        Corruption("underexposure", "exposure, EV", "{} EV", (-0.5, -1, -1.5, -2, -3), _exposure),
        Corruption("overexposure", "exposure, EV", "{} EV", (0.5, 1, 1.5, 2, 3), _exposure),
        Corruption("contrast", "factor", "× {}", (0.7, 0.5, 0.3, 0.2, 0.1), _contrast),
        Corruption("rotation", "degrees", "{}°", (5, 10, 20, 30, 45), _rotation),
        Corruption("zoom out", "size, factor", "× {}", (0.9, 0.8, 0.7, 0.6, 0.5), _scale),
        Corruption("zoom in", "size, factor", "× {}", (1.2, 1.4, 1.6, 1.8, 2), _scale),
    )
}
