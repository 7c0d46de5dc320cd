"""Pages for people, made from values that they are given: a run's report and card, runs side by side, a look at a folder."""

from vitreous.runs.contents import Contents


def documents(contents: Contents) -> dict[str, bytes]:
    return {}


def compare(runs: list[Contents]) -> bytes:
    raise NotImplementedError
