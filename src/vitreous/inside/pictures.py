"""What was found inside a network, as pictures: it picks what is shown, `draw` draws it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from vitreous.core.text import percent, plural, visible
from vitreous.draw.arithmetic import Grid, GridRow, Part, arithmetic
from vitreous.draw.atlas import Strip, all_maps, atlas
from vitreous.draw.lettering import within_a_sentence
from vitreous.draw.theme import Theme
from vitreous.inside.number import Arithmetic
from vitreous.inside.operands import Operand
from vitreous.inside.place import number_text
from vitreous.inside.stages import Stage
from vitreous.inside.telling import channel_of, field_words, figure, is_window, strongest_channels, strongest_numbers
from vitreous.layers.window import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vitreous.inside.inside import Account, Inside
    from vitreous.inside.strongest import Strongest

_PARTS = 8
# More maps at once are a picture that no program opens gladly.
MOST_MAPS = 1600


def atlas_of(found: "Inside", maps: int, depth: int, theme: Theme) -> "Figure":
    """The `maps` strongest maps of each stage."""
    shown = found.stages_at(depth)
    strips = [_strip(found, stage, stage.strongest(maps) if len(stage.maps) > maps else list(range(len(stage.maps)))) for stage in shown]
    others = found.answers.said(4)[1:] if found.answers else []
    then = "Then " + ", ".join(f"{within_a_sentence(each.label)} {percent(each.confidence)}" for each in others) + "\n" if others else ""
    totals = f"{sum(s.weights for s in shown):,} weights, {sum(s.multiply_adds for s in shown):,} multiply-adds in {plural(len(shown), 'stage')}"
    count = sum(len(strip.maps) for strip in strips)
    which = f"The {maps:,} strongest maps of each stage" if maps > 1 else "The strongest map of each stage"
    if all(len(stage.maps) <= maps for stage in shown):
        which = f"All {count:,} maps, in order"
    lines = f"{then}{_where(found)}\n{totals}\n{which}; blue above zero, orange below, each stage on its own scale"
    return atlas(found.decoded.views[0], strips, _finding(found), lines, theme)


def all_maps_of(found: "Inside", stage: Stage, channels: Sequence[int] | None, over: "Strongest | None", theme: Theme) -> "Figure":
    """The maps of one stage in order, or those that are named; of more than 1,600 the strongest. `over`: a search of this stage, whose dead
    and saturated channels are marked."""
    count = len(stage.maps)
    asked = list(range(count)) if channels is None else list(channels)
    kept = asked
    if len(asked) > MOST_MAPS:
        kept = sorted(stage.strongest(MOST_MAPS)) if channels is None else asked[:MOST_MAPS]
    strip = _strip(found, stage, kept)
    silent = int((~np.asarray(stage.maps).reshape(count, -1).any(1)).sum())
    what = "number" if stage.maps.ndim == 1 else "map"
    title = f"{visible(stage.name)} answers {_name(found)} with {count - silent:,} of {plural(count, what)}"
    lines = [_where(found), "; ".join(strip.lines)]
    if len(kept) < count:
        which = (
            "those asked for"
            if kept == asked
            else f"the {len(kept):,} strongest"
            if channels is None
            else f"the first {len(kept):,} of those asked for"
        )
        lines.append(f"{len(kept):,} of {plural(count, what)} drawn, {which}; --channels 0-{min(count, MOST_MAPS) - 1} draws others")
    if over is not None:
        (searched,) = over.found
        places = {channel: place for place, channel in enumerate(kept)}
        strip = replace(
            strip,
            crossed={places[channel] for channel in searched.dead if channel in places},
            framed={places[channel] for channel in searched.saturated if channel in places},
        )
        lines += over.quiet_lines()
        lines += ["Dead ones are crossed out, saturated ones framed"] if strip.crossed or strip.framed else []
    return all_maps(found.decoded.views[0], strip, title, "\n".join(lines), theme)


def arithmetic_of(account: "Account", theme: Theme) -> "Figure":
    """The sum behind a number, and what became of it."""
    steps, made = account.steps, account.made
    first = next((step for step in steps if step.form not in ("input", "copied", "function")), steps[0])
    rows = [row for operand in first.operands for row in _rows(first, operand, account.inside.network.labels)]
    title = f"{number_text(made.value, made.place)} is {_said(made.result)}: {_decided(first)}"
    told = [f"{number_text(step.value, step.place)} = {_said(step.result)}: {step.kind or 'picture'}, {step.rule}" for step in steps[-4:]]
    lines = [re.sub(r"(?<= )-(?=\d)", "−", line) for line in told]
    return arithmetic(title, "\n".join(lines), rows, _parts(first, steps), theme)


def _strip(found: "Inside", stage: Stage, channels: list[int]) -> Strip:
    maps = np.asarray(stage.maps, np.float64)
    maps = maps.reshape(len(maps), *(maps.shape[1:] if maps.ndim == 3 else (1, -1)))[channels]
    labels = found.network.labels
    named = stage.value in ("logits", "probability", "logits.tempered") and len(stage.maps) == len(labels)
    size, step, _ = field_words(stage.field)
    sees = f"sees {size}, every {step}" if step else f"sees {size}" if stage.field else "sees the whole picture"
    return Strip(stage.name, (" × ".join(map(str, stage.shape)), sees), maps, [visible(labels[k]) if named else str(k) for k in channels])


def _finding(found: "Inside") -> str:
    if found.answers is None:
        return _name(found)
    (answer,) = found.answers.said(1)
    return f"{within_a_sentence(answer.label)} ({percent(answer.confidence)}) is what the network makes of {_name(found)}"


def _name(found: "Inside") -> str:
    return within_a_sentence(found.image.replace("\\", "/").rsplit("/", 1)[-1], 40)


def _where(found: "Inside") -> str:
    return f"It sees the {found.picture_text}"


def _rows(made: Arithmetic, operand: Operand, labels: Sequence[str]) -> list[GridRow]:
    if made.form == "softmax":
        return [_softmax_row(made, operand, labels)]
    if is_window(operand):
        return _window_rows(made, operand)
    shown = strongest_numbers(operand)
    places = operand.places.reshape(-1, operand.places.shape[-1])[shown].tolist()
    columns: list[tuple[str, Array]] = [("number", operand.numbers.ravel()[shown])]
    if operand.weights is not None and operand.weights.size > 1:
        weights = np.broadcast_to(operand.weights, operand.numbers.shape).ravel()[shown]
        columns.append(("slope" if made.form == "slopes" else operand.weight_name, weights))
        if made.form != "slopes":
            columns.append(("product", operand.products.ravel()[shown]))
    grids = [Grid(heading, np.asarray(numbers, np.float64)[:, None]) for heading, numbers in columns]
    head = f"the {len(shown)} largest of {operand.numbers.size:,}" if operand.numbers.size > len(shown) else ""
    return [GridRow(head, grids, ("×", "="), [number_text(operand.value, tuple(place)) for place in places])]


def _window_rows(made: Arithmetic, operand: Operand) -> list[GridRow]:
    numbers = np.where(operand.padding, np.nan, operand.numbers.astype(np.float64))
    if numbers.ndim == 2:
        _, index = made.strongest or (operand, (0, 0))
        return [GridRow("", [Grid(f"window in {visible(operand.value)}", numbers, (index[0], index[1]) if made.form == "largest" else None)])]
    rows = []
    for channel in strongest_channels(operand):
        source = number_text(operand.value, (0, channel_of(operand, channel)))
        grids = [Grid(f"patch of {source}", numbers[channel])]
        if operand.weights is not None:
            products = np.where(operand.padding, np.nan, operand.products)[channel]
            grids += [Grid(f"kernel {visible(operand.weight_name)}", np.asarray(operand.weights[channel], np.float64)), Grid("products", products)]
        name = f"channel {channel_of(operand, channel)}: {_said(float(operand.products[channel].sum()))}"
        rows.append(GridRow(name, grids, ("×", "=")))
    return rows


def _softmax_row(made: Arithmetic, operand: Operand, labels: Sequence[str]) -> GridRow:
    scores = operand.numbers.astype(np.float64).ravel()
    powers = np.exp(scores - scores.max())
    places = operand.places.reshape(-1, operand.places.shape[-1])
    own = int((places == np.asarray(made.place)).all(-1).argmax())
    shown = [own, *(k for k in np.argsort(-scores, kind="stable")[:10].tolist() if k != own)]
    columns = (("score z", scores), ("e^(z − largest)", powers), ("share", powers / powers.sum()))
    grids = [Grid(heading, numbers[shown][:, None]) for heading, numbers in columns]
    names = [number_text(operand.value, tuple(places[k].tolist())) for k in shown]
    if len(labels) == len(scores):
        names = [f"{name} {visible(labels[k])}" for name, k in zip(names, shown, strict=True)]
    return GridRow(f"of {len(scores):,} classes", grids, ("→", "→"), names)


def _parts(made: Arithmetic, steps: list[Arithmetic]) -> list[Part]:
    if made.form != "weighted sum" or not made.operands:
        return []
    parts = []
    for operand in made.operands:
        products = operand.products
        if is_window(operand) and products.ndim == 3:
            amounts, kept = products.reshape(len(products), -1).sum(1), strongest_channels(operand)
            names = [f"channel {channel_of(operand, k)}" for k in kept]
            unit = "channel"
        elif is_window(operand):
            parts.append(Part(f"the mean of {made.count:,} numbers", made.sum))
            continue
        else:
            amounts, kept = products.ravel(), strongest_numbers(operand, _PARTS)
            places = operand.places.reshape(-1, operand.places.shape[-1])
            names = [number_text(operand.value, tuple(places[k].tolist())) for k in kept]
            unit = "number"
        parts += [Part(name, float(amounts[k])) for name, k in zip(names, kept, strict=True)]
        if len(amounts) > len(kept):
            rest = float(amounts.sum() - amounts[kept].sum())
            parts.append(Part(f"the other {plural(len(amounts) - len(kept), unit)}", rest))
    if made.bias is not None:
        parts.append(Part(visible(made.bias_name), made.bias))
    parts.append(Part(number_text(made.value, made.place), made.result, total=True))
    after = steps[steps.index(made) + 1 :]
    return parts + [Part(f"{number_text(step.value, step.place)} ({step.kind})", step.result, total=True) for step in after]


def _decided(made: Arithmetic) -> str:
    """What decides the number, in words."""
    if made.form == "weighted sum" and made.count > 1 and made.bias is not None:
        return f"{plural(made.count, 'product')} come to {_said(made.sum)} and {_said(made.bias)} of bias"
    if made.form in ("largest", "smallest"):
        return f"the {made.form} of {plural(made.count, 'number')}"
    if made.form == "softmax":
        return f"its share among {plural(made.count, 'class', 'classes')}"
    return made.rule


def _said(number: float) -> str:
    """Five figures, with a true minus."""
    return figure(number).replace("-", "−", 1) if number < 0 else figure(number)
