"""What a run says is what its file does: pictures are asked again, from their files on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Source
from vitreous.core.reporter import Reporter
from vitreous.data.decode import Policy
from vitreous.data.pack import Pack
from vitreous.errors import ModelError
from vitreous.fit.saving import Trained
from vitreous.infer.choose import keeps_answers
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.infer.gather import Pixels, pixel_rows
from vitreous.infer.pipeline import decoded_side_by_side
from vitreous.tasks.task import task_named

# The joined file against the head applied to the features it was fitted on. fp32: sums in another order; bf16: 8 bits.
_PARITY = {"f32": 1e-3, "bf16": 5e-2}
_PROVED_ON = 8
_COMPARED = 256


@dataclass(frozen=True)
class Proof:
    """Of a training on `source`, whose pictures are decoded as `policy` says and may lie in the `pack`."""

    source: Source
    pack: Pack
    policy: Policy
    reporter: Reporter

    def bf16_keeps_answers(self, trained: Trained) -> bool:
        """Compare with fp32 on pictures the head was not fitted to; says what came out."""
        fitted = trained.fitted
        chosen = range(fitted.train, fitted.train + fitted.validation) if fitted.validation else range(fitted.train)
        pictures, places = self._pictures(trained, chosen[:_COMPARED])
        if not places:
            return False
        exact = run_batch(start_engine(trained.model, default_setting(len(pictures), "f32")), pictures)["probability"]
        task = task_named(self.source.task)
        keeps, why = keeps_answers(*(task.choices(each, fitted.thresholds) for each in (exact, fitted.probability(places))))
        self.reporter.say(f"bf16 {why} against fp32: " + ("bf16 is used." if keeps else "fp32 is used."))
        return keeps

    def require(self, trained: Trained) -> None:
        """The file that was made gives the answers that were measured. Raises ModelError where it does not."""
        pictures, places = self._pictures(trained, range(len(trained.fitted.order))[-_PROVED_ON:])
        if not places:
            self.reporter.say("The model file was not compared with what was measured: the pictures for it are gone.")
            return
        setting = replace(default_setting(1, trained.ready.engine.number_format, trained.ready.engine.library), batch=1)
        answers = run_batch(start_engine(trained.model, setting), pictures)["probability"]
        difference = float(np.abs(answers - trained.fitted.probability(places)).max())
        if difference > _PARITY[trained.ready.engine.number_format]:
            raise ModelError(
                "the model file does not give the answers that were measured", f"a difference of {difference:.4f}", remedy="please report this"
            )

    def _pictures(self, trained: Trained, places: Sequence[int]) -> tuple[NDArray[np.uint8], list[int]]:
        """The pictures at these places of the order, decoded again from their files where these are still what they were, else from the pack; and
        the places that could be."""
        ready = trained.ready
        items, view = ready.items(self.source), ready.choice.view
        stored, found = Pixels(pixel_rows(self.pack, view)), {}
        for result in decoded_side_by_side([(place, items[place].path) for place in places], (view,), self.policy):
            key = ready.gathered.keys[ready.kept[ready.order[result.index]]]
            there = result.decoded is not None and result.decoded.key == key
            picture = result.decoded.views[0] if result.decoded and there else stored.get(key)
            if picture is not None:
                found[result.index] = picture
        size = view.size
        return np.stack(list(found.values())) if found else np.zeros((0, size, size, 3), np.uint8), list(found)
