"""Makes the chapters "Inside the network" of a finished run: filters, maps, strongest activations, why for right and wrong test pictures,
the landscape of the loss.

A chapter that cannot be made says why, and the others are made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitreous.core.reporter import Reporter
from vitreous.core.text import percent
from vitreous.data.decode import Policy
from vitreous.draw.theme import Theme
from vitreous.errors import VitreousError
from vitreous.infer.network import Network
from vitreous.inside import Inside as Opened
from vitreous.inside import inside, telling
from vitreous.report.inside.chapters import Inside, InsideChapter, Picture, picture_of, within_bounds
from vitreous.report.task_pages import Shown, pages_of
from vitreous.runs.contents import Contents
from vitreous.runs.folder import RunFolder

if TYPE_CHECKING:
    from vitreous.inside.why import Why

# Test pictures that are opened: the surest right ones, and the surest wrong ones.
RIGHT, WRONG = 2, 2
_FILTERS, _MAPS, _STRONGEST = "What the first layer has learned", "Feature maps of a test picture", "What excites the channels most"
_WHY, _LANDSCAPE = "Why these answers", "The landscape of the loss"


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


def _filters(asked: Asked) -> InsideChapter:
    """What the first layer has learned, beside what it began with where its training can be begun again here."""
    from vitreous.inside.filters import filters
    from vitreous.inside.filters.moments import moments_of

    found = filters(asked.network, earlier=moments_of(asked.run, asked.network))
    finding, *figures = found.lines()
    return InsideChapter(_FILTERS, [_sentence(finding)], [picture_of("the kernels of the first layer", _drawn(found))], figures)


def _maps(asked: Asked) -> InsideChapter:
    """What each stage makes of one test picture."""
    shown = [each for part in asked.shown for each in part][:1]
    if not shown:
        return InsideChapter(_MAPS, missing="no test picture is there as it was")
    opened = asked.opened(shown[0])
    picture = picture_of(f"the strongest feature maps of every stage, of {shown[0].thumbnail.path}", lambda theme: opened.atlas(theme=theme))
    return InsideChapter(_MAPS, [_about(shown[0])], [picture], telling.table(opened.stages))


def _strongest(asked: Asked) -> InsideChapter:
    """The patches of the training pictures that excite a channel of each stage most."""
    from vitreous.inside.strongest import strongest, training_pictures

    found = strongest(asked.network, training_pictures(asked.run), asked.rule, None, 1, None, asked.reporter)
    picture = picture_of("nine patches for the strongest channel of each stage, beside what in them excites it", _drawn(found))
    finding, *figures = found.lines()
    return InsideChapter(_STRONGEST, [_sentence(finding)], [picture], figures)


def _why(asked: Asked) -> InsideChapter:
    """What of right and of wrong test pictures speaks for the answer, each map with its checks."""
    shown = [each for part in asked.shown for each in part]
    if not shown:
        return InsideChapter(_WHY, missing="no test picture is there as it was")
    pictures, figures = list[Picture](), list[str]()
    for number, each in enumerate(shown):
        asked.reporter.progress(_WHY, number, len(shown))
        found = _explained(asked.opened(each))
        pictures.append(picture_of(f"what in {each.thumbnail.path} speaks for the answer, and how far that can be trusted", _drawn(found)))
        figures += [*found.lines(), ""]
    lines = [*(_about(each) for each in shown), "vitreous see RUN IMAGE --why all sets every method side by side."]
    return InsideChapter(_WHY, lines, pictures, figures[:-1])


def _explained(opened: Opened) -> "Why":
    """By Grad-CAM; by occlusion, which asks nothing of a network, where there are no maps. With their checks all methods take a minute a picture."""
    try:
        return opened.why("grad-cam")
    except VitreousError:
        return opened.why("occlusion")


def _landscape(asked: Asked) -> InsideChapter:
    """The loss around the trained weights: along the path of the training where its weights were kept, else in random directions."""
    from vitreous.inside.landscape import landscape_of

    try:
        found = landscape_of(asked.run, asked.network, "path", None, None, None, 0, asked.reporter)
    except VitreousError:
        found = landscape_of(asked.run, asked.network, "random", None, None, None, 0, asked.reporter)
    finding, *figures = found.lines()
    return InsideChapter(_LANDSCAPE, [_sentence(finding)], [picture_of("the loss on a plane through the trained weights", _drawn(found))], figures)


def _about(shown: Shown) -> str:
    answered = "answered right" if shown.said == shown.true else f"answered {shown.said}"
    return f"{shown.thumbnail.path}: {shown.true}, {answered}, {percent(shown.confidence)}."


def _sentence(line: str) -> str:
    return line[:1].upper() + line[1:] + ("" if line.endswith(".") else ".")


def _drawn(value: Any) -> Callable[[Theme], bytes]:
    """How a value of `vitreous.inside` draws itself as PNG."""
    return lambda theme: bytes(value.picture("png", theme))


_CHAPTERS: Sequence[tuple[str, Callable[[Asked], InsideChapter]]] = (
    (_FILTERS, _filters),
    (_MAPS, _maps),
    (_STRONGEST, _strongest),
    (_WHY, _why),
    (_LANDSCAPE, _landscape),
)
