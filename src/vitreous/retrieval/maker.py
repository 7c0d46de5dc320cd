"""What makes the features of an index and of the pictures that are looked for in it: a network, one of its values, a rule of decoding."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np

from vitreous.core.item import Source
from vitreous.core.reporter import Reporter
from vitreous.core.text import visible
from vitreous.data.decode import Policy
from vitreous.errors import DataError, ModelError, UsageError
from vitreous.extraction import network_named, rows_of_files, wanted_of
from vitreous.extraction.extracting import Rows
from vitreous.fit.feature_options import FeatureOptions
from vitreous.fit.features import Pool, Wanted
from vitreous.infer.engine import Outputs, Setting, default_setting, parse_engine, start_engine
from vitreous.infer.network import SHIPPED, Network
from vitreous.infer.pipeline import Forward
from vitreous.retrieval.layout import About
from vitreous.retrieval.regions import Box, cut


@dataclass(frozen=True)
class Maker:
    """`net` and `size` say how the network is found again."""

    network: Network
    net: str | None
    size: int | None
    stage: str | None
    wanted: Wanted
    setting: Setting
    policy: Policy

    def about(self, source: Source) -> About:
        name = str(self.network.facts.get("network") or self.network.path.name)
        return About(
            os.path.realpath(source.root), source.table, name, self.net, self.size, self.network.fingerprint, self.stage or "features",
            self.wanted.pool, self.network.view.to_json(), asdict(self.policy), self.engine, self.wanted.width,
        )  # fmt: skip

    @property
    def engine(self) -> str:
        library, number_format = self.setting.library, self.setting.number_format
        return library if library == "onnxruntime" else f"{library}-{number_format}"

    def of_files(self, paths: Sequence[str], reporter: Reporter) -> Rows:
        """The features of whole pictures. One that cannot be read is in `errors`."""
        return rows_of_files(self.network, self.wanted, paths, self.setting, self.policy, reporter.progress)

    def of_region(self, path: str, box: Box, reporter: Reporter) -> Rows:
        """The features of a part of a picture, as a square. Raises DataError, UnreadableImage, UsageError."""
        region = cut(path, box, self.network.view.size, self.policy)
        if region.box != box:
            reporter.say(f"--box reaches beyond {visible(os.path.basename(path))}: {','.join(f'{each:g}' for each in region.box)} counts.")
        found = Rows(np.full((1, self.wanted.width), np.nan, np.float32), keys={0: region.key}, thumbnails={0: region.thumbnail})

        def store(indices: list[int], outputs: Outputs) -> None:
            found.values[indices] = self.wanted.rows(outputs)

        forward = Forward(start_engine(self.network, self.setting, (self.wanted.value,)), self.network.view.size, store)
        forward.add(0, region.seen)
        forward.finish()
        return found


def maker_of(network: Network, options: FeatureOptions, setting: Setting) -> Maker:
    """Raises UsageError for a stage that there is not."""
    wanted = wanted_of(network, options.stage, options.pool)
    return Maker(network, _findable(network, options.net), options.size, options.stage, wanted, setting, options.policy)


def maker_again(about: About, reporter: Reporter) -> Maker:
    """The maker of an index. Raises DataError where its network is gone or another one."""
    failed = f"this index needs {visible(about.network)}, with which it was made"
    try:
        network, _ = network_named(about.net, about.size)
    except (ModelError, UsageError) as error:
        raise DataError(failed, str(error), remedy="put the network back, or index again") from None
    if network.fingerprint != about.fingerprint:
        arrived = f"{visible(about.net or 'the shipped network')} is another one now ({network.fingerprint[:8]}, not {about.fingerprint[:8]})"
        raise DataError(failed, arrived, remedy="vitreous index FOLDER makes an index with the network of now")
    library, number_format = parse_engine(about.engine)
    stage = None if about.stage == "features" else about.stage
    wanted = wanted_of(network, stage, cast("Pool", about.pool))
    return Maker(network, about.net, about.size, stage, wanted, default_setting(1, number_format or "f32", library), policy_of(about))


def policy_of(about: About) -> Policy:
    return Policy(**about.policy)


def _findable(network: Network, net: str | None) -> str | None:
    """A name under which the network is found from anywhere."""
    if network.path == SHIPPED or (net and net.startswith("timm:")):
        return net
    return str(Path(os.path.realpath(network.path)))
