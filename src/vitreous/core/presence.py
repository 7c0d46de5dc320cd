r"""Which labels a picture has, where it can have several, none, or some of which nobody knows.

As text, in `Item.label` and in a run's tables: the labels in order with semicolons between, unknown ones behind a question mark. A
semicolon, a backslash and a question mark in front are escaped, so every set of names comes back as it was.

    ace;king          has both, and no other label of the data
    ace;?king         has ace; of king it is not known
    (empty)           has none of them
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PART = re.compile(r"(?:\\.|[^;\\])+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Presence:
    """Names of the labels that are `present`, and of those of which it is `unknown`, both sorted. All others are absent."""

    present: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @classmethod
    def of(cls, present: Iterable[str], unknown: Iterable[str] = ()) -> "Presence":
        """Each name once; one that is both is present."""
        there = set(present)
        return cls(tuple(sorted(there)), tuple(sorted(set(unknown) - there)))

    @classmethod
    def read(cls, text: str) -> "Presence":
        r"""
        >>> Presence.read("ace;?king"), Presence.read("")
        (Presence(present=('ace',), unknown=('king',)), Presence(present=(), unknown=()))
        """
        parts = _PART.findall(text)
        return cls.of(
            (_plain(part) for part in parts if not part.startswith("?")), (_plain(part[1:]) for part in parts if part.startswith("?") and part != "?")
        )

    def __str__(self) -> str:
        r"""
        >>> str(Presence.of(["king", "ace"], ["ten"])), str(Presence.of(["a;b", "?"]))
        ('ace;king;?ten', '\\?;a\\;b')
        """
        return ";".join([*map(_escaped, self.present), *("?" + _escaped(name) for name in self.unknown)])


def _escaped(name: str) -> str:
    text = name.replace("\\", "\\\\").replace(";", "\\;")
    return "\\" + text if text.startswith("?") else text


def _plain(part: str) -> str:
    return re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL)
