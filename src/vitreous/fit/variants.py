"""The variants of a training: each setting that changes with its values, `key=a,b,c`; several settings make a grid.

    read_sweep(["rate=0.001,0.01", "optimizer=adamw,momentum"], TrainSettings()).variants        four, the last setting changes first

Where a value has commas itself, values are set apart by semicolons: "augment=none;flip,crop=4".
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from math import prod
from typing import Any

from vitreous.core.text import visible
from vitreous.errors import UsageError, nearest
from vitreous.fit.settings import TrainSettings, told_types, types_of

# What names a run, and what says what the data are: runs of other data have no common score.
_FIXED = ("name", "runs", "task", "group", "image_column", "label_column", "tensorboard", "keep_path")
MOST_VARIANTS = 200
Value = int | float | bool | str


@dataclass(frozen=True)
class Variant:
    """One training of a sweep: what it is called, the values that it has, all its settings."""

    name: str
    values: dict[str, Value]
    settings: TrainSettings

    def __str__(self) -> str:
        return ", ".join(f"{key.replace('_', ' ')} {visible(str(value))}" for key, value in self.values.items())


@dataclass(frozen=True)
class Sweep:
    """`values` of each setting that changes; the others as in `settings`."""

    values: dict[str, tuple[Value, ...]]
    settings: TrainSettings

    @property
    def variants(self) -> list[Variant]:
        made = []
        for number, values in enumerate(product(*self.values.values()), 1):
            chosen: dict[str, Any] = dict(zip(self.values, values, strict=True))  # each was read as its kind
            name = "-".join([f"{number:02}", *(f"{key}-{value}" for key, value in chosen.items())])
            made.append(Variant(name, chosen, replace(self.settings, name=name, **chosen)))
        return made

    def to_json(self) -> dict[str, Any]:
        """What two calls must have in common to be the same sweep."""
        settings = {key: value for key, value in asdict(self.settings).items() if key not in ("runs", "name")}
        return {"settings": settings, "values": {key: list(values) for key, values in self.values.items()}}


def read_sweep(texts: Sequence[str], settings: TrainSettings) -> Sweep:
    """Raises UsageError for a setting that there is not, or that is set besides; for no value, one twice, one that cannot be meant."""
    values: dict[str, tuple[Value, ...]] = {}
    for text in texts:
        key, found = _read(text)
        if key in values:
            raise UsageError(f"--sweep {visible(key)}", "twice", "all its values at once", f"--sweep {visible(key)}=A,B,C")
        if getattr(settings, key) != getattr(TrainSettings(), key):
            raise UsageError(f"--sweep {key}", f"--{key.replace('_', '-')} is set besides", "one of the two")
        values[key] = found
    if (count := prod(map(len, values.values()))) > MOST_VARIANTS:
        raise UsageError("--sweep", f"{count:,} variants", f"at most {MOST_VARIANTS}")
    sweep = Sweep(values, settings)
    _ = sweep.variants  # each is checked as its settings are made
    return sweep


def _read(text: str) -> tuple[str, tuple[Value, ...]]:
    name, equals, given = text.partition("=")
    key, known = name.strip().replace("-", "_"), [field.name for field in fields(TrainSettings) if field.name not in _FIXED]
    if key in _FIXED:
        raise UsageError(f"--sweep {key}", "it is the same for all variants", "a setting of the training, such as rate=0.001,0.01")
    if key not in known:
        raise UsageError(f"--sweep {visible(text)}", f"there is no setting {visible(name.strip())!r}", remedy=nearest(key, known))
    parts = [part.strip() for part in given.split(";" if ";" in given else ",")]
    if not equals or not all(parts):
        raise UsageError(f"--sweep {visible(text)}", "a value is missing" if given.strip(" ,;") else "no values", f"--sweep {name.strip()}=A,B,C")
    values = tuple(_value(key, part, text) for part in parts)
    if twice := [part for place, part in enumerate(parts) if values[place] in values[:place]]:
        raise UsageError(f"--sweep {visible(text)}", f"{visible(twice[0])} twice", "each value once")
    return key, values


def _value(key: str, text: str, given: str) -> Value:
    """The text as what the setting takes: the first of its kinds that it can be."""
    for kind in types_of(key):
        if kind is bool:
            if text in ("true", "false"):
                return text == "true"
            continue
        try:
            value: Value = kind(text)
        except ValueError:
            continue
        return value
    raise UsageError(f"--sweep {visible(given)}", f"{visible(text)!r}", f"{told_types(key)} is needed")
