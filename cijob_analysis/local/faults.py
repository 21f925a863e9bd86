"""Faults: how an answer can go wrong, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.local.permissions import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

SHARES: Final = (
    "slow_down",
    "unavailable",
    "internal_error",
    "reset",
    "cut_off",
    "short_body",
    "html",
    "empty_body",
    "error_in_200",
    "doctype",
)


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What goes wrong; nothing by default.

    Attributes
    ----------
    slow_down, unavailable, internal_error : float
        Shares of the answers that are 429 SlowDown, 503 ServiceUnavailable, 500 InternalError; like all
        shares between 0 and 1, and together at most 1.
    reset : float
        Share of the answers in whose body the connection is reset (TCP RST).
    cut_off : float
        Share of the answers whose XML is cut off, with the ``Content-Length`` of what is left.
    short_body : float
        Share of the answers that end before their ``Content-Length``.
    html, empty_body, error_in_200, doctype : float
        Shares of the answers that are, with status 200, a proxy's HTML page, nothing, an ``<Error>``, a
        document with a DOCTYPE.
    latency_s : float
        How long each answer takes [s].
    retry_after_s : int or None
        ``Retry-After`` of 429 and 503 [s].
    clock_offset_s : float
        How much the service's clock is ahead of ours [s].
    denied_ids : collection of str
        Batch jobs, executions and tasks that the key may not read by their ids: 403 AccessDenied.
    denied_actions : collection of str
        Permissions that the key lacks, such as ``ci:DescribeMediaWorkflowExecutions``: 403 AccessDenied.
    vanished_ids : collection of str
        What is listed, but unknown when it is asked for by its id.
    failing_pages : collection of int
        Numbers, from 1, of the pages of each list that are 500 InternalError however often they are asked for.
    repeated_token : bool
        The second page of a list names itself as the next one.
    redirect_to : str or None
        All answers are 307 to this URL.
    huge_body_bytes : int
        All answers have this many bytes; 0 for none.
    seed : int
        Of the draw that decides which answers are hit.

    Raises
    ------
    ConfigurationError
        A share outside 0–1, shares above 1 together, a negative time or size, or a permission that does not
        exist.
    """

    slow_down: float = 0.0
    unavailable: float = 0.0
    internal_error: float = 0.0
    reset: float = 0.0
    cut_off: float = 0.0
    short_body: float = 0.0
    html: float = 0.0
    empty_body: float = 0.0
    error_in_200: float = 0.0
    doctype: float = 0.0
    latency_s: float = 0.0
    retry_after_s: int | None = None
    clock_offset_s: float = 0.0
    denied_ids: frozenset[str] = frozenset()
    denied_actions: frozenset[str] = frozenset()
    vanished_ids: frozenset[str] = frozenset()
    failing_pages: frozenset[int] = frozenset()
    repeated_token: bool = False
    redirect_to: str | None = None
    huge_body_bytes: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        shares = {name: getattr(self, name) for name in SHARES}
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise ConfigurationError(f"{name}={share!r} is no share: it must be from 0 to 1")
        if sum(shares.values()) > 1 + 1e-9:
            given = ", ".join(f"{name}={share!r}" for name, share in shares.items() if share)
            raise ConfigurationError(f"the shares add up to {sum(shares.values()):g}, more than 1: {given}")
        for name in ("latency_s", "retry_after_s", "huge_body_bytes"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ConfigurationError(f"{name}={value!r} is negative")
        for name in ("denied_ids", "denied_actions", "vanished_ids", "failing_pages"):
            value = getattr(self, name)
            if isinstance(value, str | int):
                raise ConfigurationError(f"{name}={value!r} is one value: give a collection of them")
            object.__setattr__(self, name, frozenset(value))
        unknown = sorted(self.denied_actions - ACTIONS)
        if unknown:
            raise ConfigurationError(f"denied_actions: the service asks for no permission {', '.join(unknown)}")

    def drawing(self) -> Callable[[], str | None]:
        """Return a function that tells, for each next answer, which of `SHARES` hits it, if any."""
        random = Random(self.seed)  # noqa: S311 - for reproducible tests, not for secrets
        limits: list[tuple[float, str]] = []
        limit = 0.0
        for name in SHARES:
            if share := getattr(self, name):
                limit += share
                limits.append((limit, name))
        if not limits:
            return lambda: None

        def draw() -> str | None:
            number = random.random()
            return next((name for limit, name in limits if number < limit), None)

        return draw
