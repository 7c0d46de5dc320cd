"""What a search for weak slices found, in words: parts of the pictures on which the model is worse than on the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from vitreous.core.item import LeftOut
from vitreous.core.text import plural, sentence, visible
from vitreous.metrics.slices import LEAST_PICTURES, SIGNIFICANCE, Judged, Slice

_MOST_SHOWN = 12
_NAMES_SHOWN = 4


@dataclass(frozen=True)
class Slices:
    """The judgement on `what`, e.g. "341 test pictures", by the `features` that were known of them."""

    what: str
    judged: Judged
    features: Sequence[str]
    left_out: list[LeftOut] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def worse(self) -> list[Slice]:
        """The slices that are significantly worse, those that explain most errors first."""
        return self.judged.worse

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `--json`, the run folder and the report."""
        return {
            "what": self.what,
            "num_images": self.judged.num_images,
            "errors": self.judged.errors,
            "looked_at": self.judged.looked_at,
            "features": list(self.features),
            "slices": [each.to_json() for each in self.worse],
            "findings": self.findings(),
            "left_out": [{"image": each.relative, "reason": each.reason} for each in self.left_out],
            "remarks": self.remarks,
        }

    def findings(self) -> list[str]:
        """One sentence for each slice; or that there is none."""
        if not self.judged.looked_at:
            return [f"There is no slice to look at: none has {LEAST_PICTURES} pictures inside and outside it."]
        chance = f"chance of a false alarm {100 * SIGNIFICANCE:.0f} % in all, by Holm's correction"
        if not self.worse:
            return [f"No slice is significantly worse than the rest ({chance})."]
        return [f"{each.name}: {self._told(each)}." for each in self.worse]

    def lines(self) -> list[str]:
        """The text that `vitreous evaluate --slices` prints."""
        looked = f"{plural(self.judged.looked_at, 'slice')} by {plural(len(self.features), 'feature')}"
        lines = [f"{self.what}, {plural(self.judged.errors, 'error')}; {looked} looked at, class by class", ""]
        if not self.worse:
            lines += self.findings()
        else:
            lines.append(f"{plural(len(self.worse), 'slice is', 'slices are')} significantly worse than the rest:")
        for each in self.worse[:_MOST_SHOWN]:
            lines += [f"  {visible(each.name)}", f"    {self._told(each)}"]
            lines += [f"    also: {_listed(each.related)}"] if each.related else []
            lines += [f"    the same pictures: {_listed(each.same_as)}"] if each.same_as else []
        if len(self.worse) > _MOST_SHOWN:
            lines.append(f"  … and {len(self.worse) - _MOST_SHOWN} more (--json has them all)")
        lines += ["", *map(sentence, self.remarks)] if self.remarks else []
        if self.left_out:
            lines.append(f"{plural(len(self.left_out), 'file')} left out:")
            lines += [f"  {visible(each.relative)}: {each.reason}" for each in self.left_out[:10]]
            lines += ["  …"] if len(self.left_out) > 10 else []
        return lines

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(visible(each.name))}</td><td>{each.num_images}</td>"
            f"<td>{each.accuracy:.3f} [{each.accuracy_interval[0]:.3f}, {each.accuracy_interval[1]:.3f}]</td><td>{each.rest_accuracy:.3f}</td>"
            f"<td>{each.errors_explained:.0f} of {self.judged.errors}</td><td>{each.adjusted_p_value:.2g}</td></tr>"
            for each in self.worse
        )
        head = "<tr><th>slice</th><th>pictures</th><th>accuracy</th><th>rest</th><th>errors explained</th><th>p</th></tr>"
        told = f"<p><b>{escape(self.what)}</b>: {plural(self.judged.looked_at, 'slice')} looked at</p>"
        return told + (f"<table>{head}{rows}</table>" if self.worse else f"<p>{escape(self.findings()[0])}</p>")

    def _told(self, each: Slice) -> str:
        low, high = each.accuracy_interval
        least, most = sorted(abs(100 * side) if side < 0 else 0.0 for side in each.difference_interval)
        return (
            f"accuracy {each.accuracy:.3f} [{low:.3f}, {high:.3f}] on {plural(each.num_images, 'picture')}, {each.rest_accuracy:.3f} on the rest; "
            f"at equal class {abs(100 * each.difference):.0f} points lower [{least:.0f}, {most:.0f}], "
            f"about {each.errors_explained:.0f} of {self.judged.errors} errors; p {each.adjusted_p_value:.2g}"
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(visible(name) for name in names[:_NAMES_SHOWN])
    return shown + (f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else "")
