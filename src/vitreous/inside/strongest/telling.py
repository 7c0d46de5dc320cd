"""What excites the channels most, in lines of text."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vitreous.core.text import cut, plural, visible
from vitreous.inside.strongest.quiet import NEARLY_ALL
from vitreous.inside.telling import aligned, field_words, figure

if TYPE_CHECKING:
    from vitreous.inside.strongest.searching import Found
    from vitreous.inside.strongest.strongest import Excited, Strongest

MOST_LINES = 24
_LISTED, _LABELS, _NAME = 12, 3, 40
_WORD = re.compile(r"[^\W\d_]+(-[^\W\d_]+)*")


def lines(strongest: "Strongest") -> list[str]:
    shown = strongest.shown
    told = [title(strongest), *about_chance(strongest), ""]
    told += stages(strongest.found) if len(strongest.found) > 1 else about_stage(strongest.found[0])
    told += ["", *channels(shown[:MOST_LINES], len(strongest.found) > 1)] if shown else []
    if any(each.tied for each in shown[:MOST_LINES]):
        told.append("=: other pictures excite it as much as the last; these come first in the data")
    return [*told, "", *not_shown(strongest, min(len(shown), MOST_LINES)), *about_pictures(strongest)]


def title(strongest: "Strongest") -> str:
    """The finding in one sentence."""
    if found := strongest.finding:
        excited = strongest.shown[found.number]
        who = f"channel {excited.channel} of {visible(excited.point.stage)}"
        return f"{who} is excited by {named(found.label)} in {found.count} of its {found.of} pictures"
    where = visible(strongest.found[0].point.stage) if len(strongest.found) == 1 else plural(len(strongest.found), "stage")
    if not strongest.shown:
        return f"nothing excites {where} in {strongest.pictures.used}"
    return f"what excites {where} most in {strongest.pictures.used}"


def about_chance(strongest: "Strongest") -> list[str]:
    """What stands behind the finding; or that there is none, where labels are known."""
    if found := strongest.finding:
        told = f"{found.share:.1%} of {strongest.pictures.used} are {named(found.label)}"
        return [f"{told}; were labels drawn by lot, one would stand out so far in {_chance(found.chance)}"]
    labelled = any(strongest.pictures.labels(number) for number in strongest.pictures.size)
    return ["no label stands out among the nine pictures of a channel beyond chance"] if labelled and strongest.shown else []


def stages(found: "Sequence[Found]") -> list[str]:
    """A line for each of several stages."""
    head = ["stage", "output", "sees", "dead", "saturated"]
    rows = [
        [visible(each.point.stage), _sizes(each), field_words(each.point.field)[0], _counted(each, "dead"), _counted(each, "saturated")]
        for each in found
    ]
    return aligned([head, *rows], left=2)


def about_stage(found: "Found") -> list[str]:
    """What one stage is, and which of its channels say nothing."""
    point = found.point
    size, step, _ = field_words(point.field)
    told = [f"a number of {visible(point.stage)} ({_sizes(found)}) sees {f'{size}, one every {step}' if step else f'the {size}'}"]
    if point.ranked != point.value:
        told.append(f"compared is the number before {point.activation}, {visible(point.ranked)}, as {_limits(found)} would make many equal")
    return [*told, *quiet_lines(found)]


def quiet_lines(found: "Found") -> list[str]:
    """Dead and saturated channels, or that there are none; of what can have neither, nothing is said."""
    told, count = [], found.point.shape[0]
    if found.point.rectified:
        told.append(f"dead, never above zero in any picture: {_listed(found.dead, count)}")
    if found.point.ends:
        where = f"saturated, at {_limits(found)} in {NEARLY_ALL:.0%} of all places or more"
        told.append(f"{where}: {_listed(list(found.saturated), count)}")
    return told


def channels(shown: "Sequence[Excited]", several: bool) -> list[str]:
    """A line for each channel: its largest and ninth number, the labels of its pictures, and the first picture."""
    labelled = any(each.labels for each in shown)
    head = [*(["stage"] if several else []), "channel", "first", "last", *(["labels"] if labelled else []), "most in"]
    rows = []
    for each in shown:
        row = [visible(each.point.stage)] if several else []
        values = [figure(each.patches[k].value) for k in (0, -1)] if each.patches else ["–", "–"]
        values[1] += " =" if each.tied else ""
        rows.append([*row, each.name, *values, *([label_counts(each)] if labelled else []), visible(each.patches[0].image) if each.patches else "–"])
    text = tuple(range(len(head) - (2 if labelled else 1), len(head)))
    return aligned([head, *rows], left=int(several), text=text)


def label_counts(excited: "Excited") -> str:
    """`7 × dress, 2 × skirt`; the three most frequent labels."""
    return ", ".join(f"{count} × {cut(visible(label), _NAME)}" for label, count in excited.labels.most_common(_LABELS)) or "–"


def not_shown(strongest: "Strongest", drawn: int) -> list[str]:
    """How many channels there are besides, and how to see them."""
    total = sum(each.point.shape[0] for each in strongest.found)
    if drawn >= total:
        return []
    if len(strongest.found) > 1:
        return [f"{drawn:,} of {plural(total, 'channel')} shown, the strongest of each stage; --strongest STAGE shows more of one"]
    asked = strongest.asked
    if asked is None:
        return [f"{drawn:,} of {plural(total, 'channel')} shown, the strongest; --channels 0-{min(total, MOST_LINES) - 1} shows others"]
    first = asked[drawn - 1] + 1 if 0 < drawn <= len(asked) and asked[drawn - 1] + 1 < total else 0
    rest = f" of the {len(asked):,} asked for" if drawn < len(asked) else ""
    return [f"{drawn:,}{rest} of {plural(total, 'channel')} shown; --channels {first}-{min(total, first + MOST_LINES) - 1} shows the next"]


def about_pictures(strongest: "Strongest") -> list[str]:
    """What was looked at, and what was not."""
    pictures = strongest.pictures
    told = [f"{pictures.used} looked at" + (f"; {plural(pictures.copies, 'copy', 'copies')} passed over" if pictures.copies else "")]
    if pictures.left_out:
        first = pictures.left_out[0]
        told.append(f"{plural(len(pictures.left_out), 'file')} left out, such as {visible(first.relative)}: {visible(first.reason)}")
    return told


def named(label: str) -> str:
    """A label within a sentence: in quotes where it is more than a word.

    >>> named("t-shirt"), named("7")
    ('t-shirt', '“7”')
    """
    shown = visible(label)
    return shown if _WORD.fullmatch(shown) else f"“{shown}”"


def _counted(found: "Found", what: str) -> str:
    if what == "dead":
        return f"{len(found.dead):,}" if found.point.rectified else "–"
    return f"{len(found.saturated):,}" if found.point.ends else "–"


def _listed(quiet: Sequence[int], count: int) -> str:
    if not quiet:
        return "none"
    more = ", …" if len(quiet) > _LISTED else ""
    return f"{len(quiet):,} of {count:,} ({', '.join(map(str, quiet[:_LISTED]))}{more})"


def _limits(found: "Found") -> str:
    if found.point.activation == "Clip":
        return f"the ceiling of {figure(found.point.high)}" if found.point.low == -float("inf") else "an end of its range"
    return f"an end of {found.point.activation}"


def _sizes(found: "Found") -> str:
    channels, height, width = found.point.shape
    return f"{channels:,} × {height} × {width}" if found.point.field or height * width > 1 else f"{channels:,}"


def _chance(chance: float) -> str:
    """
    >>> _chance(0.04), _chance(1e-9)
    ('4 of 100 searches', 'fewer than 1 of 10,000 searches')
    """
    if chance < 1e-4:
        return "fewer than 1 of 10,000 searches"
    return f"{100 * chance:.0f} of 100 searches" if chance >= 0.01 else f"{1e4 * chance:.0f} of 10,000 searches"
