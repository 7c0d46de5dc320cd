"""What the curves of a training say, causes before consequences. Pure functions of what was recorded, so they work on a finished run too.

Divergence stands alone. A rate that is too high kills and saturates units and makes the loss jump itself, so then only the rate is named; units that
are dead explain why weights do not move; under-fitting is said only where nothing else explains it. The rules: `descent`, `gap`, `during`.

Of 72 trainings kept aside while the limits were chosen, 48 of 52 planted faults are named rightly (of "held out better" 2 of 6), and 1 of 20 sound
trainings is found fault with: benchmarks/coach.py, decision 0024.
"""

from vitreous.training.coach.context import Context
from vitreous.training.coach.descent import (
    DEAD,
    SATURATED,
    Entries,
    Steps,
    batch_too_small,
    diverged,
    layers_of,
    loss_of_a_guess,
    rate_too_high,
    rate_too_low,
)
from vitreous.training.coach.during import dead_units, saturated
from vitreous.training.coach.finding import Finding, in_order
from vitreous.training.coach.gap import side_by_side, under_fitting


def read(history: Entries, steps: Steps = (), context: Context | None = None, failure: str = "") -> list[Finding]:
    """The findings, causes first; none of a training that went well, or of which too little is known.

    `history`: an entry an epoch, `steps`: thinned ones, as in history.jsonl and steps.jsonl; `failure`: why it was stopped, if it was.
    """
    context = context or Context.plain(10)
    unit = loss_of_a_guess(history, steps, context)
    if grew := diverged(history, steps, unit, failure):
        return grew
    if len(history) < 2:
        return []
    if high := rate_too_high(history, steps, unit):
        return in_order([*high, *side_by_side(history, context)])
    layers = layers_of(history)
    inside = [*dead_units(layers, DEAD), *saturated(layers, SATURATED)]
    slow = [] if inside else rate_too_low(history, unit)
    found = [*inside, *slow, *batch_too_small(history, steps, unit), *side_by_side(history, context)]
    return in_order(found or under_fitting(history, context, unit))
