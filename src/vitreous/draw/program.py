"""The JavaScript of a page, put into one script: ES modules in the order in which they need each other, without their imports and exports.

Modules lie in the folder `js` of the page's package; those that every page may use, in that of `vitreous.draw`. A module script has a scope of its
own, so nothing leaks; two modules must not use one name, which is checked here as well as by tsc.
"""

import re
from functools import cache
from importlib.resources import files

SHARED = "vitreous.draw"
_IMPORT = re.compile(r'^import \{[^}]*\} from "(\./|(?:\.\./)+draw/js/)(\w+)\.js";\n', re.MULTILINE)
_TOP = re.compile(r"^(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)


@cache
def script(package: str, entry: str = "main") -> str:
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


def source(module: str, package: str) -> str:
    return (files(package) / "js" / f"{module}.js").read_text(encoding="utf-8")


def _add(module: str, package: str, order: dict[str, str]) -> None:
    text = source(module, package)
    for where, needed in _IMPORT.findall(text):
        if needed not in order:
            _add(needed, package if where == "./" else SHARED, order)
    text = re.sub(r"^export (?=async |function|class|const|let)", "", _IMPORT.sub("", text), flags=re.MULTILINE)
    order[module] = re.sub(r"^export \{\};\n", "", text, flags=re.MULTILINE)
