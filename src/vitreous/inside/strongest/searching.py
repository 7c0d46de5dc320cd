"""One pass over pictures, whatever the number of channels: the engine gives the values, and while it works on the next pictures the largest
number of each channel is taken from them. The place of it is looked for only where the picture is among the nine best so far, which after
the first hundreds of pictures it hardly ever is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from vitreous.infer.engine import Outputs, Setting, start_engine
from vitreous.infer.network import Network
from vitreous.infer.pipeline import Forward, Picture
from vitreous.inside.strongest.best import Best, first_place, largest
from vitreous.inside.strongest.points import Point
from vitreous.inside.strongest.quiet import Ends


@dataclass(frozen=True, eq=False)
class Found:
    """What a pass gives of one point. `best`: numbers of the ranked value; `dead` channels; `saturated` ones with their share of places."""

    point: Point
    best: Best
    dead: list[int]
    saturated: dict[int, float]


def search(network: Network, points: list[Point], pictures: Iterable[tuple[int, Picture]], most: int, setting: Setting) -> list[Found]:
    """The nine best of every channel of all points. `pictures`: numbers and uint8 [S, S, 3], at most `most` of them.

    The setting's batch is not taken: one picture at a time leaves the values in the processor's cache until they are read.
    """
    best, ends = [Best(point.shape[0]) for point in points], [Ends(point, most) for point in points]
    lock = Lock()

    def look(indices: list[int], outputs: Outputs) -> None:
        for place, picture in enumerate(indices):
            for point, own, end in zip(points, best, ends, strict=True):
                planes = point.planes(outputs[point.ranked])[place]
                maxima = largest(planes)
                with lock:
                    rows = own.beaten(picture, maxima)
                # meanwhile others may be sorted in: then it is a few channels too many, which `put` drops
                index = first_place(planes[rows])
                with lock:
                    own.put(picture, rows, maxima[rows], index)
                    end.add(planes, maxima)

    engine = start_engine(network, replace(setting, batch=1), tuple(dict.fromkeys(point.ranked for point in points)))
    forward = Forward(engine, network.view.size, look)
    for number, picture in pictures:
        forward.add(number, picture)
    forward.finish()
    return [_found(*each) for each in zip(points, best, ends, strict=True)]


def _found(point: Point, best: Best, ends: Ends) -> Found:
    dead = np.flatnonzero((best.value[:, 0] <= 0) & np.isfinite(best.value[:, 0])).tolist() if point.rectified else []
    return Found(point, best, dead, ends.saturated())
