"""Pages of one file: their text, style and program put together, in the colours of the theme, with a policy that lets in nothing else."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

from vitreous.draw.program import SHARED, script
from vitreous.draw.theme import DARK, LIGHT, Theme


@dataclass(frozen=True)
class OwnPage:
    """The page of a `package`, which has `page.html` (a template; `head.html` is there for it), `page.css` and the folder `js`.

    `rest`: what its policy says of other things than programs and styles.
    """

    package: str
    rest: str = ""

    @cached_property
    def style(self) -> str:
        return styled((files(self.package) / "page.css").read_text(encoding="utf-8"))

    @cached_property
    def policy(self) -> str:
        """A content security policy under which no other program and no other style is obeyed."""
        program, look = (b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script(self.package), self.style))
        return f"default-src 'none'; script-src 'sha256-{program}'; style-src 'sha256-{look}'; base-uri 'none'; form-action 'none'; {self.rest}"

    def filled(self, **values: Any) -> bytes:
        """The HTML file, UTF-8, with these values of the template. `policy=""`: without one, for a server that says it."""
        from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

        loader = ChoiceLoader([PackageLoader(package, "") for package in (self.package, SHARED)])
        environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        known = {"style": self.style, "program": script(self.package), "policy": self.policy}
        return environment.get_template("page.html").render(known | values).encode("utf-8", "backslashreplace")


def styled(css: str) -> str:
    """The colours of the theme, light in print, then the style sheet."""
    light, dark = _colours(LIGHT), _colours(DARK)
    return f":root {{ color-scheme: light dark; {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n" + css


def inert(facts: Mapping[str, Any]) -> str:
    """JSON that ends no script: what a name holds of markup is no markup here."""
    return json.dumps(facts, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _colours(theme: Theme) -> str:
    return " ".join(f"--{name}: {getattr(theme, name)};" for name in ("background", "panel", "ink", "muted", "grid", "right", "wrong"))
