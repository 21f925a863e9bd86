"""The cells of a part of a frame as they stand in a CSV file: as columns of Arrow, or, without pyarrow, as lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cijob_analysis.files.cells import check_text, digits_of, time_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from numpy.typing import NDArray

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With these a spreadsheet takes a text for a formula, or looks behind them for one."""


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that might be has an apostrophe before it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


@dataclass(frozen=True)
class Cells:
    """How the cells of one column are written.

    Attributes
    ----------
    column : pandas.Series
        All of it.
    zone : datetime.tzinfo
        On whose clock times are shown.
    is_excel : bool
        Whether a spreadsheet is to understand it.
    """

    column: pd.Series[Any]
    zone: tzinfo
    is_excel: bool = False

    def arrow(self, begin: int, end: int) -> pa.Array | pa.ChunkedArray:
        """Return some of the cells as an array of Arrow."""
        import pyarrow as pa

        part = self.column.iloc[begin:end]
        if self._is_times:
            return _arrow_of(self._times(part))
        if isinstance(part.dtype, pd.CategoricalDtype):
            categories = self._checked(part, [self._shown(text) for text in part.cat.categories])
            codes = pa.array(part.cat.codes.to_numpy(), mask=part.isna().to_numpy(bool))
            return pa.DictionaryArray.from_arrays(codes, pa.array(categories, pa.string())).cast(pa.string())
        if part.dtype.kind == "m":
            return pa.array(part.to_numpy().view(np.int64), mask=part.isna().to_numpy(bool))
        if not self._is_text:
            return pa.array(part, from_pandas=True)
        return self._arrow_texts(part)

    def lines(self, begin: int, end: int) -> list[str]:
        """Return some of the cells as they stand in a line, text in quotation marks."""
        part = self.column.iloc[begin:end]
        if self._is_times:
            return [f'"{text}"' if text else "" for text in self._times(part).astype("U").tolist()]
        if isinstance(part.dtype, pd.CategoricalDtype):
            shown = [_quoted(text) for text in self._checked(part, [self._shown(text) for text in part.cat.categories])]
            return [shown[code] if code >= 0 else "" for code in part.cat.codes.tolist()]
        if self._is_text:
            texts = [None if gone else cell for cell, gone in zip(part.tolist(), part.isna().tolist(), strict=True)]
            self._checked(part, [text or "" for text in texts])
            if self.is_excel:
                texts = [text and harmless(text) for text in texts]
            return ["" if text is None else _quoted(text) for text in texts]
        if part.dtype.kind == "m":
            part = pd.Series(part.to_numpy().view(np.int64), part.index).where(part.notna()).astype("Int64")
        text_of = _TEXT_OF.get(part.dtype.kind, str)
        return ["" if gone else text_of(cell) for cell, gone in zip(part.tolist(), part.isna().tolist(), strict=True)]

    @property
    def _is_times(self) -> bool:
        return self.column.dtype.kind == "M"

    @property
    def _is_text(self) -> bool:
        return self.column.dtype.kind == "O" and not isinstance(self.column.dtype, pd.CategoricalDtype)

    @cached_property
    def _digits(self) -> int:
        return digits_of(self.column)

    def _times(self, part: pd.Series[Any]) -> Any:
        return time_texts(part, self.zone, self._digits, is_plain=self.is_excel)

    def _shown(self, text: str) -> str:
        return harmless(text) if self.is_excel else text

    def _checked(self, part: pd.Series[Any], texts: list[str]) -> list[str]:
        check_text(part, "".join(texts), texts)
        return texts

    def _arrow_texts(self, part: pd.Series[Any]) -> pa.Array | pa.ChunkedArray:
        import pyarrow as pa

        try:
            array = pa.array(part, pa.string(), from_pandas=True)
        except (pa.ArrowException, UnicodeError):
            array = None
        if array is None or _holds_nul(array):
            self._checked(part, part.fillna("").tolist())
        if self.is_excel:
            array = pa.array([text and harmless(text) for text in array.to_pylist()], pa.string())
        return array


def _arrow_of(texts: NDArray[np.bytes_]) -> pa.Array:
    """Return texts of which the empty ones are missing as an array of Arrow; those of one length without a copy."""
    import pyarrow as pa

    n, width = len(texts), texts.dtype.itemsize
    is_missing = texts == b""
    if not n or (texts.view(np.uint8).reshape(n, width)[~is_missing, -1] == 0).any():
        return pa.array(texts, mask=is_missing).cast(pa.string())
    validity = pa.array(~is_missing).buffers()[1] if is_missing.any() else None
    offsets = np.arange(n + 1, dtype=np.int32) * np.int32(width)
    return pa.Array.from_buffers(pa.string(), n, [validity, pa.py_buffer(offsets), pa.py_buffer(texts)])


def _holds_nul(array: pa.Array | pa.ChunkedArray) -> bool:
    """Return whether a text holds a NUL; the bytes are looked at as they lie side by side."""
    import pyarrow as pa

    for chunk in array.chunks if isinstance(array, pa.ChunkedArray) else [array]:
        _, offsets, data = chunk.buffers()
        if data is not None and len(chunk):
            wide = np.int64 if pa.types.is_large_string(chunk.type) else np.int32
            ends = np.frombuffer(offsets, wide)[chunk.offset : chunk.offset + len(chunk) + 1]
            if (np.frombuffer(data, np.uint8)[ends[0] : ends[-1]] == 0).any():
                return True
    return False


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


_TEXT_OF: Final[dict[str, Callable[[Any], str]]] = {"b": lambda cell: str(cell).lower(), "f": repr}
