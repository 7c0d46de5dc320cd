"""The page of a labelling: one HTML file with its style and program, and a policy that lets in nothing but the server's own answers."""

import hashlib
from base64 import b64encode
from functools import cache
from html import escape
from importlib.resources import files

from vitreous.draw.theme import DARK, LIGHT, Theme

_MODULES = ("dom", "types", "talking", "keys", "grid", "single", "sidebar", "main")


def page(title: str) -> bytes:
    """The HTML file, UTF-8. `title` is shown as text."""
    text = _text("page.html").replace("{{ style }}", _style()).replace("{{ program }}", _program())
    return text.replace("{{ title }}", escape(title)).encode("utf-8", "backslashreplace")


@cache
def policy() -> str:
    """What the page may load and ask: its own style and program, pictures and answers of its server."""
    return (
        f"default-src 'none'; script-src '{_hash(_program())}'; style-src '{_hash(_style())}'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _style() -> str:
    def colours(theme: Theme) -> str:
        return " ".join(f"--{name}: {getattr(theme, name)};" for name in ("background", "panel", "ink", "muted", "grid", "right", "wrong"))

    roots = f":root {{ color-scheme: light dark; {colours(LIGHT)} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {colours(DARK)} }} }}\n"
    return roots + _text("page.css")


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


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
