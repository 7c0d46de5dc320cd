"""What was found inside a network, as lines of text with aligned figures."""

from collections.abc import Sequence

import numpy as np

from vitreous.core.text import percent, visible
from vitreous.core.view import View
from vitreous.inside.follow import Reached, pixel_of_file
from vitreous.inside.number import Arithmetic
from vitreous.inside.operands import Operand
from vitreous.inside.place import number_text
from vitreous.inside.receptive_field import Field
from vitreous.inside.stages import Stage
from vitreous.layers.window import Array

# Of a sum over many channels or numbers, so many are shown one by one.
CHANNELS, NUMBERS = 3, 10
# A patch, its kernel and the products stand side by side up to this many columns.
_WIDEST = 110
_WIDEST_WINDOW = 16


def table(found: Sequence[Stage]) -> list[str]:
    """A line for each stage, and the totals."""
    head = ["stage", "output", "sees", "step", "from", "weights", "multiply-adds"]
    rows = [[visible(s.name), _sizes(s.shape), *field_words(s.field), f"{s.weights:,}", f"{s.multiply_adds:,}"] for s in found]
    total = ["in all", "", "", "", "", f"{sum(s.weights for s in found):,}", f"{sum(s.multiply_adds for s in found):,}"]
    return aligned([head, *rows, total], left=2)


def field_words(field: Field | None) -> tuple[str, str, str]:
    """Size, stride and offset of a receptive field in pixels."""
    if field is None:
        return "whole picture", "", ""
    step, first = (str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}, {pair[1]}" for pair in (field.stride, field.offset))
    return f"{field.size_text} px", step, first


def arithmetic_lines(made: Arithmetic) -> list[str]:
    """How one number came about, every figure of it or the largest ones."""
    head = f"{number_text(made.value, made.place)} = {figure(made.result)}"
    if made.form == "input":
        return [f"{head}: {made.rule}"]
    lines = [f"{head}: {made.kind}, {made.rule}"]
    if made.form in ("copied", "function"):
        return [f"{lines[0]}; from {_source(made.operands[0])}"] if made.form == "copied" else [*lines, f"  of {_source(made.operands[0])}"]
    if made.form == "softmax":
        return lines + _softmax_lines(made)
    for operand in made.operands:
        lines += _window_lines(operand, made) if is_window(operand) else _list_lines(operand, made)
    if made.form == "weighted sum":
        lines += _sum_lines(made)
    return lines


def down_lines(steps: Sequence[Arithmetic], view: View, size: tuple[int, int]) -> list[str]:
    """The way down, a line a number; `size` is the width and height of the file's picture."""
    rows = []
    for step in steps:
        rows.append([number_text(step.value, step.place), figure(step.result), _decisive(step)])
    lines = aligned(rows, left=1, text=(2,))
    last = steps[-1]
    if last.form == "input" and len(last.place) == 4:
        x0, y0, x1, y1 = pixel_of_file(last.place, view, *size)
        colour = ("red", "green", "blue")[last.place[3]] if last.place[3] < 3 else "its value"
        lines.append(f"that is {colour} at x {x0:.1f} to {x1:.1f}, y {y0:.1f} to {y1:.1f} of the file's {size[0]} × {size[1]} pixels")
    return lines


def up_lines(start: Arithmetic, steps: Sequence[Reached], label: str) -> list[str]:
    """The way up, a line a number, with what changes in it and in the answer."""
    if not steps:
        return [f"{number_text(start.value, start.place)} = {figure(start.result)}: nothing above it depends on it here"]
    rows = [["", "is", "changes by", "and the answer by", ""], [number_text(start.value, start.place), figure(start.result), "", "", ""]]
    for step in steps:
        rows.append([number_text(step.value, step.place), figure(step.result), figure(step.change), figure(step.influence), step.kind])
    lines = aligned(rows, left=1, text=(4,))
    if steps[-1].value == "probability" or label:
        lines.append(f"that is the probability of {visible(label)}, {percent(steps[-1].result, 1)}")
    return [*lines, "(changes: were the number above it 0; in the answer: that times its gradient)"]


