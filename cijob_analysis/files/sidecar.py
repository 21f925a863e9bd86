"""The Table Schema beside a CSV file: what its columns are, and what text alone cannot keep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from cijob_analysis.exceptions import ResponseFormatError
from cijob_analysis.ledger import Ledger
from cijob_analysis.snapshot.ledgers import ledger_from_json, ledger_to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cijob_analysis.files.fields import Field

_FORMAT: Final = 1
_OURS: Final = "cijob_analysis"
"""Under this name stands what a Table Schema has no word for."""


def sidecar_of(path: Path) -> Path:
    """Return where the schema of a CSV file is: ``tasks.schema.json`` beside ``tasks.csv``."""
    stem = (
        path.name[: -len(".csv")] if path.name.lower().endswith(".csv") and len(path.name) > len(".csv") else path.name
    )
    return path.with_name(f"{stem}.schema.json")


def write_sidecar(path: Path, frame: pd.DataFrame, fields: Sequence[Field]) -> None:
    """Write the schema of `frame`, the columns of which are `fields`."""
    ledger = frame.attrs.get("ledger")
    described: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    described[_OURS] = {
        "format": _FORMAT,
        "rows": len(frame),
        "empty": {name: ranges for name in frame.columns if (ranges := _empty_texts(frame[name]))},
        "ledger": ledger_to_json(ledger) if isinstance(ledger, Ledger) else None,
    }
    path.write_text(json.dumps(described, ensure_ascii=False, indent=1) + "\n", "utf-8")


def read_sidecar(path: Path) -> dict[str, Any] | None:
    """Return what `write_sidecar` wrote: its ``fields``, ``rows``, ``empty`` and ``ledger``; None if there is no file.

    Raises
    ------
    ResponseFormatError
        It is damaged, somebody else's, or one of a later version of the package.
    """
    try:
        described = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ResponseFormatError(f"{path} is no schema: {error}") from error
    try:
        ours = described[_OURS]
        if ours["format"] != _FORMAT:
            raise ResponseFormatError(
                f"{path} has format {ours['format']!r}; this version of the package reads format {_FORMAT}"
            )
        ledger = None if ours["ledger"] is None else ledger_from_json(ours["ledger"])
        return {"fields": described["fields"], "rows": ours["rows"], "empty": ours["empty"], "ledger": ledger}
    except (KeyError, TypeError) as error:
        raise ResponseFormatError(f"{path} is no schema that write_csv wrote: it lacks {error}") from error


def _empty_texts(column: pd.Series[Any]) -> list[tuple[int, int]]:
    """Return where cells hold an empty text, which looks like a missing one: first row and length of each run."""
    if column.dtype.kind != "O" or (
        isinstance(column.dtype, pd.CategoricalDtype) and "" not in column.dtype.categories
    ):
        return []
    rows = np.flatnonzero((column == "").fillna(False).to_numpy(bool))
    if not len(rows):
        return []
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    return [(int(run[0]), len(run)) for run in runs]
