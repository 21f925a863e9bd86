"""The signature, against published vectors and against the official SDK's own signer."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qcloud_cos import CosConfig
from qcloud_cos.cos_auth import CosS3Auth
from requests import Request

from cijob_analysis import Credentials
from cijob_analysis.service.signing import authorization, key_times

DUMMY = Credentials("test-secret-id", "test-secret-key")
HOST = "examplebucket-1250000000.ci.ap-beijing.myqcloud.com"
HOUR = (1700000000, 1700003600)


def signature(value: str) -> str:
    return value.rpartition("q-signature=")[2]


def test_published_vector_of_a_put_with_odd_headers() -> None:
    value = authorization(
        "PUT",
        "/testfile2",
        params={},
        headers={
            "host": "testbucket-125000000.cos.ap-guangzhou.myqcloud.com",
            "x-cos-content-sha1": "db8ac1c259eb89d4a131b253bacfca5f319d54f2",
            "x-cos-stroage-class": "nearline",
        },
        credentials=Credentials("QmFzZTY0IGlzIGEgZ2VuZXJp", "AKIDZfbOA78asKUYBcXFrJD0a1ICvR98JM"),
        key_time=(1480932292, 1481012292),
    )
    assert signature(value) == "ce4ac0ecbcdb30538b3fee0a97cc6389694ce53a"


def test_one_batch_job_with_the_host_signed() -> None:
    path = "/inventorytriggerjob/b11111111aaaa11ee8000525400000001"
    value = authorization("GET", path, params={}, headers={"host": HOST}, credentials=DUMMY, key_time=HOUR)
    assert value == (
        "q-sign-algorithm=sha1&q-ak=test-secret-id&q-sign-time=1700000000;1700003600&q-key-time=1700000000;1700003600"
        "&q-header-list=host&q-url-param-list=&q-signature=f6ef86e6a583c0e9b6f8d875d4af17286f02bbda"
    )


def test_a_list_with_parameters_of_mixed_case() -> None:
    params = {
        "type": "Workflow",
        "states": "Success,Failed",
        "size": "100",
        "startCreationTime": "2024-01-01T00:00:00+0800",
        "orderByTime": "Asc",
    }
    value = authorization(
        "GET", "/inventorytriggerjob", params=params, headers={"host": HOST}, credentials=DUMMY, key_time=HOUR
    )
    assert "&q-url-param-list=orderbytime;size;startcreationtime;states;type&" in value
    assert signature(value) == "045d379f2b3e6ad4bf12d2b6d0381238dc61d832"


def test_nothing_signed_but_a_path_with_a_comma() -> None:
    path = "/jobs/j11111111aaaa11ee8000525400000001,j11111111aaaa11ee8000525400000002"
    value = authorization("get", path, params={}, headers={}, credentials=DUMMY, key_time=HOUR)
    assert signature(value) == "96e1b51673ed1fea61c0deee6ef67469cec7f654"


def test_an_empty_value_and_a_token() -> None:
    params = {"jobId": "b11111111aaaa11ee8000525400000001", "nextToken": "", "size": "50"}
    headers = {"host": HOST, "x-ci-security-token": "tok/en+1="}
    value = authorization("GET", "/workflowexecution", params=params, headers=headers, credentials=DUMMY, key_time=HOUR)
    assert "&q-header-list=host;x-ci-security-token&" in value
    assert signature(value) == "7806caf4c2a204e79a346db1a6cf9286ca93b3b1"


TEXTS = st.text(
    st.one_of(st.sampled_from("aZ09-_.~ %+,/=&;:?#'()*!中文é😀"), st.characters(codec="utf-8")), max_size=20
)
NAMES = st.one_of(
    st.sampled_from(["states", "startCreationTime", "nextToken", "Size", "orderByTime", "x y", "中文"]),
    TEXTS.filter(bool),
)
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Range", "x-ci-security-token", "X-Cos-Meta-A", "content-md5"]),
    st.text("abcXYZ019 %+,/=;~é", max_size=20).map(str.strip),
)


@settings(max_examples=1200, deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "POST"]),
    path=TEXTS.map(lambda text: "/" + text.lstrip("/")),
    params=st.dictionaries(NAMES, TEXTS, max_size=6),
    headers=HEADERS,
)
def test_equals_the_official_signer(method: str, path: str, params: dict[str, str], headers: dict[str, str]) -> None:
    config = CosConfig(Region="ap-beijing", SecretId=DUMMY.secret_id, SecretKey=DUMMY.secret_key)
    request = Request(method, f"https://{HOST}/").prepare()
    request.headers.clear()
    request.headers.update({**headers, "Host": HOST})
    theirs = CosS3Auth(config, path, params)(request).headers["Authorization"]
    times = re.search(r"q-key-time=(\d+);(\d+)", theirs)
    assert times is not None
    ours = authorization(
        method,
        path,
        params=params,
        headers={**headers, "Host": HOST},
        credentials=DUMMY,
        key_time=(int(times[1]), int(times[2])),
    )
    assert ours == theirs


def test_the_key_time_stays_while_it_is_fresh_and_moves_on_before_it_ends() -> None:
    now = 1_000_000.0
    key_time = key_times(lambda: now)
    first = key_time()
    assert first == (999_940, 1_003_600)
    now += 1000
    assert key_time() == first
    now += 300
    assert key_time() == (1_001_240, 1_004_900)


def test_the_key_time_follows_a_clock_that_was_set_back() -> None:
    now = time.time()
    key_time = key_times(lambda: now)
    key_time()
    now -= 3600
    start, end = key_time()
    assert start <= now <= end


@pytest.mark.parametrize("name", ["Host", "HOST", "host"])
def test_names_count_without_their_case(name: str) -> None:
    value = authorization("GET", "/", params={}, headers={name: HOST}, credentials=DUMMY, key_time=HOUR)
    assert "&q-header-list=host&" in value
