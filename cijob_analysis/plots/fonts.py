"""Text of the service as text in a picture: with glyphs for Chinese, and never read as mathematics."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set

FALLBACKS: Final = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "PingFang HK",
    "Hiragino Sans GB",
    "Heiti SC",
    "STHeiti",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "SimSun",
    "Arial Unicode MS",
)
"""Families with Chinese glyphs, the best first."""

NO_GLYPH: Final = "□"


def drawable(text: str, characters: Set[int]) -> str:
    """Return `text` on one line, with □ in place of what a font with these `characters` cannot draw.

    Parameters
    ----------
    text : str
        Any text.
    characters : set of int
        The code points that there are glyphs for.
    """
    line = " ".join(text.split())
    return "".join(letter if ord(letter) in characters else _substitute(letter, characters) for letter in line)


def _substitute(letter: str, characters: Set[int]) -> str:
    if unicodedata.category(letter) == "Zs":
        return " "
    return NO_GLYPH if ord(NO_GLYPH) in characters else "?"


def families(installed: Iterable[str]) -> list[str]:
    """Return the families to draw with, in order: what the user has chosen, then fallbacks that are `installed`."""
    there = set(installed)
    chosen = FontProperties().get_family()
    return [*chosen, *(family for family in FALLBACKS if family in there and family not in chosen)]


PLAIN: Final[dict[str, Any]] = {"parse_math": False, "usetex": False}
"""Properties of texts that hold names: a $ or _ in them is just that."""


def text_style(text: object) -> tuple[str, dict[str, Any]]:
    """Return `text` as it can be drawn here, and the properties that its artist needs."""
    line = " ".join(str(text).split())
    if all(ord(letter) in _characters(tuple(FontProperties().get_family())) for letter in line):
        return line, PLAIN  # several families are slow to draw with
    names = families(font_manager.fontManager.get_font_names())
    return drawable(line, _characters(tuple(names))), {"fontfamily": names, **PLAIN}


def texts_style(texts: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """Return `texts` as they can be drawn here, and the properties that suit all of them."""
    drawn = [text_style(text) for text in texts]
    return [text for text, _ in drawn], max((style for _, style in drawn), key=len, default=PLAIN)


@lru_cache(maxsize=8)
def _characters(names: tuple[str, ...]) -> frozenset[int]:
    """Return the code points that there are glyphs for in the families `names`."""
    paths = [font_manager.findfont(FontProperties(family=[name])) for name in names]
    return frozenset(code for path in paths for code in font_manager.get_font(path).get_charmap())
