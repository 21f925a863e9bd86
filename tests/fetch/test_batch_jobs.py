"""The main job over real HTTP: batch jobs of the local service in a frame, complete, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cijob_analysis import (
    AccessDenied,
    APIError,
    CIJobError,
    Client,
    ConfigurationError,
    Credentials,
    JobNotFound,
    LocalService,
    ResponseFormatError,
    SchemaError,
    ServiceBusy,
    Workload,
    fetch_batch_jobs,
    schema,
)
from cijob_analysis.ledger import LedgerEntry, ledger_of
from cijob_analysis.local import Faults, Variants
from tests.conftest import FAST
from tests.fetch.interrupting import interrupted_when


def entry_of(frame: pd.DataFrame) -> LedgerEntry:
    (entry,) = ledger_of(frame).entries
    return entry


# --- lists ------------------------------------------------------------------------------------------------------------


def test_a_list_holds_all_that_the_service_has_newest_first(client: Client, workload: Workload) -> None:
    frame = fetch_batch_jobs(client)
    assert len(frame) == len(workload.batch_jobs) == 240
    assert set(frame["batch_job_id"]) == {job.batch_job_id for job in workload.batch_jobs}
    assert frame["created_at"].is_monotonic_decreasing
    assert set(frame["type"]) == {"Workflow", "Job"}
    assert set(frame["state"]) == set(schema.STATES)
    entry = entry_of(frame)
    assert (entry.request, entry.pages, entry.requests, entry.rows) == ("GET /inventorytriggerjob", 3, 3, 240)
    assert ledger_of(frame).is_complete


def test_every_cell_is_what_the_service_has(client: Client, workload: Workload) -> None:
    frame = fetch_batch_jobs(client).set_index("batch_job_id")
    for job in workload.batch_jobs:
        row = frame.loc[job.batch_job_id]
        for name, expected in (
            ("name", job.name), ("type", job.type), ("state", job.state), ("code", job.code),
            ("message", job.message or None), ("created_at", job.created_at), ("started_at", job.started_at),
            ("ended_at", job.ended_at), ("workflow_ids", ",".join(job.workflow_ids) or None), ("tag", job.tag),
            ("queue_id", job.queue_id if job.type == "Job" else None),
            ("template_id", job.template_id), ("input_kind", job.input_kind),
            ("input_value", job.input_value), ("user_data", job.user_data),
            ("output_object", job.output_object),
        ):  # fmt: skip
            assert (None if pd.isna(row[name]) else row[name]) == expected, name


@pytest.mark.parametrize("states", ["Failed", ["Failed", "Cancel"], "Running,Pause", schema.State.SUBMITTED])
def test_states(client: Client, states: Any) -> None:
    everything = fetch_batch_jobs(client)
    frame = fetch_batch_jobs(client, states=states)
    wanted = states.split(",") if isinstance(states, str) else states
    assert set(frame["batch_job_id"]) == set(everything.loc[everything["state"].isin(wanted), "batch_job_id"])
    assert len(frame)


def test_each_filter_of_the_service(client: Client) -> None:
    everything = fetch_batch_jobs(client)
    middle = everything["created_at"].sort_values().iloc[120]
    workflow = everything["workflow_ids"].dropna().iloc[0]
    name = everything["name"].iloc[7]
    for filters, expected in (
        ({"type": "Job"}, everything["type"] == "Job"),
        ({"type": "Workflow"}, everything["type"] == "Workflow"),
        ({"created_after": middle}, everything["created_at"] >= middle),
        ({"created_before": middle.isoformat()}, everything["created_at"] <= middle),
        ({"workflow_id": workflow}, everything["workflow_ids"].str.contains(workflow)),
        ({"name": name}, everything["name"].str.startswith(name)),
    ):  # fmt: skip
        frame = fetch_batch_jobs(client, **filters)
        assert sorted(frame["batch_job_id"]) == sorted(everything.loc[expected.fillna(False), "batch_job_id"]), filters
        assert entry_of(frame).filters


def test_a_limit_cuts_and_says_so(client: Client) -> None:
    for limit, requests in ((5, 1), (150, 2), (239, 3)):
        frame = fetch_batch_jobs(client, limit=limit)
        assert len(frame) == limit
        assert not ledger_of(frame).is_complete
        assert entry_of(frame).requests == requests
        assert "incomplete: cut off by limit" in ledger_of(frame).line(limit, "batch job")
    for limit in (240, 1000):
        frame = fetch_batch_jobs(client, limit=limit)
        assert len(frame) == 240
        assert ledger_of(frame).is_complete


def test_nothing_matches(client: Client) -> None:
    frame = fetch_batch_jobs(client, name="no such name")
    assert frame.dtypes.equals(schema.empty(schema.BATCH_JOBS).dtypes)
    assert len(frame) == 0
    assert ledger_of(frame).is_complete


@pytest.mark.parametrize("limit", [0, -1, 2.5, True, "10"])
def test_a_limit_that_is_none(client: Client, limit: Any) -> None:
    with pytest.raises(ConfigurationError, match="limit="):
        fetch_batch_jobs(client, limit=limit)


def paged(*bodies: str) -> Client:
    """Return a client of a service that answers with `bodies`, one after the other."""
    answers = iter(bodies)
    return Client(
        "media-1250000000",
        "ap-beijing",
        credentials=Credentials("i", "k"),
        transport=httpx.MockTransport(
            lambda request: httpx.Response(200, text=f"<Response>{next(answers)}</Response>")
        ),
        retry=FAST,
    )


def job(number: int, state: str = "Running") -> str:
    return f"<JobsDetail><JobId>b{number}</JobId><State>{state}</State></JobsDetail>"


def test_a_job_that_moved_to_the_next_page_is_there_once_as_it_was_last() -> None:
    frame = fetch_batch_jobs(paged(job(1) + job(2) + "<NextToken>t</NextToken>", job(2, "Success") + job(3)))
    assert frame["batch_job_id"].tolist() == ["b1", "b2", "b3"]
    assert frame["state"].tolist() == ["Running", "Success", "Running"]
    assert entry_of(frame).duplicates == 1


def test_a_token_that_comes_twice_ends_the_walk() -> None:
    frame = fetch_batch_jobs(paged(*[job(number) + "<NextToken>t</NextToken>" for number in (1, 2)], "never asked"))
    assert frame["batch_job_id"].tolist() == ["b1", "b2"]
    assert not ledger_of(frame).is_complete
    assert "page token 't' came twice" in ledger_of(frame).line(2, "batch job")


def test_a_page_that_fails_for_good_loses_what_follows_and_no_more() -> None:
    frame = fetch_batch_jobs(paged(job(1) + "<NextToken>t</NextToken>", "<QueueList/>"))
    assert frame["batch_job_id"].tolist() == ["b1"]
    assert entry_of(frame).failures[0].what == "page 2 and what follows"
    with pytest.raises(ResponseFormatError) as caught:
        fetch_batch_jobs(paged(job(1) + "<NextToken>t</NextToken>", "<QueueList/>"), on_error="raise")
    assert caught.value.partial is not None
    assert caught.value.partial["batch_job_id"].tolist() == ["b1"]


def test_a_first_page_that_fails_is_an_error_and_no_empty_frame() -> None:
    with pytest.raises(ResponseFormatError):
        fetch_batch_jobs(paged(*["<QueueList/>"] * 2))  # newest first, then oldest first


# --- ids --------------------------------------------------------------------------------------------------------------


def test_ids_give_the_rows_of_the_list_in_the_order_asked_for(client: Client, service: LocalService) -> None:
    everything = fetch_batch_jobs(client)
    ids = everything["batch_job_id"].sample(30, random_state=1)
    service.requests.clear()
    frame = fetch_batch_jobs(client, ids)
    expected = everything.set_index("batch_job_id").loc[ids].reset_index()
    assert_frame_equal(frame, expected[frame.columns])
    assert service.requests.count(path="/inventorytriggerjob/") == 30


def test_an_id_a_list_or_a_frame(client: Client) -> None:
    some = fetch_batch_jobs(client, limit=3)
    for given in (some["batch_job_id"][0], some["batch_job_id"].tolist(), some):
        assert set(fetch_batch_jobs(client, given)["batch_job_id"]) <= set(some["batch_job_id"])
    assert len(fetch_batch_jobs(client, [])) == 0
    with pytest.raises(SchemaError, match="lacks batch_job_id"):
        fetch_batch_jobs(client, some[["name"]])
    with pytest.raises(ConfigurationError, match="neither an id"):
        fetch_batch_jobs(client, 7)  # type: ignore[arg-type]


def test_unknown_double_wrong_and_forbidden_ids_end_in_the_ledger(client: Client, service: LocalService) -> None:
    good = fetch_batch_jobs(client, limit=4)["batch_job_id"].tolist()
    unknown = "b" + "0" * 32
    service.faults = Faults(denied_ids=frozenset({good[2]}))
    frame = fetch_batch_jobs(client, [*good, unknown, good[0], "", "no id", "../x", *[None, 7]])  # type: ignore[list-item]
    assert frame["batch_job_id"].tolist() == [good[0], good[1], good[3]]
    entry = entry_of(frame)
    assert entry.missing_ids == (unknown,)
    assert entry.invalid_ids == ("", "no id", "../x", "None", "7")
    assert entry.duplicates == 1
    (failure,) = entry.failures
    assert failure.what == good[2]
    assert failure.is_denied
    assert "ci:DescribeInventoryTriggerJob" in failure.error
    assert ledger_of(frame).remarks() == [
        f"incomplete: access denied to {good[2]} (the key's policy lacks ci:DescribeInventoryTriggerJob)",
        "1 id unknown to the service",
        "5 texts not sent, being no id",
    ]


def test_only_unknown_ids_are_an_empty_frame(client: Client) -> None:
    frame = fetch_batch_jobs(client, ["b" + "0" * 32])
    assert len(frame) == 0
    assert entry_of(frame).missing_ids == ("b" + "0" * 32,)


def test_an_unknown_id_may_also_be_a_404() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, text="<Error><Code>JobNotExist</Code></Error>")

    client = Client(
        "media-1250000000", "ap-beijing", credentials=Credentials("i", "k"), transport=httpx.MockTransport(answer)
    )
    assert entry_of(fetch_batch_jobs(client, "b1")).missing_ids == ("b1",)


def test_on_error_raise_carries_what_there_is(client: Client, service: LocalService) -> None:
    ids = fetch_batch_jobs(client, limit=20)["batch_job_id"].tolist()
    service.faults = Faults(denied_ids=frozenset({ids[-1]}))
    with pytest.raises(AccessDenied) as caught:
        fetch_batch_jobs(client, ids, on_error="raise")
    partial = caught.value.partial
    assert partial is not None
    assert set(partial["batch_job_id"]) <= set(ids[:-1])
    assert not ledger_of(partial).is_complete


def test_on_error_raise_names_all_unknown_ids(client: Client) -> None:
    known = fetch_batch_jobs(client, limit=2)["batch_job_id"].tolist()
    unknown = [f"b{number:032}" for number in range(3)]
    with pytest.raises(JobNotFound, match="Check bucket and region") as caught:
        fetch_batch_jobs(client, [*known, *unknown], on_error="raise")
    assert caught.value.ids == tuple(unknown)
    assert caught.value.partial is not None
    assert caught.value.partial["batch_job_id"].tolist() == known


def test_a_key_that_is_not_accepted_stops_everything_at_once(service: LocalService) -> None:
    with service.client(credentials=Credentials("nobody", "nothing"), concurrency=2) as stranger:
        with pytest.raises(AccessDenied, match="SecretidNotExist"):
            fetch_batch_jobs(stranger, [f"b{number:032}" for number in range(500)])
        assert service.requests.count() <= 4


@pytest.mark.parametrize("filters", [{"states": "Failed"}, {"limit": 3}, {"created_after": "2026-01-01T00:00Z"}])
def test_filters_are_for_lists(client: Client, filters: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="and ids do not go together"):
        fetch_batch_jobs(client, ["b1"], **filters)


def test_on_error_is_one_of_two(client: Client) -> None:
    with pytest.raises(ConfigurationError, match="on_error='ignore'"):
        fetch_batch_jobs(client, on_error="ignore")  # type: ignore[arg-type]


# --- faults -----------------------------------------------------------------------------------------------------------

EASY: dict[str, Faults] = {
    "429": Faults(slow_down=0.2),
    "503": Faults(unavailable=0.2),
    "500": Faults(internal_error=0.2),
    "reset": Faults(reset=0.2),
    "cut off": Faults(cut_off=0.2),
    "short": Faults(short_body=0.2),
    "empty": Faults(empty_body=0.2),
}


@pytest.mark.parametrize("name", EASY)
def test_each_passing_fault_is_overcome_and_counted(name: str, client: Client, service: LocalService) -> None:
    ids = fetch_batch_jobs(client)["batch_job_id"].tolist()[:60]
    expected = fetch_batch_jobs(client, ids)
    service.requests.clear()
    service.faults = EASY[name]
    frame = fetch_batch_jobs(client, ids)
    assert_frame_equal(frame, expected)
    entry = entry_of(frame)
    assert entry.retries == entry.requests - 60 == service.requests.count() - 60 > 0
    assert ledger_of(frame).is_complete


def test_two_thousand_ids_come_back_once_each_through_all_faults_together() -> None:
    workload = Workload.generate(batch_jobs=2000, seed=3)
    faults = Faults(slow_down=0.05, unavailable=0.05, reset=0.05, cut_off=0.05)
    ids = [job.batch_job_id for job in workload.batch_jobs]
    with LocalService(workload, faults=faults) as service, service.client(concurrency=16, retry=FAST) as client:
        frame = fetch_batch_jobs(client, ids)
        sent = service.requests.count()
    entry = entry_of(frame)
    assert entry.failures == ()
    assert frame["batch_job_id"].tolist() == ids
    assert (entry.pages, entry.rows) == (2000, 2000)
    assert entry.requests == sent == 2000 + entry.retries
    assert 300 < entry.retries < 800


def test_a_service_that_is_only_busy_is_said_to_be(service: LocalService) -> None:
    service.faults = Faults(slow_down=1.0, retry_after_s=0)
    with service.client(retry=FAST) as client, pytest.raises(ServiceBusy, match="HTTP 429 SlowDown"):
        fetch_batch_jobs(client)


@pytest.mark.parametrize(
    ("faults", "kind", "message"),
    [
        (Faults(html=1.0), ResponseFormatError, "HTML page"),
        (Faults(error_in_200=1.0), APIError, "HTTP 200"),
        (Faults(doctype=1.0), ResponseFormatError, "DOCTYPE"),
        (Faults(huge_body_bytes=200_000_000), ResponseFormatError, "more than the 67,108,864 bytes"),
        (Faults(redirect_to="https://other.example/"), APIError, "other.example"),
    ],
)
def test_each_lasting_fault_is_one_clear_error(
    faults: Faults, kind: type[CIJobError], message: str, client: Client, service: LocalService
) -> None:
    service.faults = faults
    with pytest.raises(kind, match=message):
        fetch_batch_jobs(client)


def test_a_wrong_clock_is_corrected_and_said(client: Client, service: LocalService) -> None:
    service.faults = Faults(clock_offset_s=-7200.0)
    frame = fetch_batch_jobs(client)
    assert len(frame) == 240
    (note,) = entry_of(frame).notes
    assert note.startswith("this machine's clock is 7")
    assert "ahead of the service's" in note


def test_slow_answers_run_side_by_side(service: LocalService) -> None:
    service.faults = Faults(latency_s=0.05)
    with service.client(concurrency=20) as client:
        ids = fetch_batch_jobs(client, limit=40)["batch_job_id"].tolist()
        frame = fetch_batch_jobs(client, ids)
    assert frame["batch_job_id"].tolist() == ids


def test_an_interruption_keeps_what_was_read(service: LocalService) -> None:
    ids = [job.batch_job_id for job in service.workload.batch_jobs]
    service.faults = Faults(latency_s=0.05)
    with service.client(concurrency=4) as client:
        with pytest.raises(KeyboardInterrupt) as caught, interrupted_when(lambda: service.requests.count() > 10):
            fetch_batch_jobs(client, ids)
        partial = caught.value.partial  # type: ignore[attr-defined]
        assert 0 < len(partial) < len(ids)
        assert "incomplete: cut off: interrupted" in ledger_of(partial).remarks()
        service.faults = Faults()
        assert len(fetch_batch_jobs(client, ids)) == len(ids)  # the client still works


# --- spelling ---------------------------------------------------------------------------------------------------------

SPELLINGS: dict[str, Variants] = {
    "as today": Variants(),
    "empty times": Variants(missing_time="empty"),
    "absent times": Variants(missing_time="absent"),
    "offset with colon": Variants(time_format="+08:00"),
    "blank in times": Variants(time_format="blank"),
    "UTC": Variants(time_format="Z"),
    "no message": Variants(message="absent"),
    "repeated workflows": Variants(workflow_ids="repeated"),
    "empty token": Variants(last_page="empty"),
    "no request id": Variants(with_request_id=False),
    "interval at the top": Variants(time_interval_at_top=True),
    "CreateTime": Variants(create_time=True),
    "shuffled": Variants(shuffled=True),
    "pretty": Variants(pretty=True),
    "namespace": Variants(namespace="http://example.com/ns"),
}


@pytest.fixture(scope="module")
def plain(workload: Workload) -> Iterator[pd.DataFrame]:
    with LocalService(workload) as service, service.client() as client:
        yield fetch_batch_jobs(client)


@pytest.mark.parametrize("name", SPELLINGS)
def test_spelling_changes_nothing(name: str, workload: Workload, plain: pd.DataFrame) -> None:
    with LocalService(workload, variants=SPELLINGS[name]) as service, service.client() as client:
        frame = fetch_batch_jobs(client)
    if name == "shuffled":  # the members of `extra` follow the order on the wire
        frame, plain = frame.drop(columns="extra"), plain.drop(columns="extra")
    assert_frame_equal(frame, plain)


@pytest.mark.parametrize("unknown_ids", ["joined", "repeated", "NonExistJobId"])
def test_unknown_ids_in_every_spelling(unknown_ids: Any, workload: Workload) -> None:
    with LocalService(workload, variants=Variants(unknown_ids=unknown_ids)) as service, service.client() as client:
        assert entry_of(fetch_batch_jobs(client, "b0")).missing_ids == ("b0",)


@pytest.mark.parametrize("error_body", ["xml", "resource", "json"])
def test_errors_in_every_spelling(error_body: Any, workload: Workload) -> None:
    with (
        LocalService(workload, variants=Variants(error_body=error_body)) as service,
        service.client(credentials=Credentials("nobody", "nothing")) as client,
        pytest.raises(AccessDenied) as caught,
    ):
        fetch_batch_jobs(client)
    assert (caught.value.code, caught.value.status_code) == ("SecretidNotExist", 401)
    assert caught.value.request_id
    assert caught.value.trace_id


def test_a_running_job_with_an_end_time_is_kept_and_counted_as_odd(workload: Workload) -> None:
    with LocalService(workload, variants=Variants(running_with_end_time=True)) as service, service.client() as client:
        frame = fetch_batch_jobs(client)
    running = frame[frame["state"] == "Running"]
    assert running["ended_at"].notna().all()
    (anomaly,) = entry_of(frame).anomalies
    assert (anomaly.kind, anomaly.n) == ("running with an end time", len(running))


# --- showing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ids", [None, ["b0", "b1"]])
def test_a_progress_bar(client: Client, ids: Any, capsys: pytest.CaptureFixture[str]) -> None:
    frame = fetch_batch_jobs(client, ids, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert ("240 batch jobs" if ids is None else "2/2") in shown.err
    assert len(frame) == (240 if ids is None else 0)


def test_the_ledger_survives_what_pandas_does(client: Client) -> None:
    frame = fetch_batch_jobs(client)
    half = frame[frame["type"] == "Job"].copy()
    assert ledger_of(half) is ledger_of(frame)
    assert ledger_of(pd.concat([half, half])) == ledger_of(frame)


def test_as_of_is_now(client: Client) -> None:
    as_of = ledger_of(fetch_batch_jobs(client)).as_of
    assert as_of is not None
    assert abs(pd.Timestamp.now("UTC") - as_of) < timedelta(minutes=1)
