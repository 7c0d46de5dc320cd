"""What of a training is settled before anything learns."""

from dataclasses import dataclass

import numpy as np

from vitreous.core.item import Item, Source
from vitreous.core.text import percent, plural
from vitreous.data.split import Division
from vitreous.fit.features import Gathered
from vitreous.fit.head import Ints
from vitreous.fit.views import ViewChoice
from vitreous.infer.engine import Setting

# Pictures with a shorter side than this, in pixels, are far from what the network was trained on.
_SMALL_SIDE = 64


@dataclass(frozen=True)
class Ready:
    """`kept`: the numbers of the readable items, which `division` is about. `order`: which of them stands in a row of `Parts`."""

    choice: ViewChoice
    engine: Setting
    gathered: Gathered
    kept: list[int]
    division: Division
    order: Ints

    def items(self, source: Source) -> list[Item]:
        """Those of the rows."""
        return [source.items[self.kept[place]] for place in self.order]

    @property
    def unseen(self) -> float:
        """The mean share of a picture's area that the network does not see."""
        return unseen(self.choice, self.gathered, self.kept)


def unseen(choice: ViewChoice, gathered: Gathered, kept: list[int]) -> float:
    facts = gathered.facts[kept]
    return round(float(np.mean([choice.view.unseen(int(w), int(h)) for w, h in zip(facts["width"], facts["height"], strict=True)])), 4)


def about_view(choice: ViewChoice, gathered: Gathered, kept: list[int]) -> str:
    """What the network sees of a picture, why, and what escapes it, in a line."""
    facts = gathered.facts[kept]
    line = f"View: {choice.view}"
    if escapes := unseen(choice, gathered, kept):
        line += f"; {percent(escapes)} of the pictures' area stays unseen"
    if np.median(np.minimum(facts["width"], facts["height"])) < _SMALL_SIDE < choice.view.size:
        line += f"; the pictures are small, the network was made for photos of {choice.view.size} pixels"
    if not choice.trials:
        return line + " (nothing was compared)."
    losses = ", ".join(f"{trial.view.short}: {trial.loss:.3f}" for trial in choice.trials)
    return f"{line}. Log loss in cross-validation of {plural(choice.sample, 'training picture')}: {losses}."
