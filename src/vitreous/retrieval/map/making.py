"""From the features of pictures to their map: neighbours, layout, clusters, outliers."""

from pathlib import Path

import numpy as np

from vitreous.core.reporter import Reporter
from vitreous.core.text import plural
from vitreous.retrieval.map.answers import Said
from vitreous.retrieval.map.clusters import clusters
from vitreous.retrieval.map.layout import lay_out
from vitreous.retrieval.map.naming import named
from vitreous.retrieval.map.neighbours import directions, nearest
from vitreous.retrieval.map.outliers import apartness, outliers
from vitreous.retrieval.map.pictures import Pictures
from vitreous.retrieval.map.value import Map

NEAREST = 15
# From so many pictures on it is said how long it will take: neighbours are found by comparing all with all.
_MANY = 40_000


def make_map(folder: Path, pictures: Pictures, seed: int, reporter: Reporter, said: Said | None = None, remarks: list[str] | None = None) -> Map:
    """The map of pictures whose features are known; the same for the same features and seed, on one machine."""
    count, remarks = len(pictures), list(remarks or ())
    if count > _MANY:
        reporter.say(f"{plural(count, 'picture')}: every one is compared with all others, which takes minutes; the page gets smaller pictures.")
    rows = directions(pictures.features)
    near = nearest(rows, NEAREST, lambda done, total: reporter.progress("neighbours", done, total))
    positions = lay_out(near.index, rows, seed, lambda done, total: reporter.progress("map", done, total))
    apart = apartness(pictures.features, near.index)
    if count > 1 and not near.distance.any():
        remarks.append("to this network all pictures are alike: where they lie on the map means nothing")
    elif count <= NEAREST:
        remarks.append(f"{plural(count, 'picture is', 'pictures are')} few for a map: what lies together may do so by chance")
    group = clusters(positions)
    found = named(group, rows, pictures.labels)
    return Map(folder, pictures, np.asarray(positions, np.float32), near, found, group, outliers(apart).tolist(), apart, said, remarks)
