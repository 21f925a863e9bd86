from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local import Faults, LocalService, Variants, Workload
from cijob_analysis.local.authentication import Key
from cijob_analysis.local.zone import NOW
from cijob_analysis.service.credentials import Credentials
from tests.local.asking import PATH, ask, batch_job, code, content, ids, rows, signature

JOB = batch_job(1, name="a \"b\" <c> & d, 转码 'e'", message="x\r\n\x00y", started_at=NOW + timedelta(seconds=3))
OTHER = batch_job(2, type="Job", tag="Transcode")


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    with LocalService(Workload(batch_jobs=(JOB, OTHER))) as service:
        yield service


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("cijob-local")}


def test_one_batch_job(service: LocalService, http: httpx.Client) -> None:
    answer = ask(service, http, f"{PATH}/{JOB.batch_job_id}")
    (row,) = content(answer)["JobsDetail"]
    assert row == {
        "Code": "Success",
        "Type": "Workflow",
        "Message": "x\r\n\ufffdy",
        "Name": JOB.name,
        "JobId": JOB.batch_job_id,
        "State": "Success",
        "CreationTime": "2026-06-30T10:00:00+0800",
        "StartTime": "2026-06-30T10:00:03+0800",
        "EndTime": "-",
        "Input": {"Prefix": "/"},
        "Operation": None,
    }
    assert content(answer)["RequestId"] == answer.headers["x-ci-request-id"]
    assert "NonExistJobIds" not in content(answer)


def test_headers_are_the_services(service: LocalService, http: httpx.Client) -> None:
    good, bad = ask(service, http), ask(service, http, "/nothing")
    assert good.headers["server"] == bad.headers["server"] == "tencent-ci"
    assert good.headers["content-type"] == bad.headers["content-type"] == "application/xml"
    assert good.headers["x-ci-request-id"] != bad.headers["x-ci-request-id"]
    assert parsedate_to_datetime(good.headers["date"]).tzinfo is not None
    assert len(good.headers.get_list("date")) == len(good.headers.get_list("server")) == 1
    assert "x-ci-trace-id" not in good.headers
    error = content(bad, "Error")
    assert error["RequestId"] == bad.headers["x-ci-request-id"]
    assert error["TraceId"] == bad.headers["x-ci-trace-id"]
    assert list(error) == ["Code", "Message", "RequestId", "TraceId"]


def test_unknown_ids_are_named(service: LocalService, http: httpx.Client) -> None:
    answer = ask(service, http, f"{PATH}/b404")
    assert answer.status_code == 200
    assert content(answer).keys() == {"RequestId", "NonExistJobIds"}
    several = ask(service, http, f"{PATH}/b404,{OTHER.batch_job_id},b405,{JOB.batch_job_id}")
    assert content(several)["NonExistJobIds"] == "b404,b405"
    assert ids(several) == [OTHER.batch_job_id, JOB.batch_job_id]
    assert code(ask(service, http, f"{PATH}/" + ",".join("b" * 11))) == (400, "InvalidArgument")


@pytest.mark.parametrize("path", ["/", "/nothing", f"{PATH}/", f"{PATH}s", f"{PATH}/b1/b2", f"/x{PATH}", f"/{PATH}"])
def test_other_paths_do_not_exist(service: LocalService, http: httpx.Client, path: str) -> None:
    assert code(ask(service, http, path)) == (404, "InvalidUrl")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_only_reads(service: LocalService, http: httpx.Client, method: str) -> None:
    answer = ask(service, http, f"{PATH}/{JOB.batch_job_id}", method=method)
    assert code(answer) == (405, "MethodNotAllowed")
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("examplebucket-1250000000.ci.ap-guangzhou.myqcloud.com", None),
        ("ExampleBucket-1250000000.CI.ap-guangzhou.myqcloud.com:80", None),
        ("localhost:8080", None),
        ("127.0.0.1", None),
        ("[::1]:8080", None),
        ("other-1250000000.ci.ap-guangzhou.myqcloud.com", (404, "NoSuchBucket")),
        ("examplebucket-1250000000.ci.ap-beijing.myqcloud.com", (400, "InvalidHost")),
        ("examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com", (400, "InvalidHost")),
        ("ci.ap-guangzhou.myqcloud.com", (400, "InvalidHost")),
    ],
)
def test_hosts(service: LocalService, http: httpx.Client, host: str, expected: tuple[int, str] | None) -> None:
    answer = ask(service, http, headers={"Host": host})
    assert (None if answer.status_code == 200 else code(answer)) == expected


