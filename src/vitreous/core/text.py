"""Text that came from files (labels, file names) made safe to show: it never becomes markup, control codes or a formula."""

import unicodedata

# Characters that make a spreadsheet take a cell for a formula (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """For a terminal: control, format and surrogate characters are written as escapes, everything else stays.

    >>> visible("a\\x1b[31mb\\n")
    'a\\\\x1b[31mb\\\\n'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if unicodedata.category(c) in _INVISIBLE and c != "\u200d" else c for c in text)


def csv_cell(text: str) -> str:
    """For a CSV: a cell that a spreadsheet would run as a formula gets an apostrophe in front; control codes and lone surrogates
    are escaped, except tabs and line breaks, which a cell may hold.

    >>> csv_cell("=1+1"), csv_cell("a\\x1b[31mb")
    ("'=1+1", 'a\\\\x1b[31mb')
    """
    if not text.isprintable():
        text = "".join(_escaped(c) if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n" else c for c in text)
    return "'" + text if text.startswith(_FORMULA) else text


def cut(text: str, width: int) -> str:
    """In a column of `width` characters; what is too long ends with "…".

    >>> cut("outwear", 8), cut("very long sleeves", 8)
    ('outwear', 'very lo…')
    """
    return text if len(text) <= width else text[: width - 1] + "…"


def plural(count: int, one: str, many: str | None = None) -> str:
    """
    >>> plural(1, "photo"), plural(1200, "photo"), plural(2, "class", "classes")
    ('1 photo', '1,200 photos', '2 classes')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def sentence(text: str) -> str:
    """A remark as a sentence: a capital in front, a full stop behind.

    >>> sentence("fewer than 20 test pictures: hat")
    'Fewer than 20 test pictures: hat.'
    """
    text = text.strip()
    return text if not text else text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def percent(share: float | None, digits: int = 0) -> str:
    """A share of 0 to 1 in per cent; 0 % and 100 % mean none and all, "–" that there is no value.

    >>> percent(0.8651), percent(0.8651, 1), percent(0.9999), percent(0.001), percent(1), percent(None)
    ('87 %', '86.5 %', '>99 %', '<1 %', '100 %', '–')
    """
    if share is None:
        return "–"
    step = 10.0**-digits
    if 0 < share < 1:
        if share <= step / 200:
            return f"<{step:g} %"
        if share >= 1 - step / 200:
            return f">{100 - step:g} %"
    return f"{100 * share:.{digits}f} %"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
