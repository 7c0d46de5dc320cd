"""What a training will do, and why: decided from the data's size, the machine and the minutes, said before it begins."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.core.item import Source, Split
from vitreous.core.text import plural
from vitreous.core.view import View
from vitreous.fit.settings import TrainSettings
from vitreous.fit.softmax import Ints
from vitreous.fit.views import LEAST, MOST, SHARE, candidates, sample_of
from vitreous.infer.choose import fastest_setting
from vitreous.infer.engine import Setting, parse_engine
from vitreous.infer.network import Network

# Where nothing was measured: what a slow machine decodes and sends through the network, in pictures per second.
_CAUTIOUS_RATE = 60.0
# With made splits, at most this share is looked at to choose a view: it all goes to the training part.
_MOST_OF_DATA = 0.5
# The larger views are tried when a whole pass with them takes less than this share of the minutes.
_SHARE_FOR_LARGER = 0.5
_LARGER_COSTS = 1.8


@dataclass(frozen=True)
class Plan:
    """`sample`: numbers of the items that the views are tried on. `seconds`: what the passes over the pictures should take."""

    engine: Setting
    views: tuple[View, ...]
    sample: Ints
    seconds: float
    pack_bytes: int
    lines: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "engine": str(self.engine),
            "views_tried": [view.to_json() for view in self.views],
            "sample": len(self.sample),
            "seconds": round(self.seconds, 1),
            "pack_bytes": self.pack_bytes,
            "why": list(self.lines),
        }


def make_plan(source: Source, network: Network, settings: TrainSettings) -> Plan:
    """The plan for these data on this machine; measures the engine where there are enough pictures."""
    items, labels = source.items, source.labels
    count = len(items)
    library, number_format = parse_engine(settings.engine)
    engine = fastest_setting(network, count, number_format, library)
    rate = 1 / (1 / engine.rate + 1 / 400) if engine.rate else _CAUTIOUS_RATE
    number = {label: index for index, label in enumerate(labels)}
    target = np.array([number[item.label] for item in items])
    allowed = np.flatnonzero([item.split in (None, Split.TRAIN) for item in items])
    given = any(item.split not in (None, Split.TRAIN) for item in items)
    size = int(np.clip(SHARE * count, LEAST, MOST))
    pass_seconds = count / rate
    larger = settings.minutes is not None and pass_seconds * _LARGER_COSTS < _SHARE_FOR_LARGER * settings.minutes * 60
    if larger:
        size = min(4 * size, MOST)
    most = len(allowed) if given else int(_MOST_OF_DATA * len(allowed))
    sample = sample_of(target, allowed, min(size, most), settings.seed)
    side = network.view.size
    views = candidates(side, larger)
    cost = sum((view.size / side) ** 2 for view in views)
    seconds = (count + cost * len(sample)) / rate + 3
    pack_bytes = count * (side * side * 3 + 1280 * 4 + 1100)
    minutes = f"{settings.minutes:g} minutes allowed" if settings.minutes else "as soon as possible"
    lines: tuple[str, ...] = (
        f"Plan: one label out of {len(labels)}, {plural(count, 'picture')}: features of {network.facts['network']} (pretrained, frozen), "
        f"then a softmax head on them; about {seconds:.0f} s ({minutes}).",
        f"Engine: {engine}.",
    )
    if settings.minutes is not None and seconds > settings.minutes * 60:
        lines += (f"One pass needs about {seconds / 60:.1f} minutes, more than the {settings.minutes:g} allowed: only the plain view is used.",)
        views = views[:1]
    if pack_bytes > 200_000_000:
        lines += (f"The decoded pictures are kept in the cache folder: {pack_bytes / 1e9:.1f} GB at most.",)
    return Plan(engine, views, sample, seconds, pack_bytes, lines)
