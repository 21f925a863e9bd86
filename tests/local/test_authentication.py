from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from cijob_analysis.local import Faults, LocalService, Workload
from cijob_analysis.local.answers import Refusal
from cijob_analysis.local.authentication import Key, check
from cijob_analysis.service.credentials import Credentials
from cijob_analysis.service.signing import authorization
from tests.local.asking import PATH, ask, code, signature

NOW = 1_780_000_000
LONG = Credentials("long-id", "long-key")
TEMPORARY = Credentials("temporary-id", "temporary-key", "tok/en+1=")
TOKEN = {"x-ci-security-token": "tok/en+1="}
KEYS = (Key(LONG), Key(TEMPORARY, expires_at=NOW + 600))
PARAMS = {"name": "a b/中,+%~", "startCreationTime": "2026-06-30T10:00:00+0800", "nextToken": "", "%C3 [": "x"}
HEADERS = {"host": "examplebucket-1250000000.ci.ap-guangzhou.myqcloud.com", "x-ci-note": "ü, a b"}


def signed(credentials: Credentials = LONG, key_time: tuple[int, int] = (NOW - 60, NOW + 60), path: str = PATH) -> str:
    return authorization("GET", path, params=PARAMS, headers=HEADERS, credentials=credentials, key_time=key_time)


def refusal(
    given: str | None, *, now: float = NOW, path: str = PATH, headers: dict[str, str] | None = None
) -> tuple[int, str] | None:
    """Return how `check` refuses, or None."""
    sent = HEADERS | (headers or {})
    try:
        check("GET", path, PARAMS, sent | ({} if given is None else {"authorization": given}), keys=KEYS, now=now)
    except Refusal as refused:
        return refused.status, refused.code
    return None


def test_what_is_signed_rightly_is_accepted() -> None:
    assert refusal(signed()) is None
    path = f"{PATH}/b1 ?#中"
    assert refusal(signed(path=path), path=path) is None


def test_only_what_is_listed_is_checked() -> None:
    nothing = authorization("get", PATH, params={}, headers={}, credentials=LONG, key_time=(NOW - 1, NOW + 1))
    assert refusal(nothing) is None


@pytest.mark.parametrize("given", [None, "", "  "])
def test_missing(given: str | None) -> None:
    assert refusal(given) == (401, "MissingAuthorization")


@pytest.mark.parametrize(
    "given",
    [
        "Basic bG9uZzprZXk=",
        signed().replace("q-header-list", "q-headers"),
        signed() + "&q-extra=1",
        signed() + "&q-ak=long-id",
        signed().rpartition("&")[0],
        signed().replace("=sha1", "=sha256"),
        signed().replace(f"q-sign-time={NOW - 60};", f"q-sign-time={NOW - 61};"),
        signed().replace(";", "-"),
        signed().replace(str(NOW - 60), "soon"),
    ],
)
def test_malformed(given: str) -> None:
    # An unknown key and a passed time come later in the order.
    assert refusal(given.replace("long-id", "unknown"), now=NOW + 9999) == (401, "InvalidAuthorization")


def test_an_unknown_key_is_said_before_a_passed_time() -> None:
    assert refusal(signed(Credentials("other-id", "long-key")), now=NOW + 9999) == (401, "SecretidNotExist")


def test_a_passed_time_is_said_before_a_wrong_signature() -> None:
    wrong = signed(Credentials("long-id", "wrong-key"))
    assert refusal(wrong, now=NOW + 60) == (403, "AccessDenied")
    assert refusal(wrong, now=NOW + 61) == (401, "SignatureExpired")


def test_a_time_in_the_future_is_said_before_a_wrong_signature() -> None:
    wrong = signed(Credentials("long-id", "wrong-key"))
    assert refusal(wrong, now=NOW - 60 - 900) == (403, "AccessDenied")
    assert refusal(wrong, now=NOW - 60 - 901) == (403, "RequestTimeTooSkewed")


