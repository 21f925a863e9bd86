from __future__ import annotations

import socket
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from time import time
from xml.etree import ElementTree

import httpx
import pytest

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local import Faults, LocalService, Workload
from cijob_analysis.local.permissions import ACTIONS
from tests.local.asking import PATH, ask, code, content, ids, signature
from tests.local.worlds import CUT, ENCODED, SMALL, WHOLE, WITH_WORKFLOW

WORKLOAD = Workload.generate(batch_jobs=60)


@pytest.fixture
def service(running: LocalService) -> Iterator[LocalService]:
    yield running
    running.faults = Faults()
    running.requests.clear()


@pytest.fixture(scope="module")
def running() -> Iterator[LocalService]:
    with LocalService(WORKLOAD) as service:
        yield service


@pytest.mark.parametrize(
    ("faults", "expected", "retry_after"),
    [
        (Faults(slow_down=1), (429, "SlowDown"), None),
        (Faults(slow_down=1, retry_after_s=7), (429, "SlowDown"), "7"),
        (Faults(unavailable=1, retry_after_s=0), (503, "ServiceUnavailable"), "0"),
        (Faults(internal_error=1, retry_after_s=7), (500, "InternalError"), None),
        (Faults(error_in_200=1), (200, "InternalError"), None),
    ],
)
def test_errors(
    service: LocalService, http: httpx.Client, faults: Faults, expected: tuple[int, str], retry_after: str | None
) -> None:
    service.faults = faults
    answer = ask(service, http)
    assert code(answer) == expected
    assert answer.headers.get("retry-after") == retry_after
    assert answer.headers["x-ci-trace-id"]


def test_a_proxys_page_and_an_empty_body(service: LocalService, http: httpx.Client) -> None:
    service.faults = Faults(html=1)
    page = ask(service, http)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.startswith("<!DOCTYPE html>")
    service.faults = Faults(empty_body=1)
    empty = ask(service, http)
    assert (empty.status_code, empty.content, empty.headers["content-length"]) == (200, b"", "0")


def test_a_doctype(service: LocalService, http: httpx.Client) -> None:
    service.faults = Faults(doctype=1)
    answer = ask(service, http)
    assert b"<!DOCTYPE" in answer.content
    assert ElementTree.fromstring(answer.content).findtext("RequestId") == "0"


def test_a_cut_off_body_fits_its_length(service: LocalService, http: httpx.Client) -> None:
    whole = ask(service, http)
    service.faults = Faults(cut_off=1)
    cut = ask(service, http)
    assert cut.status_code == 200
    assert int(cut.headers["content-length"]) == len(cut.content) < len(whole.content)
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(cut.content)


def test_a_short_body_ends_before_its_length(service: LocalService, http: httpx.Client) -> None:
    service.faults = Faults(short_body=1)
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        ask(service, http)
    assert service.requests.count(fault="short_body", status=200) == 1


