from hypothesis import example, given
from hypothesis import strategies as st

from tests.metrics.engines import cases, oracles
from tests.metrics.engines.frames import Row

CODES = st.sampled_from(["InvalidInput", "Timeout", "", None])
MESSAGES = st.sampled_from(
    [
        "open raw/视频 1/a.mp4 failed: no such key",
        "open raw/视频 2/b.mov failed: no such key",
        "no answer from 10.1.2.3:8080 in 30.5 s (request NjQ1YjY3ZDJfOTBmYTk0MGFfMzI5)",
        'stream "v:0" has 17 frames of 1.2 GB since 2026-03-01T10:00:00+0800',
        "分辨率 1920 不支持",
        "",
        None,
    ]
)
OBJECTS = st.sampled_from(["raw/a.mp4", "raw/b.mp4", None])


@cases.FEW
@given(cases.rows(code=CODES, message=MESSAGES, object_key=OBJECTS))
@example([])
def test_failures(rows: list[Row]) -> None:
    expected = oracles.failure_counts(rows)
    cases.assert_all_agree("failure_counts", rows, expected, more=["code", "message", "object_key"])


@cases.FEW
@given(cases.rows())
def test_codes_messages_and_objects_need_not_be_there(rows: list[Row]) -> None:
    bare = [{**row, "code": None, "message": None} for row in rows]
    cases.assert_all_agree("failure_counts", rows, oracles.failure_counts(bare))
