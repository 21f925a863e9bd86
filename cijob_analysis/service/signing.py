"""The signature of a request: a pure function, the time passed in.

The algorithm is COS's XML signature, ``q-sign-algorithm=sha1`` (page 436/7778).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha1
from hmac import digest
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from cijob_analysis.service.credentials import Credentials

_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


def authorization(
    method: str,
    path: str,
    *,
    params: Mapping[str, str],
    headers: Mapping[str, str],
    credentials: Credentials,
    key_time: tuple[int, int],
) -> str:
    """Return the value of the header ``Authorization`` (page 436/7778).

    Parameters
    ----------
    method : str
        HTTP method, in any case.
    path : str
        Path of the URL, decoded, with its leading ``/``.
    params, headers : mapping of str to str
        What is signed, decoded: all of it. Of names that differ in case only, the last counts.
    credentials : Credentials
        Whose signature it is.
    key_time : tuple of (int, int)
        From when until when it is valid [Unix s].
    """
    prefix, inner, outer = _keyed(credentials.secret_id, credentials.secret_key, key_time)
    param_names, param_text = _canonical(params)
    header_names, header_text = _canonical(headers)
    request = sha1(f"{method.lower()}\n{path}\n{param_text}\n{header_text}\n".encode()).hexdigest()
    inner, outer = inner.copy(), outer.copy()
    inner.update(f"{request}\n".encode())
    outer.update(inner.digest())
    return f"{prefix}{header_names}&q-url-param-list={param_names}&q-signature={outer.hexdigest()}"


def _canonical(pairs: Mapping[str, str]) -> tuple[str, str]:
    """Return the list of names and the text of `pairs` that go into the signature."""
    if not pairs:
        return "", ""
    listed, order = _ordered(tuple(pairs))
    # Ids and page tokens, which are new at each request, need no escapes.
    texts = [
        code + (value if (value := pairs[name]).isalnum() and value.isascii() else _quoted(value))
        for code, name in order
    ]
    return listed, "&".join(texts)


@lru_cache(maxsize=128)
def _ordered(names: tuple[str, ...]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the list of the encoded names; and ``code=`` and name of each, in the order in which they are signed.

    Names are percent-encoded, then lower-cased, escapes included.
    """
    by_code = {_quoted(name).lower(): name for name in names}
    codes = sorted(by_code)
    return ";".join(codes), tuple((f"{code}=", by_code[code]) for code in codes)


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


@lru_cache(maxsize=8)
def _keyed(secret_id: str, secret_key: str, key_time: tuple[int, int]) -> tuple[str, Any, Any]:
    """Return how the header begins, and the two hashes of its HMAC (RFC 2104), to be copied.

    They have taken in the key derived for `key_time` and what each string to sign begins with;
    ``hmac.HMAC.copy`` does the same at three times the cost.
    """
    times = f"{key_time[0]};{key_time[1]}"
    key = digest(secret_key.encode(), times.encode(), "sha1").hex().encode().ljust(64, b"\0")
    inner, outer = sha1(key.translate(_INNER)), sha1(key.translate(_OUTER))
    inner.update(f"sha1\n{times}\n".encode())
    prefix = f"q-sign-algorithm=sha1&q-ak={secret_id}&q-sign-time={times}&q-key-time={times}&q-header-list="
    return prefix, inner, outer


def key_times(clock: Callable[[], float], *, valid_s: int = 3600, slack_s: int = 60) -> Callable[[], tuple[int, int]]:
    """Return a function that tells the key time to sign with now.

    It stays the same for a third of its validity, so that the key is derived once and not at each request.

    Parameters
    ----------
    clock : callable
        Returns the service's time [Unix s].
    valid_s : int
        How long a signature is valid [s].
    slack_s : int
        How long before now it begins to be valid [s], for clocks that differ a little.
    """
    times = (0, 0)
    renew_at = 0.0
    began_at = 0.0

    def key_time() -> tuple[int, int]:
        nonlocal times, renew_at, began_at
        now = clock()
        if not began_at <= now < renew_at:  # also when the clock was set back
            times = (int(now) - slack_s, int(now) + valid_s)
            began_at, renew_at = now, now + valid_s / 3
        return times

    return key_time
