"""Options that several verbs have, each group written once, in the order of --help."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from vitreous.cli.names import NAME

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


def _in_order(*options: Decorator) -> Decorator:
    def with_options(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return with_options


def engine_option(default: str) -> Decorator:
    return click.option("--engine", default=default, show_default=True, help="auto, openvino-f32, openvino-bf16 or onnxruntime.")


def as_feature_options(command: Command) -> Command:
    """What was typed for a network, its values, its engine and the reading of files reaches the command as one value, `options`."""

    @wraps(command)
    def with_one_value(**given: Any) -> Any:
        from vitreous import api

        together = ("stage", "pool", "engine", "max_pixels", "tolerate_truncated", "net", "size")
        options = api.feature_options(*(given.pop(name) for name in together))
        return command(options=options, **given)

    return with_one_value


json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, nothing else.")
net_option = click.option("--net", type=NAME, help="The network: lite1, lite2, a file FILE.onnx or timm:NAME (without RUN; else the shipped one).")
reading_options = _in_order(
    click.option("--max-pixels", type=click.IntRange(1), help="Largest picture that is read (25,000,000; for JPEG 200,000,000)."),
    click.option("--tolerate-truncated", is_flag=True, help="Read files that end early."),
)
value_options = _in_order(
    net_option,
    click.option("--size", type=click.IntRange(1, 2048), help="The side of its pictures in pixels, for a FILE.onnx that leaves it open."),
    click.option("--stage", type=NAME, help="The stage whose values are taken, such as fc7 of VGG-16; else its features."),
    click.option("--pool", type=click.Choice(["mean", "max", "all"]), default="mean", show_default=True, help="What of each map is taken."),
)
feature_options = _in_order(value_options, engine_option("openvino-f32"), reading_options, as_feature_options)
