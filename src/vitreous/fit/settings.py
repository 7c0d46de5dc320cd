"""What a training may be told. Settings resolve from arguments, then the settings file, then the plan."""

import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitreous.core.text import visible
from vitreous.data.decode import Policy, policy
from vitreous.data.sources import TASKS
from vitreous.errors import UsageError, nearest
from vitreous.fit.scratch import SCRATCH, SCRATCH_TYPES, require_possible
from vitreous.infer.engine import parse_engine
from vitreous.nets.catalogue import full_name

if TYPE_CHECKING:
    from vitreous.fit.foreign import ForeignOptions
    from vitreous.metrics.thresholds import Goal

_MOST_MINUTES, _MOST_SIDE = 60 * 24 * 30, 2048
_FOREIGN = ("mean", "std", "scale", "layout", "colours", "output", "licence")
_ACCEPTED: dict[str, tuple[type, ...]] = {
    "minutes": (int, float),
    "seed": (int,),
    "max_pixels": (int,),
    "size": (int,),
    "tolerate_truncated": (bool,),
    "smallest_within": (int, float),
    "fastest_within": (int, float),
}
TUNE = ("auto", "none")
_KINDS: dict[type, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


@dataclass(frozen=True)
class TrainSettings:
    """`minutes`: None means as soon as possible. `group`: a CSV column or a regular expression on the relative path.

    `net`: see `vitreous.fit.methods`; `size`: its pictures' side in pixels. The rest, from `mean` on, is about a network from
    elsewhere: see `vitreous.fit.foreign.ForeignOptions`; `mean` and `std` are one number or three with commas. `task`: classify (one label for
    a picture) or multilabel (several), None: what the data hold; `threshold_for`: what thresholds of several labels are chosen for. `tune`: auto (a
    pretrained network learns on while there are minutes) or none. `net` auto or with commas: those are tried, and `smallest_within` or
    `fastest_within` so many points of the best is taken. Those from `trainer` on are about training from scratch: see
    `vitreous.fit.scratch`.
    """

    minutes: float | None = None
    seed: int = 0
    name: str | None = None
    runs: str = "runs"
    engine: str = "auto"
    group: str | None = None
    image_column: str | None = None
    label_column: str | None = None
    max_pixels: int | None = None
    tolerate_truncated: bool = False
    net: str | None = None
    size: int | None = None
    mean: str | None = None
    std: str | None = None
    scale: str | None = None
    layout: str | None = None
    colours: str | None = None
    output: str | None = None
    licence: str | None = None
    task: str | None = None
    threshold_for: str | None = None
    tune: str | None = None
    smallest_within: float | None = None
    fastest_within: float | None = None
    trainer: str | None = None
    epochs: int | None = None
    batch: int | None = None
    rate: float | str | None = None
    optimizer: str | None = None
    momentum: float | None = None
    decay: float | None = None
    schedule: str | None = None
    loss: str | None = None
    smoothing: float | None = None
    class_weights: str | None = None
    mixup: float | None = None
    dropout: float | None = None
    augment: str | None = None
    clip: float | None = None
    average: float | None = None
    patience: int | None = None
    device: str | None = None
    threads: int | None = None
    tensorboard: bool | None = None
    keep_path: bool | None = None

    def __post_init__(self) -> None:
        parse_engine(self.engine)
        for key, text in asdict(self).items():
            if isinstance(text, str) and "\0" in text:
                raise UsageError(key, f"{visible(text)!r}", "a text without zero bytes")
        if self.minutes is not None and not 0 < self.minutes <= _MOST_MINUTES:
            raise UsageError("--minutes", f"{self.minutes:g}", f"more than 0 and at most {_MOST_MINUTES:,}")
        if not 0 <= self.seed < 2**32:
            raise UsageError("--seed", str(self.seed), "a whole number from 0 to 4,294,967,295")
        if self.max_pixels is not None and self.max_pixels < 1:
            raise UsageError("--max-pixels", str(self.max_pixels), "a number of pixels, 1 or more")
        if self.task is not None and self.task not in TASKS:
            raise UsageError(f"there is no task {visible(self.task)!r}", remedy=nearest(self.task, TASKS))
        if self.threshold_for is not None:
            self.threshold_goal()
        if self.tune is not None and self.tune not in TUNE:
            raise UsageError(f"--tune {visible(self.tune)}", needed=" or ".join(TUNE), remedy=nearest(self.tune, TUNE))
        for name in ("smallest_within", "fastest_within"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 100:
                raise UsageError(f"--{name.replace('_', '-')}", f"{value:g}", "points of accuracy from 0 to 100")
            if value is not None and not self.several_nets:
                raise UsageError(f"--{name.replace('_', '-')}", f"--net {self.net or 'none'}", "--net auto, or several networks with commas")
        if self.smallest_within is not None and self.fastest_within is not None:
            raise UsageError("--smallest-within and --fastest-within", "both", "one of them")
        if self.size is not None and not 1 <= self.size <= _MOST_SIDE:
            raise UsageError("--size", str(self.size), f"a number of pixels from 1 to {_MOST_SIDE:,}")
        require_possible({name: getattr(self, name) for name in SCRATCH})

    @property
    def several_nets(self) -> list[str]:
        """The networks that are tried, where more than one is asked for; ["auto"] for those of this machine."""
        names = [name.strip() for name in (self.net or "").split(",")]
        return [name for name in names if name] if len(names) > 1 or names == ["auto"] else []

    @property
    def from_scratch(self) -> list[str]:
        """The settings given that only a training from scratch with torch can use."""
        return [name for name in SCRATCH if name != "trainer" and getattr(self, name) is not None]

    def threshold_goal(self) -> "Goal":
        """What the thresholds of several labels are chosen for. Raises UsageError for what cannot be meant."""
        from vitreous.metrics.thresholds import Goal

        return Goal.read(self.threshold_for or "f1")

    @property
    def for_foreign_files(self) -> list[str]:
        """The settings given that only a network from elsewhere can use."""
        return [name for name in _FOREIGN if getattr(self, name) is not None]

    def foreign_options(self) -> "ForeignOptions":
        """Raises UsageError for what cannot be meant."""
        from vitreous.fit.foreign import ForeignOptions

        values: dict[str, Any] = {name: getattr(self, name) for name in _FOREIGN}
        return ForeignOptions(self.size, **values | {name: _numbers(name, values[name]) for name in ("mean", "std")})

    @property
    def policy(self) -> Policy:
        return policy(self.max_pixels, self.tolerate_truncated)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def _numbers(name: str, text: str | None) -> tuple[float, ...] | None:
    """One number or three, with commas between them."""
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"--{name}", visible(text), "one number, or three with commas: red,green,blue") from None


def resolve(arguments: dict[str, Any], file: Path | None) -> TrainSettings:
    """Settings from the arguments that were given (not None), then those of a TOML file, then the defaults.

    Raises UsageError for a file that cannot be read, an unknown key, a value of the wrong type.
    """
    values = _from_file(file) if file else {}
    values |= {key: value for key, value in arguments.items() if value is not None}
    known = [field.name for field in fields(TrainSettings)]
    for key in values:
        if key not in known:
            raise UsageError(f"unknown setting {visible(key)!r}", remedy=nearest(key, known))
    if isinstance(values.get("net"), str):
        values["net"] = ",".join(full_name(each.strip()) for each in values["net"].split(","))
    return TrainSettings(**values)


def _from_file(file: Path) -> dict[str, Any]:
    if file.exists() and not file.is_file():
        raise UsageError(f"cannot read {visible(str(file))}", "no regular file", "a TOML file")
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {visible(str(file))}", error.strerror or str(error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{visible(str(file))} is no TOML file", str(error)) from None
    known = {field.name: type(field.default) for field in fields(TrainSettings)}
    for key, value in values.items():
        if key not in known:
            raise UsageError(f"unknown setting {visible(key)!r} in {visible(str(file))}", remedy=nearest(key, known))
        accepted = types_of(key)
        if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
            raise UsageError(f"{key} in {visible(str(file))}", f"{value!r}", f"{told_types(key)} is needed")
    return values


def types_of(key: str) -> tuple[type, ...]:
    """What a setting may be, besides None."""
    return _ACCEPTED.get(key) or SCRATCH_TYPES.get(key, (str,))


def told_types(key: str) -> str:
    return " or ".join(_KINDS[kind] for kind in types_of(key))