def test_an_absolute_request_line_works(service: LocalService) -> None:
    """As an HTTP proxy gets it; the name in it is not looked up."""
    params = {"name": 'a "b" <c> & d, 转码'}
    with httpx.Client(proxy=service.url, trust_env=False) as http:
        signed = signature(PATH, params, credentials=service.credentials, headers={"host": service.workload.host})
        url = f"http://{service.workload.host}{PATH}"
        answer = http.get(url, params=params, headers={"Authorization": signed})
        assert ids(answer) == [JOB.batch_job_id]
        other = http.get(f"http://other-1.ci.ap-guangzhou.myqcloud.com{PATH}")
        assert code(other) == (404, "NoSuchBucket")


def test_requests_are_recorded(service: LocalService, http: httpx.Client) -> None:
    service.requests.clear()
    ask(service, http, params={"size": "1", "name": "转"})
    ask(service, http, f"{PATH}/{JOB.batch_job_id}")
    ask(service, http, "/nothing", method="PUT")
    first, *_ = service.requests
    assert (first.method, first.path, first.status) == ("GET", PATH, 200)
    assert first.params == {"size": "1", "name": "转"}
    assert len(service.requests) == service.requests.count() == 3
    assert service.requests.count(method="GET") == service.requests.count(status=200) == 2
    assert service.requests.count(path=f"{PATH}/") == service.requests.count(path=PATH) == 1
    assert repr(service.requests) == "<RequestLog of 3 requests>"


def test_nothing_is_left_and_it_may_start_again() -> None:
    service = LocalService(Workload())
    for _ in range(2):
        with service, httpx.Client(trust_env=False) as http:
            assert ask(service, http).status_code == 200
            port = service.port
            assert f"cijob-local-{port}" in threads()
        assert f"cijob-local-{port}" not in threads()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
    assert service.requests.count() == 2


def test_start_and_close_may_be_called_twice() -> None:
    service = LocalService(Workload())
    assert service.start() is service.start()
    service.close()
    service.close()


def test_closing_does_not_wait_for_slow_answers() -> None:
    refused = threading.Event()
    service = LocalService(Workload(), faults=Faults(latency_s=60)).start()
    url = service.url

    def read() -> None:
        with pytest.raises(httpx.TransportError), httpx.Client(trust_env=False) as http:
            http.get(url, timeout=30)
        refused.set()

    reader = threading.Thread(target=read)
    reader.start()
    while not service.requests.count():
        pass
    service.close()
    reader.join(10)
    assert refused.is_set()


def test_it_works_while_an_event_loop_is_running() -> None:
    async def notebook() -> int:
        with LocalService(Workload()) as service, httpx.Client(trust_env=False) as http:
            return ask(service, http).status_code

    # In a thread of its own, as the browser that other tests drive has a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(lambda: asyncio.run(notebook())).result() == 200


def test_waiting_ends_when_it_is_closed() -> None:
    with LocalService(Workload()) as service:
        waiter = threading.Thread(target=service.wait)
        waiter.start()
    waiter.join(10)
    assert not waiter.is_alive()


def test_a_port_that_is_taken_is_named(service: LocalService) -> None:
    with pytest.raises(ConfigurationError, match=f"port={service.port} "):
        LocalService(Workload(), port=service.port).start()


