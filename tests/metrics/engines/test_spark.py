"""The same answers from Spark; left out unless asked for, since it takes seconds for each query."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import cijob_analysis
from cijob_analysis import schema
from cijob_analysis.archive import Archive
from cijob_analysis.exceptions import SchemaError
from cijob_analysis.metrics.durations import add_durations
from cijob_analysis.metrics.spans import makespan
from tests.archive.builders import a_snapshot
from tests.builders import AS_OF
from tests.metrics.engines import cases, oracles
from tests.metrics.engines.examples import MORE, examples
from tests.metrics.engines.frames import COLUMNS, KERNELS, TIMES, Row, plain

pytestmark = pytest.mark.spark

ROWS = examples(40)
BY = ["example", "g"]
NOW = cases.AS_OF[1]
GUIDE = Path(cijob_analysis.__file__).parents[1] / "docs" / "guide" / "when-one-machine-is-not-enough.md"

QUESTIONS: list[tuple[Callable[..., Iterable[Row]], dict[str, Any]]] = [
    (oracles.state_counts, {"by": BY}),
    (oracles.makespan, {"by": BY, "as_of": NOW}),
    (oracles.makespan, {}),
    (oracles.concurrency, {"by": BY}),
    (oracles.concurrency, {"of": "queued", "as_of": NOW}),
    (oracles.concurrency_summary, {"by": BY, "of": "unfinished"}),
    (oracles.concurrency_summary, {"as_of": NOW}),
    (oracles.duration_summary, {"by": BY, "as_of": NOW}),
    (oracles.duration_summary, {"by": BY}),
    (oracles.throughput, {"by": ["g"], "tz": "Europe/Berlin"}),
    (partial(oracles.workflow_distribution, column="workflow_ids"), {}),
    (oracles.failure_counts, {}),
]


def frame_of(spark: Any, rows: list[Row]) -> Any:
    columns = [*COLUMNS, *MORE]
    types = ", ".join(f"{name} {'timestamp' if name in TIMES else 'string'}" for name in columns)
    return spark.createDataFrame([tuple(row.get(name) for name in columns) for row in rows], types)


def rows_of(frame: Any) -> list[Row]:
    return [plain(row) for row in frame.toArrow().to_pylist()]


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    return frame_of(spark, ROWS).cache()


@pytest.mark.parametrize(("oracle", "options"), QUESTIONS, ids=str)
def test_answers(frame: Any, oracle: Callable[..., Iterable[Row]], options: dict[str, Any]) -> None:
    name = (oracle.func if isinstance(oracle, partial) else oracle).__name__
    found, expected = rows_of(getattr(KERNELS, name)(frame, **options)), list(oracle(ROWS, **options))
    assert cases.agree(found, expected)


def test_durations(frame: Any) -> None:
    found = sorted(map(str, rows_of(add_durations(frame, as_of=NOW).drop(*MORE))))
    bare = [{name: row[name] for name in COLUMNS} for row in ROWS]
    assert found == sorted(map(str, oracles.add_durations(bare, NOW)))


@pytest.mark.parametrize(("oracle", "options"), [QUESTIONS[place] for place in (0, 1, 2, 6, 7, 9)], ids=str)
def test_no_rows(spark: Any, oracle: Callable[..., Iterable[Row]], options: dict[str, Any]) -> None:
    name = oracle.__name__
    assert cases.agree(rows_of(getattr(KERNELS, name)(frame_of(spark, []), **options)), list(oracle([], **options)))


def test_times_without_a_zone_are_refused(frame: Any) -> None:
    with pytest.raises(SchemaError, match="created_at is of dtype"):
        makespan(frame.withColumn("created_at", frame["created_at"].cast("timestamp_ntz")))


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # DuckDB's .df(), with pandas 3
def test_the_guide(spark: Any, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    archive.merge(a_snapshot(30))
    archive.merge(a_snapshot(5, first=20, state="Failed", month="2026-03", as_of=AS_OF + pd.Timedelta(hours=1)))
    names: dict[str, Any] = {"folder": tmp_path / "archive", "spill_folder": tmp_path / "spill", "spark": spark}
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), names)
    tasks, scanned, distributed = names["tasks"], names["scanned"], names["distributed"]
    assert len(tasks) == scanned.count("*").fetchall()[0][0] == distributed.count() > 0
    for metric in ("state_counts", "makespan", "concurrency_summary", "duration_summary"):
        function = getattr(KERNELS, metric)
        options = {"by": "workflow_id"} | ({} if metric == "state_counts" else {"as_of": names["as_of"]})
        expected = [
            plain({str(name): cell for name, cell in row.items()})
            for row in function(tasks, **options).to_dict("records")
        ]
        assert cases.agree(rows_of(function(distributed, **options)), expected)
        assert cases.agree([plain(row) for row in function(scanned, **options).to_arrow_table().to_pylist()], expected)
    assert list(names["details"]) == [column.name for column in schema.TASKS]
