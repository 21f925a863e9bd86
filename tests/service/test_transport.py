"""The way there and back: redirects, clocks, keys that roll, odd answers; most over a handed-in transport."""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable
from email.utils import formatdate

import httpx
import pytest

from cijob_analysis import (
    AccessDenied,
    APIError,
    Client,
    ConfigurationError,
    Credentials,
    ResponseFormatError,
    RetryPolicy,
    ServiceBusy,
    TransportError,
    fetch_batch_jobs,
)
from cijob_analysis.ledger import ledger_of
from cijob_analysis.service.requests import batch_job
from cijob_analysis.service.transport import Run

SECRETS = {"secret_id": "AKIDnobodysecretid99", "secret_key": "nobodys-secret-key", "token": "nobodys-token"}
KEYS = Credentials(**SECRETS)
NOW = 1_780_000_000.0
HOST = "media-1250000000.ci.ap-beijing.myqcloud.com"
GOOD = b"<Response><JobsDetail><JobId>b1</JobId><State>Success</State></JobsDetail></Response>"


def client_of(answer: Callable[[httpx.Request], httpx.Response], **options: object) -> Client:
    defaults = {"credentials": KEYS, "retry": RetryPolicy(attempts=3, first_s=0.0), "clock": lambda: NOW}
    return Client(
        "media-1250000000",
        "ap-beijing",
        transport=httpx.MockTransport(answer),
        **{**defaults, **options},  # type: ignore[arg-type]
    )


def error(status: int, code: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, content=f"<Error><Code>{code}</Code><Message>m</Message></Error>", headers=headers)


