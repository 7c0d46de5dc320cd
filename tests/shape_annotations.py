"""Makes a function hold its own annotations: Float[Tensor, "N K"] is checked at each call, with one N and one K throughout.

The sources name jaxtyping for type checkers only, so that users need not install it; here the names are looked up, and beartype checks.
"""

from collections.abc import Callable
from types import FunctionType
from typing import Any, get_type_hints

import pytest


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """A copy of the function with its shapes checked; the test is left out where jaxtyping or beartype is missing."""
    jaxtyping, beartype = pytest.importorskip("jaxtyping"), pytest.importorskip("beartype")
    assert isinstance(function, FunctionType)
    copied = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    copied.__kwdefaults__ = function.__kwdefaults__
    copied.__annotations__ = get_type_hints(function, localns={"Float": jaxtyping.Float, "Int": jaxtyping.Int})
    made: Callable[..., Any] = jaxtyping.jaxtyped(typechecker=beartype.beartype)(copied)
    return made
