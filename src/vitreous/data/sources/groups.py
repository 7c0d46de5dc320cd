"""Which pictures belong together (`--group REGEX`): one patient, one animal, one day. They stay on one side of a split."""

import re
from collections.abc import Sequence
from dataclasses import replace

from vitreous.core.item import Item
from vitreous.core.text import plural, visible
from vitreous.errors import UsageError


def grouped(items: Sequence[Item], pattern: str, columns: Sequence[str] = ()) -> tuple[list[Item], list[str]]:
    """The items, each with what `pattern` finds in its relative path as its group: the first group of the expression, else the whole match.

    Also remarks for the user. Raises UsageError where the expression is wrong or finds nothing in any path.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"wrong --group {visible(pattern)!r}", f"no regular expression ({error})", remedy=_remedy(columns)) from None
    marked = [replace(item, group=_found(expression, item.relative)) for item in items]
    alone = sum(item.group is None for item in marked)
    if items and alone == len(items):
        example = visible(items[0].relative)
        raise UsageError(f"--group {visible(pattern)!r} finds nothing", f"no path matches it, for example {example!r}", remedy=_remedy(columns))
    remarks = [f"{plural(alone, 'picture')} of {len(items):,} match no --group and stand alone"] if alone else []
    return marked, remarks


def _found(expression: re.Pattern[str], relative: str) -> str | None:
    match = expression.search(relative)
    if match is None:
        return None
    # an expression that matches nothing at all, such as x*, names no group
    return (match.group(1) if expression.groups else match.group()) or None


def _remedy(columns: Sequence[str]) -> str:
    rule = r"a regular expression on the path, for example --group '(patient\d+)'"
    return f"give a column ({', '.join(columns)}) or {rule}" if columns else f"give {rule}"
