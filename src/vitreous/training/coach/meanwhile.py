"""What is told while a training runs: that it diverges, or that units have died or stick at their limits; each once, with the epoch's line."""

from collections.abc import Sequence

from vitreous.training.coach.context import Context
from vitreous.training.coach.descent import DEAD, SATURATED, Entries, Steps, diverged, layers_of, loss_of_a_guess
from vitreous.training.coach.during import dead_units, saturated
from vitreous.training.coach.finding import Finding


class Meanwhile:
    """Of a training that goes on behind `history`, what was seen there is not told again."""

    def __init__(self, context: Context, history: Entries = ()) -> None:
        self.context = context
        self.told: set[str] = set()
        for epochs in range(1, len(history) + 1):
            self.new(history[:epochs])

    def read(self, history: Entries, steps: Steps) -> str:
        """Sentences to follow the epoch's line, each with a space before it; mostly none."""
        return "".join(f" {finding}" for finding in self.new(history, steps))

    def new(self, history: Entries, steps: Steps = ()) -> Sequence[Finding]:
        layers = layers_of(history[-1:])
        grew = diverged(history, steps, loss_of_a_guess(history, steps, self.context), "")
        found = [each for each in (*grew, *dead_units(layers, DEAD), *saturated(layers, SATURATED)) if each.kind not in self.told]
        self.told.update(each.kind for each in found)
        return found[:1]  # divergence kills units itself
