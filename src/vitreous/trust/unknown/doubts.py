"""What is said beside every answer of a run, where it is asked for: the set of classes with a promise, and whether a picture is none of these."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.tasks.predict import Values
from vitreous.trust.unknown.promises import Promise
from vitreous.trust.unknown.unlike import Limit, Reference


@dataclass(frozen=True)
class Doubts:
    """As a `tasks.predict.Beside`. `limit` belongs to `reference`."""

    promise: Promise | None = None
    reference: Reference | None = None
    limit: Limit | None = None

    @property
    def outputs(self) -> tuple[str, ...]:
        return ("features",) if self.reference else ()

    def of(self, values: Values) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.promise:
            found["set"] = self.promise.set_of(values["probability"])
        if self.reference and self.limit:
            found["oddness"] = self.limit.of(float(self.reference.scores(values["features"][None], np.asarray(values["probability"][None]))[0]))
        return found
