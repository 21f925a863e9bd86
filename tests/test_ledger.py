from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta, timezone

import pytest

from cijob_analysis.ledger import Anomaly, Failure, Ledger, LedgerEntry, clock_text

NOON = datetime(2026, 1, 31, 6, 2, tzinfo=UTC)
FETCH = LedgerEntry(request="GET /inventorytriggerjob", rows=3)


def test_a_complete_ledger_says_how_many_and_when() -> None:
    ledger = Ledger((FETCH,), NOON)
    assert ledger.is_complete
    assert ledger.line(3, "batch job") == "3 batch jobs as of 2026-01-31 06:02 UTC"
    assert ledger.line(1, "batch job", "Asia/Shanghai") == "1 batch job as of 2026-01-31 14:02 UTC+8"
    assert ledger.line(12480, "task") == "12\u202f480 tasks as of 2026-01-31 06:02 UTC"


@pytest.mark.parametrize(
    ("entry", "is_complete", "remark"),
    [
        ({"missing_ids": ("b1",)}, True, "1 id unknown to the service"),
        ({"invalid_ids": ("", "?")}, True, "2 texts not sent, being no id"),
        ({"failures": (Failure(what="b1", error="e", is_denied=True),)}, False, "incomplete: access denied to b1"),
        (
            {"failures": tuple(Failure(what=f"b{n}", error="e") for n in range(5))},
            False,
            "incomplete: b0, b1, b2 and 2 more could not be read",
        ),
        ({"ended": False, "notes": ("cut off by limit=5",)}, False, "incomplete: cut off by limit=5"),
        ({"ended": False}, False, "incomplete: GET /x did not end by itself"),
        ({"anomalies": (Anomaly(kind="k", column="c", n=2),)}, True, "2 odd values"),
    ],
)
def test_what_is_missing_is_said(entry: dict[str, object], is_complete: bool, remark: str) -> None:
    ledger = Ledger((LedgerEntry(request="GET /x", **entry),))  # type: ignore[arg-type]
    assert ledger.is_complete is is_complete
    assert ledger.remarks() == [remark]
    assert ledger.line(0, "batch job") == f"0 batch jobs; {remark}"


def test_ledgers_add_up_to_the_later_time() -> None:
    later = NOON + timedelta(hours=1)
    both = Ledger((FETCH,), later) + Ledger((FETCH,), NOON) + Ledger()
    assert both.entries == (FETCH, FETCH)
    assert both.as_of == later


def test_it_is_a_value_that_pandas_may_copy_and_compare() -> None:
    ledger = Ledger((FETCH,), NOON)
    assert copy.deepcopy(ledger) is ledger
    assert Ledger((FETCH,), NOON) == ledger
    assert {ledger: 1}[ledger] == 1


def test_as_a_frame_each_fetch_is_a_row() -> None:
    frame = Ledger((FETCH, LedgerEntry(request="GET /x", ended=False))).to_frame()
    assert frame["request"].tolist() == ["GET /inventorytriggerjob", "GET /x"]
    assert frame["is_complete"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("tz", "text"),
    [
        (None, "06:02 UTC"),
        ("Asia/Kolkata", "11:32 UTC+5:30"),
        ("America/New_York", "01:02 UTC−5"),
        (timezone(timedelta(hours=8)), "14:02 UTC+8"),
    ],
)
def test_a_time_names_its_zone(tz: str | None, text: str) -> None:
    assert clock_text(NOON, tz).endswith(text)


def entry(level: str, **fields: object) -> LedgerEntry:
    return LedgerEntry(request="GET /x", level=level, **fields)  # type: ignore[arg-type]


def test_levels_are_named_where_there_are_several() -> None:
    cut = {"ended": False, "notes": ("cut off: interrupted",)}
    assert Ledger((entry("tasks", **cut),)).remarks() == ["incomplete: cut off: interrupted"]
    assert Ledger((entry("batch_jobs"), entry("tasks", **cut))).remarks() == ["tasks incomplete: cut off: interrupted"]
    both = Ledger((entry("batch_jobs", ended=False), entry("tasks", **cut), entry("tasks", **cut)))
    assert both.remarks() == [
        "batch jobs incomplete: GET /x did not end by itself",
        "tasks incomplete: cut off: interrupted",
    ]


def test_denials_name_each_action_that_the_policy_lacks_once() -> None:
    failures = tuple(
        Failure(what=f"executions of b{number}", error="e", is_denied=True, action=action)
        for number, action in enumerate(("ci:One", "ci:Two", "ci:One", ""))
    )
    (remark,) = Ledger((entry("executions", failures=failures),)).remarks()
    assert remark == (
        "incomplete: access denied to executions of b0, executions of b1, executions of b2 and 1 more "
        "(the key's policy lacks ci:One, ci:Two)"
    )


def test_what_was_planned_stands_beside_what_was_sent() -> None:
    frame = Ledger((entry("tasks", planned=30, requests=33, retries=3), entry("workflows"))).to_frame()
    assert frame[["level", "planned", "requests", "retries"]].iloc[0].tolist() == ["tasks", 30, 33, 3]
    assert frame["planned"].isna().tolist() == [False, True]
