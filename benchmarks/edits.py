"""What becomes of a photo on its way through other hands: twelve kinds of edit in three strengths, each written as a file of its own.

The strengths are those of ordinary use: a messenger's compression, a third-size preview, a trimmed edge, a white frame, a logo in
the corner. Every choice inside an edit (side, colour, text, place) is drawn from a seeded generator. Run by itself this file does
nothing.

    kind          weak                        middle                          strong
    resize        3/4 of each side            half                            a quarter
    compression   JPEG quality 50             WebP quality 30                 JPEG quality 20
    mirror        left-right                  up-down                         left-right, half the size
    rotation      90°                         180°                            270°
    crop          5 % of each side lost       10 %                            15 %; centred, anywhere, or from one end only
    border        3 % of the mean side        6 %                             10 %; white, black or a colour, on all four sides
    colour        saturation halved or ×1.6   hue ±20°, channels ±15 %        grey
    tone          brightness ±15 %            contrast ±25 %                  gamma 0.65 or 1.5
    blur          Gaussian, 1/400 of a side   1/200                           1/130
    noise         Gaussian, 5 grey levels     10                              20
    watermark     text in a corner, 5 %       a logo anywhere, 10 %           half-transparent text in a band, 15 % of the area
    format        PNG                         GIF of 256 colours              WebP quality 80
"""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

STRENGTHS = ("weak", "middle", "strong")
_JPEG = 90  # of whatever is not about compression
_WORDS = ("sample", "© studio", "preview", "not for sale", "www.example.org", "DRAFT")

Random = np.random.Generator


def edited(kind: str, strength: int, picture: Image.Image, rng: Random) -> bytes:
    """The file of an RGB picture after an edit of this kind, strength 0, 1 or 2."""
    made = EDITS[kind](picture, strength, rng)
    return made if isinstance(made, bytes) else written(made, "JPEG", quality=_JPEG)


def written(picture: Image.Image, name: str, quality: int = 80) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, name, quality=quality)
    return buffer.getvalue()


def resize(picture: Image.Image, strength: int, rng: Random) -> Image.Image:
    return ImageOps.scale(picture, (0.75, 0.5, 0.25)[strength])


def compression(picture: Image.Image, strength: int, rng: Random) -> bytes:
    return written(picture, *(("JPEG", 50), ("WEBP", 30), ("JPEG", 20))[strength])


def mirror(picture: Image.Image, strength: int, rng: Random) -> Image.Image:
    turned = ImageOps.flip(picture) if strength == 1 else ImageOps.mirror(picture)
    return ImageOps.scale(turned, 0.5) if strength == 2 else turned


def rotation(picture: Image.Image, strength: int, rng: Random) -> Image.Image:
    return picture.transpose((Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)[strength])


def crop(picture: Image.Image, strength: int, rng: Random) -> Image.Image:
    lost = np.array(picture.size) * (0.05, 0.10, 0.15)[strength]
    share = (np.full(2, 0.5), rng.random(2), rng.integers(0, 2, 2).astype(float))[rng.integers(3)]
    left, top = lost * share
    width, height = picture.size - lost
    return picture.crop((round(left), round(top), round(left + width), round(top + height)))


def border(picture: Image.Image, strength: int, rng: Random) -> Image.Image:
    colour = ((255, 255, 255), (0, 0, 0), tuple(rng.integers(0, 256, 3).tolist()))[rng.integers(3)]
    return ImageOps.expand(picture, round(sum(picture.size) / 2 * (0.03, 0.06, 0.10)[strength]), colour)


def colour(picture: Image.Image, strength: int, rng: Random) -> Image.Image:
    if strength == 0:
        return ImageEnhance.Color(picture).enhance(rng.choice((0.5, 1.6)))
    if strength == 2:
        return ImageOps.grayscale(picture)
    hue, saturation, value = picture.convert("HSV").split()
    turn = int(rng.choice((-14, 14)))  # of 256, 20 degrees
    shifted = Image.merge("HSV", (hue.point([(level + turn) % 256 for level in range(256)]), saturation, value)).convert("RGB")
    gains = rng.uniform(0.85, 1.15, 3)
    return shifted.point([min(255, round(level * gain)) for gain in gains for level in range(256)])


def tone(picture: Image.Image, strength: int, rng: Random) -> Image.Image:
    if strength == 0:
        return ImageEnhance.Brightness(picture).enhance(rng.choice((0.85, 1.15)))
    if strength == 1:
        return ImageEnhance.Contrast(picture).enhance(rng.choice((0.75, 1.25)))
    gamma = rng.choice((0.65, 1.5))
    return picture.point([round(255 * (level / 255) ** gamma) for level in range(256)] * 3)


def blur(picture: Image.Image, strength: int, rng: Random) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(sum(picture.size) / 2 / (400, 200, 130)[strength]))


def noise(picture: Image.Image, strength: int, rng: Random) -> Image.Image:
    pixels = np.asarray(picture, np.float32)
    pixels = pixels + (5, 10, 20)[strength] * rng.standard_normal(pixels.shape, np.float32)
    return Image.fromarray(np.clip(pixels.round(), 0, 255).astype(np.uint8))


def watermark(picture: Image.Image, strength: int, rng: Random) -> Image.Image:
    """White or black letters over a box of 5, 10 or 15 % of the area: in a corner, on an opaque plate, or half through."""
    width, height = picture.size
    area = (0.05, 0.10, 0.15)[strength] * width * height
    aspect = (4.0, 1.5, width**2 / area)[strength]  # the third is a band from side to side
    across, down = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
    corner = rng.integers(0, 2, 2) if strength == 0 else rng.random(2)
    left, top = (corner * (width - across, height - down)).astype(int).tolist()
    ink, plate = ((255, 255, 255), (0, 0, 0))[:: int(rng.choice((1, -1)))]
    marked = picture.copy()
    draw = ImageDraw.Draw(marked)
    if strength == 1:
        draw.rounded_rectangle((left, top, left + across, top + down), down // 5, fill=plate)
    text = str(rng.choice(_WORDS))
    font = ImageFont.load_default(down)
    font = ImageFont.load_default(max(6, down * min(1.0, 0.9 * across / max(draw.textlength(text, font), 1))))
    draw.text((left + across / 2, top + down / 2), text, ink, font, anchor="mm")
    return Image.blend(picture, marked, 0.5) if strength == 2 else marked


def another_format(picture: Image.Image, strength: int, rng: Random) -> bytes:
    if strength == 1:
        return written(picture.quantize(256), "GIF")
    return written(picture, ("PNG", "", "WEBP")[strength])


EDITS: dict[str, Callable[[Image.Image, int, Random], Image.Image | bytes]] = {
    "resize": resize,
    "compression": compression,
    "mirror": mirror,
    "rotation": rotation,
    "crop": crop,
    "border": border,
    "colour": colour,
    "tone": tone,
    "blur": blur,
    "noise": noise,
    "watermark": watermark,
    "format": another_format,
}
