"""What pages of one file have in common: the colours of the theme, and a policy that names their own style and program."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from vitreous.draw.theme import DARK, LIGHT, Theme


def styled(css: str) -> str:
    """The colours of the theme, light in print, then the style sheet."""
    light, dark = _colours(LIGHT), _colours(DARK)
    return f":root {{ color-scheme: light dark; {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n" + css


def own_only(program: str, style: str) -> str:
    """The beginning of a content security policy under which no other program and no other style is obeyed."""
    script, look = (b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (program, style))
    return f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{look}';"


def inert(facts: Mapping[str, Any]) -> str:
    """JSON that ends no script: what a name holds of markup is no markup here."""
    return json.dumps(facts, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _colours(theme: Theme) -> str:
    return " ".join(f"--{name}: {getattr(theme, name)};" for name in ("background", "panel", "ink", "muted", "grid", "right", "wrong"))