def test_not_running_is_said() -> None:
    service = LocalService(Workload())
    for read in (lambda: service.url, lambda: service.port, service.wait):
        with pytest.raises(ConfigurationError, match="not running"):
            read()
    assert repr(service) == "<LocalService examplebucket-1250000000 (ap-guangzhou) not running>"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"workload": {"jobs": 3}}, "jobs"),
        ({"faults": {"slow_down": 1}}, "slow_down"),
        ({"variants": "pretty"}, "pretty"),
        ({"port": 70000}, "70000"),
        ({"port": "8080"}, "8080"),
        ({"credentials": []}, "empty"),
        ({"credentials": ["secret"]}, "holds a str"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        LocalService(**arguments)  # type: ignore[arg-type]


def test_the_world_may_be_exchanged_while_it_runs(http: httpx.Client) -> None:
    now = NOW - timedelta(hours=1)
    before = Workload.of_batch(executions=30, state="Running", now=now)
    with LocalService(before) as service:
        assert service.workload is before
        assert {row["State"] for row in rows(ask(service, http))} == {"Running"}
        service.workload = before.at(now + timedelta(hours=1))
        assert {row["State"] for row in rows(ask(service, http))} == {"Success"}
        assert service.requests.count() == 2
        with pytest.raises(ConfigurationError, match="workload=None"):
            service.workload = None  # type: ignore[assignment]


def test_a_list_that_has_become_shorter_ends(http: httpx.Client) -> None:
    with LocalService(Workload(batch_jobs=(JOB, OTHER))) as service:
        params = {"size": "1"}
        params["nextToken"] = content(ask(service, http, params=params))["NextToken"]
        service.workload = Workload(batch_jobs=(JOB,))
        assert set(content(ask(service, http, params=params))) == {"RequestId"}


def test_keys_that_expire_and_roll(http: httpx.Client) -> None:
    now = [time.time()]
    first, second = Credentials("first-id", "first-key", "token-1"), Credentials("second-id", "second-key", "token-2")
    keys = (Key(first, expires_at=now[0] + 60), Key(second, expires_at=now[0] + 600))
    with LocalService(Workload(), credentials=keys, clock=lambda: now[0]) as service:

        def answer(own: Credentials) -> httpx.Response:
            signed = signature(PATH, {}, credentials=own)
            headers = {"Authorization": signed, "x-ci-security-token": str(own.token)}
            return http.get(service.url + PATH, headers=headers)

        assert answer(first).status_code == answer(second).status_code == 200
        now[0] += 120
        assert code(answer(first)) == (400, "ExpiredToken")
        assert answer(second).status_code == 200


def test_wrong_faults_are_refused_while_it_runs(service: LocalService) -> None:
    with pytest.raises(ConfigurationError, match="faults=0"):
        service.faults = 0.2  # type: ignore[assignment]
    assert service.faults == Faults()


def test_the_picture_for_notebooks_is_escaped_and_says_what_matters() -> None:
    service = LocalService(
        Workload(batch_jobs=(JOB, OTHER), bucket="<b>-1"), faults=Faults(slow_down=0.25), variants=Variants(pretty=True)
    )
    html = service._repr_html_()
    assert "&lt;b&gt;-1" in html
    assert "<b>" not in html
    assert "slow_down=0.25" in html
    assert "pretty=True" in html
    assert "2 Success" in html
    assert "local-secret-id" in html
    assert "local-secret-key" not in html + repr(service)


def test_a_generated_world_that_is_seen_now_is_the_default() -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    assert LocalService(clock=now.timestamp).workload == Workload.generate(now=now)


def test_the_web_server_is_loaded_when_a_service_starts_and_not_before() -> None:
    script = """
import sys
from cijob_analysis.local import LocalService, Workload
print(sorted({"starlette", "uvicorn"} & set(sys.modules)))
sys.modules["starlette"] = None  # as if it were not installed
service = LocalService(Workload())
try:
    service.start()
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "[]",
        'ConfigurationError the local service needs starlette: pip install "cijob-analysis[local]"',
    ]