def in_turn(
    *answers: httpx.Response | Exception,
) -> tuple[Callable[[httpx.Request], httpx.Response], list[httpx.Request]]:
    """Return a service that gives `answers` one after the other, and the list of what it is asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        given = answers[min(len(asked), len(answers)) - 1]
        if isinstance(given, Exception):
            raise given
        return given

    return answer, asked


def test_a_request_is_signed_for_the_host_and_asks_for_xml() -> None:
    answer, asked = in_turn(httpx.Response(200, content=GOOD))
    fetch_batch_jobs(client_of(answer), "b1")
    (request,) = asked
    assert str(request.url) == f"https://{HOST}/inventorytriggerjob/b1"
    assert request.headers["host"] == HOST
    assert request.headers["x-ci-security-token"] == KEYS.token
    assert "q-header-list=host;x-ci-security-token&" in request.headers["authorization"]
    assert request.headers["accept"] == "application/xml"


@pytest.mark.parametrize(
    "trouble",
    [
        error(429, "SlowDown"),
        error(500, "InternalError"),
        error(503, "ServiceUnavailable"),
        httpx.Response(502, content=b"<html>bad gateway</html>"),
        httpx.Response(200, content=GOOD[:-20]),
        httpx.Response(200, content=b""),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
    ],
)
def test_what_may_pass_is_asked_for_again(trouble: httpx.Response | Exception) -> None:
    answer, asked = in_turn(trouble, trouble, httpx.Response(200, content=GOOD))
    frame = fetch_batch_jobs(client_of(answer), "b1")
    assert len(asked) == 3
    assert frame["batch_job_id"].tolist() == ["b1"]
    assert ledger_of(frame).entries[0].retries == 2


@pytest.mark.parametrize(
    ("trouble", "kind", "message"),
    [
        (error(429, "SlowDown"), ServiceBusy, "HTTP 429 SlowDown: m"),
        (httpx.Response(200, content=b""), ResponseFormatError, "the answer is empty"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), TransportError, "unknown to the network.*region"),
        (httpx.ConnectError("CERTIFICATE_VERIFY_FAILED"), TransportError, "not trusted.*SSL_CERT_FILE"),
        (httpx.ConnectTimeout("t"), TransportError, "no answer from .* within 30 s"),
        (httpx.ProxyError("407 Proxy Authentication Required"), TransportError, "proxy of the environment.*407"),
    ],
)
def test_what_does_not_pass_is_said_after_the_last_attempt(
    trouble: httpx.Response | Exception, kind: type[Exception], message: str
) -> None:
    answer, asked = in_turn(trouble)
    with pytest.raises(kind, match=message):
        fetch_batch_jobs(client_of(answer), "b1")
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("trouble", "kind", "message"),
    [
        (error(403, "AccessDenied"), AccessDenied, "lacks ci:DescribeInventoryTriggerJob on this bucket"),
        (error(401, "SecretidNotExist"), AccessDenied, "HTTP 401 SecretidNotExist: m.*secret id is unknown"),
        (error(400, "InvalidArgument", **{"x-ci-request-id": "r9"}), APIError, r"InvalidArgument: m \(request id r9\)"),
        (error(404, "NoSuchBucket", **{"x-ci-trace-id": "t9"}), APIError, r"NoSuchBucket: m \(trace id t9\)"),
        (
            httpx.Response(200, content=b"<html><title>Login</title></html>", headers={"x-ci-request-id": "r9"}),
            ResponseFormatError,
            r"'Login'.*\(request id r9\)",
        ),
        (
            httpx.Response(200, content=b"<Error><Code>InternalErr</Code></Error>", headers={"x-ci-request-id": "r9"}),
            APIError,
            r"HTTP 200 InternalErr \(request id r9\)",
        ),
        (httpx.Response(400, content=b"<html>proxy</html>"), ResponseFormatError, "HTTP 400: an HTML page"),
        (httpx.Response(400, content=b'{"code": "InvalidArgument", "message": "m"}'), APIError, "InvalidArgument: m"),
    ],
)
def test_what_will_not_pass_is_asked_for_once(trouble: httpx.Response, kind: type[Exception], message: str) -> None:
    answer, asked = in_turn(trouble)
    with pytest.raises(kind, match=message):
        fetch_batch_jobs(client_of(answer), "b1")
    assert len(asked) == 1


def test_a_service_that_never_answered_is_given_up_sooner() -> None:
    answer, asked = in_turn(httpx.ConnectError("refused"))
    with pytest.raises(TransportError, match="cannot be reached"):
        fetch_batch_jobs(client_of(answer, retry=RetryPolicy(first_s=0.0)), "b1")
    assert len(asked) == 4


def test_a_redirect_on_the_host_is_followed_and_signed_anew() -> None:
    answer, asked = in_turn(
        httpx.Response(307, headers={"location": "/inventorytriggerjob/b1?x=%E4%B8%AD"}),
        httpx.Response(200, content=GOOD),
    )
    fetch_batch_jobs(client_of(answer), "b1")
    first, second = asked
    assert second.url.params["x"] == "中"
    assert "q-url-param-list=x&" in second.headers["authorization"]
    assert first.headers["authorization"] != second.headers["authorization"]


@pytest.mark.parametrize(
    "location", ["https://evil.example/", "//evil.example/x", f"http://{HOST}/", f"https://{HOST}:444/"]
)
def test_a_redirect_to_another_host_is_not_followed(location: str) -> None:
    answer, asked = in_turn(httpx.Response(301, headers={"location": location}))
    with pytest.raises(APIError, match="Redirects to other hosts are not followed"):
        fetch_batch_jobs(client_of(answer), "b1")
    assert len(asked) == 1


def test_redirects_in_a_circle_end() -> None:
    answer, asked = in_turn(httpx.Response(307, headers={"location": "/again"}))
    with pytest.raises(APIError, match="redirected more than three times"):
        fetch_batch_jobs(client_of(answer), "b1")
    assert len(asked) == 4


@pytest.mark.parametrize("offset_s", [4000.0, -7200.0])
def test_a_wrong_clock_is_corrected_once_and_said(offset_s: float) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        start, _, end = request.headers["authorization"].partition("q-key-time=")[2].partition("&")[0].partition(";")
        if int(start) <= NOW + offset_s <= int(end):
            asked = request.url.path.rpartition("/")[2].encode()
            return httpx.Response(200, content=GOOD.replace(b"b1", asked))
        return error(403, "RequestTimeTooSkewed", date=formatdate(NOW + offset_s, usegmt=True))

    frame = fetch_batch_jobs(client_of(answer), ["b1", "b2", "b3"])
    ledger = ledger_of(frame)
    assert len(frame) == 3
    assert ledger.entries[0].notes[0].startswith(f"this machine's clock is {abs(offset_s):.0f} s")
    assert ledger.as_of is not None
    assert ledger.as_of.timestamp() == pytest.approx(NOW + offset_s, abs=1)


def test_a_signature_that_is_refused_at_the_right_time_is_not_repeated() -> None:
    answer, asked = in_turn(error(403, "SignatureDoesNotMatch", date=formatdate(NOW, usegmt=True)))
    with pytest.raises(AccessDenied, match="does not belong to the secret id"):
        fetch_batch_jobs(client_of(answer), ["b1", "b2"])
    assert len(asked) <= 2


class RollingKeys:
    """A provider whose key rolls when a test says so."""

    secret_id, secret_key, token = "id-1", "key-1", "token-1"

    def roll(self) -> None:
        self.secret_id, self.secret_key, self.token = "id-2", "key-2", "token-2"


def test_a_key_that_rolled_meanwhile_is_taken_up() -> None:
    keys = RollingKeys()

    def answer(request: httpx.Request) -> httpx.Response:
        if "q-ak=id-2&" in request.headers["authorization"]:
            return httpx.Response(200, content=GOOD)
        keys.roll()
        return error(401, "ExpiredToken")

    frame = fetch_batch_jobs(client_of(answer, credentials=keys), "b1")
    assert ledger_of(frame).entries[0].notes == ("the key has rolled",)


def test_retry_after_is_waited_for() -> None:
    answer, _ = in_turn(error(503, "ServiceUnavailable", **{"retry-after": "0.2"}), httpx.Response(200, content=GOOD))
    began_at = time.monotonic()
    fetch_batch_jobs(client_of(answer), "b1")
    assert time.monotonic() - began_at >= 0.2


def test_a_deadline_ends_the_attempts() -> None:
    answer, asked = in_turn(error(503, "ServiceUnavailable", **{"retry-after": "3600"}))
    with pytest.raises(ServiceBusy):
        fetch_batch_jobs(client_of(answer), "b1")
    assert len(asked) == 1


def test_a_body_without_end_is_not_read_to_its_end() -> None:
    sent = 0

    def flood() -> object:
        nonlocal sent
        while True:
            sent += 2**20
            yield b" " * 2**20

    answer, _ = in_turn(httpx.Response(200, content=flood()))  # type: ignore[arg-type]
    with pytest.raises(ResponseFormatError, match="more than the 67,108,864 bytes that are read"):
        fetch_batch_jobs(client_of(answer), "b1")
    assert sent <= 66 * 2**20


def test_a_compressed_answer_is_read() -> None:
    import gzip

    packed = httpx.Response(200, content=gzip.compress(GOOD), headers={"content-encoding": "gzip"})
    assert len(fetch_batch_jobs(client_of(lambda request: packed), "b1")) == 1


def test_a_closed_client_says_so() -> None:
    with client_of(lambda request: httpx.Response(200, content=GOOD)) as client:
        fetch_batch_jobs(client, "b1")
    with pytest.raises(ConfigurationError, match="the client is closed"):
        fetch_batch_jobs(client, "b1")


def test_nothing_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        Client(
            "media-1250000000", "ap-beijing", credentials=KEYS, endpoint=f"http://127.0.0.1:{port}",
            retry=RetryPolicy(attempts=2, first_s=0.0),
        ) as client,
        pytest.raises(TransportError, match=r"127\.0\.0\.1 cannot be reached.*refused"),
    ):  # fmt: skip
        fetch_batch_jobs(client, [f"b{number}" for number in range(10_000)])


def test_an_interruption_stops_requests_that_wait_and_leaves_nothing() -> None:
    """A service that accepts and never answers; Interrupt comes as KeyboardInterrupt in the waiting thread."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Client("media-1250000000", "ap-beijing", credentials=KEYS, endpoint=endpoint, concurrency=8) as client:
            ticks = 0

            def interrupt() -> None:
                nonlocal ticks
                ticks += 1
                if ticks == 5:
                    raise KeyboardInterrupt

            began_at = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                client.transport.side_by_side(
                    lambda send: send(batch_job("b1"), lambda data: data), 8, run=Run(), tick=interrupt
                )
            assert time.monotonic() - began_at < 2
    assert not [thread for thread in threading.enumerate() if thread.name == "cijob-worker"]


def test_an_error_in_a_worker_is_raised_where_one_waits() -> None:
    def work(send: object) -> None:
        raise ZeroDivisionError

    with client_of(lambda request: httpx.Response(200)) as client, pytest.raises(ZeroDivisionError):
        client.transport.side_by_side(work, 2, run=Run())


def test_no_secret_in_logs_messages_or_reprs(caplog: pytest.LogCaptureFixture) -> None:
    answer, asked = in_turn(error(503, "ServiceUnavailable"), error(403, "AccessDenied"))
    client = client_of(answer)
    with caplog.at_level(logging.DEBUG), pytest.raises(AccessDenied) as caught:
        fetch_batch_jobs(client, "b1")
    signature = asked[0].headers["authorization"].partition("q-signature=")[2]
    shown = [caplog.text, repr(client), client._repr_html_(), *_every_text_of(caught.value)]
    for secret in (*SECRETS.values(), signature):
        assert not any(secret in text for text in shown)


def _every_text_of(error: BaseException) -> list[str]:
    """Return what a traceback could show, with the local variables of our own frames."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True).format()
    return [part for part in shown if "test_transport.py" not in part]
