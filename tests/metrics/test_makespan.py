import numpy as np

from cijob_analysis.metrics import makespan
from tests.builders import batch_jobs

ROWS = (
    {"state": "Success", "tag": "a", "created_at": "2026-03-01 00:00", "ended_at": "2026-03-01 01:00"},
    {"state": "Failed", "tag": "a", "created_at": "2026-03-01 00:30", "ended_at": "2026-03-01 02:00"},
    {"state": "Running", "tag": "b", "created_at": "2026-03-01 01:00", "ended_at": "2026-03-01 09:00"},
)


def test_from_the_first_creation_to_the_last_end() -> None:
    found = makespan(batch_jobs(*ROWS[:2])).iloc[0]
    assert (found["n"], found["unfinished"], found["makespan_s"], found["is_censored"]) == (2, 0, 7200.0, False)
    assert (f"{found['first_created_at']:%H:%M}", f"{found['last_ended_at']:%H:%M}") == ("00:00", "02:00")


def test_what_is_unfinished_has_not_ended_by_then() -> None:
    frame = batch_jobs(*ROWS)
    frame.attrs = {}
    found = makespan(frame, by="tag", as_of="2026-03-01T03:00+00:00")
    assert found["makespan_s"].tolist() == [7200.0, 7200.0]
    assert found["is_censored"].tolist() == [False, True]
    assert np.isnan(makespan(frame, by="tag")["makespan_s"][1])
    assert makespan(frame)["makespan_s"][0] == 7200.0


def test_nothing_takes_nobody_knows_how_long() -> None:
    found = makespan(batch_jobs())
    assert (len(found), found["n"][0]) == (1, 0)
    assert found[["first_created_at", "last_ended_at", "makespan_s"]].isna().all(axis=None)
    assert len(makespan(batch_jobs(), by="tag")) == 0
