"""Figures in words: what is nearly all is not called all."""

import pytest

from vitreous.core.text import percent


@pytest.mark.parametrize(
    "share, told",
    [(0.0, "0 %"), (1.0, "100 %"), (0.9999, ">99 %"), (1e-6, "<1 %"), (0.5, "50 %"), (0.994, "99 %"), (0.995, ">99 %"), (0.005, "<1 %")],
)
def test_per_cent_never_claims_all_or_none(share: float, told: str) -> None:
    assert percent(share) == told
