"""What the page shows: where the labelling stands, and the pictures that are asked about now. Plain values, for JSON.

groups     pictures that look alike, to be named at once
one        one picture after the other, those first of which most is learned
confirm    the surest guesses of one label, to be confirmed at once
label      the pictures with a label, those first that are least like it
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vitreous.core.text import visible
from vitreous.labelling.session import Session

MODES = ("groups", "one", "confirm", "label", "aside")
MOST_SHOWN = 48
AT_ONCE = 24  # in a grid to confirm
NAMED = 0.45  # share of the pictures that are named in groups
SURE = 0.7  # mean probability of the guesses in a grid that is worth to be confirmed
AHEAD = 8  # pictures that are asked for one by one, sent at once


def state_of(session: Session) -> dict[str, Any]:
    """Labels with their counts, how far it is, what can be taken back, and what went wrong with saving."""
    with session.turn:
        guessed = dict.fromkeys(session.book.labels, 0)
        for number in session.open:
            found = session.guess_of(int(number))
            if found:
                guessed[found[0]] += 1
        labels = [{"name": name, "pictures": count, "guessed": guessed[name]} for name, count in session.here_counts.items()]
        last = session.book.to_undo(session.by)
        return {
            "version": session.version, "labels": labels, **session.progress().to_json(), "suggested": suggested(session),
            "unsaved": session.unsaved, "can_undo": last is not None,
        }  # fmt: skip


def suggested(session: Session) -> str:
    """The way that brings most now: groups, until `NAMED` of the pictures have labels or no group is left; then a grid to confirm, while there is
    one that is guessed surely; else the pictures that teach most, one by one. Measured with simulated users: docs/decisions/0037-label.md."""
    if not len(session.open):
        return "label"
    if len(session.guesses.labels) < 2 or session.labelled < NAMED * len(session.pictures):
        return "groups"
    surest = session.confirm(None, AT_ONCE)
    return "confirm" if surest is not None and session.guesses.confidence[surest[1]].mean() >= SURE else "one"


def view_of(session: Session, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The pictures for `asked`: {"mode": …, "label": …, "passed": [groups]}. Where a way has nothing to show, another one is taken."""
    with session.turn:
        mode = asked.get("mode")
        if mode not in MODES:
            mode = suggested(session)
        label = str(asked.get("label") or "")
        if mode == "label":
            known = label if label in session.book.labels else next(iter(session.book.labels), "")
            return _shown(session, "label", session.having(known), label=known)
        if mode == "aside":
            return _shown(session, "aside", session.put_aside)
        if mode == "groups":
            passed = [each for each in asked.get("passed") or [] if isinstance(each, int)]
            found = session.next_group(passed)
            if found is not None:
                return _shown(session, "groups", found[1], group=found[0])
            mode = "one" if not asked.get("label") else "confirm"
        if mode == "confirm":
            surest = session.confirm(label or None, AT_ONCE)
            if surest is not None:
                return _shown(session, "confirm", surest[1], label=surest[0])
        skipped = {each for each in asked.get("skipped") or [] if isinstance(each, int)}
        numbers = [each for each in session.ask(AHEAD + len(skipped)) if each not in skipped]
        return _shown(session, "one", numbers[:AHEAD] or session.ask(AHEAD))


def _shown(session: Session, mode: str, numbers: Sequence[int], **about: Any) -> dict[str, Any]:
    pictures = [picture(session, number) for number in numbers[:MOST_SHOWN]]
    return {"mode": mode, **about, "pictures": pictures, "more": max(0, len(numbers) - MOST_SHOWN), "version": session.version}


def picture(session: Session, number: int) -> dict[str, Any]:
    paths = session.pictures.paths[number]
    found = session.guess_of(number)
    guesses = session.guesses_of(number, 3)
    return {
        "number": number, "name": visible(paths[0]), "copies": len(paths) - 1, "label": session.label_of(number),
        "guess": found[0] if found else None, "guesses": guesses,
    }  # fmt: skip
