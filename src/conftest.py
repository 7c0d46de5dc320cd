"""Doctests are collected from every module; from those that are about torch only where it is installed."""

from importlib.util import find_spec

collect_ignore_glob = (
    []
    if find_spec("torch")
    else [
        "vitreous/nets/*",
        "vitreous/export/*",
        "vitreous/losses/[a-z]*",
        *(f"vitreous/optim/{name}.py" for name in ("average", "groups", "muon")),
    ]
)