@pytest.mark.parametrize("position", range(40))
def test_each_digit_of_the_signature_counts(position: int) -> None:
    head, _, digits = signed().rpartition("=")
    other = "0" if digits[position] != "0" else "1"
    assert refusal(f"{head}={digits[:position]}{other}{digits[position + 1 :]}") == (403, "AccessDenied")


@pytest.mark.parametrize("digits", ["", "é", "0" * 40, "0" * 4000])
def test_a_signature_of_another_form_is_wrong(digits: str) -> None:
    assert refusal(f"{signed().rpartition('=')[0]}={digits}") == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("listed", "instead"),
    [("nexttoken", "size"), ("x-ci-note", "x-ci-other"), ("q-header-list=host;", "q-header-list=;host;")],
)
def test_what_is_listed_must_be_there(listed: str, instead: str) -> None:
    given = signed()
    assert listed in given
    assert refusal(given.replace(listed, instead)) == (403, "AccessDenied")


def test_the_path_and_the_headers_count() -> None:
    assert refusal(signed(), path=f"{PATH}/b1") == (403, "AccessDenied")
    assert refusal(signed(), headers={"host": "other"}) == (403, "AccessDenied")


@pytest.mark.parametrize("header", ["x-ci-security-token", "x-cos-security-token"])
def test_a_token_comes_in_either_header(header: str) -> None:
    assert refusal(signed(TEMPORARY), headers={header: "tok/en+1="}) is None
    assert refusal(signed(TEMPORARY), headers={header: "other"}) == (403, "AccessDenied")


def test_a_token_is_needed_by_its_key_only() -> None:
    assert refusal(signed(TEMPORARY)) == (403, "AccessDenied")
    assert refusal(signed(LONG), headers=TOKEN) == (403, "AccessDenied")


def test_a_temporary_key_ends() -> None:
    given = signed(TEMPORARY, key_time=(NOW, NOW + 9999))
    assert refusal(given, now=NOW + 599, headers=TOKEN) is None
    assert refusal(given, now=NOW + 600, headers=TOKEN) == (400, "ExpiredToken")


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    with LocalService(Workload(), credentials=(LONG, Key(TEMPORARY))) as service:
        yield service


def test_over_http(service: LocalService, http: httpx.Client) -> None:
    assert service.credentials == LONG
    assert ask(service, http).status_code == 200
    assert code(http.get(service.url + PATH)) == (401, "MissingAuthorization")
    given = signature(PATH, {}, credentials=TEMPORARY, headers=TOKEN)
    assert http.get(service.url + PATH, headers={"Authorization": given, **TOKEN}).status_code == 200
    changed = given[:-1] + ("0" if given[-1] != "0" else "1")
    assert code(http.get(service.url + PATH, headers={"Authorization": changed, **TOKEN})) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("offset_s", "expected"), [(4000, (401, "SignatureExpired")), (-4000, (403, "RequestTimeTooSkewed"))]
)
def test_the_services_clock_counts(
    service: LocalService, http: httpx.Client, offset_s: float, expected: tuple[int, str]
) -> None:
    service.faults = Faults(clock_offset_s=offset_s)
    try:
        assert code(ask(service, http)) == expected
    finally:
        service.faults = Faults()


def test_refusals_come_before_paths_and_methods(service: LocalService, http: httpx.Client) -> None:
    assert code(http.put(f"{service.url}/nothing")) == (401, "MissingAuthorization")


def test_the_clock_may_be_given(http: httpx.Client) -> None:
    with LocalService(Workload(), credentials=LONG, clock=lambda: NOW) as service:
        given = authorization("GET", PATH, params={}, headers={}, credentials=LONG, key_time=(NOW, NOW))
        answer = http.get(service.url + PATH, headers={"Authorization": given})
    assert answer.status_code == 200
    assert answer.headers["date"] == "Thu, 28 May 2026 20:26:40 GMT"
