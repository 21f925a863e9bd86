"""The signature of a request, beside the SDK's signer."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from functools import partial
from hashlib import sha1
from random import Random
from types import SimpleNamespace

from qcloud_cos import CosConfig
from qcloud_cos.cos_auth import CosS3Auth

from benchmarks import sampledata
from benchmarks.table import Bar
from benchmarks.timing import Rounds, in_turn, processor_s
from cijob_analysis.service.credentials import Credentials
from cijob_analysis.service.signing import authorization

LIMIT_US = 3.0
LIMIT_RATIO = 4.2  # what 3 µs are to the 12.6 µs that the SDK took when that limit was set
N = 2_000  # more than a cache of encoded values would hold
ROUNDS = 21

_HOST = f"{sampledata.BUCKET}.ci.{sampledata.REGION}.myqcloud.com"
_CREDENTIALS = Credentials("AKIDbenchmarkbenchmarkbenchmark00000", "benchmarkbenchmarkbenchmark00000")
_KEY_TIME = (1_767_225_600, 1_767_229_200)

Asked = list[tuple[str, dict[str, str]]]


def run() -> list[Bar]:
    """Measure the signatures of requests for one job, and for the pages of a list."""
    return [_one_job(), _page()]


def _one_job() -> Bar:
    rounds = _rounds(_details())
    us = 1e6 / N
    return Bar(
        what="signature: one job",
        **_shown(rounds),
        value=min(rounds.figures["ours"]) * us,  # the bar is absolute: what is above the best is the machine's
        unit="µs at best",
        limit=LIMIT_US,
        at_least=False,
    )


def _page() -> Bar:
    rounds = _rounds(_pages())
    return Bar(
        what="signature: a page of a list, 8 parameters, a new token each",
        **_shown(rounds),
        value=rounds.ratio("peer", "ours"),
        unit="× as fast as the SDK",
        limit=LIMIT_RATIO,
        at_least=True,
    )


def _shown(rounds: Rounds) -> dict[str, str]:
    us = 1e6 / N
    return {
        "ours": rounds.shown("ours", "µs", scale=us),
        "peer": rounds.shown("peer", "µs", scale=us, label="SDK"),
        "floor": rounds.shown("floor", "µs", scale=us, label="a SHA-1 and an HMAC"),
    }


def _rounds(asked: Asked) -> Rounds:
    _check_equal(asked[0])
    contestants: dict[str, Callable[[], object]] = {
        "ours": partial(_sign, asked),
        "peer": partial(_sign_by_peer, asked),
        "floor": _hash,
    }
    return in_turn({name: partial(processor_s, run) for name, run in contestants.items()}, ROUNDS)


def _details() -> Asked:
    return [(f"/inventorytriggerjob/{job_id}", {}) for job_id in sampledata.ids(N)]


def _pages() -> Asked:
    random = Random(3)
    params = {
        "size": "100",
        "orderByTime": "Desc",
        "states": "Success,Failed",
        "type": "Workflow",
        "startCreationTime": "2026-01-01T00:00:00+0000",
        "endCreationTime": "2026-02-01T00:00:00+0000",
        "workflowId": "w0123456789abcdef0123456789abcdef",
    }
    return [("/inventorytriggerjob", {**params, "nextToken": f"{random.getrandbits(128):032x}"}) for _ in range(N)]


def _sign(asked: Asked) -> None:
    headers = {"host": _HOST}
    for path, params in asked:
        authorization("GET", path, params=params, headers=headers, credentials=_CREDENTIALS, key_time=_KEY_TIME)


def _sign_by_peer(asked: Asked) -> None:
    config, request = _peer_config(), _unsigned()
    for path, params in asked:
        CosS3Auth(config, path, params=params)(request)


def _hash() -> None:
    key, text = b"0" * 40, b"get\n/inventorytriggerjob/b0\n\nhost=benchmark\n"
    for _ in range(N):
        hmac.digest(key, sha1(text).digest(), "sha1")


def _peer_config() -> CosConfig:
    return CosConfig(
        Region=sampledata.REGION, SecretId=_CREDENTIALS.secret_id, SecretKey=_CREDENTIALS.secret_key, Scheme="http"
    )


def _unsigned() -> SimpleNamespace:
    """Return what the SDK's signer reads of a request."""
    headers = {"User-Agent": "cos-python-sdk", "Accept": "*/*", "Accept-Encoding": "gzip, deflate", "Host": _HOST}
    return SimpleNamespace(method="GET", url=f"http://{_HOST}/", headers=headers)


def _check_equal(asked: tuple[str, dict[str, str]]) -> None:
    """Raise unless both sign alike: otherwise there is nothing to compare."""
    path, params = asked
    request = CosS3Auth(_peer_config(), path, params=params)(_unsigned())
    theirs: str = request.headers["Authorization"]
    found = re.search(r"q-key-time=(\d+);(\d+)", theirs)
    if found is None:
        raise RuntimeError("the SDK's signature names no key time")
    ours = authorization(
        "GET",
        path,
        params=params,
        headers={"host": _HOST},
        credentials=_CREDENTIALS,
        key_time=(int(found[1]), int(found[2])),
    )
    if ours != theirs:
        raise RuntimeError(f"the signatures of {path} differ")
