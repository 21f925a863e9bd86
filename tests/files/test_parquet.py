from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from pandas.testing import assert_frame_equal
from pyarrow import parquet

from cijob_analysis import ConfigurationError, ResponseFormatError, read_parquet, schema, write_parquet
from cijob_analysis.ledger import ledger_of
from tests.builders import batch_jobs
from tests.files.frames import frames
from tests.test_snapshot_files import LEDGER


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frame=frames())
def test_any_frame_is_read_back(frame: pd.DataFrame, tmp_path: Path) -> None:
    for part in (frame, frame.iloc[::-1], frame.iloc[1:1]):
        assert_frame_equal(read_parquet(write_parquet(part, tmp_path / "x.parquet", overwrite=True)), part)


def test_the_ledger_is_kept_and_columns_are_explained(tmp_path: Path) -> None:
    frame = batch_jobs({"name": "a"})
    frame.attrs["ledger"] = LEDGER
    path = write_parquet(frame, tmp_path / "x.parquet")
    assert ledger_of(read_parquet(path)) == LEDGER
    said = json.loads(parquet.read_schema(path).metadata[b"cijob_analysis"])
    assert {name: column["description"] for name, column in said["columns"].items()} == {
        column.name: column.doc for column in schema.BATCH_JOBS
    }


def test_any_reader_reads_it_and_it_reads_those_of_others(tmp_path: Path) -> None:
    frame = batch_jobs({"name": "中文"}, {})
    path = write_parquet(frame, tmp_path / "x.parquet")
    assert pd.read_parquet(path)["name"].tolist()[0] == "中文"
    pd.DataFrame({"n": [1, 2]}).to_parquet(tmp_path / "theirs.parquet")
    assert read_parquet(tmp_path / "theirs.parquet")["n"].tolist() == [1, 2]


def test_columns_may_have_any_names(tmp_path: Path) -> None:
    frame = pd.DataFrame({0: pd.array(["a", None], "string"), 1: np.array(["2026-03-01", "NaT"], "M8[s]")})
    read = read_parquet(write_parquet(frame, tmp_path / "x.parquet"))
    assert read.columns.tolist() == frame.columns.tolist()
    assert read[0].tolist() == ["a", pd.NA]


def test_an_existing_file_is_kept_and_nothing_is_half_written(tmp_path: Path) -> None:
    path = write_parquet(batch_jobs({"name": "first"}), tmp_path / "x.parquet")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        write_parquet(batch_jobs({"name": "second"}), path)
    with pytest.raises(ConfigurationError, match=r"(?s)Parquet cannot keep this frame: .*column x"):
        write_parquet(pd.DataFrame({"x": [1, "a", [2]]}), path, overwrite=True)
    assert read_parquet(path)["name"].tolist() == ["first"]
    assert [path.name for path in tmp_path.iterdir()] == ["x.parquet"]


def test_what_is_no_such_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_parquet(tmp_path / "nowhere.parquet")
    (tmp_path / "x.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(ResponseFormatError, match=r"x\.parquet is damaged, or no Parquet file"):
        read_parquet(tmp_path / "x.parquet")


def test_without_pyarrow_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r'pip install "cijob-analysis\[archive\]"'):
        write_parquet(pd.DataFrame({"n": [1]}), tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []
