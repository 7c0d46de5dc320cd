"""Which network, which of its values, by which engine: what verbs and calls that begin with features have in common, as one value.

In a module of its own, since an index is opened and asked without any of what makes features.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vitreous.data.decode import Policy
    from vitreous.fit.features import Pool


@dataclass(frozen=True)
class FeatureOptions:
    """`stage`: whose values are taken, None for the features of the network; `pool`: what of its maps. `engine` runs it, `policy` is the rule by
    which files are decoded. `net` and `size` say which network it is, as for `vitreous.extraction.network_named`; those of a run are None."""

    stage: str | None
    pool: "Pool"
    engine: str
    policy: "Policy"
    net: str | None = None
    size: int | None = None
