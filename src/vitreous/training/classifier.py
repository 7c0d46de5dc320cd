"""A network that was trained from scratch, as what answers: in fp32, calibrated, exported with normalisation and temperature inside."""

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from vitreous.core.view import View
from vitreous.data.split import folds
from vitreous.export.onnx_file import to_network
from vitreous.fit.classifier import HeldOut, Parts
from vitreous.fit.head import Floats
from vitreous.fit.link import Link, Sigmoids, Softmax
from vitreous.fit.pictures import Pictures
from vitreous.infer.network import Network
from vitreous.runs.contents import PATH, STEPS
from vitreous.training.coach import Context, Finding, in_order, read
from vitreous.training.divergence import NotFinite
from vitreous.training.hardware import repeatable
from vitreous.training.held_out import JUDGED_AT_ONCE
from vitreous.training.pictures import Batches, Standard
from vitreous.training.position import Position
from vitreous.training.recipe import Recipe
from vitreous.training.recording import history_lines

if TYPE_CHECKING:
    from vitreous.training.learner import ScratchLearner

# Each fold is a training of its own; where no minutes were given they are trained if the network itself took no longer than this.
_FOLDS, _FOLDS_SECONDS = 3, 60.0


@dataclass(frozen=True)
class ScratchClassifier:
    """A trained network. `chosen_on`: the pictures that the best epoch and the calibration (`link`) were chosen on. `path`: the weights
    behind every epoch, where they were kept."""

    learner: "ScratchLearner"
    net: nn.Module
    standard: Standard
    link: Link
    chosen_on: str
    recipe: Recipe
    position: Position
    held_out: HeldOut = field(default_factory=lambda: HeldOut(np.zeros(0, np.intp), np.zeros((0, 0), np.float32)))
    facts: dict[str, Any] = field(default_factory=dict)
    path: bytes = b""

    def logits(self, pictures: Pictures) -> Floats:
        """[n, K], in fp32."""
        batches = Batches(pictures, np.zeros(len(pictures), np.int64), self.standard, torch.device("cpu"), False)
        found = [np.zeros((0, self.recipe.classes), np.float32)]
        with torch.inference_mode(), repeatable(self.recipe.threads):
            for first in range(0, len(pictures), JUDGED_AT_ONCE):
                x, _ = batches.take(np.arange(first, min(first + JUDGED_AT_ONCE, len(pictures))))
                found.append(self.net(batches.normal(x)).numpy())
        return np.concatenate(found)

    def probability(self, features: Any) -> Floats:
        return self.link.probability(self.logits(features))

    def out_of_fold(self, parts: Parts) -> Floats:
        """Each picture by a network of its own that never saw it, one for each of three folds; zeros where that would take too long, or a fold
        diverged."""
        probability = np.zeros((parts.train, parts.classes), np.float32)
        minutes = self.learner.settings.minutes
        if not minutes and self.position.seconds > _FOLDS_SECONDS and parts.train + parts.validation < len(parts.target):
            return probability
        train_rows = slice(0, parts.train)
        number = folds(parts.target[train_rows], parts.groups[train_rows], _FOLDS, parts.seed)
        for fold in range(_FOLDS):
            rows, part = np.flatnonzero(number != fold), np.flatnonzero(number == fold)
            if len(part) and len(np.unique(parts.target[rows])) > 1:
                others = replace(
                    parts, features=parts.features[rows], target=parts.target[rows], groups=parts.groups[rows], train=len(rows), validation=0
                )
                learner = replace(self.learner, work=None, given=_for_fold(self.recipe, len(rows)))
                try:
                    probability[part] = learner.fit(others, lambda *_: None).probability(parts.features[part])
                except NotFinite:  # the network itself was trained; it is the answers out of fold that are missing
                    return np.zeros_like(probability)
        return probability

    def joined(self, backbone: Network, view: View, labels: list[str], facts: dict[str, Any]) -> Network:
        """One file with normalisation and calibration inside: W / T and b / T in the head are z / T; a W and a b + c are a z + c."""
        net = deepcopy(self.net)
        with torch.no_grad():
            if isinstance(self.link, Sigmoids):
                scale, shift = torch.from_numpy(self.link.scale), torch.from_numpy(self.link.shift)
                net.head.weight *= scale[:, None]
                net.head.bias.mul_(scale).add_(shift)
            elif isinstance(self.link, Softmax):
                net.head.weight /= self.link.temperature
                net.head.bias /= self.link.temperature
        about = {"network": self.recipe.net, "licence": "Apache-2.0", "source": "Vitreous", "features": net.head.in_features}
        return to_network(net, labels, view, self.standard.mean.tolist(), self.standard.std.tolist(), about | facts)

    def files(self) -> dict[str, bytes]:
        from safetensors.torch import save

        weights = {name: value.contiguous() for name, value in self.net.state_dict().items()}
        kept = {PATH: self.path} if self.path else {}
        return {"weights.safetensors": save(weights), STEPS: history_lines(self.position.steps), **kept}

    def history(self) -> list[dict[str, Any]]:
        return list(self.position.history)

    def to_json(self) -> dict[str, Any]:
        recipe = self.recipe.to_json()
        before = [Finding.from_json(each) for each in self.position.before]
        findings = read(self.position.history, self.position.steps, Context.of(recipe))
        return {
            "network": self.recipe.net,
            **self.link.to_json(),
            "chosen_on": self.chosen_on,
            "epochs": len(self.position.history),
            "best_epoch": self.position.best,
            "stopped": self.position.stopped,
            **self.facts,
            "coach": [each.to_json() for each in in_order([*before, *findings])],
            "coach_before": self.position.before,
            "recipe": recipe,
        }


def _for_fold(recipe: Recipe, pictures: int) -> Recipe:
    return replace(recipe, batch=min(recipe.batch, pictures), last=None)
