"""The page of `vitreous find --html`: what was looked for beside what was found, with the pictures."""

import base64
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vitreous.core.text import visible
from vitreous.errors import VitreousError
from vitreous.report.page import page
from vitreous.report.pictures import Thumbnail, thumbnails
from vitreous.retrieval.found import Answer, Asked, Found
from vitreous.retrieval.maker import policy_of
from vitreous.retrieval.regions import drawn

if TYPE_CHECKING:
    from vitreous.data.decode import Policy

_MOST = 500
_ASKED = 320  # pixels


@dataclass(frozen=True)
class Shown:
    """An answer with its rank, its picture, and the width of its bar in percent."""

    rank: int
    answer: Answer
    picture: Thumbnail
    share: float


def find_page(found: Found) -> bytes:
    """One HTML file, UTF-8; at most 500 answers have pictures."""
    shown, policy = found.answers[:_MOST], policy_of(found.index.about)
    pictures = thumbnails([found.index.about.folder], [each.path for each in shown], {each.path: each.key for each in shown}, policy)
    answers = [
        Shown(rank, answer, picture, round(100 * max(0.0, min(1.0, answer.similarity)), 1))
        for rank, (answer, picture) in enumerate(zip(shown, pictures, strict=True), 1)
    ]
    wanted = [each for each in found.asked if each.wanted]
    names = " and ".join(os.path.basename(each.path) for each in wanted[:3])
    return page(
        "find.html",
        title=f"Like {visible(names)}" + (f" and {len(wanted) - 3} more" if len(wanted) > 3 else ""),
        found=found,
        asked=[(each, _picture(each, policy)) for each in found.asked],
        answers=answers,
        more=len(found.answers) - len(shown),
        labelled=any(each.label for each in shown),
        labels_help=(found.index.facts.get("labels_help") or {}).get("said", ""),
    )


def _picture(asked: Asked, policy: "Policy") -> Thumbnail:
    try:
        data = drawn(asked.path, asked.box, _ASKED, policy)
    except VitreousError as error:
        return Thumbnail(asked.path, "", error.arrived)
    return Thumbnail(asked.path, "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii"))
