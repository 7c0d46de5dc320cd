"""The page of `vitreous drift --page`: what differs, with the new pictures that are least like those of the run, and the other way round."""

from vitreous.core.text import visible
from vitreous.report.page import page
from vitreous.report.pictures import Thumbnail, thumbnails
from vitreous.trust.unknown.telling import Drift, Shown


def drift_page(drift: Drift) -> bytes:
    """One HTML file, UTF-8."""
    strange, missing = (_pictures(drift, number, shown) for number, shown in ((1, drift.strange), (0, drift.missing)))
    name = drift.data.name or str(drift.data)
    return page("drift.html", title=f"{visible(name)} beside {visible(drift.run)}", drift=drift, strange=strange, missing=missing)


def _pictures(drift: Drift, folder: int, shown: list[Shown]) -> list[tuple[Shown, Thumbnail]]:
    if drift.folders is None or drift.policy is None:
        return []
    keys = {each.path: each.key for each in shown}
    return list(zip(shown, thumbnails([str(drift.folders[folder])], list(keys), keys, drift.policy), strict=True))
