import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.metrics.failures.masking import MASKS, masked

PIECES = st.sampled_from(
    [
        *("videos/a b/clip_01.mp4", "cos://b-125/x", "a/1.mp4", "10.0.3.17:80", "2026-03-01T10:00:00+08:00", "/", "."),
        *("j" + "0a" * 16, "30000 ms", "1.5 GB", "第12课", "it's", '"High 4:4:4"', " 'x y'", "\n\t", "x264", "0x7ffe"),
        *("Error", "𝟛", "\ud800"),
    ]
)
TEXTS = st.one_of(st.lists(PIECES).map(" ".join), st.text(max_size=60))


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("The file ads/spring sale/VID_00012.mkv is damaged", "The file <path> is damaged"),
        ("cos://b-1250000000/课程/第1课 & more.mp4 timed out after 30000 ms", "<path> timed out after <n> ms"),
        ("GET https://b-125.cos.ap-beijing.myqcloud.com/a/b.mp4?x=1: 404", "GET <path>: <n>"),
        ("I/O error reading videos/take.2/clip", "I/O error reading <path>"),
        ("no object videos/clip in b-125.cos.ap-beijing.myqcloud.com", "no object <path> in <host>"),
        ("a/1.mp4 is empty", "<path> is empty"),
        ("lost a/bc/d/e.mov, not f/g", "lost <path>, not f/g"),
        ("clip_007.mp4 is empty", "<path> is empty"),
        ("job j0123456789abcdef0123456789abcdef is gone", "job <id> is gone"),
        ("trace 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "trace <id>"),
        ("request NjU1M2YxMDBfMGEwMTAyMDNfMWEyYl83 refused", "request <id> refused"),
        ("worker 10.0.3.17:8080 lost", "worker <ip> lost"),
        ("expired at 2026-03-01T12:00:01+08:00", "expired at <time>"),
        ("1.5 GB are more than 900 MB", "<size> are more than <size>"),
        ('no profile "High 4:4:4" in \'main\'', "no profile <text> in <text>"),
        ("can't open it, it's 12:30", "can't open it, it's <n>"),
        ("超过30秒，分辨率 1920x1080 不支持", "超过<n>秒，分辨率 <n> 不支持"),
        ("two\n  lines\there", "two lines here"),
        ("UnsupportedOperationException", "UnsupportedOperationException"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_differs_from_object_to_object_is_masked(text: str, pattern: str) -> None:
    assert masked([text]) == [pattern]


def test_different_faults_stay_different() -> None:
    texts = ["No permission to read a1/b1.mp4", "No permission to write a1/b1.mp4", "moov atom not found"]
    assert len(set(masked(texts))) == 3


@given(st.lists(TEXTS))
def test_each_text_is_masked_as_the_expressions_say_one_after_the_other(texts: list[str]) -> None:
    expected = []
    for text in texts:
        for expression, mask in MASKS:
            text = re.sub(expression, mask, text)
        expected.append(text)
    assert masked(texts) == expected


@given(TEXTS)
def test_no_digit_is_left(text: str) -> None:
    assert not re.search("[0-9]", masked([text])[0])


def test_the_expressions_are_plain_enough_for_other_engines() -> None:
    for expression, mask in MASKS:
        assert not re.search(r"\(\?(?!:)|\\[1-9bBdDwWsSAZ]", expression), "lookaround, flags, or a class of opinions"
        assert not re.search(r"[\\$]", mask), "a reference to a group"


@pytest.mark.parametrize("text", ["a" * 5_000, "/" * 5_000, "ab/" * 2_000, "a1" * 3_000, "a." * 3_000, "' " * 3_000])
def test_odd_texts_are_no_reason_to_wait(text: str) -> None:
    assert len(masked([text])[0]) <= 4 * len(text)
