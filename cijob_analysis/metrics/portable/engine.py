"""What the portable metrics share: a frame of any engine with its times as integers, and the result in its kind.

Inside, times are microseconds since 1970-01-01 UTC, and columns that a metric works on are copies whose names begin
with an underscore, so that those of the frame stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import SchemaError
from cijob_analysis.metrics.instants import instant
from cijob_analysis.metrics.portable.natives import Native, native_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cijob_analysis.metrics.groups import By

Rows = nw.LazyFrame[Any]

TIMES = ("created_at", "started_at", "ended_at")
SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """A frame that a metric works on.

    Attributes
    ----------
    rows : narwhals LazyFrame
        Its rows, with a copy ``_x`` of each column ``x`` that was asked for.
    by : list of str
        Columns whose equal values make a group; none if all rows are one.
    native : Native
        How its engine is spoken to.
    is_eager : bool
        Whether the result is to be computed at once.
    """

    rows: Rows
    by: list[str]
    native: Native
    is_eager: bool

    def grouped(self, rows: Rows, *keys: str, **aggregates: nw.Expr) -> Rows:
        """Aggregate by group and `keys`; without either to one row, even if there are none."""
        names = [*self.by, *keys]
        return rows.group_by(*names).agg(**aggregates) if names else rows.select(**aggregates)

    def over(self, aggregate: nw.Expr, *keys: str, order_by: str | None = None) -> nw.Expr:
        """Compute `aggregate` for each row within its group and `keys`."""
        names = [*self.by, *keys]
        if names:
            return aggregate.over(*names, order_by=order_by)
        return aggregate if order_by is None else aggregate.over(order_by=order_by)

    def numbers(self, name: str, values: Sequence[range]) -> Rows:
        """Return the integers of the ranges `values` as rows of the same engine."""
        return _lazy(self.native.numbers(self.rows.to_native(), name, values))

    def groups(self) -> Rows:
        """Return a row for each group: by an aggregate, since `unique` numbers all rows on some engines."""
        return self.rows.group_by(*self.by).agg(nw.len().alias("_rows")).select(*self.by)

    def with_numbers(self, name: str, values: Sequence[range]) -> Rows:
        """Return a row for each group and each of the integers of `values`, in the column `name`."""
        numbers = self.numbers(name, values)
        return self.groups().join(numbers, how="cross") if self.by else numbers

    def split(self, rows: Rows, name: str) -> Rows:
        """Return each of `rows` as often as there are different texts in its column `name`, joined by commas."""
        return _lazy(self.native.split(rows.to_native(), name))

    def fetched(self, rows: Rows) -> list[tuple[Any, ...]]:
        """Return a few rows of integers and texts."""
        return self.native.fetched(rows.to_native())

    def closed(self, rows: Rows, *then: str, columns: Sequence[str], times: Sequence[str] = ()) -> Any:
        """Return `columns` of `rows` as the kind of frame that came: sorted by group, missing last, and `then`.

        States are sorted in their order. The microseconds in the columns `times` become times.
        """
        order = [*self.by, *then]
        if "state" in self.by:
            rows = rows.with_columns(_rank=state_number(nw.col("state")))
            order.insert(order.index("state"), "_rank")
        if order:
            rows = rows.sort(*order, nulls_last=True)
        return self.native_kind(rows.select(*self.by, *columns), times)

    def native_kind(self, rows: Rows, times: Sequence[str] = ()) -> Any:
        """Return `rows` as the kind of frame that came."""
        native = rows.collect().to_native() if self.is_eager else rows.to_native()
        return self.native.with_times(native, times) if times else native


def column_names(frame: Any) -> list[str]:
    """Return the names of the columns of a frame of any engine.

    Raises
    ------
    ConfigurationError
        It is no frame of an engine that the metrics run on.
    """
    native_of(frame)
    names: list[str] = nw.from_native(frame).collect_schema().names()
    return names


def opened(frame: Any, *, by: By = None, texts: Sequence[str] = (), times: Sequence[str] = ()) -> Table:
    """Return `frame` as a table that has ``_x`` for each x of `texts` and `times`.

    Raises
    ------
    ConfigurationError
        It is no frame of an engine that the metrics run on.
    SchemaError
        A column is missing, or holds no times with a zone.
    """
    native = native_of(frame)
    dtypes = nw.from_native(frame).collect_schema()
    keys = [by] if isinstance(by, str) else list(dict.fromkeys(by or ()))
    schema.require(pd.DataFrame(columns=dtypes.names()), *texts, *times, *keys)
    if not isinstance(frame, pd.DataFrame):  # whose times are checked when they are read
        for name in times:
            _require_instants(name, dtypes[name])
    enumerated = [name for name in keys if isinstance(dtypes[name], nw.Categorical | nw.Enum)]
    copies = {f"_{name}": name for name in texts} | {name: name for name in enumerated}
    rows = nw.from_native(native.prepared(frame, copies, {f"_{name}": name for name in times}))
    is_eager = isinstance(rows, nw.DataFrame)
    return Table(rows.lazy() if is_eager else rows, keys, native, is_eager)


def micros(as_of: datetime | str | None) -> int | None:
    """Return a point in time in microseconds; None if it is not known.

    Raises
    ------
    ConfigurationError
        It is no time, or has no zone.
    """
    return None if as_of is None else int(instant(as_of).astype("int64"))


def is_finished() -> nw.Expr:
    """Return whether the column ``_state`` is a final one."""
    return nw.col("_state").is_in(schema.TERMINAL).fill_null(False)


def state_number(state: nw.Expr, unknown: Sequence[str] = ()) -> nw.Expr:
    """Return the place of a state in the order of the schema, then of `unknown`; what is neither comes after."""
    names = [*schema.STATES, *unknown]
    number = whole(len(names))
    for place, name in reversed([*enumerate(names)]):
        number = nw.when(state == name).then(whole(place)).otherwise(number)
    return number


def whole(value: int) -> nw.Expr:
    """Return a 64-bit integer: a bare literal is smaller on some engines, and columns of two sizes do not mix."""
    return nw.lit(value, nw.Int64)


def missing(value: nw.Expr) -> nw.Expr:
    """Return a column of the type of `value` in which all are missing: a literal without a value has no sure type."""
    return nw.when(whole(0) == 1).then(value)


def flag(condition: nw.Expr) -> nw.Expr:
    """Return 1 where `condition` holds, else 0: not every engine adds booleans up."""
    return condition.fill_null(False).cast(nw.Int64)


def _lazy(native: Any) -> Rows:
    rows: Rows = nw.from_native(native).lazy()
    return rows


def _require_instants(name: str, dtype: nw.dtypes.DType) -> None:
    if isinstance(dtype, nw.Datetime) and dtype.time_zone is not None:
        return
    if isinstance(dtype, nw.Unknown):  # a column without a value, for one
        return
    raise SchemaError(f"the column {name} is of dtype {dtype}, and times with a zone are needed")
