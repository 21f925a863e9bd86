"""The headers of a request, signed for one host and the service's time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from cijob_analysis.service.credentials import CredentialProvider, Credentials, current
from cijob_analysis.service.requests import Request
from cijob_analysis.service.signing import authorization, key_times

TOLERATED_S = 30.0
"""Clocks that differ by less are not the reason for a refused signature [s]."""


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    """Headers to send, and what they were signed with."""

    headers: list[tuple[str, str]]
    credentials: Credentials
    offset_s: float

    def __repr__(self) -> str:
        return f"<SignedHeaders by {self.credentials.masked}>"


class Signer:
    """Signs requests, and knows how far the service's clock is from ours.

    Parameters
    ----------
    provider : Credentials or CredentialProvider
        Asked again for each request.
    host : str
        What the header ``Host`` says.
    clock : callable
        Returns this machine's time [Unix s].
    """

    def __init__(self, provider: Credentials | CredentialProvider, host: str, clock: Callable[[], float]) -> None:
        self.provider = provider
        self.host = host
        self.offset_s = 0.0
        self._clock = clock
        self._key_time = key_times(self.now)
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the service's time, as far as it is known [Unix s]."""
        return self._clock() + self.offset_s

    def sign(self, request: Request) -> SignedHeaders:
        """Return the headers of `request`; host, token and the whole query are signed."""
        credentials, offset_s = current(self.provider), self.offset_s
        signed = {"host": self.host}
        if credentials.token:
            signed["x-ci-security-token"] = credentials.token
        value = authorization(
            "GET",
            request.path,
            params=request.params,
            headers=signed,
            credentials=credentials,
            key_time=self._key_time(),
        )
        return SignedHeaders([*signed.items(), ("authorization", value)], credentials, offset_s)

    def corrected(self, signed: SignedHeaders, service_time: float | None) -> str | None:
        """Say why a refused request may be signed anew: the key has rolled, or the clock is corrected now.

        The clock is corrected once.

        Parameters
        ----------
        signed : SignedHeaders
            What was refused.
        service_time : float or None
            The service's time as its answer gave it [Unix s].
        """
        with self._lock:
            if self.offset_s != signed.offset_s:
                return "the clock was corrected meanwhile"
            if service_time is not None and not self.offset_s:
                behind_s = service_time - self.now()
                if abs(behind_s) > TOLERATED_S:
                    self.offset_s = behind_s
                    self._key_time = key_times(self.now)
                    return (
                        f"this machine's clock is {abs(behind_s):.0f} s "
                        f"{'behind' if behind_s > 0 else 'ahead of'} the service's; corrected for the signatures"
                    )
        return "the key has rolled" if current(self.provider) != signed.credentials else None