def figure(number: float) -> str:
    """Five figures; whole numbers as they are.

    >>> figure(1.2345678), figure(212.0), figure(-0.000012345), figure(0)
    ('1.2346', '212', '-1.2345e-05', '0')
    """
    return f"{number + 0.0:.5g}"  # without the sign of −0


def aligned(rows: Sequence[Sequence[str]], left: int, text: tuple[int, ...] = ()) -> list[str]:
    """Rows in columns; the first `left` columns and those of `text` begin on the left, others end on the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(w) if k < left or k in text else cell.rjust(w) for k, (cell, w) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]


def is_window(operand: Operand) -> bool:
    """Whether rows and columns are read as a table: a patch or a window that is not too large for it."""
    size = operand.numbers.shape[-2:]
    return operand.numbers.ndim >= 2 and size != (1, 1) and max(size) <= _WIDEST_WINDOW


def strongest_channels(operand: Operand, count: int = CHANNELS) -> list[int]:
    """Which channels of a patch [C, k, k] matter most: the largest sums of absolute products."""
    size = np.abs(operand.products).reshape(len(operand.products), -1).sum(1)
    return sorted(np.argsort(-size, kind="stable")[:count].tolist())


def strongest_numbers(operand: Operand, count: int = NUMBERS) -> list[int]:
    """Which numbers of an operand, counted through, have the largest products."""
    order: list[int] = np.argsort(-np.abs(operand.products.ravel()), kind="stable")[:count].tolist()
    return order


def channel_of(operand: Operand, channel: int) -> int:
    """The channel of the value that a channel of the patch is."""
    places = operand.places[channel].reshape(-1, operand.places.shape[-1])
    inside = places[places[:, 0] >= 0]
    return int(inside[0, 1]) if len(inside) else channel


def _window_lines(operand: Operand, made: Arithmetic) -> list[str]:
    planes = operand.numbers.ndim == 3
    shown = strongest_channels(operand) if planes else [0]
    inside = operand.places[~operand.padding]
    span = ""
    if len(inside) and operand.places.shape[-1] == 4:
        (top, left), (bottom, right) = inside[:, 2:].min(0), inside[:, 2:].max(0)
        span = f", rows {top} to {bottom}, columns {left} to {right}"
    lines = [f"  from {visible(operand.value)}{span}" + ("; · is padding" if operand.padding.any() else "")]
    for channel in shown:
        where = channel if planes else ...
        names = ["patch" if planes else "window"]
        blocks = [_cells(operand.numbers[where], operand.padding[where])]
        if operand.weights is not None and planes:
            names += [f"× {visible(operand.weight_name)}", "= products"]
            blocks += [_cells(operand.weights[where]), _cells(operand.products[where], operand.padding[where])]
        if planes:
            lines.append(f"  channel {channel_of(operand, channel)}: products together {figure(operand.products[where].sum())}")
        lines += [f"    {line}" for line in _side_by_side(names, blocks)]
    if planes and len(operand.numbers) > len(shown):
        rest = float(operand.products.sum() - operand.products[shown].sum())
        lines.append(f"  the other {len(operand.numbers) - len(shown):,} channels together {figure(rest)}")
    return lines


def _list_lines(operand: Operand, made: Arithmetic) -> list[str]:
    shown = strongest_numbers(operand)
    products, numbers = operand.products.ravel(), operand.numbers.ravel()
    weights = None if operand.weights is None else np.broadcast_to(operand.weights, operand.numbers.shape).ravel()
    places = operand.places.reshape(-1, operand.places.shape[-1])
    rows = []
    for k in shown:
        row = [number_text(operand.value, tuple(places[k].tolist())), figure(numbers[k])]
        if weights is not None and not _is_plain_sum(operand):
            row += ["slope" if made.form == "slopes" else "×", figure(weights[k])]
            row += [] if made.form == "slopes" else ["=", figure(products[k])]
        rows.append(row)
    lines = [f"  {line}" for line in aligned(rows, left=1)] if rows else []
    if len(products) > len(shown):
        rest = f" together {figure(float(products.sum() - products[shown].sum()))}" if made.form == "weighted sum" else ""
        lines.append(f"  the other {len(products) - len(shown):,} numbers{rest}")
    return lines


def _sum_lines(made: Arithmetic) -> list[str]:
    rows = [["sum of products", figure(made.sum)]] if made.count > 1 and not _is_plain_sum(made.operands[0]) else []
    if made.bias is not None:
        rows.append([f"+ {visible(made.bias_name)}", figure(made.bias)])
    rows.append(["=", figure(made.result)])
    return [f"  {line}" for line in aligned(rows, left=1)]


def _is_plain_sum(operand: Operand) -> bool:
    """Added as it is, as by a residual sum."""
    return operand.weights is not None and operand.weights.size == 1 and operand.weights.item() == 1


def _softmax_lines(made: Arithmetic) -> list[str]:
    (operand,) = made.operands
    scores = operand.numbers.astype(np.float64).ravel()
    powers = np.exp(scores - scores.max())
    own = (operand.places == np.asarray(made.place)).all(-1).ravel()
    shown = [k for k in np.argsort(-scores, kind="stable")[:NUMBERS].tolist() if not own[k]]
    places = operand.places.reshape(-1, operand.places.shape[-1])
    rows = [["", "z", "e^(z − largest)", "share"]]
    for k in [int(own.argmax()), *shown]:
        rows.append([number_text(operand.value, tuple(places[k].tolist())), *map(figure, (scores[k], powers[k], powers[k] / powers.sum()))])
    if (rest := len(scores) - len(rows) + 1) > 0:
        left = powers.sum() - sum(powers[k] for k in [int(own.argmax()), *shown])
        rows.append([f"the other {rest:,}", "", figure(left), figure(left / powers.sum())])
    rows.append(["sum", "", figure(powers.sum()), "1"])
    return [f"  {line}" for line in aligned(rows, left=1)]


def _decisive(step: Arithmetic) -> str:
    if step.strongest is None or step.form == "input":
        return step.rule
    operand, index = step.strongest
    if step.form == "weighted sum" and step.count > 1 and operand.weights is not None:
        weight = float(np.broadcast_to(operand.weights, operand.numbers.shape)[index])
        if _is_plain_sum(operand):
            return f"{step.kind}: {step.rule}, of which {figure(float(operand.numbers[index]))} is the larger"
        product = f"{figure(float(operand.numbers[index]))} × {figure(weight)} = {figure(float(operand.products[index]))}"
        return f"{step.kind}: the largest of {step.count:,} products is {product}"
    return f"{step.kind}: {step.rule}"


def _source(operand: Operand) -> str:
    return f"{number_text(operand.value, tuple(operand.places.reshape(-1).tolist()))} = {figure(float(operand.numbers.ravel()[0]))}"


def _cells(numbers: Array, padding: Array | None = None) -> list[list[str]]:
    return [
        ["·" if padding is not None and padding[i, j] else f"{numbers[i, j] + 0.0:.4g}" for j in range(numbers.shape[1])] for i in range(len(numbers))
    ]


def _side_by_side(names: Sequence[str], blocks: Sequence[list[list[str]]]) -> list[str]:
    drawn = []
    for name, block in zip(names, blocks, strict=True):
        lines = [name, *aligned(block, left=0)]
        drawn.append([line.ljust(max(map(len, lines))) for line in lines])
    if sum(len(block[0]) + 4 for block in drawn) > _WIDEST:
        return [line.rstrip() for block in drawn for line in block]
    return ["    ".join(row).rstrip() for row in zip(*drawn, strict=True)]


def _sizes(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
