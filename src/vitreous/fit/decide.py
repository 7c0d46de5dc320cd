"""The operating point of a run: a rule for its answers, chosen on pictures that the model was not fitted to, and stored with it.

max miss, max false alarms   the threshold of one class (metrics/operating_point.py)
max error                    the confidence below which the answer is "I don't know" (metrics/selective.py)
costs                        the answer of least expected cost, by a table (fit/cost_table.py)

What is stored is an entry in the metadata of model.onnx, which `predict` and use.py obey, and `facts["decision"]` in run.json. Weights and
probabilities stay as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

from vitreous.core.text import visible
from vitreous.errors import RunError, UsageError, nearest
from vitreous.fit.choosing import by_costs, for_class, for_error
from vitreous.fit.cost_table import read_costs
from vitreous.fit.decision import Decision
from vitreous.infer.network import DECISION_KEY, with_metadata
from vitreous.runs.amending import amend
from vitreous.runs.contents import HELD_OUT_CSV, Contents, Documents, contents_of
from vitreous.runs.folder import MODEL, RunFolder
from vitreous.tasks.task import require_one_label

__all__ = ["Decision", "Wish", "chosen", "decide", "forget"]


@dataclass(frozen=True)
class Wish:
    """What is asked for: one of `max_miss` and `max_false_alarms` (shares, of the class `label`), `costs` and `max_error` (a share).

    `prevalence`: the share of the class among the pictures to come; None: that in the run's data.
    """

    label: str | None = None
    max_miss: float | None = None
    max_false_alarms: float | None = None
    costs: Path | None = None
    max_error: float | None = None
    prevalence: float | None = None

    @property
    def kinds(self) -> list[str]:
        """The names of those that are given."""
        return [name for name in ("max_miss", "max_false_alarms", "costs", "max_error") if getattr(self, name) is not None]


def decide(run: RunFolder, wish: Wish, documents: Documents) -> tuple[Decision, RunFolder]:
    """Choose by `wish` and store the choice; `documents` makes the files for people again. An older decision is replaced.

    Raises:
        UsageError: a wish that cannot be meant, or an unknown class.
        DataError: too few pictures to promise what was asked, a table of costs that does not fit. Nothing is stored.
        RunError: the run has no held-out answers (an older version trained it), is unfinished, damaged or in use.
    """
    require_one_label(run.facts, "vitreous decide", "vitreous train --threshold-for f1 or cost=MISS:FALSE chooses a threshold for each label")
    _check(wish, run.facts["labels"])
    if HELD_OUT_CSV not in run.document.files:
        where = visible(str(run.path))
        raise RunError(f"cannot decide for {where}", "an older version trained it, which kept no answers on held-out pictures", remedy="train again")
    contents = contents_of(run)
    decision = chosen(contents, wish)
    return decision, _stored(run, contents, decision.to_json(), json.dumps(decision.stored.to_json(decision.labels)), documents)


def forget(run: RunFolder, documents: Documents) -> RunFolder:
    """The run without a decision: answers are the most probable classes again, and model.onnx has the bytes of its training."""
    return _stored(run, contents_of(run), None, None, documents) if run.facts.get("decision") else run


def chosen(contents: Contents, wish: Wish) -> Decision:
    """The decision for a run of which this is known. Raises DataError as `decide` does."""
    if wish.costs is not None:
        return by_costs(contents, read_costs(wish.costs, contents.facts["labels"]))
    if wish.max_error is not None:
        return for_error(contents, wish.max_error)
    label = str(wish.label)
    if wish.max_miss is not None:
        return for_class(contents, label, "max_miss", wish.max_miss, wish.prevalence)
    return for_class(contents, label, "max_false_alarms", float(wish.max_false_alarms or 0), wish.prevalence)


def _stored(run: RunFolder, contents: Contents, fact: dict[str, Any] | None, entry: str | None, documents: Documents) -> RunFolder:
    facts: Mapping[str, Any] = {key: value for key, value in run.facts.items() if key != "decision"} | ({"decision": fact} if fact else {})
    model = with_metadata(run.read(MODEL), DECISION_KEY, entry)
    return amend(run, {MODEL: model} | documents(replace(contents, facts=facts)), facts)


def _check(wish: Wish, labels: list[str]) -> None:
    options = {name: f"--{name.replace('_', '-')}" for name in ("max_miss", "max_false_alarms", "costs", "max_error")}
    if len(wish.kinds) != 1:
        arrived = " and ".join(options[name] for name in wish.kinds) or "no wish"
        raise UsageError("what shall be decided?", arrived, "one of " + ", ".join(options.values()))
    (kind,) = wish.kinds
    of_class = kind in ("max_miss", "max_false_alarms")
    if of_class and wish.label is None:
        raise UsageError(f"{options[kind]} of which class?", "no --class", remedy=nearest("", labels))
    if not of_class and (wish.label is not None or wish.prevalence is not None):
        raise UsageError(f"--{'class' if wish.label is not None else 'prevalence'} with {options[kind]}", needed="it is for all classes alike")
    if wish.label is not None and wish.label not in labels:
        raise UsageError(f"there is no class {visible(wish.label)!r}", remedy=nearest(wish.label, labels))
    for option, share in ((options[kind], getattr(wish, kind)), ("--prevalence", wish.prevalence)):
        if isinstance(share, int | float) and not (isfinite(share) and 0 <= share <= 1):
            raise UsageError(option, f"{share:g}", "a share from 0 to 1 is needed", "0.02 is 2 %")
    if getattr(wish, kind) == 1:
        raise UsageError(options[kind], "1: all of them, which any answer keeps", "a share below 1 is needed", "0.02 is 2 %")
