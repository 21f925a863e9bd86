from __future__ import annotations

from typing import Any

import pytest

from cijob_analysis import Client, ConfigurationError, Credentials

KEYS = Credentials("AKIDexampleexample1234", "examplekeyexamplekey")


@pytest.mark.parametrize(
    ("bucket", "region", "message"),
    [
        ("media", "ap-beijing", "bucket 'media' has no APPID: write <name>-<APPID>"),
        ("Media-1250000000", "ap-beijing", "bucket 'Media-1250000000' is malformed"),
        ("me/dia-1250000000", "ap-beijing", "is malformed"),
        ("", "ap-beijing", "has no APPID"),
        ("media-1250000000", "beijing", "region 'beijing' does not look like one"),
        ("media-1250000000", "ap-beijing.evil.example", "does not look like one"),
    ],
)
def test_bucket_and_region_are_checked_before_anything_is_sent(bucket: str, region: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Client(bucket, region, credentials=KEYS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"concurrency": 0}, "concurrency=0"),
        ({"concurrency": 1000}, "from 1 to 256"),
        ({"requests_per_second": 0}, "requests_per_second=0 is not above 0"),
        ({"timeout_s": -1}, "timeout_s=-1"),
        ({"credentials": "AKIDsecret"}, "credentials of type str lack secret_id"),
        ({"endpoint": "http://10.0.0.5:8080"}, "plain http, which is for this machine only"),
        ({"endpoint": "127.0.0.1:8080"}, "is no address"),
        ({"endpoint": "https://host/path"}, "is no address"),
        ({"endpoint": "https://host:port"}, "is no address"),
        ({"endpoint": "https://user:word@host"}, "holds a user name or password"),
    ],
)
def test_options_are_checked_too(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        Client("media-1250000000", "ap-beijing", **{"credentials": KEYS, **options})
    assert "AKIDsecret" not in str(caught.value)
    assert "word" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize(
    ("endpoint", "origin", "host"),
    [
        (None, "https://media-1250000000.ci.ap-beijing.myqcloud.com", "media-1250000000.ci.ap-beijing.myqcloud.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "media-1250000000.ci.ap-beijing.myqcloud.com"),
        ("http://[::1]:8080/", "http://[::1]:8080", "media-1250000000.ci.ap-beijing.myqcloud.com"),
        ("https://ci.example.com", "https://ci.example.com", "ci.example.com"),
        ("https://ci.example.com:8443", "https://ci.example.com:8443", "ci.example.com:8443"),
    ],
)
def test_where_requests_go_and_what_host_they_are_signed_for(endpoint: str | None, origin: str, host: str) -> None:
    client = Client("media-1250000000", "ap-beijing", credentials=KEYS, endpoint=endpoint)
    assert client.endpoint == origin
    assert client.transport.signer.host == host


def test_a_client_shows_its_key_masked_and_where_it_came_from() -> None:
    client = Client("media-1250000000", "ap-beijing", credentials=KEYS)
    for shown in (repr(client), client._repr_html_()):
        assert "AKID…1234 from argument" in shown
        assert "example1" not in shown
        assert KEYS.secret_key not in shown


def test_keys_are_looked_up_when_none_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "AKIDexampleexample5678")
    monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", "k")
    assert "AKID…5678 from environment TENCENTCLOUD_…" in repr(Client("media-1250000000", "ap-beijing"))
