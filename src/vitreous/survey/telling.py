"""Facts in lines for a terminal: aligned counts with bars, and the first few of each finding."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from vitreous.core.text import cut, plural, visible
from vitreous.survey.odd import KINDS

if TYPE_CHECKING:
    from vitreous.survey.facts import Facts

BAR = "█"
_BAR_LENGTH, _MOST_CLASSES, _FIRST = 30, 40, 3
_PAIRS = 6
_NAME_SHOWN, _PATH_SHOWN = 32, 90


def lines(facts: "Facts") -> list[str]:
    found = [*_head(facts), *_classes(facts), *_together(facts), *_makes(facts)]
    for title, entries in _sections(facts):
        if entries:
            found += ["", title, *(f"  {entry}" for entry in entries[:_FIRST])]
            if len(entries) > _FIRST:
                found.append(f"  … and {len(entries) - _FIRST:,} more (--page or --json has all)")
    if facts.remarks:
        found += ["", "To know", *(f"  {remark}" for remark in facts.remarks)]
    if not findings(facts):
        found += ["", "Nothing wrong was found: no broken file, no copies, no odd pictures, nothing that gives a class away."]
    return found


def findings(facts: "Facts") -> list[str]:
    """The titles of what was found."""
    return [title for title, entries in _sections(facts) if entries]


def _head(facts: "Facts") -> Iterator[str]:
    kinds = plural(len(facts.classes), "label") if facts.together else plural(len(facts.classes), "class", "classes")
    what = f"{plural(facts.num_images, 'picture')}" + (
        f" {'with' if facts.together else 'in'} {kinds}" if facts.classes else ", no labels" if facts.num_images else ""
    )
    yield f"{visible(str(facts.folder))}: {what} ({facts.kind})"


def _classes(facts: "Facts") -> Iterator[str]:
    if not facts.classes:
        return
    parts = list(facts.splits) if len(facts.splits) > 1 else []
    kind, kinds = ("label", "labels") if facts.together else ("class", "classes")
    shown = sorted(facts.classes.items(), key=lambda each: (-each[1], each[0]))
    name = min(_NAME_SHOWN, max([len(kind), *(len(visible(label)) for label, _ in shown[:_MOST_CLASSES])]))
    largest = max(1, shown[0][1])
    width = max(len("pictures"), len(f"{largest:,}"))
    yield ""
    yield f"  {kind:<{name}}  {'pictures':>{width}}" + "".join(f"  {part:>10}" for part in parts)
    for label, count in shown[:_MOST_CLASSES]:
        counts = "".join(f"  {facts.splits[part].get(label, 0):>10,}" for part in parts)
        bar = BAR * max(min(count, 1), round(_BAR_LENGTH * count / largest))
        yield f"  {cut(visible(label), name):<{name}}  {count:>{width},}{counts}  {bar}".rstrip()
    if len(shown) > _MOST_CLASSES:
        rest = shown[_MOST_CLASSES:]
        yield f"  … and {plural(len(rest), kind, kinds)} more with {rest[-1][1]:,} to {rest[0][1]:,} pictures"


def _together(facts: "Facts") -> Iterator[str]:
    """Which labels stand together most often, and how many pictures have none."""
    if facts.together is None:
        return
    shown = [f"{cut(visible(one), _NAME_SHOWN)} + {cut(visible(other), _NAME_SHOWN)} {count:,}" for count, one, other in facts.together.frequent]
    yield ""
    yield f"  together {', '.join(shown[:_PAIRS]) or 'never two'}" + (f" and {len(shown) - _PAIRS:,} more pairs" if len(shown) > _PAIRS else "")
    unknown = f"; {plural(facts.together.unknown, 'cell')} unknown" if facts.together.unknown else ""
    yield f"  none     {facts.together.about_none}; at most {facts.together.most} in one{unknown}"


def share_text(count: int, total: int) -> str:
    """
    >>> share_text(1, 217), share_text(216, 217), share_text(3, 4)
    ('<1%', '>99%', '75%')
    """
    share = count / total
    return "<1%" if 0 < share < 0.005 else ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def _makes(facts: "Facts") -> Iterator[str]:
    if facts.sizes is None:
        return
    sizes, total = facts.sizes, facts.num_images
    common = ", ".join(f"{width}×{height} ({share_text(count, total)})" for width, height, count in sizes.common[:3])
    (w0, h0), (w1, h1) = sizes.smallest, sizes.largest
    yield ""
    yield f"  sizes    {common}" + (f"; from {w0}×{h0} to {w1}×{h1}" if (w0, h0) != (w1, h1) else "")
    yield f"  formats  {_counts(facts.formats)};  modes  {_counts(facts.modes)}"


def _sections(facts: "Facts") -> Iterator[tuple[str, Sequence[str]]]:
    """A title with its entries for each kind of finding."""
    yield (
        f"Unreadable: {plural(len(facts.unreadable), 'file')}",
        [f"{_path(each.relative)}: {visible(each.reason)}" for each in facts.unreadable],
    )
    copies = sum(len(group) - 1 for group in facts.duplicates)
    yield f"The same file again: {plural(copies, 'copy', 'copies')} in {plural(len(facts.duplicates), 'group')}", _groups(facts.duplicates)
    near = sum(len(group) for group in facts.near_duplicates)
    yield f"Nearly the same picture: {near:,} files in {plural(len(facts.near_duplicates), 'group')}", _groups(facts.near_duplicates)
    against = [" = ".join(_under(*each) for each in _differing(group)) for group in facts.contradictions]
    yield f"One picture under two labels: {plural(len(against), 'group')}", against
    leaking = [f"{_path(leak.image)} ({leak.split}) = {_path(leak.other)} ({leak.other_split}), {_HOW[leak.how]}" for leak in facts.leaks]
    yield f"Leaks across the splits: {plural(len(leaking), 'picture')}", leaking
    for kind in KINDS:
        odd = [each for each in facts.odd if each.kind == kind]
        rule = odd[0].rule if odd else ""
        yield f"Odd, {kind}: {plural(len(odd), 'picture')} ({rule})", [f"{_path(each.image)}  {each.value:g}" for each in odd]
    yield (
        "Metadata that give the class away",
        [f"{each.column} tells {each.told:.0%} of it: {each.example}" for each in facts.giveaways],
    )


_HOW = {"exact": "the same file", "near": "nearly the same", "group": "of the same --group"}


def _under(image: str, label: str) -> str:
    return f"{_path(image)} ({cut(visible(label), _NAME_SHOWN)})"


def _differing(group: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first picture of each label."""
    first: dict[str, str] = {}
    for image, label in group:
        first.setdefault(label, image)
    return [(image, label) for label, image in first.items()]


def _groups(groups: Iterable[Sequence[str]]) -> list[str]:
    return [" = ".join(_path(image) for image in group[:3]) + (f" = … ({len(group):,} in all)" if len(group) > 3 else "") for group in groups]


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda each: -each[1]))


def _path(path: str) -> str:
    text = visible(path)
    return text if len(text) <= _PATH_SHOWN else "…" + text[1 - _PATH_SHOWN :]
