"""Frames as Parquet files, whole or not at all."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from cijob_analysis.files.replacing import replacing
from cijob_analysis.snapshot.parquet import read_table, write_table

if TYPE_CHECKING:
    import pandas as pd


def write_parquet(frame: pd.DataFrame, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a frame as Parquet (zstd); `read_parquet` gives it back, dtypes, index and ledger and all.

    Any reader of Parquet reads the file; what our columns mean, their units, and the ledger stand in its metadata, as
    JSON below ``cijob_analysis``. It appears when it is complete, not before. Needs the extra ``archive``.

    Parameters
    ----------
    frame : pandas.DataFrame
        What a fetch returned, or any part of it, with columns of one's own or without.
    path : str or path
        Where to.
    overwrite : bool
        Replace a file that is there.

    Returns
    -------
    pathlib.Path
        Where it is.

    Raises
    ------
    FileExistsError
        There is a file and it is not to be replaced.
    ConfigurationError
        The extra ``archive`` is not installed, or a column has cells that Parquet cannot keep; nothing is written.
    """
    with replacing(path, overwrite=overwrite) as temporary:
        write_table(frame, temporary)
    return Path(path)


def read_parquet(path: str | PathLike[str]) -> pd.DataFrame:
    """Read a file that `write_parquet` wrote.

    Parameters
    ----------
    path : str or path
        Where it is.

    Returns
    -------
    pandas.DataFrame
        What was written: dtypes, index, categories and their order, and the ledger in ``attrs``. Of a Parquet file that
        somebody else wrote, what pandas makes of it.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ResponseFormatError
        It is damaged, no Parquet, or a later version of the package wrote it.
    ConfigurationError
        The extra ``archive`` is not installed.
    """
    return read_table(path)
