"""The three ways to choose an operating point, from what is known of a run, each with what is to be expected of it in figures and sentences.

Everything is measured on the held-out pictures of the run; the figures on its test pictures stand beside, and nothing is chosen on these.
"""

from dataclasses import dataclass
from math import ceil, isinf
from typing import Literal

import numpy as np

from vitreous.core.text import plural, visible
from vitreous.errors import DataError
from vitreous.fit.cost_table import odd_costs
from vitreous.fit.decision import Decision, Figure, percent, percents, probability
from vitreous.metrics.bounds import mean_interval, needed_for, upper_bound
from vitreous.metrics.decision_rule import UNKNOWN, ClassThreshold, ConfidenceThreshold, Costs, StoredRule, unknown_word
from vitreous.metrics.figures import FloatArray, IntArray
from vitreous.metrics.operating_point import OperatingCurve, Rate, operating_curve, rate_of
from vitreous.metrics.selective import confidence_threshold, least_error, needed_for_error
from vitreous.runs.contents import Contents
from vitreous.runs.tables import Predictions

_EVALUATED = "Figures of evaluate stay those of the most probable class."


# ---- the threshold of one class


def for_class(contents: Contents, label: str, kind: Literal["max_miss", "max_false_alarms"], asked: float, prevalence: float | None) -> Decision:
    """The highest threshold on the probability of `label` that promises at most the share `asked` of misses, or the lowest that promises at most
    that of false alarms. `prevalence` None: the share in the run's data. Raises DataError where too few pictures can promise it."""
    labels = contents.facts["labels"]
    number, held = labels.index(label), _Known.of(contents, contents.held_out)
    curve = operating_curve(held.probability[:, number], held.target == number, held.group)
    of_misses = kind == "max_miss"
    place = curve.highest_for(asked) if of_misses else curve.lowest_for(asked)
    if place is None or asked == 0:
        raise _too_few_of_class(contents, label, asked, curve, of_misses)
    rule = ClassThreshold(number, float(curve.threshold[place]))
    missed, alarms = curve.miss_rate(place), curve.false_alarm_rate(place)
    promised = missed if of_misses else alarms
    bound = float(upper_bound(promised.events, promised.trials))
    share = _share_of(contents, label) if prevalence is None else prevalence
    figures = {
        "miss_rate": Figure.of(missed),
        "false_alarm_rate": Figure.of(alarms),
        "misses_per_1000": Figure.of(missed, 1000 * share),
        "false_alarms_per_1000": Figure.of(alarms, 1000 * (1 - share)),
    }
    name = repr(visible(label))
    what = f"of {name} are missed" if of_misses else f"of the others are taken for {name}"
    sentences = [
        f"The answer is {name} where its probability is at least {probability(rule.threshold)}, else the most probable of the other classes.",
        f"With 95 % confidence at most {percent(asked)} {what}: {_counted(promised)} were (bound {percent(bound)}), on "
        f"{_about(contents)}{_copies(held)}.",
        f"Of 1,000 pictures, {1000 * share:,.3g} of them {name} ({'as in the data' if prevalence is None else 'as asked'}): "
        f"{figures['misses_per_1000']} missed, {figures['false_alarms_per_1000']} false alarms (95 % intervals).",
    ]
    test = _Known.of(contents, contents.predictions)
    own, said = test.target == number, rule.answers(test.probability) == number
    on_test = {"miss_rate_on_test": rate_of(~said[own], test.group[own]), "false_alarm_rate_on_test": rate_of(said[~own], test.group[~own])}
    if len(own):
        figures |= {key: Figure.of(rate) for key, rate in on_test.items()}
        sentences.append(
            f"On the {plural(len(own), 'test picture')}, on which nothing was chosen: {_counted(on_test['miss_rate_on_test'])} missed, "
            f"{_counted(on_test['false_alarm_rate_on_test'])} false alarms."
        )
    return _decision(contents, StoredRule(kind, rule, unknown_word(labels)), asked, bound, share, figures, sentences)


