"""Frames as CSV files, with a Table Schema beside them."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import tzinfo
from importlib import import_module
from itertools import chain, pairwise
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import pandas as pd

from cijob_analysis.files.csv_cells import Cells, harmless
from cijob_analysis.files.fields import fields_of
from cijob_analysis.files.replacing import replacing
from cijob_analysis.files.sidecar import sidecar_of, write_sidecar
from cijob_analysis.metrics.calendar import zone_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROWS_AT_ONCE: Final = 65_536
"""As text a row takes several times the memory that it takes in the frame."""

_BOM: Final = b"\xef\xbb\xbf"


def write_csv(
    frame: pd.DataFrame,
    path: str | PathLike[str],
    *,
    tz: tzinfo | str | None = "UTC",
    excel: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write a frame as CSV (RFC 4180, UTF-8), without its index; `read_csv` gives it back, dtypes and all.

    Beside ``tasks.csv`` stands ``tasks.schema.json``, a Table Schema (Frictionless) that says what the columns are and
    mean; with it, what was written is read back exactly, with the frame's ledger. The files appear when they are
    complete, not before. With pyarrow (extra ``archive``) writing is several times as fast; it is never needed.

    Parameters
    ----------
    frame : pandas.DataFrame
        What a fetch returned, or any part of it, with columns of one's own or without.
    path : str or path
        Where to.
    tz : str or datetime.tzinfo
        On whose clock times are written; each with its offset, ``2026-03-01T18:00:00+08:00``.
    excel : bool
        Write what Excel opens right instead: with a byte order mark, times as ``2026-03-01 18:00:00`` below a heading
        that names the zone, and an apostrophe before each text that a spreadsheet would take for a formula (one that
        starts with ``=``, ``+``, ``-``, ``@``, a tab or a line break). This one is for reading only: there is no schema
        beside it, and what has an apostrophe keeps it.
    overwrite : bool
        Replace files that are there.

    Returns
    -------
    pathlib.Path
        Where it is.

    Raises
    ------
    FileExistsError
        There is a file, or a schema beside it, and it is not to be replaced.
    ConfigurationError
        A text holds a NUL, or a column has a dtype that text cannot keep: the column and the row are named, and nothing
        is written.
    """
    zone, path = zone_of(tz), Path(path)
    fields = fields_of(frame)
    headings = [_heading(frame[name], zone) if excel else name for name in frame.columns]
    columns = [Cells(frame[name], zone, excel) for name in frame.columns]
    with ExitStack() as stack:
        temporary = stack.enter_context(replacing(path, overwrite=overwrite))
        described = stack.enter_context(replacing(sidecar_of(path), overwrite=overwrite))
        with temporary.open("xb") as file:
            if excel:
                file.write(_BOM)
            _write(file, headings, columns, len(frame))
        if not excel:
            write_sidecar(described, frame, fields)
    return path


def _write(file: IO[bytes], headings: Sequence[str], columns: Sequence[Cells], n: int) -> None:
    # A line of one missing cell would be an empty one, which readers pass over; only the other way can avoid it.
    options = _arrow_options() if len(columns) > 1 else None
    if options is None:
        _write_lines(file, headings, columns, n)
        return
    import pyarrow as pa
    from pyarrow import csv

    begins = range(0, max(n, 1), _ROWS_AT_ONCE)
    batches = ([column.arrow(begin, begin + _ROWS_AT_ONCE) for column in columns] for begin in begins)
    first = next(batches)
    schema = pa.schema([pa.field(name, array.type) for name, array in zip(headings, first, strict=True)])
    with csv.CSVWriter(file, schema, write_options=options) as writer:
        for arrays in chain([first], batches):
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _arrow_options() -> Any | None:
    """Return how pyarrow is to write; None if there is none that ends lines as RFC 4180 wants it."""
    try:
        return import_module("pyarrow.csv").WriteOptions(quoting_style="needed", eol="\r\n")
    except (ImportError, TypeError):  # TypeError: an older pyarrow, whose lines end otherwise
        return None


def _write_lines(file: IO[bytes], headings: Sequence[str], columns: Sequence[Cells], n: int) -> None:
    lines = [",".join('"' + name.replace('"', '""') + '"' for name in headings)]
    file.write("".join(f"{line}\r\n" for line in lines).encode())
    for begin, end in pairwise([*range(0, n, _ROWS_AT_ONCE), n]):
        cells = [column.lines(begin, end) for column in columns]
        if len(cells) == 1:
            cells = [[cell or '""' for cell in cells[0]]]
        rows = map(",".join, zip(*cells, strict=True)) if cells else iter([""] * (end - begin))
        file.write(("\r\n".join(rows) + "\r\n").encode())


def _heading(column: pd.Series[Any], zone: tzinfo) -> str:
    """Return what stands above a column in a spreadsheet: with the zone of its times."""
    name = str(column.name)
    return harmless(f"{name} ({zone})" if isinstance(column.dtype, pd.DatetimeTZDtype) else name)
