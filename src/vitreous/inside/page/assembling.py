"""The page as one file: what Python knows of the network, the arrays, the program and the style, with a policy that lets nothing else in."""

import io
import json
import os
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from vitreous.core.text import percent, plural, visible
from vitreous.draw.own_page import OwnPage, inert
from vitreous.draw.signed_colours import signed_colours
from vitreous.draw.theme import DARK, LIGHT, Theme
from vitreous.inside.page.description import Description, description
from vitreous.inside.page.embedding import MOST_TEXT, Embedded, choose, exactly, for_showing, shown_channels
from vitreous.inside.receptive_field import Field, receptive_fields
from vitreous.inside.stages import DEEPEST, Stage
from vitreous.inside.telling import field_words

if TYPE_CHECKING:
    from vitreous.inside.inside import Inside

# Strongest activations by value and channel: JPEG files, each with what it shows, strongest first.
Examples = Mapping[str, Mapping[int, Sequence[tuple[bytes, str]]]]

_PAGE = OwnPage("vitreous.inside.page", "img-src data:")


def page_of(found: "Inside", examples: Examples | None = None) -> bytes:
    """The HTML file, UTF-8, under 15 MB. `examples`: patches of pictures that excite a channel most, where they are known."""
    described, stages = description(found.walk, found.values), found.stages
    arrays: dict[str, Embedded] = {}
    told = [_stage(found, stage, number, arrays) for number, stage in enumerate(stages)]
    shown_examples = _examples(examples or {})
    room = MOST_TEXT - sum(len(each.text) for each in arrays.values()) - len(json.dumps(shown_examples))
    chosen = choose(described, found.values, stages, room)
    arrays |= chosen.arrays | {name: exactly(_one(found.values[name])) for name in chosen.values}
    colours = {name: exactly(_colours(theme)) for name, theme in (("light", LIGHT), ("dark", DARK))}
    facts = _facts(found, described) | {
        "stages": [each["facts"] for each in told],
        "examples": shown_examples,
        "arrays": {name: {**each.to_json(), "at": f"a{number}"} for number, (name, each) in enumerate(arrays.items())},
        "colours": {name: {**each.to_json(), "at": f"colours-{name}"} for name, each in colours.items()},
    }
    stored = {f"a{number}": each.text for number, each in enumerate(arrays.values())}
    stored |= {f"colours-{name}": each.text for name, each in colours.items()}
    return _PAGE.filled(
        title=visible(found.title),
        facts=inert(facts),
        stored=stored,
        name=visible(os.path.basename(found.image)),
        network=visible(str(found.network.facts.get("network", found.network.path.name))),
        picture=_jpeg(found),
        seen=found.picture_text,
        answers=_answers(found),
        stages=[each["page"] for each in told],
        totals=f"{sum(s.weights for s in stages):,} weights, {sum(s.multiply_adds for s in stages):,} multiply-adds, {plural(len(stages), 'stage')}",
        missing="" if chosen.whole else f"{facts['command']} --value 'NAME[PLACE]'",
    )


def _facts(found: "Inside", described: Description) -> dict[str, Any]:
    """What the program needs to know of the network, without its arrays."""
    fields = {name: field for name, field in receptive_fields(found.walk, found.values).items() if field and name in described.shapes}
    width, height = found.decoded.width, found.decoded.height
    last = [name for name in ("probability",) if name in described.operations]
    return {
        "shapes": {name: list(shape) for name, shape in described.shapes.items()},
        "operations": described.operations,
        "fields": {name: {"size": field.size, "stride": field.stride, "offset": field.offset} for name, field in fields.items() if field.axes},
        "axes": _turned(fields, described),
        "picture": described.inputs[0],
        "answer": last[0] if last else "",
        "labels": [visible(label) for label in found.network.labels],
        "command": f"vitreous see {_shell(found)}",
        "box": found.network.view.box(width, height),
        "size": [width, height],
    }


def _turned(fields: Mapping[str, Field], described: Description) -> dict[str, list[int]]:
    """Where rows and columns lie in the values in which they are not the last two axes."""
    axes = {name: field.axes for name, field in fields.items() if len(described.shapes[name]) == 3}
    return {name: [axis - 1 for axis in pair] for name, pair in axes.items() if pair and pair != (2, 3)}


def _stage(found: "Inside", stage: Stage, number: int, arrays: dict[str, Embedded]) -> dict[str, Any]:
    """A stage for the program and for the text of the page; what it shows is added to `arrays`."""
    facts: dict[str, Any] = {"name": visible(stage.name), "value": stage.value, "order": stage.strongest(len(stage.maps))}
    maps, shown = f"maps {number}", shown_channels(stage)
    if stage.maps[0].size == 1:
        arrays[maps] = exactly(stage.maps.ravel())
    else:
        arrays[maps] = for_showing(stage.maps[shown])
        facts["channels"] = shown
    size, step, _ = field_words(stage.field)
    page = {
        "name": visible(stage.name),
        "shape": " × ".join(map(str, stage.shape)),
        "sees": f"{size}, every {step}" if step else size,
        "weights": f"{stage.weights:,}",
        "multiply_adds": f"{stage.multiply_adds:,}",
        "steps": [
            (visible(step.value), f"{step.value}[0]", " × ".join(map(str, step.shape)), ", ".join(step.kinds)) for step in _within(found, stage)
        ],
    }
    return {"facts": {**facts, "maps": maps}, "page": page}


def _within(found: "Inside", stage: Stage) -> list[Stage]:
    nodes = set(stage.nodes)
    return [step for step in found.stages_at(DEEPEST) if nodes.intersection(step.nodes)]


def _answers(found: "Inside") -> list[tuple[str, str, float, str]]:
    """Label, probability in words and as a share, and the number that it is; the most probable first."""
    if found.answers is None:
        return []
    order = np.argsort(-found.answers.probability, kind="stable")[:5]
    return [
        (visible(found.answers.labels[k]), percent(float(found.answers.probability[k]), 1), float(found.answers.probability[k]), f"probability[{k}]")
        for k in order
    ]


def _examples(examples: Examples) -> dict[str, dict[str, list[dict[str, str]]]]:
    return {
        value: {
            str(channel): [{"picture": f"data:image/jpeg;base64,{b64encode(jpeg).decode()}", "text": visible(text)} for jpeg, text in found]
            for channel, found in channels.items()
        }
        for value, channels in examples.items()
    }


def _jpeg(found: "Inside") -> str:
    file = io.BytesIO()
    Image.fromarray(found.decoded.views[0]).save(file, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{b64encode(file.getvalue()).decode()}"


def _shell(found: "Inside") -> str:
    """The network and the picture as they were named, for a command."""
    from shlex import quote

    from vitreous.infer.network import SHIPPED

    path = found.network.path
    run = path.parent if (path.parent / "run.json").exists() else path
    names = [found.image] if path == SHIPPED else [os.path.relpath(run), found.image]
    return " ".join(quote(visible(str(name))) for name in names)


def _one(value: Any) -> Any:
    """Without the axis of pictures."""
    return value[0] if value.ndim > 1 and len(value) == 1 else value


def _colours(theme: Theme) -> Any:
    return signed_colours(np.linspace(-1, 1, 513), 1, theme)