def _too_few_of_class(contents: Contents, label: str, asked: float, curve: OperatingCurve, of_misses: bool) -> DataError:
    name, option = repr(visible(label)), "--max-miss" if of_misses else "--max-false-alarms"
    there, what = (curve.positives, f"pictures of {name}") if of_misses else (curve.negatives, f"pictures that are not {name}")
    failed = f"cannot promise that at most {percent(asked)} " + (f"of {name} are missed" if of_misses else f"of the others are taken for {name}")
    arrived = f"there are {there:,.4g} {what} that the model was not fitted to (copies counted once)"
    needed = needed_for(asked)
    if isinf(needed):
        wanted = "no finite number of pictures can promise that it never happens"
    else:
        labelled = sum(row.split is not None for row in contents.items)
        whole = _share_of(contents, label) * labelled if of_misses else (1 - _share_of(contents, label)) * labelled
        in_all = f", for which a training takes about {needed * whole / there:,.0f} of them" if there else ""
        wanted = f"{needed:,} are needed{in_all}"
    return DataError(failed, arrived, wanted, _best(float(upper_bound(0.0, there)), option))


# ---- "I don't know"


def for_error(contents: Contents, asked: float) -> Decision:
    """The lowest confidence from which on at most the share `asked` of the answers is wrong. Raises DataError where that cannot be promised."""
    labels, held = contents.facts["labels"], _Known.of(contents, contents.held_out)
    confidence, wrong = held.confidence, held.answer != held.target
    threshold = confidence_threshold(confidence, wrong, asked, held.group) if asked > 0 else None
    if threshold is None:
        failed = f"cannot promise that at most {percent(asked)} of the answers are wrong"
        arrived = f"the model was not fitted to {plural(len(wrong), 'picture')}, of which {int(wrong.sum()):,} are answered wrongly"
        needed = (
            f"{needed_for_error(asked):,} answers without a mistake, or more"
            if asked
            else "no finite number of pictures can promise that it never happens"
        )
        raise DataError(failed, arrived, needed, _best(least_error(confidence, wrong, held.group), "--max-error"))
    sure = confidence >= threshold
    figures = {"error_rate": Figure.of(rate_of(wrong[sure], held.group[sure])), "unanswered": Figure.of(rate_of(~sure, held.group))}
    sentences = [
        f'The answer is "I don\'t know" where the most probable class has a probability below {probability(threshold)}.'
        if threshold
        else "Every picture is answered: no confidence is too low.",
        f"With 95 % confidence at most {percent(asked)} of the answers are wrong: {_counted(rate_of(wrong[sure], held.group[sure]))} were, on "
        f"{_about(contents)}{_copies(held)}.",
        f"{percents(figures['unanswered'])} of the pictures stay unanswered (95 % interval); "
        f"answered without exception, {percent(float(wrong.mean()))} would be wrong.",
    ]
    test = _Known.of(contents, contents.predictions)
    if len(test.target):
        sure, wrong = test.confidence >= threshold, test.answer != test.target
        mistakes, unanswered = rate_of(wrong[sure], test.group[sure]), rate_of(~sure, test.group)
        figures |= {"error_rate_on_test": Figure.of(mistakes), "unanswered_on_test": Figure.of(unanswered)}
        sentences.append(
            f"On the {plural(len(sure), 'test picture')}, on which nothing was chosen: {_counted(mistakes)} answers wrong, "
            f"{_counted(unanswered)} unanswered."
        )
    rule = StoredRule("max_error", ConfidenceThreshold(threshold), unknown_word(labels))
    return _decision(contents, rule, asked, None, None, figures, sentences)


# ---- costs


