"""What excites the channels of a network most in pictures of yours, and which channels say nothing there."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from math import inf, isfinite
from typing import Any

from vitreous.core.reporter import Reporter
from vitreous.core.text import visible
from vitreous.data.decode import Policy
from vitreous.draw.theme import LIGHT, PictureFormat, Theme, encoded
from vitreous.errors import UsageError, nearest
from vitreous.infer.choose import fastest_setting
from vitreous.infer.network import Network
from vitreous.inside.strongest import telling
from vitreous.inside.strongest.best import NINE
from vitreous.inside.strongest.chance import Finding, finding
from vitreous.inside.strongest.pictures import Pictures
from vitreous.inside.strongest.points import Point, points_of
from vitreous.inside.strongest.searching import Found, search
from vitreous.layers.walk import Walk, read_walk
from vitreous.layers.window import Array

# So many channels of one stage are shown where none are named; of every stage, where none is named, one.
SHOWN = 8


def strongest(
    network: Network, pictures: Pictures, rule: Policy, stage: str | None, depth: int, channels: Sequence[int] | None, reporter: Reporter
) -> "Strongest":
    """Search `pictures` for the nine that excite each channel of a stage most; of every stage with weights where none is named.

    `channels` are those that are shown. Raises UsageError for a stage or channel that there is not, DataError where no picture can be read.
    """
    walk = read_walk(network.data)
    points = points_of(walk, network, stage, depth)
    if channels is not None:
        require_channels(stage, points[0].shape[0], channels)
    most = len(pictures.items)
    # exact numbers, for an order of near equals that is the same on every machine
    setting = fastest_setting(network, most, "f32")
    found = search(network, points, pictures.read(network, rule, reporter), most, setting)
    return Strongest(network, walk, pictures, rule, found, channels)


@dataclass(frozen=True)
class Patch:
    """One of the nine. `value` is the number that was compared, at `row` and `column` of its map; `box` is what it sees in the network's
    picture (top, left, bottom, right), `part` the same in pixels of the file's upright picture (x0, y0, x1, y1)."""

    picture: int
    image: str
    labels: tuple[str, ...]
    value: float
    row: int
    column: int
    box: tuple[int, int, int, int]
    part: tuple[float, float, float, float]

    def to_json(self) -> dict[str, Any]:
        return {
            "image": self.image,
            "labels": list(self.labels),
            "value": self.value,
            "row": self.row,
            "column": self.column,
            "part": dict(zip(("x0", "y0", "x1", "y1"), (round(each, 2) for each in self.part), strict=True)),
        }


@dataclass(frozen=True)
class Excited:
    """A channel with its patches, the most exciting first: nine, or as many as there are pictures that excite it at all.

    `tied`: other pictures excite it as much as the last of these, which only come before them in the data.
    """

    point: Point
    channel: int
    patches: list[Patch]
    tied: bool

    @property
    def name(self) -> str:
        """Its number, and the label that it stands for where it is one of the network's answers."""
        return f"{self.channel} ({visible(self.point.labels[self.channel])})" if self.point.labels else str(self.channel)

    @cached_property
    def labels(self) -> Counter[str]:
        """How many of the patches' pictures have each label, the most frequent first."""
        counts = Counter(label for patch in self.patches for label in patch.labels)
        return Counter(dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))))

    def to_json(self) -> dict[str, Any]:
        return {"channel": self.channel, "labels": dict(self.labels), "tied": self.tied, "patches": [patch.to_json() for patch in self.patches]}


