"""A model of one class on labelled pictures: a folder of class folders, or a table."""

from pathlib import Path

import numpy as np

from vitreous.core.item import Split
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import Policy
from vitreous.data.sources import read_source
from vitreous.errors import DataError
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.network import Network
from vitreous.tasks.classify.answers import Failure
from vitreous.tasks.one_class.answers import check, limit_of
from vitreous.tasks.one_class.evaluation import Evaluated, evaluated


def judge(network: Network, data: Path, policy: Policy, rate: float | None, engine: str, reporter: Reporter) -> Evaluated:
    """On the test part where the data have one, else on all of it. Raises DataError where not one picture can be read."""
    limit = limit_of(network.facts, rate)
    source = read_source(data, task="classify")
    items = [item for item in source.items if item.split is Split.TEST] or source.items
    setting = setting_for_answers(network, len(items), engine)
    labels, scores = [], []
    for done, (item, (answer, _)) in enumerate(zip(items, check(network, setting, [item.path for item in items], policy, rate), strict=True), 1):
        reporter.progress("pictures", done, len(items))
        if isinstance(answer, Failure):
            reporter.say(f"left out: {visible(item.relative)}: {answer.reason}")
        else:
            labels.append(item.label)
            scores.append(answer.score)
    if not scores:
        raise DataError("no picture is left to evaluate on", f"{plural(len(items), 'file')} that cannot be read")
    return evaluated(labels, np.array(scores), str(network.facts["good"]), limit, plural(len(scores), "labelled picture"))
