"""What an augmentation does to pictures at hand: eight of them, each as it is and as seven epochs would see it."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import plural, visible
from vitreous.core.view import View
from vitreous.data.decode import Decoded, Policy, decode
from vitreous.data.sources.pictures import pictures_in
from vitreous.errors import DataError, UnreadableImage
from vitreous.training.augment.augmentation import SMALL_SIDE, Augmentation, parse
from vitreous.training.augment.augmented import augmented

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vitreous.draw.theme import PictureFormat, Theme

PICTURES, VIEWS = 8, 8
_SIDE = 224  # pixels at which photos are shown


@dataclass(frozen=True, eq=False)
class Augmentations:
    """`views` uint8 [P, 8, S, S, 3]: each picture as it is, then as epochs 1 to 7 see it; `names` [P] and `unreadable` as paths."""

    views: NDArray[np.uint8]
    names: list[str]
    allowed: Augmentation
    seed: int
    of: int
    unreadable: list[str]

    @property
    def different(self) -> int:
        """How many of the views differ from all others."""
        return len({view.tobytes() for views in self.views for view in views})

    def lines(self) -> list[str]:
        """What is done, a line each, in the order in which it is done."""
        size = self.views.shape[2]
        head = f"{self.allowed.text}: {plural(len(self.names), 'picture')} of {self.of:,}, {size} × {size} pixels, seed {self.seed}"
        left_out = [f"left out: {line}" for line in self.unreadable]
        return [head, *(f"  {line}" for line in told(self.allowed) or ["nothing is changed"]), *left_out]

    def figure(self, theme: "Theme") -> "Figure":
        from vitreous.draw.views import view_grid

        done = [line.replace(" ", "\u00a0") for line in told(self.allowed)]
        epochs = f"{plural(len(self.names), 'picture')} as seven epochs would see {'them' if len(self.names) > 1 else 'it'}"
        different, all_of_them = self.different, self.views.shape[0] * VIEWS
        title = f"{epochs}: {'no two views alike' if different == all_of_them else f'{different} of {all_of_them} views differ'}"
        headings = ["as it is", *(f"epoch {epoch}" for epoch in range(1, VIEWS))]
        shown = f"{self.allowed.text}   (seed {self.seed}, {self.views.shape[2]} × {self.views.shape[2]} pixels)"
        return view_grid(self.views, self.names, headings, title, f"{'; '.join(done) or 'nothing is changed'}\n{shown}", theme)

    def picture(self, form: "PictureFormat", theme: "Theme | None" = None) -> bytes:
        """All views as the bytes of a picture file, 1280 pixels wide."""
        from vitreous.draw.theme import LIGHT, photo_png, svg

        figure = self.figure(theme or LIGHT)
        return photo_png(figure) if form == "png" else svg(figure).encode("utf-8")

    def to_json(self) -> dict[str, Any]:
        shown = {"pictures": self.names, "of": self.of, "size": self.views.shape[2], "seed": self.seed, "unreadable": self.unreadable}
        return {"text": self.allowed.text, "allowed": self.allowed.to_json(), "done": told(self.allowed), **shown}

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_png_(self) -> bytes:
        return self.picture("png")


def show_augmentation(names: Sequence[str | os.PathLike[str]], text: str, seed: int, policy: Policy) -> Augmentations:
    """Eight pictures of these files and folders, evenly spread over them, in eight views each; `text` as `parse` reads it.

    A photo is shown as its central square at 224 pixels; where the first picture's shorter side has up to 64 pixels, all are shown at its
    size. Raises UsageError for a text that means nothing, DataError where no picture can be read.
    """
    parse(text, _SIDE)  # before any work
    paths = pictures_in(names)
    found: list[tuple[str, Decoded]] = []
    unreadable: list[str] = []
    view = View.crop(_SIDE)
    for path in _spread(paths):
        try:
            decoded = decode(path, (view,), policy)
            if not found and (side := min(decoded.width, decoded.height)) <= SMALL_SIDE:
                view = View.crop(side)
                decoded = decode(path, (view,), policy)
            found.append((path, decoded))
        except UnreadableImage as error:
            unreadable.append(str(error))
        if len(found) == PICTURES:
            break
    if not found:
        raise DataError("there is nothing to show", f"not one of {plural(len(paths), 'picture')} can be read", remedy=unreadable[0])
    pictures = np.stack([decoded.views[0] for _, decoded in found])
    allowed = parse(text, view.size)
    numbers = np.arange(len(pictures))
    views = np.stack([pictures, *(augmented(pictures, numbers, seed, epoch, allowed) for epoch in range(1, VIEWS))], 1)
    return Augmentations(views, [_short(path) for path, _ in found], allowed, seed, len(paths), unreadable)


def told(allowed: Augmentation) -> list[str]:
    """What is done, in words."""
    words = []
    if allowed.flip:
        words.append("mirrored in half of the cases")
    if allowed.vertical_flip:
        words.append("turned upside down in half of the cases")
    if allowed.zoom > 1:
        words.append(f"a part of the picture, enlarged 1 to {allowed.zoom:g} ×")
    if allowed.crop:
        words.append(f"moved by up to {plural(allowed.crop, 'pixel')}, mirrored beyond the edge")
    if allowed.rotation:
        words.append(f"turned by up to {allowed.rotation:g}° to either side")
    for name in ("brightness", "contrast", "colour", "sharpness"):
        if amount := getattr(allowed, name):
            words.append(f"{name} × {1 - amount:.3g} to {1 + amount:.3g}")
    return words


def _spread(paths: Sequence[str]) -> Iterator[str]:
    """Eight of them in equal steps, then the others, for where some cannot be read."""
    count = min(PICTURES, len(paths))
    first = [(2 * number + 1) * len(paths) // (2 * count) for number in range(count)]
    yield from (paths[number] for number in first)
    yield from (path for number, path in enumerate(paths) if number not in set(first))


def _short(path: str) -> str:
    """The file with its folder, which is often its class."""
    return visible("/".join(path.replace(os.sep, "/").split("/")[-2:]))