@dataclass(frozen=True, eq=False, repr=False)
class Strongest:
    """What `strongest` gives. `found`: one entry a stage; `asked`: the channels to show, None for the strongest ones."""

    network: Network
    walk: Walk
    pictures: Pictures
    rule: Policy
    found: list[Found]
    asked: Sequence[int] | None = None

    def stage(self, name: str) -> Found:
        """What was found of the stage of this name. Raises UsageError."""
        for each in self.found:
            if each.point.stage == name:
                return each
        raise UsageError(f"no stage {visible(name)!r} was searched", remedy=nearest(name, [each.point.stage for each in self.found]))

    def dead(self, stage: str) -> list[int]:
        """The channels of a stage that are never above zero; of a stage without rectifier none."""
        return self.stage(stage).dead

    def saturated(self, stage: str) -> dict[int, float]:
        """The channels of a stage that are at an end of their activation in at least 95 % of all places, with that share."""
        return self.stage(stage).saturated

    def quiet_lines(self) -> list[str]:
        """The dead and saturated channels of one stage, and over which pictures."""
        told = telling.quiet_lines(self.found[0]) or ["it can have neither dead nor saturated channels: no rectifier and no ceiling"]
        return [*told, *telling.about_pictures(self)]

    def quiet_json(self) -> dict[str, Any]:
        """The same for programs."""
        saturated = {str(channel): share for channel, share in self.found[0].saturated.items()}
        return {"pictures": len(self.pictures.size), "dead": self.found[0].dead, "saturated": saturated}

    def channel(self, stage: str, channel: int) -> Excited:
        """The nine of one channel. Raises UsageError for one that there is not."""
        found = self.stage(stage)
        require_channels(stage, found.point.shape[0], [channel])
        return self._excited(found, channel)

    @cached_property
    def shown(self) -> list[Excited]:
        """The channels that were asked for; else the strongest, by their largest number: eight of one stage, one of each of several."""
        if self.asked is not None:
            return [self._excited(self.found[0], channel) for channel in self.asked]
        count = SHOWN if len(self.found) == 1 else 1
        return [self._excited(each, channel) for each in self.found for channel in _by_strength(each)[:count]]

    @cached_property
    def drawn(self) -> "tuple[list[Excited], list[list[tuple[Array, Array]]]]":
        """What the picture shows: channels, each with pairs of a patch and what in it excites the channel. Made once for light and dark."""
        from vitreous.inside.strongest.drawing import to_draw

        return to_draw(self)

    @cached_property
    def finding(self) -> Finding | None:
        """The label that stands out most among the nine of a shown channel, where that is no chance. Answers are no finding, nor is
        what only comes first in the data among equals."""
        sets = [(number, [patch.labels for patch in each.patches]) for number, each in enumerate(self.shown)]
        sets = [each for each in sets if not (self.shown[each[0]].point.labels or self.shown[each[0]].tied)]
        everything = [self.pictures.labels(number) for number in self.pictures.size]
        return finding(sets, everything)

    def lines(self) -> list[str]:
        """The finding, each stage, each shown channel, and what is not shown."""
        return telling.lines(self)

    def picture(self, form: PictureFormat = "png", theme: Theme = LIGHT) -> bytes:
        """Nine patches of each shown channel beside what in them excites it, as the bytes of a file."""
        from vitreous.inside.strongest.drawing import drawn

        return encoded(drawn(self, theme), form)

    def to_json(self) -> dict[str, Any]:
        return {
            "pictures": len(self.pictures.size),
            "what": self.pictures.what,
            "left_out": [{"image": each.relative, "reason": each.reason} for each in self.pictures.left_out],
            "copies": self.pictures.copies,
            "finding": self._finding_json(),
            "stages": [self._stage_json(each) for each in self.found],
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        from base64 import b64encode

        picture = b64encode(self.picture()).decode()
        return (
            f"<pre>{escape(repr(self))}</pre><img alt='what excites the channels most' style='max-width:100%' src='data:image/png;base64,{picture}'>"
        )

    def _excited(self, found: Found, channel: int) -> Excited:
        last, next_ = found.best.value[channel, NINE - 1 : NINE + 1].tolist()
        patches = list(self._patches(found, channel))
        return Excited(found.point, channel, patches, tied=len(patches) == NINE and last == next_)

    def _patches(self, found: Found, channel: int) -> Iterator[Patch]:
        point, best, view = found.point, found.best, self.network.view
        for value, picture, index in zip(*(table[channel, :NINE].tolist() for table in (best.value, best.picture, best.index)), strict=True):
            if value == -inf or (point.rectified and value <= 0):
                return  # the rest does not excite it
            row, column = point.place(index)
            top, left, bottom, right = box = point.box(row, column, view.size)
            x0, y0, x1, y1 = view.box(*self.pictures.size[picture])
            across, down = (x1 - x0) / view.size, (y1 - y0) / view.size
            part = x0 + left * across, y0 + top * down, x0 + right * across, y0 + bottom * down
            yield Patch(picture, self.pictures.items[picture].relative, self.pictures.labels(picture), value, row, column, box, part)

    def _finding_json(self) -> dict[str, Any] | None:
        if (found := self.finding) is None:
            return None
        excited = self.shown[found.number]
        return {"stage": excited.point.stage, "channel": excited.channel, **found.to_json()}

    def _stage_json(self, found: Found) -> dict[str, Any]:
        point, field = found.point, found.point.field
        return {
            "name": point.stage,
            "value": point.value,
            "compared": point.ranked,
            "shape": list(point.shape),
            "receptive_field": {"size": list(field.size), "stride": list(field.stride), "offset": list(field.offset)} if field else None,
            "dead": found.dead,
            "saturated": {str(channel): share for channel, share in found.saturated.items()},
            "channels": [each.to_json() for each in self.shown if each.point is point],
        }


def _by_strength(found: Found) -> list[int]:
    """Channels with a number that excites them, the largest first."""
    first = found.best.value[:, 0].tolist()
    least = 0.0 if found.point.rectified else -inf
    return sorted((k for k, value in enumerate(first) if isfinite(value) and value > least), key=lambda k: (-first[k], k))


def require_channels(stage: str | None, count: int, channels: Sequence[int]) -> None:
    """Raises UsageError for channels of no stage, and for one that a stage of `count` channels has not."""
    if stage is None:
        raise UsageError("channels of which stage?", "channels, but no stage", "the stage that they belong to")
    if wrong := [channel for channel in channels if not 0 <= channel < count]:
        raise UsageError(f"{visible(stage)} has no channel {wrong[0]}", f"it has {count:,}", f"one of 0 to {count - 1}")
