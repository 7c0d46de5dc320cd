"""Any network from elsewhere: an ONNX file from images to features or logits becomes a backbone like the shipped one.

    image uint8 [N, S, S, 3] ─ Cast ─ Sub, Mul (normalization) ─ Transpose (layout) ─ the file's graph ─ features [N, D]

What the file wants to see is taken, in this order, from the options, from its own first operators, from its metadata, and
from a trial on photos. Every decision is a sentence in `facts["input"]["why"]`, to be said aloud and stored with the run.
"""

from pathlib import Path
from typing import Any

from vitreous.core.text import visible
from vitreous.core.view import View
from vitreous.errors import ModelError
from vitreous.fit.foreign.checking import checked_features, raw_outputs
from vitreous.fit.foreign.inputs import image_input, side_of
from vitreous.fit.foreign.metadata import read_metadata
from vitreous.fit.foreign.normalization import IMAGENET, known_normalization
from vitreous.fit.foreign.options import ForeignOptions
from vitreous.fit.foreign.outputs import candidates, choose_output
from vitreous.fit.foreign.reading import read_model
from vitreous.fit.foreign.trial import tried_normalization
from vitreous.fit.foreign.wrapping import Recipe, wrapped
from vitreous.infer.network import Network

__all__ = ["ForeignOptions", "foreign_network", "remarks"]

_UNKNOWN_LICENCE = "unknown, not given"


def foreign_network(path: Path, options: ForeignOptions) -> Network:
    """Read the ONNX file at `path` and wrap it: input `image` uint8 [N, S, S, 3], output `features` float [N, D].

    The wrapped network has been run on pictures. The same file and options give the same bytes. `remarks` of it are to be said.
    Raises ModelError for what is no such network, with what arrived and what to do; UsageError for options that contradict the file.
    """
    file = read_model(path)
    metadata = read_metadata(file.model, path)
    image = image_input(file, options, metadata)
    size, short_side, why_size = side_of(image, options, metadata)
    normalization = known_normalization(file, image, options, metadata)
    recipe = Recipe(file, image, size, normalization or IMAGENET, {})
    proposed = candidates(file, image, options)
    recipe, arrays = raw_outputs(recipe, [each.tensor for each in proposed])
    output = choose_output(proposed, arrays, recipe, options, metadata)
    recipe = recipe.ending_in({"features": output.head})
    if normalization is None:
        normalization = tried_normalization(recipe)
        recipe = recipe.normalized_by(normalization)
    recipe, width, why_batch = checked_features(recipe)
    licence = visible(options.licence or metadata.licence or "")
    why_licence = (
        f"licence: {licence} ({'as given' if options.licence else 'from its metadata'})"
        if licence
        else f"licence: {_UNKNOWN_LICENCE}; before you pass a model on, find out and give it with --licence"
    )
    facts: dict[str, Any] = {
        "network": visible(path.name),
        "task": "features",
        "labels": [],
        "view": View.crop(size, short_side).to_json(),
        "resizable": image.size is None,
        "licence": licence or _UNKNOWN_LICENCE,
        "source": f"{visible(str(path))}, sha256 {file.sha256}",
        "features": width,
        "input": {
            "layout": image.layout,
            "channels": image.channels,
            "colours": image.colours,
            **normalization.to_json(),
            "known_by": normalization.known_by,
            "why": [*image.why, why_size, normalization.why, output.why, *why_batch, why_licence],
        },
    }
    return Network(wrapped(recipe, facts), path, facts)


def remarks(network: Network) -> list[str]:
    """The decisions that `foreign_network` made, one sentence each, to be said before the network is used."""
    try:
        return [f"{network.facts['network']}: {sentence}" for sentence in network.facts["input"]["why"]]
    except (KeyError, TypeError):
        raise ModelError(f"{visible(network.path.name)} was not read by foreign_network", needed="a network from elsewhere") from None
