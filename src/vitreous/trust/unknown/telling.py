"""What a comparison of new pictures with those of a run came to: values, and the sentences and figures of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vitreous.core.item import LeftOut
from vitreous.core.text import plural, visible
from vitreous.data.decode import Policy
from vitreous.trust.unknown.conformal import percent
from vitreous.trust.unknown.differences import Difference
from vitreous.trust.unknown.samples import least_shift

_NAMED, _EXAMPLES = 5, 5
FEW = 30  # new pictures: fewer show only what is large, which is then said first


@dataclass(frozen=True)
class Counts:
    """Of new pictures: how many there are, how many of them were read, and how many of these the run was trained on."""

    there: int
    read: int
    trained_on: int


@dataclass(frozen=True)
class Shown:
    """A picture to look at, by its path below its folder; `key`: the hash of its content."""

    path: str
    key: str
    label: str


@dataclass(frozen=True)
class Drift:
    """`old` and `new` pictures were compared, copies counted once. `strange`: the new ones that are least like the old, `missing`: the old ones
    that are least like the new, the clearest first. `folders`: those of the old and of the new ones."""

    run: str
    data: Path
    rate: float
    old: int
    new: int
    counts: Counts
    left_out: list[LeftOut] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    strange: list[Shown] = field(default_factory=list)
    missing: list[Shown] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    folders: tuple[Path, Path] | None = None
    policy: Policy | None = None

    @property
    def differs(self) -> bool:
        return any(each.differs for each in self.differences)

    @property
    def verdict(self) -> str:
        """One sentence."""
        if not self.new:
            each = plural(self.counts.trained_on, "picture")
            return f"Nothing to compare: these are the training pictures of {visible(self.run)} ({each}, all of them)."
        names = [each.name for each in self.differences if each.differs]
        if names:
            return f"They differ from those of {visible(self.run)} in {_joined(names)}."
        return f"No difference from those of {visible(self.run)} was found."

    @property
    def least(self) -> tuple[float, float]:
        """What would be found in four of five cases: a shift of a number, in its standard deviations, and of a share of one half."""
        shift = least_shift(self.old, self.new, self.rate, max(1, len(self.differences)))
        return shift, shift / 2

    @property
    def notes(self) -> list[str]:
        """What the verdict rests on, in sentences."""
        said = []
        if self.new:
            shift, share = self.least
            could = f"a shift of a measure by {shift:.2g} of its standard deviations"
            could += f" or of a share by {100 * share:.0f} points" if share < 0.5 else "; no change of a share"
            said.append(f"With {plural(self.new, 'new picture')} beside {self.old:,} of the run, {could} would be found in four of five cases.")
            said.append(f"Where nothing differs, at most {percent(self.rate)} of such questions end in an alarm.")
        if self.counts.trained_on and self.new:
            said.append(f"{plural(self.counts.trained_on, 'picture')} of {self.counts.read:,} are training pictures of the run, and were left out.")
        if self.counts.there > self.counts.read + len(self.left_out):
            said.append(f"{self.counts.read:,} of {plural(self.counts.there, 'picture')} were drawn at random.")
        if self.left_out:
            names = ", ".join(visible(each.relative) for each in self.left_out[:_NAMED]) + (", …" if len(self.left_out) > _NAMED else "")
            said.append(f"{plural(len(self.left_out), 'file')} could not be read: {names}.")
        return [*said, *(f"{remark[0].upper()}{remark[1:]}." for remark in self.remarks)]

    def lines(self) -> list[str]:
        """The text that `vitreous drift` prints."""
        few = self.notes[0] if 0 < self.new < FEW else ""
        lines = [self.verdict, *([few] if few else [])]
        if self.differences:
            width = max(len(each.name) for each in self.differences)
            lines += ["", f"  {'':<{width}}  differs  p, adjusted  before → now"]
            for each in sorted(self.differences, key=lambda each: each.adjusted):
                words = f"{each.before} → {each.now}" if each.before else ""
                lines.append(f"  {each.name:<{width}}  {'yes' if each.differs else 'no':<7}  {each.told:<11}  {words}".rstrip())
        if self.differs:
            lines += ["", "Least like those of the run: " + ", ".join(visible(each.path) for each in self.strange[:_EXAMPLES])]
        return [*lines, "", *(note for note in self.notes if note != few)] if self.new else lines

    def to_json(self) -> dict[str, Any]:
        shift, share = self.least if self.new else (None, None)
        return {
            "run": self.run, "data": str(self.data), "differs": self.differs if self.new else None, "rate": self.rate,
            "verdict": self.verdict, "pictures": {"run": self.old, "new": self.new, "trained_on": self.counts.trained_on, "there": self.counts.there},
            "would_be_found": {"standard_deviations": shift, "share": share, "power": 0.8},
            "differences": [each.to_json() for each in self.differences],
            "least_like_the_run": [each.path for each in self.strange], "least_like_the_new": [each.path for each in self.missing],
            "left_out": [{"image": each.relative, "reason": each.reason} for each in self.left_out], "remarks": self.remarks,
        }  # fmt: skip

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def _joined(names: list[str]) -> str:
    """
    >>> _joined(["size"]), _joined(["size", "sharpness", "camera"])
    ('size', 'size, sharpness and camera')
    """
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
