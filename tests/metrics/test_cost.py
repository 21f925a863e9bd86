"""What tasks cost, and that nothing is guessed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis import read_answer, schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics.pricing.costs import cost
from cijob_analysis.metrics.pricing.prices import COLUMNS, UNITS, checked, list_prices
from cijob_analysis.snapshot import Snapshot

HERE = "ap-guangzhou"
LISTED_HERE = list_prices(HERE)
PRICES: dict[Any, float] = LISTED_HERE.set_index(["task_type", "item"])["price"].to_dict()


def tasks(*rows: dict[str, Any]) -> pd.DataFrame:
    """Tasks that are succeeded transcodings with ids j0, j1 … unless a row says otherwise."""
    usual = {"task_type": "Transcode", "state": "Success", "media_duration_s": np.nan, "template_id": None}
    cells = [{"task_id": f"j{number}", **usual, "extra": None, **row} for number, row in enumerate(rows)]
    columns = ["task_id", *usual, "extra"]
    frame = pd.DataFrame(cells, columns=list(dict.fromkeys([*columns, *(name for row in rows for name in row)])))
    states = schema.in_order(state for state in frame["state"] if isinstance(state, str))
    texts = dict.fromkeys(("task_id", "task_type", "template_id", "extra"), schema.TEXT)
    return frame.astype({**texts, "state": pd.CategoricalDtype(states), "media_duration_s": "float64"})


def extra(operation: dict[str, Any], **others: Any) -> str:
    return json.dumps({"Operation": operation, **others}, ensure_ascii=False)


def streams(video: Any, audio: Any = None) -> str:
    return extra({"MediaInfo": {"Format": {"NumStream": "2"}, "Stream": {"Audio": audio, "Video": video}}})


def video(width: int, height: int, codec: str = "h264") -> dict[str, str]:
    return {"CodecName": codec, "Height": str(height), "Width": str(width)}


def minutes(n: float, width: int = 1280, height: int = 720, codec: str = "h264", **cells: Any) -> dict[str, Any]:
    """A task whose result plays for `n` minutes."""
    return {"media_duration_s": 60 * n, "extra": streams(video(width, height, codec)), **cells}


def reasons(*rows: dict[str, Any], **options: Any) -> list[str | None]:
    """Why each task has no price; None for one that has."""
    found = cost(tasks(*rows), **{"region": HERE, **options}).rows["reason"]
    return [None if pd.isna(reason) else reason for reason in found]


def one_price(task_type: str = "Transcode", item: str = "any", unit: str = "call", price: Any = 1.0) -> pd.DataFrame:
    return pd.DataFrame([(task_type, item, unit, price, "USD")], columns=list(COLUMNS))


def test_minutes_by_codec_and_size_and_calls_by_the_thousand() -> None:
    found = cost(
        tasks(
            minutes(10),
            minutes(30, 1920, 1080),
            minutes(2.5),
            minutes(4, 640, 480, "hevc"),
            *[{"task_type": "Snapshot"}] * 4,
        ),
        region=HERE,
    )
    assert found.frame.to_dict("list") == {
        "task_type": ["Transcode", "Transcode", "Transcode", "Snapshot"],
        "item": ["H.264 FHD", "H.264 HD", "H.265 SD", "any"],
        "tasks": [1, 2, 1, 4],
        "quantity": [30, 12.5, 4, 0.004],
        "unit": ["output minute"] * 3 + ["1000 calls"],
        "price": [0.0094, 0.0046, 0.012, 0.015],
        "amount": pytest.approx([0.282, 0.0575, 0.048, 0.00006]),
    }
    assert found.total == pytest.approx(0.38756)
    assert (found.currency, found.is_complete, len(found.unpriced)) == ("USD", True, 0)
    assert found.describe() == "0.39 USD for 8 tasks, by list prices of December 2024 for mainland China"


@pytest.mark.parametrize(
    ("width", "height", "item"),
    [
        (854, 480, "H.264 SD"),
        (856, 481, "H.264 HD"),
        (720, 1280, "H.264 HD"),
        (1921, 1080, "H.264 FHD"),
        (2560, 1440, "H.264 2K"),
        (3840, 2160, "H.264 4K"),
    ],
)
def test_videos_are_told_by_their_short_side(width: int, height: int, item: str) -> None:
    assert cost(tasks(minutes(1, width, height)), region=HERE).frame["item"].tolist() == [item]


def test_regions_have_their_prices() -> None:
    regions = ["ap-beijing", "na-ashburn", "eu-frankfurt"]
    assert [cost(tasks(minutes(1)), region=region).total for region in regions] == [0.0046, 0.0049, 0.01]


def test_what_is_only_heard_has_a_price_of_its_own() -> None:
    heard = {"media_duration_s": 600.0, "extra": streams(None, {"CodecName": "aac"})}
    silent = {"media_duration_s": 600.0, "extra": streams(None)}
    found = cost(tasks(heard, silent), region=HERE)
    assert found.rows["item"].tolist()[0] == "audio only"
    assert found.total == pytest.approx(0.008)
    assert found.unpriced["reason"].tolist() == ["codec and size of its result are not in the answer"]


def test_a_result_with_several_videos() -> None:
    small, large = video(640, 360), video(1920, 1080)
    alike = {"media_duration_s": 60.0, "extra": streams([small, video(480, 360)])}
    unlike = {"media_duration_s": 60.0, "extra": streams([small, large])}
    several = "its result has several videos, and the price list does not say which one counts"
    assert reasons(alike, unlike) == [None, several]


def test_what_the_answer_does_not_say_is_not_guessed() -> None:
    untold = "codec and size of its result are not in the answer"
    how_long = "how long its result plays is not in the answer"
    assert reasons(
        {"media_duration_s": 60.0},
        {"media_duration_s": 60.0, "extra": "no JSON"},
        {"media_duration_s": 60.0, "extra": streams({"CodecName": "h264", "Height": "?", "Width": "1280"})},
        {"extra": streams(video(1280, 720))},
        minutes(-1),
        minutes(np.inf),
        minutes(1, 1280, 720, "gif"),
        minutes(1, 7680, 4320),
        {"task_type": "Segment"},
        {"task_type": "SCF"},
        {"task_type": "PicProcess"},
        {"task_type": "FileCompress"},
        {"task_type": "SuperResolution", "media_duration_s": 60.0},
    ) == [
        untold,
        untold,
        untold,
        how_long,
        how_long,
        how_long,
        "there is no price for gif HD",
        "there is no price for H.264 above 4K",
        how_long,
        "there is no price for this type of task",
        "which of its prices applies is not in the answer",
        "how many bytes are billed is not in the answer",
        "which of its prices applies is not in the answer",
    ]


def test_only_what_succeeded_has_a_price_but_the_list_says_what_failed_for_free() -> None:
    not_said = "and the price list does not say whether that is billed"
    calls = [{"task_type": "Snapshot", "state": state} for state in ("Failed", "Cancel", "Running", "Odd", None)]
    assert reasons(*calls, {"task_type": None}) == [
        f"it failed, {not_said}",
        f"it was cancelled, {not_said}",
        "it has not finished",
        "its state is not known",
        "it has no state",
        "it has no type",
    ]
    free = cost(tasks(*({"task_type": kind, "state": "Failed"} for kind in ("VideoTag", "DocProcess"))), region=HERE)
    assert free.frame[["task_type", "item", "tasks", "amount"]].to_dict("records") == [
        {"task_type": kind, "item": "failed, not billed", "tasks": 1, "amount": 0}
        for kind in ("VideoTag", "DocProcess")
    ]
    assert free.is_complete
    assert free.describe().startswith("0.00 USD for 2 tasks")


def test_a_task_is_paid_for_once() -> None:
    twice = cost(tasks({"task_type": "MediaInfo"}, {"task_type": "MediaInfo"}).assign(task_id="j1"), region=HERE)
    assert twice.unpriced.to_dict("records") == [{"task_type": "MediaInfo", "reason": "it is there twice", "n": 1}]
    nameless = tasks({"task_type": "MediaInfo", "task_id": None}, {"task_type": "MediaInfo", "task_id": None})
    assert cost(nameless, region=HERE).is_complete


def test_minutes_that_tell_only_a_part_of_the_price() -> None:
    seen = {"Stream": {"Video": video(1280, 720)}}
    marked = extra({"DigitalWatermark": {"Type": "Text"}, "MediaInfo": seen})
    fast = extra({"MediaInfo": seen}, QueueType="SpeedTranscoding")
    both = extra({"Output": {"Object": "music.mp3", "AuObject": "voice.mp3"}})
    voice = extra({"Output": {"AuObject": "voice.mp3"}, "UserData": '"Object": "'})
    plays = {"media_duration_s": 60.0}
    assert reasons(
        {**plays, "extra": marked},
        {**plays, "extra": marked, "task_type": "DigitalWatermark"},
        {**plays, "extra": fast},
        {**plays, "extra": both, "task_type": "VoiceSeparate"},
        {**plays, "extra": voice, "task_type": "VoiceSeparate"},
    ) == [
        "it adds a digital watermark, which is billed apart",
        None,
        "it ran in a queue for speed transcoding, which has prices of its own",
        "it makes two files, and how long the second one plays is not in the answer",
        None,
    ]


def test_minutes_of_the_input_come_from_a_column_of_yours() -> None:
    frame = tasks({"task_type": "SmartCover", "media_duration_s": 5.0}, {"task_type": "SmartCover"})
    assert cost(frame, region=HERE).unpriced[["reason", "n"]].to_dict("records") == [
        {"reason": "how long its input plays is not in the answer", "n": 2}
    ]
    assert cost(frame.assign(input_duration_s=[600, np.nan]), region=HERE).total == pytest.approx(0.26)


def test_documents_by_the_page() -> None:
    def converted(target: str | None, pages: Any) -> dict[str, Any]:
        operation = {"DocProcess": {"SrcType": "pptx", "TgtType": target}, "DocProcessResult": {"SuccPageCount": pages}}
        return {"task_type": "DocProcess", "extra": extra(operation)}

    found = cost(
        tasks(converted("png", "200"), converted("jpg", None), converted("pdf", "3"), converted(None, "3")),
        region=HERE,
    )
    assert found.frame[["item", "quantity", "unit"]].to_dict("records") == [
        {"item": "image", "quantity": 0.2, "unit": "1000 pages"}
    ]
    assert found.rows["reason"].tolist()[1:] == [
        "how many pages it made is not in the answer",
        "there is no price for pdf",
        "what it turned the document into is not in the answer",
    ]


def test_prices_of_ones_own() -> None:
    prices = pd.concat(
        [
            one_price(unit="output minute", price=0.5),
            one_price(item="HD", unit="output minute", price=0.25),
            one_price(item="H.265 HD", unit="output minute", price=2),
            one_price("SCF", price=0.125),
        ]
    ).assign(currency="CNY", note="as agreed")
    found = cost(
        tasks(
            minutes(1),
            minutes(1, codec="hevc"),
            minutes(1, 320, 240),
            {"media_duration_s": 60.0},
            {"task_type": "SCF"},
            {"task_type": "Snapshot"},
        ),
        prices,
    )
    assert found.rows["amount"].tolist()[:5] == [0.25, 2, 0.5, 0.5, 0.125]
    assert found.rows["item"].tolist()[:5] == ["HD", "H.265 HD", "any", "any", "any"]
    assert found.describe() == (
        "3.38 CNY for 5 of 6 tasks, by the prices given; "
        "not priced: 1 Snapshot (there is no price for this type of task)"
    )


def test_top_speed_templates_cost_more_and_have_to_be_named() -> None:
    rows = [
        minutes(1, template_id="t1"),
        minutes(1, template_id="t2"),
        minutes(1),
        minutes(1, codec="vp9", template_id="t2"),
    ]
    assert cost(tasks(*rows[:3]), region=HERE).frame["amount"].tolist() == pytest.approx([0.0138])
    found = cost(tasks(*rows), region=HERE, top_speed_templates=["t2", "t3"])
    assert found.rows["item"].tolist()[:3] == ["H.264 HD", "top speed H.264 HD", "H.264 HD"]
    assert found.rows["amount"].tolist()[:3] == [0.0046, 0.0147, 0.0046]
    assert found.unpriced["reason"].tolist() == ["there is no price for top speed VP9 HD"]


def test_rows_stand_as_the_tasks_do_and_add_up_by_whatever_people_ask_for() -> None:
    frame = tasks(minutes(10, batch_job_id="b1"), {"batch_job_id": "b1"}, minutes(20, batch_job_id="b2"))
    frame.index = pd.Index([7, 7, 3])
    frame.attrs["note"] = "kept"
    before = frame.copy(deep=True)
    rows = cost(frame, region=HERE).rows
    assert list(rows) == [
        "task_id", "batch_job_id", "task_type", "item", "quantity", "unit", "price", "amount", "reason",
    ]  # fmt: skip
    assert rows.index.tolist() == [7, 7, 3]
    assert rows.groupby("batch_job_id")["amount"].sum().to_dict() == {"b1": 0.046, "b2": 0.092}
    pd.testing.assert_frame_equal(frame, before)
    assert frame.attrs == before.attrs


def test_no_tasks_and_none_that_has_a_price() -> None:
    nothing = cost(schema.empty(schema.TASKS), region=HERE)
    assert (nothing.total, nothing.describe(), nothing.is_complete) == (0, "no tasks", True)
    full = cost(tasks(minutes(1), {}), region=HERE)
    for name in ("frame", "unpriced"):
        assert getattr(nothing, name).dtypes.to_dict() == getattr(full, name).dtypes.to_dict()
    without = cost(tasks(*[{"task_type": kind} for kind in ("SCF", "SCF", "A", "B", "C", None)]), region=HERE)
    assert without.describe() == (
        "no price for any of 6 tasks; not priced: 2 SCF (there is no price for this type of task), "
        "1 A (there is no price for this type of task), 1 B (there is no price for this type of task), 2 more"
    )
    assert repr(without) == f"<Cost: {without.describe()}>"


def test_the_page_shows_sums_and_what_is_missing() -> None:
    page = cost(tasks(minutes(1), {"task_type": "<b>"}), region=HERE)._repr_html_()
    assert page.count("<table") == 2
    assert "<b>" not in page


def test_answers_as_they_are_read() -> None:
    answer = b"""<Response><JobsDetail><JobId>j1</JobId><State>Success</State><Tag>Transcode</Tag><Operation>
      <Transcode><Video><Codec>H.265</Codec><Width>3840</Width><Height>2160</Height></Video></Transcode>
      <MediaInfo><Format><Duration>90.0</Duration></Format><Stream>
        <Audio><CodecName>aac</CodecName></Audio><Subtitle/>
        <Video><CodecName>h264</CodecName><Height>360</Height><Width>640</Width></Video>
      </Stream></MediaInfo></Operation></JobsDetail></Response>"""
    found = cost(Snapshot(tasks=read_answer(answer).frame), region=HERE)
    assert found.rows[["item", "quantity", "amount"]].to_dict("records") == [
        {"item": "H.264 SD", "quantity": 1.5, "amount": pytest.approx(0.00345)}
    ]


@pytest.mark.parametrize("region", ["ap-chengdu", "na-siliconvalley", "ap-singapore"])
def test_the_list_is_such_as_can_be_given(region: str) -> None:
    prices = list_prices(region)
    pd.testing.assert_frame_equal(checked(prices), prices)
    assert list(prices) == list(COLUMNS)
    assert set(prices["unit"]) <= set(UNITS)
    again = cost(tasks(minutes(7)), prices)
    assert again.total == cost(tasks(minutes(7)), region=region).total


@pytest.mark.parametrize(
    ("prices", "message"),
    [
        (one_price(price="much"), "price='much'"),
        (one_price(price=-1), "price=-1"),
        (one_price(unit="hour"), "unit='hour' is none of call"),
        (pd.concat([one_price(), one_price("Concat").assign(currency="CNY")]), "CNY and USD"),
        (pd.concat([one_price(), one_price()]), "two for Transcode any"),
        (one_price().assign(item=None), "lacks its task_type or item"),
        (one_price().iloc[:0], "no row"),
        ({"Transcode": 1}, "prices=dict"),
        (None, "give either prices or the region"),
    ],
)
def test_prices_that_are_none(prices: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        cost(tasks({}), prices)


def test_other_bad_arguments() -> None:
    with pytest.raises(ConfigurationError, match="ap-jakarta"):
        cost(tasks({}), region="ap-jakarta")
    with pytest.raises(ConfigurationError, match="either"):
        cost(tasks({}), one_price(), region=HERE)
    with pytest.raises(ConfigurationError, match="top_speed_templates='t1'"):
        cost(tasks({}), region=HERE, top_speed_templates="t1")
    with pytest.raises(SchemaError, match="extra"):
        cost(tasks({}).drop(columns="extra"), region=HERE)
    with pytest.raises(SchemaError, match="currency"):
        cost(tasks({}), one_price().drop(columns="currency"))


@st.composite
def any_task(draw: st.DrawFn) -> dict[str, Any]:
    """A task of which anything may be odd or missing."""
    sides = st.sampled_from([0, 240, 480, 481, 1080, 2160, 2161])
    told = st.builds(lambda *cells: streams(video(*cells)), sides, sides, st.sampled_from(["h264", "hevc", "gif", ""]))
    deep = st.recursive(st.none() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3))
    no_answer = st.text().filter(lambda text: '"MediaInfo"' not in text)
    odd = st.builds(streams, deep, deep) | st.builds(lambda info: extra({"MediaInfo": info}), deep) | no_answer
    return {
        "task_type": draw(st.sampled_from(["Transcode", "Segment", "Snapshot", "VideoTag", "DocProcess", "?", None])),
        "state": draw(st.sampled_from(["Success", "Success", "Success", "Failed", "Running", "Odd", None])),
        "media_duration_s": draw(st.sampled_from([0.0, 1.0, 59.9, 3600.0, -1.0, np.nan])),
        "extra": draw(st.none() | told | odd),
    }


def obvious_amount(row: dict[str, Any]) -> float:
    """What a task costs, one after the other; NaN for what has no price."""
    kind, state, seconds = row["task_type"], row["state"], row["media_duration_s"]
    if state == "Failed" and kind in ("VideoTag", "DocProcess"):
        return 0.0
    if state != "Success":
        return np.nan
    if kind == "Snapshot":
        return 0.015 / 1000
    if kind not in ("Transcode", "Segment") or not seconds >= 0:
        return np.nan
    if kind == "Segment":
        return PRICES["Segment", "any"] * float(seconds) / 60
    try:
        seen = json.loads(row["extra"])["Operation"]["MediaInfo"]["Stream"]["Video"]
        codec = {"h264": "H.264", "hevc": "H.265"}[seen["CodecName"]]
        short_side = min(int(seen["Width"]), int(seen["Height"]))
    except (KeyError, TypeError, ValueError):
        return np.nan
    limits = {"SD": (1, 480), "HD": (481, 720), "FHD": (721, 1080), "2K": (1081, 1440), "4K": (1441, 2160)}
    sizes = [size for size, (least, most) in limits.items() if least <= short_side <= most]
    return PRICES["Transcode", f"{codec} {sizes[0]}"] * float(seconds) / 60 if sizes else np.nan


def test_streams_elsewhere_are_not_those_of_the_result() -> None:
    stream = {"Video": {"CodecName": "h264", "Width": "640", "Height": "480"}}
    elsewhere = json.dumps({"Operation": {"MediaInfo": {}}, "Input": {"Stream": stream}})
    assert np.isnan(cost(tasks(minutes(1, extra=elsewhere)), region=HERE).rows["amount"].item())


@settings(max_examples=40)
@given(st.lists(any_task(), max_size=12))
def test_each_task_costs_what_an_obvious_loop_says_and_none_is_lost(rows: list[dict[str, Any]]) -> None:
    found = cost(tasks(*rows), LISTED_HERE)
    expected = np.array([obvious_amount(row) for row in rows], float)
    np.testing.assert_allclose(found.rows["amount"].to_numpy(float), expected, rtol=1e-12)
    assert (found.rows["amount"].isna() == found.rows["reason"].notna()).all()
    assert found.frame["tasks"].sum() + found.unpriced["n"].sum() == len(rows)
    assert found.total == pytest.approx(np.nansum(expected))
