"""Rows that differ in a few texts only: written once with holes, then filled."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cijob_analysis.local.markup import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HOLE = re.compile("\ue000([0-9]+)\ue001")


def holes(texts: Iterable[str | None]) -> list[str | None]:
    """Return what stands for `texts` in a row that becomes a stencil; what is missing or empty stays so."""
    return [f"\ue000{number}\ue001" if text else text for number, text in enumerate(texts)]


class Stencil:
    """A row with holes.

    Parameters
    ----------
    row : str
        The row as XML, with `holes` in place of texts.
    """

    def __init__(self, row: str) -> None:
        parts = _HOLE.split(row)
        self._format = "%s".join(part.replace("%", "%%") for part in parts[::2])
        self._numbers = [int(number) for number in parts[1::2]]

    def filled(self, texts: Sequence[str | None]) -> str:
        """Return the row with `texts` in its holes."""
        ready = [escaped(text) if text else text for text in texts]
        return self._format % tuple([ready[number] for number in self._numbers])
