"""What a queue makes of plans: whoever has priority and came first starts when a place is free."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

from cijob_analysis.local import recipes
from cijob_analysis.local.plans import HOUR, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

_OUTAGE_S: Final = 4 * HOUR
_OUTAGE_SHARE: Final = 0.7
_MISHAP_SHARE: Final = 0.035


def run_queue(plans: Sequence[Plan], places: int, *, outage: int, paused_at: int | None = None) -> None:
    """Fill in when `plans` started and ended, and how.

    Parameters
    ----------
    plans : sequence of Plan
        Those of one queue, in the order of their creation.
    places : int
        How many run at once.
    outage : int
        When the bad afternoon begins [Unix s].
    paused_at : int, optional
        From when on nothing starts any more [Unix s].
    """
    free = [0] * places
    waiting: list[tuple[int, int, int]] = []
    arrivals = sorted((plan.created + plan.dispatch_s, number) for number, plan in enumerate(plans))
    arrived = 0
    while waiting or arrived < len(arrivals):
        now = free[0] if waiting else max(free[0], arrivals[arrived][0])
        while arrived < len(arrivals) and arrivals[arrived][0] <= now:
            ready, number = arrivals[arrived]
            heapq.heappush(waiting, (-plans[number].level, ready, number))
            arrived += 1
        _, ready, number = heapq.heappop(waiting)
        plan, start = plans[number], max(now, ready)
        if plan.cancelled_at is not None and plan.cancelled_at <= start:
            plan.ended, plan.is_cancelled = plan.cancelled_at, True
        elif paused_at is not None and start >= paused_at:
            if plan.cancelled_at is not None:
                plan.ended, plan.is_cancelled = plan.cancelled_at, True
        else:
            heapq.heapreplace(free, _run(plan, start, outage))


def _run(plan: Plan, start: int, outage: int) -> int:
    """Fill in what happens to `plan`, which starts now, and return when it ends."""
    lasts = float(plan.run_s)
    if plan.prefix == recipes.POISON_PREFIX:
        plan.error, lasts = recipes.POISON, 15 + 60 * plan.luck
    elif outage <= start < outage + _OUTAGE_S and plan.luck < _OUTAGE_SHARE:
        plan.error, lasts = _one_of(recipes.OUTAGE, plan.luck), lasts * plan.luck / 2
    elif plan.luck < _MISHAP_SHARE:
        plan.error, lasts = _one_of(recipes.MISHAPS, plan.luck), lasts * plan.luck / _MISHAP_SHARE
    ended = start + max(1, round(lasts))
    cancelled = plan.cancelled_at
    if plan.cancelled_share is not None:
        cancelled = start + max(1, round(lasts * plan.cancelled_share))
    if cancelled is not None and cancelled < ended:
        ended, plan.is_cancelled, plan.error = cancelled, True, None
    plan.started, plan.ended = start, ended
    return ended


def _one_of(errors: Sequence[tuple[str, str]], luck: float) -> tuple[str, str]:
    return errors[int(luck * 1e6) % len(errors)]