def test_a_reset_comes_in_the_middle_of_the_body(service: LocalService, http: httpx.Client) -> None:
    service.faults = Faults(reset=1)
    with pytest.raises(httpx.ReadError):
        ask(service, http)
    given = signature(PATH, {}, credentials=service.credentials)
    with socket.create_connection(("127.0.0.1", service.port)) as raw:
        raw.sendall(f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {given}\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            read_to_the_end(raw)


def read_to_the_end(raw: socket.socket) -> None:
    while raw.recv(1 << 16):
        pass


def test_it_goes_on_after_broken_answers(service: LocalService, http: httpx.Client) -> None:
    service.faults = Faults(reset=0.5, short_body=0.5)
    for _ in range(20):
        with pytest.raises(httpx.TransportError):
            ask(service, http)
    service.faults = Faults()
    assert len(ids(ask(service, http))) == 10


def test_a_huge_body_has_the_length_asked_for_and_is_well_formed(service: LocalService, http: httpx.Client) -> None:
    service.faults = Faults(huge_body_bytes=3_000_001)
    answer = ask(service, http)
    assert len(answer.content) == int(answer.headers["content-length"]) == 3_000_001
    assert len(ids(answer)) == 10


def test_a_huge_body_that_nobody_reads_to_the_end(service: LocalService, http: httpx.Client) -> None:
    service.faults = Faults(huge_body_bytes=200_000_000)
    given = signature(PATH, {}, credentials=service.credentials)
    with http.stream("GET", service.url + PATH, headers={"Authorization": given}) as answer:
        assert next(answer.iter_raw())
    service.faults = Faults()
    assert ask(service, http).status_code == 200


def test_a_redirect(service: LocalService, http: httpx.Client) -> None:
    service.faults = Faults(redirect_to="https://elsewhere.example.com/x")
    answer = ask(service, http)
    assert code(answer) == (307, "TemporaryRedirect")
    assert answer.headers["location"] == "https://elsewhere.example.com/x"


def test_denied_ids(service: LocalService, http: httpx.Client) -> None:
    first, second = (job.batch_job_id for job in WORKLOAD.batch_jobs[:2])
    service.faults = Faults(denied_ids=frozenset({first}))
    answer = ask(service, http, f"{PATH}/{first}")
    assert code(answer) == (403, "AccessDenied")
    assert first in content(answer, "Error")["Message"]
    assert ids(ask(service, http, f"{PATH}/{second}")) == [second]


def test_denied_ids_of_executions_and_tasks(http: httpx.Client) -> None:
    faults = Faults(denied_ids=frozenset({WHOLE.run_id, CUT.task_id}))
    with LocalService(SMALL, faults=faults) as small:
        for path in (f"/workflowexecution/{WHOLE.run_id}", f"/jobs/{ENCODED.task_id},{CUT.task_id}"):
            assert code(ask(small, http, path)) == (403, "AccessDenied")
        assert ids(ask(small, http, f"/jobs/{ENCODED.task_id}")) == [ENCODED.task_id]


@pytest.mark.parametrize(
    ("action", "path"),
    [
        ("ci:DescribeInventoryTriggerJobs", PATH),
        ("ci:DescribeInventoryTriggerJob", f"{PATH}/b1"),
        ("ci:DescribeMediaWorkflowExecutions", "/workflowexecution"),
        ("ci:DescribeMediaWorkflowExecution", "/workflowexecution/i1"),
        ("ci:DescribeMediaJobs", "/jobs"),
        ("ci:DescribeMediaJob", "/jobs/j1"),
        ("ci:DescribePicProcessJobs", "/pic_jobs"),
        ("ci:DescribeDocProcessJob", "/doc_jobs/d1"),
        ("ci:DescribeAsrJobs", "/asr_jobs"),
        ("ci:DescribeMediaQueues", "/queue"),
        ("ci:DescribePicProcessQueues", "/picqueue"),
        ("ci:DescribeMediaWorkflows", "/workflow"),
    ],
)
def test_denied_actions(service: LocalService, http: httpx.Client, action: str, path: str) -> None:
    service.faults = Faults(denied_actions=frozenset({action}))
    answer = ask(service, http, path, {"tag": "Transcode"})
    assert code(answer) == (403, "AccessDenied")
    assert action in content(answer, "Error")["Message"]
    service.faults = Faults(denied_actions=ACTIONS - {action})
    assert ask(service, http, path, {"tag": "Transcode"}).status_code == 200


def test_what_vanishes_is_listed_and_then_unknown(http: httpx.Client) -> None:
    vanished = frozenset({WITH_WORKFLOW.batch_job_id, WHOLE.run_id, CUT.task_id})
    with LocalService(SMALL, faults=Faults(vanished_ids=vanished)) as small:
        assert WITH_WORKFLOW.batch_job_id in ids(ask(small, http))
        assert WHOLE.run_id in ids(ask(small, http, "/workflowexecution"))
        assert CUT.task_id in ids(ask(small, http, "/jobs", {"tag": CUT.tag}))
        batch_job = ask(small, http, f"{PATH}/{WITH_WORKFLOW.batch_job_id}")
        assert content(batch_job)["NonExistJobIds"] == WITH_WORKFLOW.batch_job_id
        assert set(content(ask(small, http, f"/workflowexecution/{WHOLE.run_id}"))) == {"RequestId"}
        tasks = ask(small, http, f"/jobs/{CUT.task_id},{ENCODED.task_id}")
        assert (ids(tasks), content(tasks)["NonExistJobIds"]) == ([ENCODED.task_id], CUT.task_id)


def test_a_page_that_fails_for_good(service: LocalService, http: httpx.Client) -> None:
    service.faults = Faults(failing_pages=frozenset({2}))
    first = ask(service, http, params={"size": "5"})
    following = {"size": "5", "nextToken": content(first)["NextToken"]}
    for _ in range(3):
        assert code(ask(service, http, params=following)) == (500, "InternalError")
    assert code(ask(service, http, "/queue", {"pageNumber": "2"})) == (500, "InternalError")
    assert ask(service, http, "/queue").status_code == 200
    service.faults = Faults()
    assert len(ids(ask(service, http, params=following))) == 5


def test_a_token_that_comes_twice(service: LocalService, http: httpx.Client) -> None:
    service.faults = Faults(repeated_token=True)
    token = content(ask(service, http, params={"size": "5"}))["NextToken"]
    assert content(ask(service, http, params={"size": "5", "nextToken": token}))["NextToken"] == token


def test_the_services_clock_is_shown(service: LocalService, http: httpx.Client) -> None:
    service.faults = Faults(clock_offset_s=1000)
    shown = parsedate_to_datetime(ask(service, http).headers["date"]).timestamp()
    assert 990 < shown - time() < 1060


def test_latency(service: LocalService, http: httpx.Client) -> None:
    service.faults = Faults(latency_s=0.05)
    answer = ask(service, http)
    assert answer.elapsed.total_seconds() >= 0.05
    assert len(ids(answer)) == 10


def test_shares_are_kept_and_reproducible(service: LocalService, http: httpx.Client) -> None:
    def run(seed: int) -> list[int]:
        service.faults = Faults(slow_down=0.2, unavailable=0.1, seed=seed)
        return [ask(service, http).status_code for _ in range(200)]

    first = run(0)
    assert first == run(0)
    assert first != run(1)
    assert 25 <= first.count(429) <= 55
    assert 10 <= first.count(503) <= 32
    assert service.requests.count(fault="slow_down") == service.requests.count(status=429)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"reset": -0.1}, "reset=-0.1"),
        ({"slow_down": 1.5}, "slow_down=1.5"),
        ({"cut_off": float("nan")}, "cut_off=nan"),
        ({"slow_down": 0.6, "html": 0.6}, "slow_down=0.6, html=0.6"),
        ({"latency_s": -1}, "latency_s=-1"),
        ({"retry_after_s": -1}, "retry_after_s=-1"),
        ({"huge_body_bytes": -1}, "huge_body_bytes=-1"),
        ({"denied_actions": {"ci:DescribeJobs"}}, "no permission ci:DescribeJobs"),
        ({"failing_pages": 2}, "failing_pages=2 is one value"),
        ({"denied_ids": "b1"}, "'b1' is one value"),
    ],
)
def test_a_wrong_fault_is_named(arguments: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Faults(**arguments)  # type: ignore[arg-type]


def test_shares_that_add_up_to_one_in_spite_of_rounding() -> None:
    assert Faults(slow_down=0.1, unavailable=0.2, internal_error=0.7).drawing()() is not None
