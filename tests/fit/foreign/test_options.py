"""What may be told of a network from elsewhere."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))

from vitreous.errors import UsageError
from vitreous.fit.foreign import ForeignOptions


@pytest.mark.parametrize(
    "options",
    [
        {"size": 0},
        {"size": 10**9},
        {"mean": (1.0, 2.0)},
        {"std": (0.0,)},
        {"mean": (float("nan"),)},
        {"scale": "0..1"},
        {"layout": "CHW"},
        {"licence": " "},
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="--" + next(iter(options))):
        ForeignOptions(**options)
