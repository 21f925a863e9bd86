"""What all portable metrics have in common."""

import subprocess
import sys
from datetime import timedelta
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics import portable
from cijob_analysis.metrics.spans import makespan
from cijob_analysis.metrics.states import state_counts
from tests.metrics.engines import cases
from tests.metrics.engines.frames import (
    COLUMNS,
    ENGINES,
    KERNELS,
    TIMES,
    Engine,
    Row,
    connection,
    duckdb_relation,
    lazy_frame,
    pandas_frame,
    plain,
    polars_frame,
)

MORE = ["workflow_id", "code", "message", "object_key"]
ROWS: list[Row] = [
    {
        "g": group,
        "state": state,
        "created_at": cases.BASE,
        "started_at": cases.BASE + timedelta(seconds=number),
        "ended_at": cases.BASE + timedelta(minutes=number),
        "workflow_id": "w1",
    }
    for number, (group, state) in enumerate([("a", "Success"), ("b", "Running"), (None, "Failed"), ("a", "Cancel")])
]


@pytest.mark.parametrize("metric", portable.__all__)
def test_the_columns_are_those_of_pandas_and_the_types_plain(metric: str) -> None:
    answers = [engine.ask(metric, ROWS, MORE) for engine in ENGINES]
    names = [list(answer[0]) for answer in answers]
    assert all(found == names[0] for found in names)
    kinds = [[type(cell) for cell in answer[0].values()] for answer in answers]
    assert all(found == kinds[0] for found in kinds)


@pytest.mark.parametrize("metric", portable.__all__)
def test_what_comes_in_goes_out_as_its_own_kind(metric: str) -> None:
    function = getattr(KERNELS, metric)
    columns = [*COLUMNS, *MORE]
    assert isinstance(function(pandas_frame(ROWS, columns)), pd.DataFrame)
    assert isinstance(function(polars_frame(ROWS, columns)), pl.DataFrame)
    assert isinstance(function(lazy_frame(ROWS, columns)), pl.LazyFrame)
    assert isinstance(function(duckdb_relation(ROWS, columns)), duckdb.DuckDBPyRelation)


@pytest.mark.parametrize("metric", portable.__all__)
def test_a_frame_stays_as_it_was(metric: str) -> None:
    frame = polars_frame(ROWS, [*COLUMNS, *MORE])
    before = frame.clone()
    getattr(portable, metric)(frame)
    assert frame.equals(before)
    assert frame.columns == before.columns


@pytest.mark.parametrize("metric", portable.__all__)
@pytest.mark.parametrize("frame", [{"state": []}, [1], "tasks.parquet", pl.Series([1])], ids=str)
def test_what_is_no_frame_is_refused(metric: str, frame: Any) -> None:
    with pytest.raises(ConfigurationError, match=rf"is needed, not .*{type(frame).__name__}"):
        getattr(KERNELS, metric)(frame)


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_a_missing_column_is_named(engine: Engine) -> None:
    with pytest.raises(SchemaError, match="lacks queue"):
        engine.ask("makespan", ROWS, by="queue")
    with pytest.raises(SchemaError, match="lacks ended_at"):
        engine.functions.makespan(engine.frame(ROWS, ["state", "created_at"]))


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_a_time_without_a_zone_is_refused(engine: Engine) -> None:
    with pytest.raises(ConfigurationError, match="which zone"):
        engine.ask("makespan", ROWS, as_of="2026-03-01")


def test_columns_of_times_without_a_zone_are_refused() -> None:
    naive = polars_frame(ROWS, [*COLUMNS]).with_columns(pl.col(name).dt.replace_time_zone(None) for name in TIMES)
    frames = [naive, naive.lazy(), connection().from_arrow(naive.to_arrow())]
    for frame in frames:
        with pytest.raises(SchemaError, match=r"created_at is of dtype .*zone"):
            makespan(frame)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_times_may_be_finer_or_coarser_and_in_any_zone(unit: Any) -> None:
    frame = polars_frame(ROWS, [*COLUMNS])
    there = frame.with_columns(
        pl.col(name).dt.cast_time_unit(unit).dt.convert_time_zone("Asia/Tokyo") for name in TIMES
    )
    assert makespan(there).equals(makespan(frame))
    relation = makespan(connection().from_arrow(there.to_arrow()))
    assert [plain(row) for row in relation.pl().rows(named=True)] == makespan(frame).rows(named=True)


@pytest.mark.parametrize("engine", ENGINES[:-1], ids=repr)  # in DuckDB each has a type
def test_a_column_without_a_value_may_be_of_any_type(engine: Engine) -> None:
    frame = engine.frame([{**ROWS[1], "ended_at": None}], [*COLUMNS])
    is_pandas = isinstance(frame, pd.DataFrame)
    frame = frame.assign(ended_at=None) if is_pandas else frame.with_columns(ended_at=pl.lit(None))
    (found,) = engine.rows(engine.functions.makespan(frame))
    assert (found["unfinished"], plain(found)["last_ended_at"]) == (1, None)


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_columns_of_ones_own_stay_untouched(engine: Engine) -> None:
    columns = [*COLUMNS, "n", "value", "_one", "_number"]
    rows = [{**row, "n": "7", "value": "8", "_one": "9", "_number": "10"} for row in ROWS]
    counts = [{name: row[name] for name in ("state", "n")} for row in engine.ask("state_counts", rows, columns[5:])]
    assert counts == [{name: row[name] for name in ("state", "n")} for row in engine.ask("state_counts", ROWS)]
    longer = engine.ask("add_durations", rows, columns[5:])
    assert [row["value"] for row in longer] == ["8"] * len(rows)
    assert list(longer[0]) == [*columns, *schema.DURATIONS, "is_censored"]


def test_durations_that_are_there_are_computed_anew() -> None:
    frame = polars_frame(ROWS, [*COLUMNS])
    once = KERNELS.add_durations(frame)
    assert KERNELS.add_durations(once.with_columns(run_time_s=pl.lit(0.0))).equals(once)


def test_a_lazy_frame_is_not_computed_before_it_is_asked_for() -> None:
    def fail(_: pl.Series, **__: object) -> pl.Series:
        raise RuntimeError("computed")

    times = pl.col("created_at").map_batches(fail, return_dtype=pl.Datetime("us", "UTC"))
    answer = makespan(lazy_frame(ROWS, [*COLUMNS]).with_columns(times))
    with pytest.raises((RuntimeError, pl.exceptions.ComputeError), match="computed"):
        answer.collect()


def test_narwhals_is_not_imported_before_it_is_needed() -> None:
    code = "import sys; import cijob_analysis.metrics; print('narwhals' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_snapshot_is_asked_about_its_lowest_level() -> None:
    from tests.archive.builders import a_snapshot

    assert state_counts(a_snapshot(2))["n"].sum() == 8
