"""Over TLS, directly and through a proxy, as a real bucket is reached."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
import trustme

from cijob_analysis import Client, Credentials, RetryPolicy, TransportError, fetch_batch_jobs
from cijob_analysis.ledger import ledger_of

KEYS = Credentials("i", "k")


class Service(BaseHTTPRequestHandler):
    """Answers every id; closes the connection after each fifth answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        key = self.path.rpartition("/")[2]
        body = f"<Response><JobsDetail><JobId>{key}</JobId></JobsDetail></Response>".encode()
        self.send_response(200)
        if key == "b1001":
            body = gzip.compress(body)
            self.send_header("content-encoding", "gzip")
        if key == "b1002":
            body = zlib.compress(body)
            self.send_header("content-encoding", "deflate")
        if key == "b1003":
            body = gzip.compress(body)[:-9]
            self.send_header("content-encoding", "gzip")
        if key == "b1004":
            self.send_header("content-encoding", "br")
        self.send_header("content-length", str(len(body)))
        if int(key[1:]) % 5 == 0:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Proxy(StreamRequestHandler):
    """Lets CONNECT through, wherever it should go, to the service; notes where it should go."""

    asked: list[bytes]
    port: int

    def handle(self) -> None:
        self.asked.append(self.rfile.readline().split()[1])
        while self.rfile.readline().strip():
            pass
        with socket.create_connection(("127.0.0.1", self.port)) as onward:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pump, args=(onward, self.connection), daemon=True)
            back.start()
            _pump(self.connection, onward)
            back.join(5)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def port(authority: trustme.CA) -> Iterator[int]:
    """Run a service whose certificate is for localhost and for a bucket's host."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "media-1250000000.ci.ap-beijing.myqcloud.com").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the authority by the environment, as httpx.Client would."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


@pytest.mark.usefixtures("trusted")
def test_many_ids_over_tls_with_connections_that_are_closed_now_and_then(port: int) -> None:
    ids = [f"b{number}" for number in range(40)]
    endpoint = f"https://localhost:{port}"
    with Client("media-1250000000", "ap-beijing", credentials=KEYS, endpoint=endpoint, concurrency=4) as client:
        for _ in range(2):  # the second time over the connections that are still open
            frame = fetch_batch_jobs(client, ids)
            assert frame["batch_job_id"].tolist() == ids
            assert ledger_of(frame).is_complete


@pytest.mark.usefixtures("trusted")
def test_compressed_answers_that_nobody_asked_for(port: int) -> None:
    endpoint, retry = f"https://localhost:{port}", RetryPolicy(attempts=2, first_s=0.0)
    with Client("media-1250000000", "ap-beijing", credentials=KEYS, endpoint=endpoint, retry=retry) as client:
        frame = fetch_batch_jobs(client, ["b1001", "b1002", "b1003", "b1004"])
    assert frame["batch_job_id"].tolist() == ["b1001", "b1002"]
    errors = {failure.what: failure.error for failure in ledger_of(frame).entries[0].failures}
    assert errors == {
        "b1003": "the compressed answer is cut off",
        "b1004": "the answer is compressed by 'br', which was not asked for",
    }


def test_an_authority_that_is_not_trusted_is_said(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with (
        Client(
            "media-1250000000",
            "ap-beijing",
            credentials=KEYS,
            endpoint=f"https://localhost:{port}",
            retry=RetryPolicy(attempts=1),
        ) as client,
        pytest.raises(TransportError, match=r"certificate of localhost is not trusted.*SSL_CERT_FILE"),
    ):
        fetch_batch_jobs(client, "b1")


@pytest.mark.usefixtures("trusted")
def test_a_proxy_of_the_environment_is_used(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = type("Handler", (Proxy,), {"asked": [], "port": port})
    ThreadingTCPServer.allow_reuse_address = True
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as proxy:
        proxy.daemon_threads = True
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with Client("media-1250000000", "ap-beijing", credentials=KEYS, concurrency=2) as client:
            frame = fetch_batch_jobs(client, ["b1", "b2", "b3"])
        proxy.shutdown()
        thread.join()
    assert frame["batch_job_id"].tolist() == ["b1", "b2", "b3"]
    assert set(handler.asked) == {b"media-1250000000.ci.ap-beijing.myqcloud.com:443"}  # type: ignore[attr-defined]


def test_a_service_that_is_silent_is_given_up_after_the_time_out() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Client(
            "media-1250000000",
            "ap-beijing",
            credentials=KEYS,
            endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}",
            timeout_s=0.1,
            retry=RetryPolicy(attempts=2, first_s=0.0),
        ) as client,
        pytest.raises(TransportError, match=r"no answer from 127\.0\.0\.1 within 0\.1 s"),
    ):
        fetch_batch_jobs(client, "b1")
