"""What follows from the counts, in sentences: uneven classes, classes that are too small or missing in a part, small pictures."""

from typing import TYPE_CHECKING

from vitreous.core.item import Split
from vitreous.core.text import plural, visible
from vitreous.data.split import FEW

if TYPE_CHECKING:
    from vitreous.survey.facts import Facts

# As a training says it: classes are uneven from this ratio on; pictures are small below this short side, in pixels.
_UNEVEN, _SMALL_SIDE = 3, 64
_NAMED, _NAME_SHOWN = 6, 60


def remarks_on(facts: "Facts") -> list[str]:
    """Sentences for the user, the weightiest first."""
    one, more = ("label", "labels") if facts.together else ("class", "classes")
    remarks = [*_about_parts(facts)]
    if small := [label for label, count in facts.classes.items() if count < FEW]:
        remarks.append(f"{plural(len(small), f'{one} has', f'{more} have')} fewer than {FEW} pictures: {_listed(small)}")
    if len(facts.classes) == 1 and not facts.together:
        remarks.append("there is one class only: a model needs two or more to tell apart")
    if facts.imbalance and facts.imbalance >= _UNEVEN:
        most, least = max(facts.classes, key=facts.classes.__getitem__), min(facts.classes, key=facts.classes.__getitem__)
        remarks.append(
            f"{more} are uneven: {_named(most)} has {plural(facts.classes[most], 'picture')}, {_named(least)} {facts.classes[least]:,} "
            f"({facts.imbalance:.0f} times fewer)"
        )
    if facts.sizes and min(facts.sizes.median) < _SMALL_SIDE:
        remarks.append(f"the pictures are small (the middle one has {facts.sizes.median[0]}×{facts.sizes.median[1]} pixels)")
    return remarks


def _about_parts(facts: "Facts") -> list[str]:
    remarks = []
    one, more = ("label", "labels") if facts.together else ("class", "classes")
    for part in (Split.TRAIN, Split.TEST):
        there = facts.splits.get(part.value, {})
        missing = [label for label in facts.classes if label not in there]
        if there and missing:
            name = "training" if part is Split.TRAIN else "test"
            remarks.append(f"{plural(len(missing), f'{one} has', f'{more} have')} no {name} picture: {_listed(missing)}")
    return remarks


def _listed(labels: list[str]) -> str:
    return ", ".join(_named(label) for label in labels[:_NAMED]) + (f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else "")


def _named(label: str) -> str:
    return visible(label)[:_NAME_SHOWN]
