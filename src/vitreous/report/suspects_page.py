"""The page of `vitreous suspects --page`: suspects one by one, to keep, relabel or remove by keyboard or finger; it saves corrections.csv.

Nothing is sent anywhere. What was decided stays in the browser (localStorage, under the fingerprint of these pictures and labels) until it is saved.
"""

from typing import Any

from vitreous.draw.program import script
from vitreous.report.page import page
from vitreous.report.pictures import thumbnails
from vitreous.runs.tables import cell_of
from vitreous.trust.suspects import Suspect, Suspects

# So many suspects go into a page: with their nearest pictures they take about 6 MB.
MOST_SHOWN = 200
_SIDE, _NEAR_SIDE = 360, 128
# Keys that do something else are left out: k keep, x remove, u undo.
_KEYS = "1234567890qwertyiopasdfghjlzcvbnm"


def suspects_page(found: Suspects, most: int | None = None) -> bytes:
    """One HTML file, UTF-8; the first `most` suspects, else those worth looking at."""
    shown = found.ranking[: min(found.listed, MOST_SHOWN) if most is None else most]
    keys = {each.path: each.key for each in found.ranking}
    large = thumbnails([str(found.folder)], [each.path for each in shown], keys, found.policy, _SIDE)
    paths = list(dict.fromkeys(near.path for each in shown for near in each.nearest))
    near = thumbnails([str(found.folder)], paths, keys, found.policy, _NEAR_SIDE)
    place = {path: number for number, path in enumerate(paths)}
    return page(
        "suspects.html",
        title=f"Suspects in {found.folder.name or found.folder}",
        found=found,
        shown=shown,
        large=large,
        rest=max(0, found.listed - len(shown)),
        script=script("vitreous.report", "suspects"),
        data={
            "fingerprint": found.fingerprint,
            "labels": [{"name": label, "cell": cell_of(label), "key": key} for label, key in _with_keys(found.labels)],
            "near": [{"uri": each.uri, "missing": each.missing} for each in near],
            "suspects": [_entry(each, picture.missing, place) for each, picture in zip(shown, large, strict=True)],
        },
    )


def _entry(each: Suspect, missing: str, place: dict[str, int]) -> dict[str, Any]:
    return {
        "path": each.path,
        "cell": cell_of(each.path),
        "hash": each.key,
        "label": each.label,
        "suggested": each.suggested,
        "wrong": each.chance,
        "split": each.split,
        "missing": missing,
        "nearest": [{"at": place[near.path], "path": near.path, "label": near.label, "copy": near.copy} for near in each.nearest],
    }


def _with_keys(labels: list[str]) -> list[tuple[str, str]]:
    """Each label with the key that gives it; those behind the last key are chosen from the list."""
    return list(zip(labels, [*_KEYS, *[""] * max(0, len(labels) - len(_KEYS))], strict=False))
