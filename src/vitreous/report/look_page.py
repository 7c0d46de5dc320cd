"""The page of `vitreous look --page`: what was found in a folder, with the pictures that it was found in.

At most 150 small pictures go into it, decoded from their files as the page is made; of what is longer the rest is named in lists.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from vitreous.metrics.figures import IntArray
from vitreous.report.page import page
from vitreous.report.pictures import Thumbnail, thumbnails
from vitreous.survey.facts import Facts
from vitreous.survey.odd import KINDS
from vitreous.survey.relations import Leak
from vitreous.survey.telling import share_text

# How many pictures each section shows: 150 in all.
_SAMPLES, _CONTRADICTIONS, _LEAKS, _EXACT, _NEAR, _ODD = 30, 24, 24, 8, 24, 40
_IN_GROUP = 6
# How many lines a list of names has at most.
_NAMED = 300
# Of more labels, the table of pairs is left out; --json has them all.
MOST_PAIRED = 25

_HOW = {"exact": "the same file", "near": "nearly the same", "group": "of the same group"}


@dataclass(frozen=True)
class Shown:
    """A picture, or only its name where `picture` is None, and words below it."""

    path: str
    words: str
    picture: Thumbnail | None = None


@dataclass(frozen=True)
class Section:
    """Rows of pictures that belong together; of `total` entries so many are not in the page."""

    title: str
    about: str
    rows: list[list[Shown]]
    named: list[str]
    unnamed: int = 0


def look_page(facts: Facts) -> bytes:
    """One HTML file, UTF-8."""
    sections = [section for section in (_contradictions(facts), _leaks(facts), _exact(facts), _near(facts), *_odd(facts)) if section.rows]
    samples = _samples(facts)
    every = [shown for section in sections for row in section.rows for shown in row] + [shown for row in samples.values() for shown in row]
    paths = list(dict.fromkeys(shown.path for shown in every))
    hashes = dict(zip(facts.columns["path"].tolist(), facts.columns["hash"].tolist(), strict=True))
    pictures = dict(zip(paths, thumbnails([str(facts.folder)], paths, hashes, facts.policy), strict=True))
    return page(
        "look.html",
        title=f"A look at {facts.folder.name or facts.folder}",
        facts=facts,
        classes=_classes(facts),
        pairs=_pairs(facts),
        samples=samples,
        sections=sections,
        pictures=pictures,
        overview=_overview(facts),
        unreadable=facts.unreadable[:_NAMED],
        left_out=facts.left_out[:_NAMED],
    )


def _pairs(facts: Facts) -> IntArray | None:
    """How often each two labels stand together, int [K, K], a label with itself: the pictures that have it. None for many, or one label each."""
    if facts.together is None or not 1 < len(facts.together.labels) <= MOST_PAIRED:
        return None
    return facts.together.table(facts.classes)


def _overview(facts: Facts) -> list[tuple[str, str]]:
    """Names and values of what is said of the whole folder."""
    rows = [("Pictures", f"{facts.num_images:,}")]
    if facts.classes:
        rows.append(("Labels" if facts.together else "Classes", f"{len(facts.classes):,}"))
    if facts.sizes:
        total = facts.num_images
        common = ", ".join(f"{width}×{height} ({share_text(count, total)})" for width, height, count in facts.sizes.common)
        (w0, h0), (w1, h1) = facts.sizes.smallest, facts.sizes.largest
        rows += [("Sizes in pixels", common), ("From, to", f"{w0}×{h0} to {w1}×{h1}")]
    rows += [("Formats", _counts(facts.formats)), ("Modes", _counts(facts.modes))] if facts.num_images else []
    return rows


def _classes(facts: Facts) -> list[dict[str, Any]]:
    """A row for each class, the largest first: the width of its bar in percent of the largest."""
    ordered = sorted(facts.classes.items(), key=lambda each: (-each[1], each[0]))
    return [
        {
            "label": label,
            "count": count,
            "parts": [counts.get(label, 0) for counts in facts.splits.values()],
            "share": round(100 * count / max(1, ordered[0][1]), 1),
        }
        for label, count in ordered
    ]


def _samples(facts: Facts) -> dict[str, list[Shown]]:
    """Some pictures of the largest classes, spread evenly over each; of all where there are no labels."""
    wanted = [each["label"] for each in _classes(facts)][: _SAMPLES // 2] or [""]
    each = max(2, _SAMPLES // len(wanted)) if len(wanted) > 1 else 10
    found = {}
    for label in wanted:
        paths = facts.columns["path"][facts.having(label)] if label else facts.columns["path"]
        places = range(0, len(paths), max(1, -(-len(paths) // min(each, 6 if label else each))))
        found[label] = [Shown(str(paths[place]), "") for place in places]
    return found


def _contradictions(facts: Facts) -> Section:
    groups = [[Shown(image, label) for image, label in group] for group in facts.contradictions]
    return _section(
        "One picture under two labels", "Copies of one picture with different labels: at most one of the labels is right.", groups, _CONTRADICTIONS
    )


def _leaks(facts: Facts) -> Section:
    def of(leak: Leak) -> list[Shown]:
        return [Shown(leak.image, leak.split), Shown(leak.other, f"{leak.other_split}: {_HOW[leak.how]}")]

    about = "Pictures with a relative in an earlier part of the data: what is measured on them comes out too well."
    return _section("Leaks across the splits", about, [of(leak) for leak in facts.leaks], _LEAKS)


def _exact(facts: Facts) -> Section:
    groups = [[Shown(group[0], f"{len(group)} times: also {', '.join(group[1:4])}{' …' if len(group) > 4 else ''}")] for group in facts.duplicates]
    return _section("The same file again", "Files with the same bytes, one picture for each group.", groups, _EXACT)


def _near(facts: Facts) -> Section:
    about = "The same picture in another size, format, brightness or position."
    return _section("Nearly the same picture", about, [[Shown(path, "") for path in group] for group in facts.near_duplicates], _NEAR)


def _odd(facts: Facts) -> Iterable[Section]:
    there = [kind for kind in KINDS if any(each.kind == kind for each in facts.odd)]
    for kind in there:
        odd = [each for each in facts.odd if each.kind == kind]
        row = [Shown(each.image, f"{each.value:g}") for each in odd]
        most = _ODD // len(there)
        named = [each.image for each in odd[most:]]
        about = odd[0].rule[0].upper() + odd[0].rule[1:] + "."
        yield Section(f"Odd: {kind} ({len(odd):,})", about, [row[:most]], named[:_NAMED], max(0, len(named) - _NAMED))


def _section(title: str, about: str, groups: Sequence[list[Shown]], most: int) -> Section:
    """The first groups with at most `most` pictures in all; the others by their names."""
    rows: list[list[Shown]] = []
    for group in groups:
        if sum(map(len, rows)) + min(len(group), _IN_GROUP) > most:
            break
        more = f"and {len(group) - _IN_GROUP:,} more of them"
        rows.append(group if len(group) <= _IN_GROUP else [*group[: _IN_GROUP - 1], Shown(group[_IN_GROUP - 1].path, more)])
    rest = [" = ".join(shown.path for shown in group[:_IN_GROUP]) for group in groups[len(rows) :]]
    return Section(f"{title} ({len(groups):,})", about, rows, rest[:_NAMED], max(0, len(rest) - _NAMED))


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda each: -each[1]))
