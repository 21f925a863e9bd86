"""What narwhals has no common word for, engine by engine: times as integers and back, small columns, small results."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Native(Protocol):
    """How frames of one engine are prepared for a portable metric, and its results handed back."""

    def prepared(self, frame: Any, texts: Mapping[str, str], times: Mapping[str, str]) -> Any:
        """Return `frame` with more columns: by their new names, `texts` as text, `times` as integers.

        Times are microseconds since 1970-01-01 UTC, whatever zone the frame or the session has.
        """

    def with_times(self, frame: Any, names: Sequence[str]) -> Any:
        """Return `frame` with the microseconds in the columns `names` turned into times in UTC."""

    def numbers(self, like: Any, name: str, values: Sequence[range]) -> Any:
        """Return the integers of the ranges `values` as the column `name`, in the session of the frame `like`."""

    def split(self, frame: Any, name: str) -> Any:
        """Return each row as often as there are different texts in the column `name`, joined by commas, or once."""

    def fetched(self, frame: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a small frame of integers and texts."""


class _Polars:
    def prepared(self, frame: Any, texts: Mapping[str, str], times: Mapping[str, str]) -> Any:
        import polars as pl

        utc = pl.Datetime("us", "UTC")
        return frame.with_columns(
            *(pl.col(old).cast(pl.String).alias(new) for new, old in texts.items()),
            *(pl.col(old).cast(utc).dt.epoch("us").alias(new) for new, old in times.items()),
        )

    def with_times(self, frame: Any, names: Sequence[str]) -> Any:
        import polars as pl

        return frame.with_columns(pl.col(name).cast(pl.Datetime("us", "UTC")) for name in names)

    def numbers(self, like: Any, name: str, values: Sequence[range]) -> Any:  # noqa: ARG002
        import polars as pl

        ranges = [pl.int_range(run.start, run.stop, run.step, eager=True) for run in values]
        return pl.LazyFrame({name: pl.concat(ranges)})

    def split(self, frame: Any, name: str) -> Any:
        import polars as pl

        return frame.with_columns(pl.col(name).str.split(",").list.unique()).explode(name)

    def fetched(self, frame: Any) -> list[tuple[Any, ...]]:
        return frame.collect().rows()  # type: ignore[no-any-return]


class _DuckDB:
    def prepared(self, frame: Any, texts: Mapping[str, str], times: Mapping[str, str]) -> Any:
        from duckdb import ColumnExpression, FunctionExpression

        names = [name for name in frame.columns if name not in texts]
        instants = {new: ColumnExpression(old).cast("TIMESTAMP WITH TIME ZONE") for new, old in times.items()}
        return frame.select(
            *(ColumnExpression(name) for name in names),
            *(ColumnExpression(old).cast("VARCHAR").alias(new) for new, old in texts.items()),
            *(FunctionExpression("epoch_us", time).alias(new) for new, time in instants.items()),
        )

    def with_times(self, frame: Any, names: Sequence[str]) -> Any:
        from duckdb import ColumnExpression, FunctionExpression

        return frame.select(
            *(
                FunctionExpression("make_timestamptz", ColumnExpression(name)).alias(name)
                if name in names
                else ColumnExpression(name)
                for name in frame.columns
            )
        )

    def numbers(self, like: Any, name: str, values: Sequence[range]) -> Any:
        ranges = (f'SELECT unnest(range({run.start}, {run.stop}, {run.step})) AS "{name}"' for run in values)
        return like.query("frame", " UNION ALL ".join(ranges))

    def split(self, frame: Any, name: str) -> Any:
        texts = f"""list_distinct(string_split("{name}", ','))"""
        return frame.project(f'* REPLACE (unnest(coalesce({texts}, [NULL])) AS "{name}")')

    def fetched(self, frame: Any) -> list[tuple[Any, ...]]:
        return frame.fetchall()  # type: ignore[no-any-return]


