"""A model of one class on labelled pictures: a folder of class folders, or a table."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from vitreous.core.item import Split
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.sources import read_source
from vitreous.errors import DataError
from vitreous.fit.evaluation import about_seen, policy_of
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.network import Network
from vitreous.runs.folder import RunFolder
from vitreous.tasks.classify.answers import Failure
from vitreous.tasks.one_class.answers import check, limit_of
from vitreous.tasks.one_class.evaluation import Evaluated, evaluated


def judge(run: RunFolder, network: Network, data: Path, rate: float | None, engine: str, reporter: Reporter) -> Evaluated:
    """On the test part where the data have one, else on all of it; pictures that were learned from are counted and said.

    Raises DataError where not one picture can be read.
    """
    limit = limit_of(network.facts, rate)
    source = read_source(data, task="classify")
    items = [item for item in source.items if item.split is Split.TEST] or source.items
    setting = setting_for_answers(network, len(items), engine)
    labels, scores, keys = [], [], []
    answers = check(network, setting, [item.path for item in items], policy_of(run), rate)
    for done, (item, (answer, decoded)) in enumerate(zip(items, answers, strict=True), 1):
        reporter.progress("pictures", done, len(items))
        if isinstance(answer, Failure):
            reporter.say(f"left out: {visible(item.relative)}: {answer.reason}")
        else:
            labels.append(item.label)
            scores.append(answer.score)
            keys += [decoded.key] if decoded else []
    if not scores:
        raise DataError("no picture is left to evaluate on", f"{plural(len(items), 'file')} that cannot be read")
    found = evaluated(labels, np.array(scores), str(network.facts["good"]), limit, plural(len(scores), "labelled picture"))
    return replace(found, remarks=about_seen(run, keys))
