"""Self-contained pages: one HTML file, offline, readable on a phone and on paper, light and dark. Everything in them is escaped by default."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from vitreous.core.text import percent, sentence, visible
from vitreous.report.wording import readable, shortened

if TYPE_CHECKING:
    from jinja2 import Environment

_NUMBER_AND_SIGN = re.compile(r"(?<=\d) %")


def page(template: str, **values: Any) -> bytes:
    """The page of one of the templates in `report/templates`, UTF-8. Text goes in as it is: markup in a label is shown, never obeyed."""
    text = _environment().get_template(template).render(values)
    return text.encode("utf-8", "backslashreplace")


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("vitreous.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"visible": visible, "readable": readable, "shortened": shortened, "sentence": sentence, "nobreak": _nobreak}
    environment.filters["percent"] = lambda share, digits=0: _nobreak(percent(share, digits))
    environment.filters["block_kind"] = lambda block: type(block).__name__
    return environment


def _nobreak(text: str) -> str:
    """A number and its % stay on one line."""
    return _NUMBER_AND_SIGN.sub("\u00a0%", text)
