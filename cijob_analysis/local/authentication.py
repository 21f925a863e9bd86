"""Whether a request is signed, by a key that is known, and rightly so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cijob_analysis.local.answers import Refusal
from cijob_analysis.service.signing import authorization

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cijob_analysis.service.credentials import Credentials

MAX_SKEW_S: Final = 15 * 60
"""How far in the future a signature may begin to be valid [s]."""

TOKEN_HEADERS: Final = ("x-ci-security-token", "x-cos-security-token")

_FIELDS: Final = (
    "q-sign-algorithm",
    "q-ak",
    "q-sign-time",
    "q-key-time",
    "q-header-list",
    "q-url-param-list",
    "q-signature",
)
_KEY_TIME = re.compile(r"(\d{1,12});(\d{1,12})", re.ASCII)


@dataclass(frozen=True)
class Key:
    """A key pair that the service accepts.

    Attributes
    ----------
    credentials : Credentials
        The pair, with a token if it is temporary.
    expires_at : float or None
        When it ends to be accepted [Unix s]; never if None.
    """

    credentials: Credentials
    expires_at: float | None = None


def check(
    method: str,
    path: str,
    params: Mapping[str, str],
    headers: Mapping[str, str],
    *,
    keys: Iterable[Key],
    now: float,
) -> None:
    """Refuse a request that is not signed as page 436/7778 says.

    Parameters
    ----------
    method, path : str
        HTTP method and decoded path.
    params, headers : mapping of str to str
        All of the request, decoded; the names of headers in lower case. Only what the signature lists counts.
    keys : iterable of Key
        The keys that the service knows.
    now : float
        The service's time [Unix s].

    Raises
    ------
    Refusal
        In this order: MissingAuthorization; InvalidAuthorization (not the seven fields); SecretidNotExist;
        ExpiredToken (a key that has ended); SignatureExpired; RequestTimeTooSkewed (it begins in the
        future); AccessDenied (another signature, or another token).
    """
    given = headers.get("authorization", "").strip()
    if not given:
        raise Refusal("MissingAuthorization", "the header Authorization is missing")
    fields = _fields(given)
    begins, ends = _times(fields)
    key = next((key for key in keys if key.credentials.secret_id == fields["q-ak"]), None)
    if key is None:
        raise Refusal("SecretidNotExist", f"the key {fields['q-ak']} does not exist")
    if key.expires_at is not None and now >= key.expires_at:
        raise Refusal("ExpiredToken", "the temporary key has expired")
    if now > ends:
        raise Refusal("SignatureExpired", f"the signature ended {now - ends:.0f} s ago by the service's clock")
    if begins > now + MAX_SKEW_S:
        raise Refusal("RequestTimeTooSkewed", f"the signature begins {begins - now:.0f} s after the service's time")
    signed_params = _listed(fields["q-url-param-list"], params)
    signed_headers = _listed(fields["q-header-list"], headers)
    if signed_params is None or signed_headers is None:
        raise Refusal("AccessDenied", "the signature lists a parameter or a header that the request lacks")
    expected = authorization(
        method,
        path,
        params=signed_params,
        headers=signed_headers,
        credentials=key.credentials,
        key_time=(begins, ends),
    )
    if not compare_digest(expected.rpartition("=")[2].encode(), fields["q-signature"].encode()):
        raise Refusal("AccessDenied", "the signature does not match the request")
    token = next((headers[name] for name in TOKEN_HEADERS if headers.get(name)), None)
    if token != key.credentials.token:
        raise Refusal("AccessDenied", "the security token is missing or is not that of the key")


def _fields(given: str) -> dict[str, str]:
    pairs = [part.partition("=")[::2] for part in given.split("&")]
    fields = dict(pairs)
    if len(pairs) != len(_FIELDS) or set(fields) != set(_FIELDS):
        raise Refusal("InvalidAuthorization", f"Authorization must have these fields, once each: {', '.join(_FIELDS)}")
    if fields["q-sign-algorithm"] != "sha1":
        raise Refusal("InvalidAuthorization", "q-sign-algorithm must be sha1")
    return fields


def _times(fields: Mapping[str, str]) -> tuple[int, int]:
    match = _KEY_TIME.fullmatch(fields["q-sign-time"])
    if match is None or fields["q-key-time"] != fields["q-sign-time"]:
        raise Refusal("InvalidAuthorization", "q-sign-time and q-key-time must be the same two Unix times, start;end")
    return int(match[1]), int(match[2])


def _listed(names: str, pairs: Mapping[str, str]) -> dict[str, str] | None:
    """Return those of `pairs` that a list of the signature names; None if one of them is not there."""
    if not names:
        return {}
    by_code = {quote(name, safe="-_.~").lower(): name for name in pairs}
    listed = names.split(";")
    if any(name not in by_code for name in listed):
        return None
    return {by_code[name]: pairs[by_code[name]] for name in listed}
