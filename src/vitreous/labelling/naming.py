"""Names of labels as a person types them, made so that every table, page and terminal holds them as they are."""

import unicodedata

from vitreous.core.text import cut, plural, visible
from vitreous.errors import UsageError

LONGEST = 100
# A table reads them as several labels in one cell.
_DIVIDES = (";", "|")
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@")
# How tables write that a label is not known.
_UNKNOWN = {"?", "nan"}
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean_name(text: str) -> str:
    """The label that is meant: in composed form, one space between words, no characters that cannot be seen.

    Raises UsageError for what no table could hold as one label.

    >>> clean_name("  evening   dress ")
    'evening dress'
    """
    text = unicodedata.normalize("NFC", " ".join(str(text).split()))
    name = " ".join("".join(each for each in text if unicodedata.category(each) not in _UNSEEN or each == "\u200d").split())
    said = f"the label {cut(visible(name), 40)!r}"
    if not any(each.isprintable() and not each.isspace() for each in name):
        raise UsageError("a label without a name", needed="at least one letter or digit")
    if len(name) > LONGEST:
        raise UsageError(said, plural(len(name), "character"), f"at most {LONGEST}", "give it a shorter name")
    if sign := next((each for each in _DIVIDES if each in name), None):
        raise UsageError(said, f"it holds {sign!r}, which divides several labels in a table", "a name without it", "a comma or a slash will do")
    if name.startswith(_FORMULA):
        raise UsageError(said, f"it begins with {name[0]!r}, and a spreadsheet would take it for a formula", "another first letter")
    if name.casefold() in _UNKNOWN:
        raise UsageError(said, "in a table that means that nobody knows", "another name, or set the pictures aside")
    return name


def as_known(name: str, known: list[str]) -> str:
    """The label of that name that there is already, in whatever case it was typed; else the name.

    >>> as_known("Dress", ["dress"])
    'dress'
    """
    return next((each for each in known if each.casefold() == name.casefold()), name)
