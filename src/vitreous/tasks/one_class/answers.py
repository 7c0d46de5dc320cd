"""What a model of one class says of a picture: ordinary or odd, how odd, and where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import plural, visible
from vitreous.data.decode import Decoded, Policy
from vitreous.errors import DataError, ModelError, UsageError
from vitreous.infer.engine import Outputs, Setting
from vitreous.infer.network import Network
from vitreous.tasks.classify.answers import Failure
from vitreous.tasks.predict import Values, in_order

ONE_CLASS = "one_class"
ORDINARY, ODD = "ordinary", "odd"
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Limit:
    """Beyond `value` lies at most the share `rate` of good pictures: a rank among the scores `known` [n], ascending, of good ones that the model
    was not made from."""

    value: float
    rate: float
    known: NDArray[np.float64]

    def as_odd(self, score: float) -> float:
        """The share of good pictures that are at least so odd."""
        return float(1 + len(self.known) - np.searchsorted(self.known, score, "left")) / (1 + len(self.known))


def limit_for(known: Sequence[float], rate: float) -> Limit:
    """Raises UsageError for what is no share, DataError where too few are known for it."""
    if not 0 < rate < 1:
        raise UsageError("--unknown", f"{rate:g}", "a share above 0 and below 1", "0.05 is a false alarm for one of twenty good pictures")
    scores = np.sort(np.asarray(known, np.float64))
    rank = ceil((len(scores) + 1) * (1 - rate) - _ROUNDING)
    if rank > len(scores):
        raise DataError(
            f"cannot keep false alarms to {100 * rate:g} %",
            f"{plural(len(scores), 'good picture')} that the model was not made from",
            f"{ceil(1 / rate - 1 - 1e-6):,} are needed",
            f"{100 * least_rate(len(scores)):.3g} % can be kept (--unknown {least_rate(len(scores)):.3g})",
        )
    return Limit(float(scores[rank - 1]), rate, scores)


def least_rate(count: int) -> float:
    """The lowest rate of false alarms that so many known scores can keep, rounded up.

    >>> least_rate(19), least_rate(5)
    (0.05, 0.167)
    """
    return ceil(1000 / (count + 1) - 1e-9) / 1000


@dataclass(frozen=True, eq=False)
class Checked:
    """Of one picture: its `score`, which is `odd` beyond the limit, and `map` [H, W], how odd each place is, as the network sees the picture."""

    image: str
    score: float
    limit: Limit
    map: NDArray[np.float32]

    @property
    def odd(self) -> bool:
        return self.score > self.limit.value

    @property
    def label(self) -> str:
        return ODD if self.odd else ORDINARY

    @property
    def place(self) -> tuple[float, float]:
        """Where it is oddest: x and y from 0 to 1, of the part of the picture that is seen."""
        row, column = np.unravel_index(int(self.map.argmax()), self.map.shape)
        return (float(column) + 0.5) / self.map.shape[1], (float(row) + 0.5) / self.map.shape[0]

    def to_json(self, _count: int = 1) -> dict[str, Any]:
        x, y = self.place
        return {
            "image": self.image, "label": self.label, "odd": self.odd, "score": round(self.score, 6), "limit": round(self.limit.value, 6),
            "rate": self.limit.rate, "as_odd": round(self.limit.as_odd(self.score), 6), "place": [round(x, 4), round(y, 4)],
        }  # fmt: skip

    def __repr__(self) -> str:
        return f"{visible(self.image)}: {self.label}, {self.score:.3g} (limit {self.limit.value:.3g})"


def limit_of(facts: Mapping[str, Any], rate: float | None) -> Limit:
    """Of a model by its facts; at another rate than it was made for. Raises ModelError where they are not those of such a model."""
    try:
        known = [float(each) for each in facts["known"]]
        chosen = float(facts["rate"]) if rate is None else rate
    except (KeyError, TypeError, ValueError):
        raise ModelError("the model has no limit for odd pictures", needed="a model.onnx as vitreous train writes it") from None
    return limit_for(known, chosen)


def check(
    network: Network, setting: Setting, paths: Sequence[str], policy: Policy, rate: float | None = None
) -> Iterator[tuple[Checked | Failure, Decoded | None]]:
    """What the network says of each file, in their order, with the decoded picture; a file that cannot be read is a Failure in its place."""
    limit = limit_of(network.facts, rate)

    def sound(outputs: Outputs) -> None:
        if not np.isfinite(outputs["score"]).all():
            raise ModelError(f"{network.path.name} gives no scores", "outputs that are not numbers", "a model.onnx as vitreous train writes it")

    def answer(path: str, values: Values) -> Checked:
        return Checked(path, float(values["score"]), limit, np.asarray(values["map"]))

    return in_order(network, setting, paths, policy, ("score", "map"), sound, answer)
