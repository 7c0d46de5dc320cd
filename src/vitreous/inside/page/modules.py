"""The page's JavaScript, put into one script: ES modules in the order in which they need each other, without their imports and exports.

A module script has a scope of its own, so nothing leaks; two modules must not use one name, which is checked here as well as by tsc.
"""

import re
from functools import cache
from importlib.resources import files

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_TOP = re.compile(r"^(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)


@cache
def script(entry: str = "main", package: str = "vitreous.inside.page") -> str:
    """The whole program that begins with the module `entry` of a page's package. Raises ValueError where two modules use one name."""
    order: dict[str, str] = {}
    _add(entry, package, order)
    owner: dict[str, str] = {}
    for module, text in order.items():
        for name in _TOP.findall(text):
            if name in owner:
                raise ValueError(f"{name} stands in {owner[name]}.js and in {module}.js; names are shared by all modules of a page")
            owner[name] = module
    return "\n".join(order.values())


def source(module: str, package: str = "vitreous.inside.page") -> str:
    return (files(package) / "js" / f"{module}.js").read_text(encoding="utf-8")


def _add(module: str, package: str, order: dict[str, str]) -> None:
    text = source(module, package)
    for needed in _IMPORT.findall(text):
        if needed not in order:
            _add(needed, package, order)
    text = re.sub(r"^export (?=async |function|class|const|let)", "", _IMPORT.sub("", text), flags=re.MULTILINE)
    order[module] = re.sub(r"^export \{\};\n", "", text, flags=re.MULTILINE)
