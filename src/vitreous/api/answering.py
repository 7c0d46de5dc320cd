"""Answers of a network for files, and its features: the way from paths to both that `Run`, the functions and the command line share."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vitreous.core.reporter import Reporter
from vitreous.core.text import visible
from vitreous.data.decode import Decoded, policy
from vitreous.errors import UnreadableImage
from vitreous.infer.engine import Setting
from vitreous.infer.network import Network
from vitreous.tasks.classify.answers import Failure
from vitreous.tasks.predict import AnyAnswers, Beside
from vitreous.tasks.predict import predict as predict_files

if TYPE_CHECKING:
    from vitreous.extraction import Features
    from vitreous.fit.feature_options import FeatureOptions
    from vitreous.fit.features import Pool

Image = str | os.PathLike[str]


def answers(
    network: Network,
    paths: Sequence[str],
    engine: str = "auto",
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
    beside: Beside | None = None,
) -> Iterator[tuple[AnyAnswers | Failure, Decoded | None]]:
    """Answers for files as they become ready, in their order, with what was decoded; `beside`: what is said of each beside its answer."""
    return predict_files(network, engine_for(network, len(paths), engine), paths, policy(max_pixels, tolerate_truncated), beside)


def engine_for(network: Network, count: int, engine: str) -> Setting:
    """The setting for a trained network: its own number format unless `engine` names another."""
    from vitreous.infer.choose import setting_for_answers

    return setting_for_answers(network, count, engine)


def one(network: Network, image: Image, beside: Beside | None = None) -> AnyAnswers:
    ((result, _),) = answers(network, [os.fspath(image)], beside=beside)
    if isinstance(result, Failure):
        raise unreadable(result)
    return result


def unreadable(failure: Failure) -> UnreadableImage:
    return UnreadableImage(f"cannot read {visible(failure.image)}", failure.reason)


def many(network: Network, images: Image | Iterable[Image], beside: Beside | None = None) -> list[AnyAnswers | Failure]:
    from vitreous.data.sources.pictures import pictures_in

    return [answer for answer, _ in answers(network, pictures_in(named(images)), beside=beside)]


def named(images: Image | Iterable[Image]) -> list[str]:
    """One name, or several."""
    return [os.fspath(images)] if isinstance(images, str | os.PathLike) else [os.fspath(each) for each in images]


def feature_options(
    stage: str | None, pool: "Pool", engine: str, max_pixels: int | None, tolerate_truncated: bool, net: str | None = None, size: int | None = None
) -> "FeatureOptions":
    """The options that calls and verbs have in common, as the one value that is passed on."""
    from vitreous.fit.feature_options import FeatureOptions

    return FeatureOptions(stage, pool, engine, policy(max_pixels, tolerate_truncated), net, size)


def network_of(options: "FeatureOptions", reporter: Reporter) -> Network:
    """The network that the options name; what there is to remark of it is said."""
    from vitreous.extraction import network_named

    network, remarks = network_named(options.net, options.size)
    for remark in remarks:
        reporter.say(remark)
    return network


def features_of(network: Network, data: Image, options: "FeatureOptions", reporter: Reporter) -> "Features":
    from vitreous.data.sources import read_any
    from vitreous.extraction import extract, wanted_of

    wanted = wanted_of(network, options.stage, options.pool)  # what cannot be meant is said before the pictures are read
    source = read_any(Path(data))
    return extract(network, source, options.stage, wanted, engine_for(network, len(source.items), options.engine), options.policy, reporter)
