"""How a pretrained network was tuned: which phase gave what, and accuracy against time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitreous.core.text import percent
from vitreous.report.charts import accuracy_against_time


@dataclass(frozen=True)
class PhaseRow:
    """A phase as words; `kept`: how far towards what was learned the weights went."""

    cut: str
    learned: str
    before: str
    after: str
    kept: str
    until: str


@dataclass(frozen=True)
class TuningStory:
    rows: list[PhaseRow]
    chart: str
    forecast: str
    judged: str


def tuning_of(facts: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> TuningStory | None:
    """None for a run whose network was not tuned."""
    phases: Sequence[Mapping[str, Any]] = (facts.get("classifier") or {}).get("phases") or []
    if not phases:
        return None
    rows = []
    for each in phases:
        before, after = each["held_accuracy"]
        learned = f"{each['epochs']} epochs of {each['views']} views" + (", then with what was held out" if each["refit"] else "")
        kept = f"{percent(each['share'])} of the way" if each["share"] else "nothing"
        rows.append(PhaseRow(each["cut"], learned, percent(before, 1), percent(after, 1), kept, f"{each['until']:.0f} s"))
    judged = f"Judged on {facts['classifier'].get('chosen_on') or 'pictures held out'}."
    epochs = [(entry["seconds"], entry["held_accuracy"]) for entry in history if entry.get("held_accuracy") is not None]
    best = [(phases[0]["since"], phases[0]["held_accuracy"][0]), *((each["until"], each["held_accuracy"][1]) for each in phases if each["share"])]
    return TuningStory(rows, accuracy_against_time(epochs, best, float(facts.get("seconds") or best[-1][0])), _forecast(facts), judged)


def _forecast(facts: Mapping[str, Any]) -> str:
    """What was expected beside what came, in a sentence; empty where nothing was."""
    told = facts.get("forecast")
    accuracy = (facts.get("metrics") or {}).get("accuracy")
    if not told or accuracy is None:
        return ""
    expected = f"{percent(told['accuracy'], 1)} ({percent(told['low'])} to {percent(told['high'])}) after {told['seconds']:.0f} s"
    return f"Expected were, before the network learned, {expected}; it came to {percent(accuracy, 1)} after {facts.get('seconds') or 0:.0f} s."
