"""How the network answers the pictures that are held out of learning, after each epoch."""

import numpy as np
import torch
from torch import Tensor

from vitreous.training.bench import Bench
from vitreous.training.divergence import no_answers
from vitreous.training.judging import Judged, judged, sound
from vitreous.training.position import Position

JUDGED_AT_ONCE = 256


def judge(bench: Bench, position: Position) -> Judged | None:
    """How the held-out pictures are answered; None where there are none. Raises NotFinite where no answer comes out."""
    if not len(bench.held):
        if all(bool(value.isfinite().all()) for value in bench.net.state_dict().values()):
            return None
        raise no_answers("weights are no numbers", position)
    logits = logits_of(bench)
    found = judged(logits, bench.held.target.cpu()) if sound(logits) else None
    if found is None or not found.finite:
        raise no_answers("logits of the held-out pictures are infinite, or no numbers", position)
    return found


@torch.no_grad()
def logits_of(bench: Bench) -> Tensor:
    """[n, K] of the held-out pictures, by the average of the weights where there is one."""
    own = bench.net.state_dict()
    before = {name: value.clone() for name, value in own.items()} if bench.average else {}
    if bench.average:
        bench.average.copy_to(bench.net)
    bench.net.eval()
    found = []
    for first in range(0, len(bench.held), JUDGED_AT_ONCE):
        pictures, _ = bench.held.take(np.arange(first, min(first + JUDGED_AT_ONCE, len(bench.held))))
        with bench.numbers:
            found.append(bench.net(bench.held.normal(pictures)).float().cpu())
    bench.net.train()
    if before:
        bench.net.load_state_dict(before)
    return torch.cat(found)
