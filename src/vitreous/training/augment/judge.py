"""Which changes would change the meaning of these pictures: found out by measuring, before any network is trained.

A regression on the pixels (Gaussian kernel k, one target of 0 and 1 for each class) is asked for each picture after learning from all
others: once as they are, once with their changed copies beside them under the same labels. Where mirrored pictures of one class look
like another one, its squared error rises; where they are new pictures of the same things, it falls.

A mirror or a quarter turn g only permutes pixels, so that k(g x, g z) = k(x, z) and all copies of a picture get one coefficient:

    k'(x, z) = Σ_g k(x, g z)         error of picture i, left out with its copies = α_i / (K' + λ I)⁻¹_ii,   α = (K' + λ I)⁻¹ Y

Copies in other colours are rows of their own, and a picture is left out as a block of two. Both sides choose λ for themselves.

Sources: C. Rasmussen, C. Williams, "Gaussian Processes for Machine Learning", 2006, section 5.4.2 (leaving one out); B. Haasdonk,
H. Burkhardt, "Invariant kernel functions for pattern analysis and machine learning", Machine Learning 68, 2007 (sums over g).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from threadpoolctl import threadpool_limits

from vitreous.core.text import plural
from vitreous.errors import UsageError, nearest
from vitreous.training.augment.augmentation import Augmentation, parse
from vitreous.training.augment.augmented import augmented

Floats = NDArray[np.float64]
Change = Callable[[Floats], Floats]

# More pictures take longer than they teach: the time grows with their cube.
MOST_PICTURES, MOST_IN_COLOUR, LEAST_PICTURES = 1000, 600, 60
SIDE = 16  # pixels, to which pictures are reduced
_STRENGTHS = (0.03, 0.1, 0.3, 1.0)
# The error must rise by more than this share, with 97.5 % confidence: what is less costs less than augmentation brings.
_TOLERATED = 0.02
_Z = 1.96
_FEW_DEGREES = 20.0

# What is done to pictures [N, S, S, C]: together with the picture itself, a group of permutations of its pixels.
_PERMUTED: dict[str, tuple[str, Sequence[Change]]] = {
    "flip": ("mirrored", (lambda x: x[:, :, ::-1],)),
    "vertical_flip": ("upside down", (lambda x: x[:, ::-1],)),
    "rotation": ("turned by 90, 180 and 270°", tuple(partial(np.rot90, k=k, axes=(1, 2)) for k in (1, 2, 3))),
}
_JUDGED = (*_PERMUTED, "colour")
_IN_COLOUR = "with colours from none to double"


@dataclass(frozen=True)
class Verdict:
    """What copies changed in one way do: mean squared error without and with them, the difference as a share of the former with its 95 %
    interval, and whether the change is `harmful`: whether all of the interval lies above 2 %."""

    name: str
    loss_without: float
    loss_with: float
    rise: float
    interval: tuple[float, float]
    pictures: int
    what: str

    @property
    def harmful(self) -> bool:
        return self.interval[0] > _TOLERATED

    @property
    def evidence(self) -> str:
        low, high = (f"{100 * end:+.1f}".replace("-", "−") for end in self.interval)
        says = "they change what pictures mean" if self.harmful else "no harm found"
        return f"{self.what}, as more pictures of the same class: error {low} to {high} % on {plural(self.pictures, 'picture')}; {says}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"interval": list(self.interval), "harmful": self.harmful}


def harmful(pictures: NDArray[np.uint8], labels: NDArray[np.integer], seed: int, names: Sequence[str] = ("flip",)) -> dict[str, Verdict]:
    """A verdict for each of the `names` (flip, vertical_flip, rotation, colour) from at most 1,000 of the pictures uint8 [N, S, S, C].

    rotation stands for quarter turns, and colour for any strength up to double: more than an augmentation does. Names that
    need squares or colours are left out for pictures that are none or have none; where there are fewer than 60 pictures or
    two classes, nothing can be told and the result is empty. About a second for each name.
    Raises UsageError for an unknown name and arrays of another form.
    """
    if pictures.ndim != 4 or pictures.dtype != np.uint8 or labels.shape != pictures.shape[:1]:
        arrived = f"{pictures.dtype} {list(pictures.shape)} with labels {list(labels.shape)}"
        raise UsageError("these pictures cannot be judged", arrived, "uint8 [N, height, width, channels] with labels [N]")
    for name in names:
        if name not in _JUDGED:
            raise UsageError(f"{name!r} cannot be judged", remedy=nearest(name, _JUDGED))
    chosen = np.random.default_rng(seed).permutation(len(pictures))[:MOST_PICTURES]
    known, target = np.unique(labels[chosen], return_inverse=True)
    if len(chosen) < LEAST_PICTURES or len(known) < 2:
        return {}
    with threadpool_limits(1, "blas"):  # the same sums on any machine; and beside other work two threads are slower
        return _judged(pictures[chosen], chosen, target, seed, names)


def _judged(
    pictures: NDArray[np.uint8], numbers: NDArray[np.int64], target: NDArray[np.int64], seed: int, names: Sequence[str]
) -> dict[str, Verdict]:
    x, Y = reduced(pictures), np.eye(int(target.max()) + 1)[target]
    Y -= Y.mean(0)
    width = _median_distance(x)
    found = {}
    if permuted := [name for name in names if name in _PERMUTED and (name != "rotation" or x.shape[1] == x.shape[2])]:
        own = _kernel(x, x, width)
        plain = _errors(own, Y)
        for name in permuted:
            what, changes = _PERMUTED[name]
            changed = _errors(own + sum(_kernel(x, change(x), width) for change in changes), Y)
            found[name] = _verdict(name, what, plain, changed)
    if "colour" in names and x.shape[3] == 3:
        few = slice(MOST_IN_COLOUR)
        copies = reduced(augmented(pictures[few], numbers[few], seed, 0, Augmentation(colour=1.0)))
        both = np.concatenate([x[few], copies])
        K = _kernel(both, both, width)
        own = K[: len(copies), : len(copies)]
        found["colour"] = _verdict("colour", _IN_COLOUR, _errors(own, Y[few]), _errors(K, np.concatenate([Y[few], Y[few]]), 2))
    return found


def without_harmful(allowed: Augmentation, verdicts: dict[str, Verdict]) -> Augmentation:
    """The augmentation less what changes the meaning of pictures; turns of up to 20° are kept, as the verdict is about quarter turns."""
    nothing = Augmentation().to_json()
    off = {name: nothing[name] for name, verdict in verdicts.items() if verdict.harmful and (name != "rotation" or allowed.rotation > _FEW_DEGREES)}
    return replace(allowed, **off)


def kept_meaning(text: str, size: int, pictures: NDArray[np.uint8], labels: NDArray[np.integer], seed: int) -> tuple[Augmentation, list[str]]:
    """What `text` means for pictures [N, size, size, C], and what there is to say of it: of `auto`, what was found harmful is left out.

    What is named stays: somebody wants it. Nothing is judged, and nothing said, where the text does not begin with auto.
    """
    allowed = parse(text, size)
    words = [word.partition("=")[0].strip() for word in text.split(",")]
    judged = [name for name in ("flip", "colour") if getattr(allowed, name) and name not in words]
    if words[0] != "auto" or not judged:
        return allowed, []
    verdicts = harmful(pictures, labels, seed, judged)
    kept = without_harmful(allowed, verdicts)
    off = [f"Augmentation without {name}: {verdict.evidence}." for name, verdict in verdicts.items() if verdict.harmful]
    return kept, off or [f"Augmentation: {kept.text}." if verdicts else f"Augmentation: {kept.text}; too few pictures to judge it by."]


def reduced(pictures: NDArray[np.uint8]) -> Floats:
    """Pictures in 0 … 1 with each side at most about 16 pixels, by means of whole blocks; mirroring them first would give the same."""
    _, height, width, _ = pictures.shape
    down, across = max(1, height // SIDE), max(1, width // SIDE)
    top, left = height % down // 2, width % across // 2
    x = pictures[:, top : top + height // down * down, left : left + width // across * across]
    blocks = x.reshape(len(x), height // down, down, width // across, across, -1)
    return np.asarray(blocks.mean((2, 4)) / 255)


def _median_distance(x: Floats) -> float:
    """The median of squared distances, among 300 of the pictures."""
    few = x[:300].reshape(min(300, len(x)), -1)
    distance = _squared_distances(few, few)[np.triu_indices(len(few), 1)]
    return float(np.median(distance)) or 1.0


def _kernel(x: Floats, z: Floats, width: float) -> Floats:
    return np.asarray(np.exp(_squared_distances(x.reshape(len(x), -1), z.reshape(len(z), -1)) / -width))


def _squared_distances(x: Floats, z: Floats) -> Floats:
    return np.asarray(np.maximum((x * x).sum(1)[:, None] + (z * z).sum(1) - 2 * x @ z.T, 0))


def _errors(K: Floats, Y: Floats, rows: int = 1) -> Floats:
    """Squared error [N] of each picture left out, with the strength that is best on average.

    K [rows · N, rows · N]: the pictures, then the same number of copies in the same order, which are left out together with them.
    """
    tried = []
    for strength in _STRENGTHS:
        factor, wrong = lapack.dpotrf(K + strength * np.eye(len(K)), lower=1, overwrite_a=1)
        if wrong:
            continue  # not positive definite to the precision of the numbers
        inverse = np.tril(lapack.dpotri(factor, lower=1)[0])
        inverse += np.tril(inverse, -1).T
        blocks = inverse.reshape(rows, len(K) // rows, rows, -1)
        own = np.einsum("anbn->nab", blocks)  # [N, rows, rows]
        coefficients = (inverse @ Y).reshape(rows, len(K) // rows, -1).transpose(1, 0, 2)
        tried.append((np.linalg.solve(own, coefficients)[:, 0] ** 2).sum(1))
    return np.asarray(min(tried, key=lambda errors: float(errors.mean())))


def _verdict(name: str, what: str, plain: Floats, changed: Floats) -> Verdict:
    difference, without = changed - plain, max(float(plain.mean()), 1e-12)
    mean, error = float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))
    interval = (mean - _Z * error) / without, (mean + _Z * error) / without
    return Verdict(name, without, float(changed.mean()), mean / without, interval, len(plain), what)
