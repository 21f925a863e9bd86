"""What is selected as the content of a file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from cijob_analysis.files import write_csv
from cijob_analysis.snapshot.parquet import write_table

if TYPE_CHECKING:
    import pandas as pd

FILES: Final = {"csv": ("CSV", "text/csv"), "parquet": ("Parquet", "application/vnd.apache.parquet")}
"""Endings of the files that can be saved, what they are called, and their media types."""


def content_of(frame: pd.DataFrame, ending: str) -> bytes:
    """Return `frame` as the content of a file.

    Raises
    ------
    ConfigurationError
        It is to be Parquet, and the extra ``archive`` is not installed.
    """
    if ending == "csv":
        with TemporaryDirectory() as folder:
            return write_csv(frame, Path(folder, "selected.csv")).read_bytes()
    content = BytesIO()
    write_table(frame.reset_index(drop=True), content)
    return content.getvalue()
