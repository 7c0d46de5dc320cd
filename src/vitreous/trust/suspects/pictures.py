"""The labelled pictures in which suspects are looked for, of all parts of the data, with what a network makes of them.

    a run      of a pretrained, frozen network: its features, in its view, as the training left them in the pack; its data as they are now, with
               the corrections that it was trained with
    a folder   features of the shipped network, and what the pack does not hold goes through it once

A network that learned from these labels has learned the wrong ones too, and would defend them: for a run that was trained from the pixels on,
and for one that was tuned, the features are those of the shipped network before any label was seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vitreous.core.item import Item, LeftOut, Source
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.core.view import View
from vitreous.data.decode import Policy
from vitreous.data.duplicates import find_duplicates
from vitreous.data.pack import open_pack
from vitreous.data.sources import is_missed, read_source
from vitreous.errors import DataError, UsageError
from vitreous.fit.again import corrections_of
from vitreous.fit.corrections import corrected
from vitreous.fit.evaluation import policy_of
from vitreous.fit.features import Extractor, Wanted
from vitreous.fit.head import Floats, Ints
from vitreous.fit.methods import CLASSICAL, SHIPPED
from vitreous.fit.stages import with_more_stages
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.network import Network, load_network
from vitreous.runs.folder import RunFolder


@dataclass(frozen=True, eq=False)
class Pictures:
    """N pictures with `labels` int [N] (numbers in `names`), `features` [N, D], `groups` [N] of copies, `keys` (the hex of their contents' hashes).

    `items` in the order of the source, which stands beside them; `network` in words.
    """

    source: Source
    items: list[Item]
    names: list[str]
    labels: Ints
    features: Floats
    groups: Ints
    keys: list[str]
    policy: Policy
    network: str
    left_out: list[LeftOut] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def pictures_of_run(run: RunFolder, data: Path, reporter: Reporter) -> Pictures:
    """Those of the data of a run as they are now. Raises DataError, RunError, UsageError."""
    settings = run.settings
    columns = {name: settings.get(name) for name in ("image_column", "label_column", "group", "task")}
    source, rule = read_source(data, **columns), policy_of(run)
    if known := corrections_of(run):
        source, said = corrected(source, known)
        for sentence in said:
            reporter.say(sentence)
    network, view, remark = _network_of(run)
    return _gathered(source, network, view, rule, [remark] if remark else [], reporter)


def pictures_of_folder(
    data: Path, rule: Policy, reporter: Reporter, image_column: str | None, label_column: str | None, group: str | None
) -> Pictures:
    """Those of a folder or a table that nothing was trained on. Raises DataError, UsageError."""
    source = read_source(data, image_column=image_column, label_column=label_column, group=group)
    network = with_more_stages(load_network())
    return _gathered(source, network, network.view, rule, [], reporter)


def _network_of(run: RunFolder) -> tuple[Network, View, str]:
    """The network whose features are asked, in which view, and what is to be said of it."""
    name = run.settings.get("net") or SHIPPED
    shipped = with_more_stages(load_network())
    view = View.from_json(run.facts["preprocessing"]["view"])
    if name == SHIPPED or run.facts.get("network", {}).get("network") == SHIPPED:
        tuned = bool((run.facts.get("classifier") or {}).get("phases"))
        return shipped, view, "The network was tuned on these labels: its features before that are used." if tuned else ""
    if name == CLASSICAL or name.lower().endswith(".onnx") or name.startswith("timm:"):
        network = load_network(run.file("model.onnx"))
        return network, network.view, ""
    return shipped, shipped.view, f"{visible(name)} learned from these labels: features of {SHIPPED}, which saw none of them, are used."


def _gathered(source: Source, network: Network, view: View, rule: Policy, remarks: list[str], reporter: Reporter) -> Pictures:
    if source.several is not None:
        named = visible(str(source.root / source.table))
        raise UsageError(f"suspects of {named}", "several labels for a picture", "one label for each picture", "vitreous evaluate shows each label")
    for remark in (*source.remarks, *remarks):
        reporter.say(remark)
    setting = setting_for_answers(network, len(source.items), "openvino-f32" if network.number_format is None else "auto")
    wanted = Wanted(width=int(network.facts.get("features", 1280)))
    with open_pack(source.root, rule.key) as pack:
        if pack.remark:
            reporter.say(pack.remark)
        gathered = Extractor(network, setting, pack, rule, reporter.progress, wanted).gather(source.items, view, "features")
    kept = [number for number in gathered.readable if np.isfinite(gathered.features[number]).all()]
    unfit = sorted(set(gathered.readable) - set(kept))
    left_out = [
        *(each for each in source.left_out if is_missed(each)),
        *gathered.errors.values(),
        *(LeftOut(source.items[number].relative, "its features are no numbers") for number in unfit),
    ]
    if not kept:
        first = left_out[0]
        arrived = f"{plural(len(left_out), 'file')} left out, such as {visible(first.relative)}: {first.reason}"
        raise DataError("no picture is left to look for suspects in", arrived)
    items = [source.items[number] for number in kept]
    keys = [gathered.keys[number] for number in kept]
    copies = find_duplicates(keys, gathered.facts["thumbnail"][kept]).group
    names = source.labels
    number = {name: k for k, name in enumerate(names)}
    labels = np.array([number[item.label] for item in items], np.intp)
    said = f"{network.facts.get('network') or network.path.name}, {view}"
    return Pictures(
        source, items, names, labels, gathered.features[kept], _with_named(items, copies), [key.hex() for key in keys], rule, said, left_out, remarks
    )


def _with_named(items: Sequence[Item], copies: Ints) -> Ints:
    """Groups of copies, joined where pictures name the same group."""
    from vitreous.data.duplicates import connected

    first: dict[str, int] = {}
    place = [first.setdefault(item.group, row) if item.group is not None else row for row, item in enumerate(items)]
    of_copy: dict[int, int] = {}
    alike = [of_copy.setdefault(int(number), row) for row, number in enumerate(copies)]
    everyone = np.arange(len(items))
    return connected(len(items), np.concatenate([everyone, everyone]), np.array([*place, *alike]))
