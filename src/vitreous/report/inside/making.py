"""Makes the chapters "Inside the network" of a finished run: filters, maps, strongest activations, why for right and wrong test pictures,
the landscape of the loss.

A chapter that cannot be made says why, and the others are made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vitreous.core.reporter import Reporter
from vitreous.data.decode import Policy
from vitreous.draw.theme import Theme
from vitreous.errors import VitreousError
from vitreous.infer.network import Network
from vitreous.inside import Inside as Opened
from vitreous.inside import inside, telling
from vitreous.report.inside.chapters import Inside, InsideChapter, Picture, picture_of, within_bounds
from vitreous.report.task_pages import Shown, pages_of
from vitreous.report.wording import percent
from vitreous.runs.contents import Contents
from vitreous.runs.folder import RunFolder

# Test pictures that are opened: the surest right ones, and the surest wrong ones.
RIGHT, WRONG = 2, 2


@dataclass(frozen=True)
class Asked:
    """A run whose inside is shown."""

    run: RunFolder
    contents: Contents
    network: Network
    rule: Policy
    reporter: Reporter

    @cached_property
    def shown(self) -> tuple[list[Shown], list[Shown]]:
        """Right and wrong test pictures that are there as they were."""
        parts = pages_of(self.contents.facts).page_parts(self.contents)
        right, wrong = ([each for each in parts[name] if each.thumbnail.uri] for name in ("right", "wrong"))
        return right[:RIGHT], wrong[:WRONG]

    def opened(self, shown: Shown) -> Opened:
        path = Path(str(self.contents.facts["data"]["folder"])) / shown.thumbnail.path
        return inside(self.network, path, self.rule)


def make_inside(run: RunFolder, contents: Contents, network: Network, rule: Policy, reporter: Reporter) -> Inside:
    """All chapters, the slow ones last. Raises nothing that concerns one chapter alone."""
    asked = Asked(run, contents, network, rule, reporter)
    return within_bounds([_made(title, make, asked) for title, make in _CHAPTERS])


def _made(title: str, make: Callable[[Asked], InsideChapter], asked: Asked) -> InsideChapter:
    asked.reporter.say(f"{title} …")
    try:
        return make(asked)
    except VitreousError as error:
        return InsideChapter(title, missing=str(error))


def _maps(asked: Asked) -> InsideChapter:
    """What each stage makes of one test picture."""
    title = "Feature maps of a test picture"
    shown = [each for part in asked.shown for each in part][:1]
    if not shown:
        return InsideChapter(title, missing="no test picture is there as it was")
    opened = asked.opened(shown[0])
    picture = picture_of(f"the strongest feature maps of every stage, of {shown[0].thumbnail.path}", lambda theme: opened.atlas(theme=theme))
    return InsideChapter(title, [_about(shown[0])], [picture], telling.table(opened.stages))


def _strongest(asked: Asked) -> InsideChapter:
    """The patches of the training pictures that excite a channel of each stage most."""
    from vitreous.inside.strongest import strongest, training_pictures

    found = strongest(asked.network, training_pictures(asked.run), asked.rule, None, 1, None, asked.reporter)
    picture = picture_of("nine patches for the strongest channel of each stage, beside what in them excites it", _drawn(found))
    finding, *figures = found.lines()
    return InsideChapter("What excites the channels most", [_sentence(finding)], [picture], figures)


def _why(asked: Asked) -> InsideChapter:
    """What of right and of wrong test pictures speaks for the answer, each map with its checks."""
    title = "Why these answers"
    shown = [each for part in asked.shown for each in part]
    if not shown:
        return InsideChapter(title, missing="no test picture is there as it was")
    pictures, figures = list[Picture](), list[str]()
    for number, each in enumerate(shown):
        asked.reporter.progress(title, number, len(shown))
        found = asked.opened(each).why("all")
        pictures.append(picture_of(f"what in {each.thumbnail.path} speaks for the answer, by each method", _drawn(found)))
        figures += [*found.lines(), ""]
    return InsideChapter(title, [_about(each) for each in shown], pictures, figures[:-1])


def _about(shown: Shown) -> str:
    answered = "answered right" if shown.said == shown.true else f"answered {shown.said}"
    return f"{shown.thumbnail.path}: {shown.true}, {answered}, {percent(shown.confidence)}."


def _sentence(line: str) -> str:
    return line[:1].upper() + line[1:] + ("" if line.endswith(".") else ".")


def _drawn(value: Any) -> Callable[[Theme], bytes]:
    """How a value of `vitreous.inside` draws itself as PNG."""
    return lambda theme: bytes(value.picture("png", theme))


_CHAPTERS: Sequence[tuple[str, Callable[[Asked], InsideChapter]]] = (
    ("Feature maps of a test picture", _maps),
    ("What excites the channels most", _strongest),
    ("Why these answers", _why),
)
