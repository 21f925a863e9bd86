"""What each refresh brought: a record for each part of it, whose append is what makes that part count."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import write_deltalake

from cijob_analysis.archive.cleaning import compact_if_scattered
from cijob_analysis.archive.tables import Tables, in_turn
from cijob_analysis.ledger import Ledger, LedgerEntry, ledger_of
from cijob_analysis.schema import LEVELS
from cijob_analysis.snapshot import Snapshot
from cijob_analysis.snapshot.ledgers import ledger_from_json, ledger_to_json

if TYPE_CHECKING:
    from cijob_analysis.archive.upsert import Upserted

NAME: Final = "refreshes"
KINDS: Final = (*LEVELS, "workflows")
_COUNTS: Final = ("rows", "new", "changed")
_TIME: Final = pa.timestamp("us", "UTC")
_SCHEMA: Final = pa.schema(
    [
        ("recorded_at", _TIME),
        ("as_of", _TIME),
        ("refresh_id", pa.string()),
        ("begun_at", _TIME),
        ("is_refresh", pa.bool_()),
        ("has_ended", pa.bool_()),
        ("is_complete", pa.bool_()),
        ("requests", pa.int64()),
        *((f"{kind}_{number}", pa.int64()) for kind in KINDS for number in (*_COUNTS, "version")),
        ("ledgers", pa.string()),
    ]
)


_CUT_OFF: Final = Ledger(
    (LedgerEntry(request="refresh", ended=False, notes=("cut off: the last refresh has not come to its end",)),)
)
"""What the ledger of the batch jobs says if the last refresh was killed, was interrupted, or is still under way."""


@dataclass(frozen=True)
class Visible:
    """What readers see.

    Attributes
    ----------
    versions : dict of str to int
        The version of each table.
    as_of : datetime.datetime or None
        When the last of it was read.
    ledgers : dict of str to Ledger
        Of each kind: of the last refresh, and what is incomplete since the last one that ended, which asked again
        for all that was incomplete before.
    """

    versions: dict[str, int]
    as_of: datetime | None
    ledgers: dict[str, Ledger]


NOTHING: Final = Visible({}, None, {})
"""What readers see before the first refresh."""


@dataclass(frozen=True)
class Refresh:
    """A refresh, or a plain merge.

    Attributes
    ----------
    refresh_id : str
        The same in the records of all its parts.
    begun_at : datetime.datetime
        Before it looked at what is known: what others record later, it does not know of.
    is_refresh : bool
        False for a plain merge, which is one part.
    """

    refresh_id: str
    begun_at: datetime
    is_refresh: bool


def begin(*, is_refresh: bool) -> Refresh:
    """Return a refresh that begins now."""
    return Refresh(secrets.token_hex(8), datetime.now(UTC), is_refresh)


def append(
    tables: Tables,
    refresh: Refresh,
    snapshot: Snapshot,
    upserted: Mapping[str, Upserted],
    versions: Mapping[str, int | None],
) -> None:
    """Record that `snapshot`, all of a merge or a part of a refresh, is in the tables: from now on readers see it."""
    ledger = snapshot.completeness
    row = {
        **asdict(refresh),
        "as_of": ledger.as_of,
        "has_ended": not refresh.is_refresh,
        "is_complete": ledger.is_complete,
        "requests": sum(entry.requests for entry in ledger.entries),
        "ledgers": json.dumps({kind: ledger_to_json(ledger_of(frame)) for kind, frame in snapshot.frames()}),
    }
    row |= {f"{kind}_{count}": getattr(upserted[kind], count) for kind in KINDS for count in _COUNTS}
    _append(tables, row | {f"{kind}_version": versions[kind] for kind in KINDS})


def append_end(tables: Tables, refresh: Refresh) -> None:
    """Record that a refresh came to its end: whatever was incomplete before it was asked for again."""
    _append(tables, {**asdict(refresh), "has_ended": True, "is_complete": True, "ledgers": "{}"})


def visible(tables: Tables) -> Visible:
    """Return what readers see.

    Of each table that is the largest version in any record: a version contains all that was committed before, so
    whoever recorded it, nobody's rows are missing.
    """
    table = tables.open(NAME)
    if table is None:
        return NOTHING
    stored = table.to_pyarrow_dataset()
    records = _frame(stored.to_table(columns=[name for name in _SCHEMA.names if name != "ledgers"]))
    if not len(records):
        return NOTHING
    last = records["refresh_id"].iloc[-1]
    ended = records.loc[records["is_refresh"] & records["has_ended"], "begun_at"]
    since = ended.iloc[-1] if len(ended) else records["begun_at"].min()
    telling = (pc.field("recorded_at") >= _instant(since)) & (
        ~pc.field("is_complete") | (pc.field("refresh_id") == last)
    )
    as_of = records["as_of"].max()
    ledgers = _ledgers(_frame(stored.to_table(columns=["recorded_at", "refresh_id", "ledgers"], filter=telling)), last)
    if not records.loc[records["refresh_id"] == last, "has_ended"].any():
        ledgers["batch_jobs"] += _CUT_OFF
    return Visible(
        versions={kind: int(records[f"{kind}_version"].max()) for kind in KINDS},
        as_of=None if pd.isna(as_of) else as_of.to_pydatetime(),
        ledgers=ledgers,
    )


def history(tables: Tables) -> pd.DataFrame:
    """Return the refreshes as a frame, newest first; see `Archive.history`."""
    table = tables.open(NAME)
    stored = _SCHEMA.empty_table() if table is None else table.to_pyarrow_dataset().to_table()
    counts = [f"{kind}_{count}" for kind in KINDS for count in _COUNTS]
    how = {"recorded_at": "max", "as_of": "max", "is_refresh": "first", "has_ended": "any", "is_complete": "all"}
    records = _frame(stored.drop_columns(["ledgers"]))
    refreshes = records.groupby("refresh_id").agg(how | dict.fromkeys(["requests", *counts], "sum"))
    refreshes["is_complete"] &= refreshes.pop("has_ended")
    refreshes = refreshes.astype(dict.fromkeys(["requests", *counts], "int64"))
    return refreshes.sort_values("recorded_at", ascending=False, ignore_index=True)


def _append(tables: Tables, row: Mapping[str, Any]) -> None:
    def attempt() -> None:
        table = tables.open_or_create(NAME, _SCHEMA, time="recorded_at")
        record = pa.Table.from_pylist([{**row, "recorded_at": datetime.now(UTC)}], _SCHEMA)
        write_deltalake(table, record, mode="append")
        compact_if_scattered(table)

    in_turn(attempt, "record the refresh")


def _frame(records: Any) -> pd.DataFrame:
    return pd.DataFrame(records.to_pandas()).sort_values("recorded_at", ignore_index=True)


def _instant(time: pd.Timestamp) -> Any:
    return pa.scalar(time, _TIME)


def _ledgers(records: pd.DataFrame, last: str) -> dict[str, Ledger]:
    """Join the ledgers of `records`: all of the last refresh, and what is incomplete in those before it."""
    joined = dict.fromkeys(KINDS, Ledger())
    for refresh_id, text in zip(records["refresh_id"], records["ledgers"], strict=True):
        for kind, value in json.loads(text).items():
            ledger = ledger_from_json(value)
            if refresh_id != last:
                ledger = Ledger(tuple(entry for entry in ledger.entries if not entry.is_complete), ledger.as_of)
            joined[kind] += ledger
    return joined
