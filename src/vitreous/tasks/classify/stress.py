"""What a stress test found: accuracy under each corruption at each strength, in words, as a table, as curves.

lost = 1 − accuracy / accuracy on the pictures as they are        mean corruption accuracy = mean over corruptions and strengths
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal

from vitreous.core.item import LeftOut
from vitreous.core.text import plural, sentence, visible

Interval = tuple[float, float]

# How much is lost, in words, the most first.
_LOSSES = ((1 / 2, "half of the right answers are lost"), (1 / 3, "one right answer in three is lost"), (1 / 10, "one right answer in ten is lost"))
_BORNE = 1 / 20
_OVERCONFIDENT = 0.2
_TOLD = 3


@dataclass(frozen=True)
class Cell:
    """At one strength: accuracy with its 95 % interval, the share of the right answers that is lost (below 0: won), the mean confidence of
    the answers, and whether the loss is beyond chance. `told`: the strength with its unit."""

    strength: float
    told: str
    accuracy: float
    accuracy_interval: Interval
    lost: float
    confidence: float
    significant: bool

    def to_json(self) -> dict[str, Any]:
        return {key: list(value) if isinstance(value, tuple) else value for key, value in vars(self).items() if key != "told"}


@dataclass(frozen=True)
class Harm:
    """One corruption: what its strengths measure, the unit, and a cell for each strength, from mild to harsh."""

    name: str
    quantity: str
    unit: str
    cells: Sequence[Cell]

    @property
    def accuracy(self) -> float:
        """The mean over the strengths."""
        return sum(cell.accuracy for cell in self.cells) / len(self.cells)

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "quantity": self.quantity, "mean_accuracy": self.accuracy, "strengths": [cell.to_json() for cell in self.cells]}


@dataclass(frozen=True)
class Stress:
    """Accuracy on `what`, e.g. "341 test pictures", as they are (`plain`) and under each corruption; and the mean corruption accuracy."""

    what: str
    num_images: int
    plain: Cell
    harms: Sequence[Harm]
    mean_accuracy: float
    mean_accuracy_interval: Interval
    left_out: list[LeftOut] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `--json`, the run folder and the report."""
        return {
            "what": self.what,
            "num_images": self.num_images,
            "accuracy": self.plain.accuracy,
            "accuracy_interval": list(self.plain.accuracy_interval),
            "mean_corruption_accuracy": self.mean_accuracy,
            "mean_corruption_accuracy_interval": list(self.mean_accuracy_interval),
            "corruptions": [harm.to_json() for harm in self.harms],
            "findings": self.findings(),
            "left_out": [{"image": each.relative, "reason": each.reason} for each in self.left_out],
            "remarks": self.remarks,
        }

    def findings(self) -> list[str]:
        """What the table says, in sentences."""
        kept = f": {100 * self.mean_accuracy / self.plain.accuracy:.0f} % of it is kept" if self.plain.accuracy else ""
        count = sum(len(harm.cells) for harm in self.harms)
        sentences = [
            f"Accuracy is {_figure(self.plain.accuracy, self.plain.accuracy_interval)} on the pictures as they are, and "
            f"{_figure(self.mean_accuracy, self.mean_accuracy_interval)} on average over {plural(count, 'corruption')}{kept}."
        ]
        worst = sorted(self.harms, key=lambda harm: harm.accuracy)
        sentences += [f"{_capital(harm.name)}: {told}." for harm in worst if (told := _what_is_lost(harm))][:_TOLD]
        if borne := [harm.name for harm in self.harms if all(cell.lost < _BORNE for cell in harm.cells)]:
            sentences.append(f"With {_listed(borne)} less than one right answer in twenty is lost at every strength.")
        blind = max(((cell.confidence - cell.accuracy, harm, cell) for harm in self.harms for cell in harm.cells), key=lambda each: each[0])
        if blind[0] > _OVERCONFIDENT:
            _, harm, cell = blind
            told = f"right in {100 * cell.accuracy:.0f} % of the cases and {100 * cell.confidence:.0f} % sure"
            sentences.append(f"It does not notice: with {harm.name} at {cell.told} it is {told}.")
        return sentences

    def lines(self) -> list[str]:
        """The text that `vitreous evaluate --stress` prints."""
        lines = [f"{self.what} under {plural(len(self.harms), 'corruption')}, mild to harsh: accuracy at each strength", ""]
        for harm in self.harms:
            strengths, figures = [_number(cell) for cell in harm.cells], [f"{cell.accuracy:.3f}" for cell in harm.cells]
            lines.append(f"  {harm.name:<16}" + "".join(f"{each:>9}" for each in strengths) + f"{'mean':>9}")
            lines.append(f"    {harm.unit:<14}" + "".join(f"{each:>9}" for each in figures) + f"{harm.accuracy:>9.3f}")
        lines += ["", *self.findings(), *map(sentence, self.remarks)]
        if self.left_out:
            lines.append(f"{plural(len(self.left_out), 'file')} left out:")
            lines += [f"  {visible(each.relative)}: {each.reason}" for each in self.left_out[:10]]
            lines += ["  …"] if len(self.left_out) > 10 else []
        return lines

    def picture(self, form: Literal["png", "svg"] = "png", appearance: Literal["light", "dark"] = "light") -> bytes:
        """The accuracies as curves, a small plot for each corruption, as a file of 1280 pixels in width."""
        from vitreous.draw.stress import Curve, stress_picture
        from vitreous.draw.theme import DARK, LIGHT, encoded

        def curve(name: str, quantity: str, cells: Sequence[Cell]) -> Curve:
            shown = [(_number(cell), cell.accuracy, cell.accuracy_interval, cell.confidence) for cell in cells]
            return Curve(name, quantity, *map(list, zip(*shown, strict=True)))

        worst = min(self.harms, key=lambda harm: harm.accuracy)
        title = f"{_capital(worst.name)} harms most: accuracy {worst.accuracy:.2f} on average, {self.plain.accuracy:.2f} as is; {self.what}"
        curves = [curve(harm.name, harm.quantity, harm.cells) for harm in self.harms]
        figure = stress_picture(curves, curve("as is", "", [self.plain]), title, DARK if appearance == "dark" else LIGHT)
        return encoded(figure, form)

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(harm.name)}</td>"
            + "".join(f"<td>{cell.accuracy:.3f}<br><small>{escape(cell.told)}</small></td>" for cell in harm.cells)
            + f"<td>{harm.accuracy:.3f}</td></tr>"
            for harm in self.harms
        )
        head = f"<tr><th>corruption</th><th colspan='{len(self.harms[0].cells)}'>accuracy, mild to harsh</th><th>mean</th></tr>"
        told = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.findings())
        return f"<p><b>{escape(self.what)}</b></p><table>{head}{rows}</table>{told}"


def _number(cell: Cell) -> str:
    """The strength without its unit."""
    return f"{cell.strength:g}".replace("-", "−")


def _what_is_lost(harm: Harm) -> str:
    """From which strengths on how much is lost; nothing where it is less than one in ten, or within chance."""
    parts: list[str] = []
    stronger = len(harm.cells)
    for share, words in _LOSSES:
        first = stronger
        while first and harm.cells[first - 1].lost >= share and harm.cells[first - 1].significant:
            first -= 1
        if first < stronger:
            parts.append(f"from {harm.cells[first].told} on {words}")
            stronger = first
    return ", ".join(reversed(parts))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _figure(value: float, interval: Interval) -> str:
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"