def by_costs(contents: Contents, costs: Costs) -> Decision:
    """The answer of least expected cost, and what that costs on held-out pictures."""
    labels, held = contents.facts["labels"], _Known.of(contents, contents.held_out)
    word = unknown_word(labels)
    named = ", ".join(repr(word if column == UNKNOWN else visible(labels[column])) for column in costs.columns[:8])
    figures = {"cost": _mean_cost(costs, held, costs.answers(held.probability))}
    sentences = [
        f"The answer is the one of least expected cost, of {named}{' …' if len(costs.columns) > 8 else ''}.",
        f"It costs {figures['cost']} a picture on average (95 % interval), on {_about(contents)}{_copies(held)}.",
    ]
    if set(range(len(labels))) <= set(costs.columns):
        figures["cost_of_most_probable"] = _mean_cost(costs, held, held.answer)
        sentences.append(f"The most probable class each time would cost {figures['cost_of_most_probable']}.")
    if UNKNOWN in costs.columns:
        figures["unanswered"] = Figure.of(rate_of(costs.answers(held.probability) == UNKNOWN, held.group))
        sentences.append(f'{percents(figures["unanswered"])} of the pictures are answered "I don\'t know".')
    test = _Known.of(contents, contents.predictions)
    if len(test.target):
        figures["cost_on_test"] = _mean_cost(costs, test, costs.answers(test.probability))
        sentences.append(f"On the {plural(len(test.target), 'test picture')}, on which nothing was chosen: {figures['cost_on_test']}.")
    sentences += odd_costs(costs, labels, word)
    return _decision(contents, StoredRule("costs", costs, word), None, None, None, figures, sentences)


def _mean_cost(costs: Costs, known: "_Known", answers: IntArray) -> Figure:
    """Of a picture, copies counted as one."""
    place = {column: number for number, column in enumerate(costs.columns)}
    paid = costs.cost[known.target, [place[answer] for answer in answers.tolist()]]
    _, group = np.unique(known.group, return_inverse=True)
    of_groups = np.bincount(group, paid) / np.maximum(np.bincount(group), 1)
    interval = mean_interval(of_groups, float(costs.cost.min()), float(costs.cost.max()))
    return Figure(float(of_groups.mean()) if len(of_groups) else None, interval)


# ---- what is known, and how it is said


@dataclass(frozen=True)
class _Known:
    """Probabilities [N, K] of pictures, their classes and groups [N]; pictures of a group belong together."""

    probability: FloatArray
    target: IntArray
    group: IntArray

    @classmethod
    def of(cls, contents: Contents, predictions: Predictions | None) -> "_Known":
        assert predictions is not None, "checked before"
        number = {label: place for place, label in enumerate(contents.facts["labels"])}
        groups = contents.facts.get("groups", {})
        target = np.array([number[label] for label in predictions.labels], np.intp)
        group = np.array([groups.get(path, -1 - place) for place, path in enumerate(predictions.paths)], np.intp)
        return cls(predictions.probability.astype(np.float64), target, group)

    @property
    def answer(self) -> IntArray:
        return np.asarray(self.probability.argmax(axis=1))

    @property
    def confidence(self) -> FloatArray:
        return np.asarray(self.probability.max(axis=1))


def _decision(
    contents: Contents,
    stored: StoredRule,
    asked: float | None,
    bound: float | None,
    prevalence: float | None,
    figures: dict[str, Figure],
    sentences: list[str],
) -> Decision:
    pictures = len(contents.held_out.paths) if contents.held_out else 0
    said = [*sentences, _EVALUATED]
    return Decision(stored, contents.facts["labels"], asked, bound, pictures, _about(contents), prevalence, figures, said)


def _share_of(contents: Contents, label: str) -> float:
    """Of a class among all pictures of the run that were used."""
    labels = [row.label for row in contents.items if row.split is not None]
    return labels.count(label) / max(1, len(labels))


def _about(contents: Contents) -> str:
    return str(contents.facts.get("held_out", {}).get("what", "the held-out pictures"))


def _copies(known: _Known) -> str:
    return ", copies counted once" if len(np.unique(known.group)) < len(known.group) else ""


def _counted(rate: Rate) -> str:
    return f"{rate.events:,.4g} of {rate.trials:,.4g}"


def _best(share: float, option: str) -> str:
    """What can be promised instead, rounded up."""
    rounded = ceil(share * 1000 - 1e-9) / 1000
    if rounded >= 1:
        return "with these pictures nothing can be promised"
    return f"the best that can be promised is {percent(rounded)} ({option} {rounded:g})"
