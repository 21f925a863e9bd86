"""Many small examples in one frame, for engines that take seconds for each query: each example is some groups."""

from __future__ import annotations

import random
from datetime import datetime

from tests.metrics.engines import cases
from tests.metrics.engines.frames import Row

MORE = ["example", "workflow_ids", "tag", "code", "message", "object_key"]


def examples(n: int, *, seed: int = 0) -> list[Row]:
    """Return the rows of `n` examples of up to 14 rows each, made of random numbers; `example` tells them apart."""
    draw = random.Random(seed)

    def row(number: int) -> Row:
        unit = cases.UNITS[number % len(cases.UNITS)]
        times: list[datetime | None] = [
            None if draw.random() < 0.15 else cases.BASE + draw.randint(-2, 14) * unit for _ in range(3)
        ]
        return {
            "example": f"{number:03}",
            "g": draw.choice(["a", "b", None]),
            "state": draw.choice(cases.STATES),
            **dict(zip(("created_at", "started_at", "ended_at"), times, strict=True)),
            "workflow_ids": draw.choice(["w1", "w2", "w1, w2,w1", " , ", None]),
            "tag": draw.choice(["Transcode", " ", None]),
            "code": draw.choice(["InvalidInput", "Timeout", None]),
            "message": draw.choice([f"no key raw/视频/{number}.mp4", f"no answer in {number} s", "", None]),
            "object_key": draw.choice(["raw/a.mp4", "raw/b.mp4", None]),
        }

    return [row(number) for number in range(n) for _ in range(draw.randint(0, 14))]