class _Spark:
    def prepared(self, frame: Any, texts: Mapping[str, str], times: Mapping[str, str]) -> Any:
        from pyspark.sql import functions

        instants = {new: functions.col(old).cast("timestamp") for new, old in times.items()}
        return frame.withColumns(
            {new: functions.col(old).cast("string") for new, old in texts.items()}
            | {new: functions.unix_micros(time) for new, time in instants.items()}
        )

    def with_times(self, frame: Any, names: Sequence[str]) -> Any:
        from pyspark.sql import functions

        return frame.withColumns({name: functions.timestamp_micros(functions.col(name)) for name in names})

    def numbers(self, like: Any, name: str, values: Sequence[range]) -> Any:
        ranges = (like.sparkSession.range(run.start, run.stop, run.step) for run in values)
        return reduce(lambda above, below: above.union(below), ranges).withColumnRenamed("id", name)

    def split(self, frame: Any, name: str) -> Any:
        from pyspark.sql import functions

        texts = functions.array_distinct(functions.split(functions.col(name), ","))
        return frame.withColumn(name, functions.explode_outer(texts))

    def fetched(self, frame: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in frame.collect()]


class _Pandas:
    def prepared(self, frame: Any, texts: Mapping[str, str], times: Mapping[str, str]) -> Any:
        import numpy as np

        from cijob_analysis.metrics.instants import instants

        columns: dict[str, Any] = {new: frame[old].astype(schema.TEXT) for new, old in texts.items()}
        for new, old in times.items():
            values = instants(frame, old)
            columns[new] = np.where(np.isnat(values), np.nan, values.astype(np.int64))  # exact until the year 2255
        return frame.assign(**columns)

    def with_times(self, frame: Any, names: Sequence[str]) -> Any:
        from cijob_analysis.metrics.instants import NEVER, utc_column

        columns = {}
        for name in names:
            micros = frame[name].fillna(0).astype("int64").to_numpy().astype("datetime64[us]")
            micros[frame[name].isna()] = NEVER
            columns[name] = utc_column(micros)
        return frame.assign(**columns)

    def numbers(self, like: Any, name: str, values: Sequence[range]) -> Any:  # noqa: ARG002
        import numpy as np
        import pandas as pd

        return pd.DataFrame({name: np.concatenate([np.arange(run.start, run.stop, run.step) for run in values])})

    def split(self, frame: Any, name: str) -> Any:
        texts = [list(dict.fromkeys(text.split(","))) if isinstance(text, str) else text for text in frame[name]]
        return frame.assign(**{name: texts}).explode(name, ignore_index=True).astype({name: schema.TEXT})

    def fetched(self, frame: Any) -> list[tuple[Any, ...]]:
        import pandas as pd

        return [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame.itertuples(index=False)]


_NATIVES: dict[tuple[str, str], Native] = {
    ("polars", "DataFrame"): _Polars(),
    ("polars", "LazyFrame"): _Polars(),
    ("pandas", "DataFrame"): _Pandas(),
    ("pyspark", "DataFrame"): _Spark(),
    ("duckdb", "DuckDBPyRelation"): _DuckDB(),
    ("_duckdb", "DuckDBPyRelation"): _DuckDB(),
}
"""By the library and the name of the type, so that no engine is imported to find out."""


def native_of(frame: Any) -> Native:
    """Return how to handle frames like `frame`.

    Raises
    ------
    ConfigurationError
        It is no frame of an engine that the metrics run on.
    """
    for kind in type(frame).__mro__:
        native = _NATIVES.get((kind.__module__.partition(".")[0], kind.__name__))
        if native is not None:
            return native
    raise ConfigurationError(
        f"a pandas DataFrame, a Snapshot, a Polars DataFrame or LazyFrame, a DuckDB relation or a PySpark DataFrame "
        f"is needed, not {type(frame).__module__}.{type(frame).__qualname__}"
    )
