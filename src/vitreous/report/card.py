"""The model card: what a model is for, what it was made of, how good it is for whom, and what it cannot do (Mitchell et al.,
"Model Cards for Model Reporting", FAT* 2019). From the facts of the run only; what only the user knows is marked to be written.
"""

import shlex
from collections.abc import Mapping
from typing import Any

from vitreous.core.text import plural, visible
from vitreous.report.chapters import Block, Bullets, Chapter, Code, Paragraph, Table, ToBeWritten
from vitreous.report.data_summary import DataSummary
from vitreous.report.limits import remarks
from vitreous.report.task_pages import Pages, pages_of, told_by
from vitreous.report.wording import shortened
from vitreous.runs.contents import Contents

_MEANT = "what the model is meant for, who uses it, and what it must not be used for."
METRICS, DATA, OPERATING_POINT, MAKING = "How good it is", "Data", "Operating point", "How it was made"


def model_card(contents: Contents, data: DataSummary) -> list[Chapter]:
    """The chapters, in the order of the paper."""
    pages = pages_of(contents.facts)
    return [
        Chapter("What it is for", [Paragraph(pages.purpose(contents)), ToBeWritten(_MEANT)]),
        Chapter(METRICS, _metrics(contents, pages)),
        Chapter("Limits", [Bullets(pages.limits(contents, data))]),
        Chapter(DATA, _data(contents, data)),
        Chapter(OPERATING_POINT, pages.operating_point(contents.facts)),
        Chapter("Licences", _licences(contents.facts)),
        Chapter("How to use it", _use(contents)),
        Chapter(MAKING, _making(contents)),
    ]


def _metrics(contents: Contents, pages: Pages) -> list[Block]:
    metrics = contents.facts["metrics"]
    blocks: list[Block] = [
        Paragraph(f"Measured on {metrics['what']}; 95 % intervals in brackets."),
        Table(("metric", "value"), pages.metric_rows(metrics)),
    ]
    blocks.append(pages.class_table(metrics))
    if (slices := contents.facts.get("slices")) and (told := told_by(slices)):
        blocks += [Paragraph("Parts of the pictures one by one:"), Bullets(told)]
    if told := remarks(contents):
        blocks += [Paragraph("What the training remarked:"), Bullets(told)]
    return blocks


def _data(contents: Contents, data: DataSummary) -> list[Block]:
    stored = contents.facts["data"]
    parts = [f"{data.in_part(part):,} {name}" for part, name in (("train", "training"), ("validation", "validation"), ("test", "test"))]
    how = "as the data gave it" if (contents.facts.get("split") or {}).get("given") else "drawn, each class in the same shares"
    kinds = plural(len(data.classes), *pages_of(contents.facts).noun)
    lines = [
        f"{folder_name(stored['folder'])} ({stored['kind']}): {plural(data.used, 'picture')} of {kinds}.",
        f"Split, {how}: {', '.join(parts)}.",
    ]
    lines += pages_of(contents.facts).about_data(contents)
    if data.sizes:
        lines.append(str(data.sizes))
    lines += [f"Left out: {plural(each.count, 'file')}: {each.reason}." for each in data.left_out[:8]]
    if len(data.left_out) > 8:
        lines.append(f"Left out for {len(data.left_out) - 8:,} other reasons: see items.csv.")
    if data.copies:
        lines.append(f"{plural(data.copies, 'file is', 'files are')} a copy of another, byte for byte.")
    if data.contradictions:
        lines.append(f"{plural(len(data.contradictions), 'picture stands', 'pictures stand')} under two labels.")
    return [Bullets(lines), ToBeWritten("where the pictures come from, who labelled them and how, and whom or what they do not show.")]


def _licences(facts: Mapping[str, Any]) -> list[Block]:
    network = facts.get("network") or {}
    name, licence = network.get("network", "unknown"), network.get("licence") or "not known to Vitreous"
    source = f" Source: {network['source']}." if network.get("source") else ""
    return [
        Paragraph(f"Weights of the network {name}: {licence}.{source}"),
        ToBeWritten("the licence of the data, from which the model was trained; it is not known to Vitreous."),
    ]


def _use(contents: Contents) -> list[Block]:
    run = f"runs/{contents.name}"
    lines = [f"vitreous predict {quoted(run)} PHOTO", f"python {quoted(run + '/use.py')} PHOTO      # without Vitreous: pillow, numpy, onnxruntime"]
    view = (contents.facts.get("preprocessing") or {}).get("view") or {}
    seen = {"crop": "the central square", "whole": "the whole picture, squeezed to a square"}.get(view.get("kind", ""), "the picture")
    return [
        Code(lines),
        Paragraph(
            f"model.onnx takes {seen} as uint8 [N, {view.get('size', 'S')}, {view.get('size', 'S')}, 3] and gives calibrated probabilities; "
            "its metadata hold the labels and the rule for cutting a picture."
        ),
    ]


def _making(contents: Contents) -> list[Block]:
    facts = contents.facts
    classifier = facts.get("classifier") or {}
    lines = [f"Command: {command(contents)}"]
    if classifier.get("chosen_on"):
        lines.append(f"Chosen on {classifier['chosen_on']}.")
    if facts.get("seconds") is not None:
        lines.append(f"Took {facts['seconds']:,.0f} s on {machine(facts)}.")
    lines.append("Versions: " + ", ".join(f"{name} {number}" for name, number in (facts.get("versions") or {}).items()) + ".")
    if facts.get("data_fingerprint"):
        lines.append(f"Fingerprint of the data: {facts['data_fingerprint']}.")
    return [Bullets(lines)]


def machine(facts: Mapping[str, Any]) -> str:
    """The machine that trained, in words."""
    told = facts.get("machine") or {}
    parts = [str(told[key]) for key in ("processor", "instructions", "system") if told.get(key)]
    cores = [plural(told["cores"], "core")] if told.get("cores") else []
    return ", ".join(parts[:1] + cores + parts[1:]) or "an unknown machine"


def command(contents: Contents) -> str:
    """The command that trains the same again; the data by the name of their folder, for the page may travel."""
    parts = ["vitreous train", quoted(folder_name(contents.facts["data"]["folder"]))]
    for key, value in contents.settings.items():
        if value is None or value is False or (key, value) in (("seed", 0), ("runs", "runs"), ("engine", "auto")):
            continue
        option = "--" + key.replace("_", "-")
        parts.append(option if value is True else f"{option} {quoted(f'{value:g}' if isinstance(value, float) else str(value))}")
    return " ".join(parts)


def folder_name(folder: str) -> str:
    """The last part of a path of any system, made safe to show."""
    parts = [part for part in folder.replace("\\", "/").split("/") if part]
    return shortened(parts[-1]) if parts else "the folder"


def quoted(text: str) -> str:
    """A name to be copied into a shell."""
    return shlex.quote(visible(text))
