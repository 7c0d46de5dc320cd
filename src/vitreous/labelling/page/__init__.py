"""The page of a labelling: one HTML file with its style and program, and a policy that lets in nothing but the server's own answers."""

from functools import cache
from html import escape
from importlib.resources import files

from vitreous.draw.own_page import own_only, styled

_MODULES = ("dom", "types", "talking", "keys", "grid", "single", "sidebar", "main")


def page(title: str) -> bytes:
    """The HTML file, UTF-8. `title` is shown as text."""
    text = _text("page.html").replace("{{ style }}", _style()).replace("{{ program }}", _program())
    return text.replace("{{ title }}", escape(title)).encode("utf-8", "backslashreplace")


@cache
def policy() -> str:
    """What the page may load and ask: its own style and program, pictures and answers of its server."""
    rest = "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return f"{own_only(_program(), _style())} {rest}"


@cache
def _style() -> str:
    return styled(_text("page.css"))


@cache
def _program() -> str:
    """The modules as one script: their imports and exports are for the type checker and the reader."""
    parts = []
    for name in _MODULES:
        lines = _text(f"js/{name}.js").splitlines()
        kept = [line.removeprefix("export ") for line in lines if not line.startswith("import ") and line != "export {};"]
        parts.append("\n".join(kept))
    return "\n".join(parts)


def _text(name: str) -> str:
    return (files("vitreous.labelling.page") / name).read_text(encoding="utf-8")
