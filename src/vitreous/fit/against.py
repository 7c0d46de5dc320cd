"""Two models on the same pictures: which is better, by how much, and on which pictures they differ."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.item import LeftOut
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import Policy
from vitreous.errors import DataError
from vitreous.fit.evaluation import LabelledItems, answers_to, labelled_items, policy_of, trained_on
from vitreous.infer.network import Network, load_network
from vitreous.metrics.figures import answers
from vitreous.metrics.paired import Difference, Differences, Paired, paired, paired_differences
from vitreous.runs.document import RUN_JSON
from vitreous.runs.folder import MODEL, RunFolder, open_run, verify
from vitreous.tasks.task import Evaluation, require_one_label

_NAMED = 5
_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Against:
    """The `first` model less the `second` on `what`, e.g. "341 test pictures"; `only_first` and `only_second` are the pictures that only one of
    them answers right. `unseen`: the same without pictures that the second was trained on, None where there are none such, or only such."""

    first: str
    second: str
    what: str
    accuracy: Difference
    paired: Paired
    differences: Differences
    only_first: list[str]
    only_second: list[str]
    seen: int
    unseen: Paired | None
    left_out: list[LeftOut]
    remarks: list[str]

    def lines(self) -> list[str]:
        first, second = visible(self.first), visible(self.second)
        lines = [f"Against {second} on the same {self.what}: {first} less {second}, 95 % intervals in brackets", ""]
        lines += [f"  {name:<18} {_signed(each)}   {each.first:.3f} and {each.second:.3f}" for name, each in self._rows()]
        lines += [
            "",
            f"{plural(len(self.only_first), 'picture')} answered right by {first} alone, {len(self.only_second):,} by {second} alone "
            f"(McNemar's exact test: p = {self.paired.p_value:.2g})",
            self.finding() + ".",
        ]
        for names, name in ((self.only_first, first), (self.only_second, second)):
            if names:
                shown = ", ".join(map(visible, names[:_NAMED])) + (", …" if len(names) > _NAMED else "")
                lines.append(f"  right by {name} alone: {shown}")
        lines += self.remarks
        lines += [f"  left out: {visible(each.relative)}: {each.reason}" for each in self.left_out[:_NAMED]]
        return lines + (["  …"] if len(self.left_out) > _NAMED else [])

    def finding(self) -> str:
        """Which of them is better, in words."""
        first, second = visible(self.first), visible(self.second)
        if self.paired.p_value > _SIGNIFICANT:
            return f"No difference in accuracy is shown between {first} and {second}"
        better, other = (first, second) if self.paired.difference > 0 else (second, first)
        return f"{better} answers more of these pictures right than {other}"

    def to_json(self) -> dict[str, Any]:
        unseen = self.unseen
        return {
            "first": self.first,
            "second": self.second,
            "what": self.what,
            "p_value": self.paired.p_value,
            "only_first": self.only_first,
            "only_second": self.only_second,
            "seen_by_second": self.seen,
            "accuracy_unseen": None if unseen is None else {"difference": unseen.difference, "interval": list(unseen.interval)},
            "left_out": [{"image": each.relative, "reason": each.reason} for each in self.left_out],
            "remarks": self.remarks,
        } | {name.replace(" ", "_").lower(): each.to_json() for name, each in self._rows()}

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{name}</td><td>{each.first:.3f}</td><td>{each.second:.3f}</td><td>{escape(_signed(each))}</td></tr>"
            for name, each in self._rows()
        )
        head = f"<tr><th></th><th>{escape(visible(self.first))}</th><th>{escape(visible(self.second))}</th><th>difference</th></tr>"
        return f"<p><b>{escape(self.finding())}</b> ({escape(self.what)}, p = {self.paired.p_value:.2g})</p><table>{head}{rows}</table>"

    def _rows(self) -> list[tuple[str, Difference]]:
        of = self.differences
        named = [("accuracy", self.accuracy), ("balanced accuracy", of.balanced_accuracy)]
        return [*named, ("macro F1", of.macro_f1), ("log loss", of.log_loss)]


def against(run: RunFolder, network: Network, evaluation: Evaluation, other: Path, data: Path | None, engine: str, reporter: Reporter) -> Against:
    """The answers of `evaluation` held against those of the run or model.onnx `other`, on the same pictures.

    `data` is what the evaluation was made on. Raises DataError where the classes are not the same, or no picture can be asked.
    """
    its_run, its_network = comparable(network, other)
    if evaluation.predictions is None or evaluation.groups is None:
        raise DataError("nothing to compare", "an evaluation without the answers it was made of", remedy="evaluate again")
    own = {path: place for place, path in enumerate(evaluation.predictions.paths)}
    labelled = labelled_items(run, network, data)
    chosen = LabelledItems([item for item in labelled.items if item.relative in own], labelled.known_keys, [], [], labelled.what)
    found = answers_to(chosen, its_network, Policy() if its_run is None else policy_of(its_run), {}, engine, reporter)
    places = np.array([own[item.relative] for item in found.items])
    first, group = evaluation.predictions.probability[places], evaluation.groups[places]
    second = found.probability[:, [its_network.labels.index(label) for label in evaluation.predictions.classes]]
    target = np.array([list(evaluation.predictions.classes).index(item.label) for item in found.items], dtype=np.intp)
    rights = answers(first) == target, answers(second) == target
    both = paired(*rights, group)
    names, its_name = _names(run.path, other)
    seen, unseen, remarks = _seen(its_run, found.key, its_name, rights, group)
    return Against(
        first=names,
        second=its_name,
        what=plural(len(target), labelled.what),
        accuracy=Difference(float(rights[0].mean()), float(rights[1].mean()), both.difference, both.interval),
        paired=both,
        differences=paired_differences(first, second, target, group, int(run.settings.get("seed", 0))),
        only_first=[item.relative for item, left, right in zip(found.items, *rights, strict=True) if left and not right],
        only_second=[item.relative for item, left, right in zip(found.items, *rights, strict=True) if right and not left],
        seen=seen,
        unseen=unseen,
        left_out=found.left_out,
        remarks=remarks,
    )


def comparable(network: Network, other: Path) -> tuple[RunFolder | None, Network]:
    """A run by its folder or the model.onnx in it; or any other model.onnx, of which nothing more is known.

    Raises RunError or UsageError where there is none, DataError where its classes are not the same.
    """
    its_run, its_network = _opened(other)
    require_one_label(network.facts, "evaluate --against")
    require_one_label(its_network.facts, "evaluate --against")
    _require_same_classes(network, its_network, other)
    return its_run, its_network


def _opened(other: Path) -> tuple[RunFolder | None, Network]:
    if other.suffix.lower() == ".onnx" and not (other.parent / RUN_JSON).is_file():
        return None, load_network(other)
    run = open_run(other)
    verify(run)
    return run, load_network(run.file(MODEL))


def _require_same_classes(network: Network, other: Network, path: Path) -> None:
    ours, theirs = set(network.labels), set(other.labels)
    if ours != theirs:
        only = [
            f"only {name} knows {_listed(labels)}" for name, labels in ((visible(str(path)), theirs - ours), ("the first", ours - theirs)) if labels
        ]
        raise DataError("cannot compare models of different classes", "; ".join(only), "two models of the same classes")


def _listed(labels: set[str]) -> str:
    return ", ".join(repr(visible(label)) for label in sorted(labels)[:_NAMED]) + (", …" if len(labels) > _NAMED else "")


def _names(first: Path, second: Path) -> tuple[str, str]:
    """What the two are called: by the names of their folders, or by their paths where these are the same."""
    folder = second.parent if second.name == MODEL and (second.parent / RUN_JSON).is_file() else second
    one, other = os.path.basename(os.path.abspath(first)), os.path.basename(os.path.abspath(folder))
    return (one, other) if one != other else (str(first), str(folder))


def _seen(
    run: RunFolder | None, keys: Sequence[bytes], name: str, rights: tuple[Any, Any], group: np.ndarray[Any, np.dtype[np.intp]]
) -> tuple[int, Paired | None, list[str]]:
    """How many pictures the second model was trained on, the difference without them, and what to say of it."""
    if run is None:
        return 0, None, [f"what {visible(name)} was trained on is not known: if it was on these pictures, its figures are too good"]
    seen = trained_on(run, keys)
    count = int(seen.sum())
    if not count:
        return 0, None, []
    said = f"{plural(count, 'picture')} of these {'was' if count == 1 else 'were'} seen in the training of {visible(name)}: its figures are too good"
    if seen.all():
        return count, None, [said]
    unseen = paired(rights[0][~seen], rights[1][~seen], group[~seen])
    low, high = unseen.interval
    without = f"difference in accuracy {unseen.difference:+.3f} [{low:+.3f}, {high:+.3f}] on {plural(len(keys) - count, 'picture')}"
    return count, unseen, [f"{said}; without them {without}"]


def _signed(each: Difference) -> str:
    return f"{each.difference:+.3f} [{each.interval[0]:+.3f}, {each.interval[1]:+.3f}]"
