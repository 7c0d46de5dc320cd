"""Matplotlib, loaded late and without a trace outside our cache folder, and which characters its fonts here can show."""

import atexit
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from vitreous.storage.cache import cache_folder

# DejaVu Sans comes with matplotlib; the others are for the scripts that it lacks, on Linux, Windows and macOS.
_FAMILIES = (
    "DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Hiragino Sans",
    "PingFang SC", "Apple SD Gothic Neo", "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai", "Nirmala UI",
    "Leelawadee UI", "Arial Unicode MS", "Noto Emoji", "Segoe UI Symbol",
)  # fmt: skip


def load_matplotlib() -> Any:
    """Matplotlib, with its list of fonts in our cache folder; by itself it would write into the home folder."""
    if "matplotlib" not in sys.modules and "MPLCONFIGDIR" not in os.environ:
        folder = cache_folder("matplotlib")
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="vitreous-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["MPLCONFIGDIR"] = str(folder)
    import matplotlib

    return matplotlib


@cache
def families() -> list[str]:
    """The fonts of this machine to take characters from, in this order."""
    load_matplotlib()
    from matplotlib.font_manager import fontManager

    there = set(fontManager.get_font_names())
    return [name for name in _FAMILIES if name in there]


@cache
def has_glyph(character: str) -> bool:
    """Whether one of the fonts shows this character, plain and bold."""
    load_matplotlib()
    from matplotlib.font_manager import FontProperties, findfont, get_font

    def in_font(family: str, weight: str) -> bool:
        file = findfont(FontProperties(family=[family], weight=weight), fallback_to_default=False)
        return get_font(file).get_char_index(ord(character)) != 0

    return any(in_font(family, "normal") and in_font(family, "bold") for family in families())
