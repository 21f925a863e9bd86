"""What people want done, and when: a daily and weekly rhythm, bursts, and a few stories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from math import exp, log
from typing import TYPE_CHECKING, Final

from cijob_analysis.local import recipes
from cijob_analysis.local.recipes import RECIPES, Recipe
from cijob_analysis.local.zone import ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

HOUR: Final = 3600
DAY: Final = 24 * HOUR

_WEEKDAYS: Final = (1.0, 1.1, 1.05, 1.0, 0.9, 0.3, 0.2)
_HOURS: Final = (2, 1, 5, 3, 1, 1, 1, 2, 4, 8, 11, 10, 5, 6, 10, 11, 10, 9, 6, 4, 4, 4, 3, 2)
"""Creations by weekday and by hour of the day, relative to each other; schedulers run at two in the night."""

_BY_NAME: Final = {recipe.name: recipe for recipe in RECIPES}
_POPULARITY: Final = list(accumulate(recipe.share for recipe in RECIPES))
_STRAGGLERS: Final = ("transcode", "course-captions", "hls-ladder")
"""Each in a queue of its own, so that none stands still."""


@dataclass(slots=True, kw_only=True)
class Plan:
    """A batch job that somebody wants, and what becomes of it.

    Attributes
    ----------
    created : int
        When it is created [Unix s].
    recipe, name, prefix, level
        What it runs, its name, where its objects are, its priority.
    dispatch_s, run_s : int
        What the service needs to look at it, and how long it runs if nothing happens [s].
    luck : float
        From 0 to 1; the lowest fail.
    cancelled_at : int or None
        When somebody cancels it, unless it has ended [Unix s].
    cancelled_share : float or None
        The share of its run time after which somebody cancels it.
    started, ended : int or None
        As the queue had it [Unix s]; both None if it never gets its turn.
    is_cancelled : bool
        Whether it ended by being cancelled.
    error : tuple of (str, str) or None
        Code and message with which it ended.
    """

    created: int
    recipe: Recipe
    name: str
    prefix: str
    level: int
    dispatch_s: int
    run_s: int
    luck: float
    cancelled_at: int | None = None
    cancelled_share: float | None = None
    started: int | None = None
    ended: int | None = None
    is_cancelled: bool = False
    error: tuple[str, str] | None = None


class Planner:
    """Draws plans from `begin` to `end` [Unix s]."""

    def __init__(self, random: Random, begin: int, end: int) -> None:
        self._random, self._begin, self._end = random, begin, end
        self._slots = range(begin, end, HOUR)
        weights = []
        for slot in self._slots:
            local = datetime.fromtimestamp(slot, ZONE)
            weights.append(_WEEKDAYS[local.weekday()] * _HOURS[local.hour])
        self._rhythm = list(accumulate(weights))
        self.outage = max(begin, _afternoon(end - (end - begin) * 35 // 100))
        """When the bad afternoon begins."""
        self.paused_at = max(begin, _afternoon(end - 2 * DAY))
        """When the archive's queue is paused."""

    def plans(self, n: int) -> list[Plan]:
        """Return `n` plans in the order of their creation: stories, bursts and everyday life."""
        plans: list[Plan] = []
        for story in self._stories(n):
            plans += story[: n - len(plans)]
        return sorted([*plans, *self.everyday(n - len(plans))], key=lambda plan: plan.created)

    def everyday(self, n: int) -> list[Plan]:
        """Return `n` plans of everyday life: now and then somebody creates several."""
        plans: list[Plan] = []
        while len(plans) < n:
            size = self._random.randint(4, 12) if self._random.random() < 0.06 else 1
            plans += self._burst(min(size, n - len(plans)), self._some_time())
        return plans

    def _stories(self, n: int) -> Iterator[list[Plan]]:
        """Yield what happens in every world; 21 plans or more."""
        random, end = self._random, self._end
        newest = self._burst(1, end - 1, _BY_NAME["cover-thumbs"])
        newest[0].cancelled_at = None
        yield newest  # nobody has looked at it yet

        stragglers = []
        for name in _STRAGGLERS[: max(1, n // 100)]:
            ago = random.randint(15 * HOUR, 60 * HOUR)
            stragglers += self._burst(1, max(self._begin, end - ago), _BY_NAME[name])
        for plan in stragglers:
            plan.run_s, plan.luck, plan.cancelled_at = plan.run_s + 3 * DAY, 1.0, None
        yield stragglers

        paused = self._burst(max(3, n // 30), self.paused_at + HOUR, _BY_NAME["sdr-to-hdr"])
        for number, plan in enumerate(paused):
            plan.cancelled_at = min(plan.created + HOUR, end) if number % 4 == 0 else None
        yield paused

        stopped = [plan for _ in range(max(2, n // 60)) for plan in self._burst(1, self._some_time(0.9))]
        for plan in stopped:
            plan.cancelled_share = random.uniform(0.1, 0.8)
        yield stopped

        poison = [
            plan for _ in range(max(3, n // 40)) for plan in self._burst(1, self._some_time(0.8), _BY_NAME["transcode"])
        ]
        for plan in poison:  # somebody tries it again and again
            plan.prefix, plan.cancelled_at = recipes.POISON_PREFIX, None
        yield poison

        yield self._burst(max(5, n // 30), self.outage + HOUR // 2)
        yield self._burst(max(6, n // 30), end - HOUR // 2, _BY_NAME["hls-ladder"])

    def _burst(self, n: int, created: int, recipe: Recipe | None = None) -> list[Plan]:
        """Return `n` plans of somebody who creates them one after the other, from `created` on."""
        random = self._random
        recipe = recipe or random.choices(RECIPES, cum_weights=_POPULARITY)[0]
        day = datetime.fromtimestamp(created, ZONE).strftime("%m%d")
        name = random.choice(recipes.NAMES).format(name=recipe.name, chinese=recipe.chinese, day=day)
        prefix = random.choice(recipes.PREFIXES)
        level = random.choices((0, 1, 2), (80, 15, 5))[0]
        plans = []
        for number in range(1, n + 1):
            plan = Plan(
                created=max(self._begin, min(created, self._end - 1)),
                recipe=recipe,
                name=name if n == 1 else f"{name} part {number}",
                prefix=prefix,
                level=level,
                dispatch_s=2 + round(random.expovariate(1 / 8)),
                run_s=max(5, round(exp(random.gauss(log(recipe.median_s), recipe.spread)))),
                luck=random.random(),
            )
            if random.random() < 0.02:
                plan.cancelled_at = min(plan.created + random.randint(60, 2 * HOUR), self._end)
            plans.append(plan)
            created += round(random.expovariate(1 / 40))
        return plans

    def _some_time(self, share: float = 1.0) -> int:
        """Return an instant of the first `share` of the time, as the rhythm has it."""
        last = max(1, round(len(self._slots) * share))
        slot = self._random.choices(self._slots[:last], cum_weights=self._rhythm[:last])[0]
        return min(slot + self._random.randrange(HOUR), self._end - 1)


def _afternoon(time: int) -> int:
    """Return the last two o'clock in the afternoon of a working day before `time`."""
    while True:
        local = datetime.fromtimestamp(time, ZONE)
        two = int(local.replace(hour=14, minute=0, second=0).timestamp())
        if two <= time and local.weekday() < 5:
            return two
        time = int(local.replace(hour=0, minute=0, second=0).timestamp()) - 1
