"""Lists to be served: batch jobs that came in a bunch, and any number of tasks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from benchmarks import sampledata
from benchmarks.answers import List
from cijob_analysis.local import Task, Variants, Workload
from cijob_analysis.local.rendering import Rendering
from cijob_analysis.local.zone import ZONE

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
PERIOD = timedelta(days=30)
END = BEGIN + PERIOD

BATCH_JOBS = 6_400
BUNCHED = 0.9
BUNCH = PERIOD * 0.05
"""So many of the batch jobs were created in so short a time; nobody knows when."""

_VARIETY = 200
_OBJECT = "media/2026/{:03d}/{:08d}.mp4"


def batch_jobs(seed: int) -> List:
    """Return a list of batch jobs, most of them created in a bunch; another seed has it at another place."""
    random = Random(seed)
    bunch_began_s = random.uniform(0, (PERIOD - BUNCH).total_seconds())
    created = sorted(
        int(BEGIN.timestamp() + _age_s(random, bunch_began_s, is_bunched=number < BUNCHED * BATCH_JOBS))
        for number in range(BATCH_JOBS)
    )
    ids = sampledata.ids(BATCH_JOBS, seed=seed)
    rows = [
        sampledata.job(job_id, random, datetime.fromtimestamp(at, UTC)).encode()
        for job_id, at in zip(ids, created, strict=True)
    ]
    return List(created, rows.__getitem__)


def _age_s(random: Random, bunch_began_s: float, *, is_bunched: bool) -> float:
    if is_bunched:
        return bunch_began_s + random.uniform(0, BUNCH.total_seconds())
    return random.uniform(0, PERIOD.total_seconds())


def tasks(n: int) -> List:
    """Return a list of `n` tasks that are evenly spread; each is written when it is asked for."""
    step_s = PERIOD.total_seconds() / n
    created = [int(BEGIN.timestamp() + number * step_s) for number in range(n)]
    return List(created, _task_writer(created))


def _task_writer(created: list[int]) -> Callable[[int], bytes]:
    """Return what writes the row of a number: a template of the local service, with its ids, times and keys put in."""
    rendering = Rendering(Workload(bucket=sampledata.BUCKET, region=sampledata.REGION), Variants())
    random = Random(4)
    templates = [_template(rendering, random) for _ in range(_VARIETY)]
    waits_s = [random.randrange(1, 600) for _ in templates]
    runs_s = [random.randrange(1, 3_000) for _ in templates]

    def write(number: int) -> bytes:
        kind = number % _VARIETY
        times = created[number], created[number] + waits_s[kind], created[number] + waits_s[kind] + runs_s[kind]
        key = _OBJECT.format(kind, number)
        return (templates[kind] % (number, *map(_time, times), key, key, key, number)).encode()

    return write


def _template(rendering: Rendering, random: Random) -> str:
    """Return a row with ``%`` where task id, three times, three object keys and the execution's id belong."""
    marks = [BEGIN + timedelta(seconds=second) for second in (1, 2, 3)]
    text = rendering.task(
        Task(
            task_id="TASK",
            tag="Transcode",
            state="Success",
            created_at=marks[0],
            started_at=marks[1],
            ended_at=marks[2],
            run_id="RUN",
            workflow_id="w0123456789abcdef0123456789abcdef",
            node="Transcode_1700000000001",
            object_key="KEY",
            queue_id="p0123456789abcdef0123456789abcdef",
            template_id="t10123456789abcdef0123456789abcdef",
            template_name="mp4-hd",
            output_object="KEY",
            media_duration_s=random.randrange(100, 720_000) / 100,
        ),
        is_listed=True,
    )
    text = text.replace("%", "%%")
    for word, put_in in {"TASK": "j%032x", "RUN": "i%032x", "KEY": "%s"}.items():
        text = text.replace(word, put_in)
    for mark in marks:
        text = text.replace(_time(mark.timestamp()), "%s")
    return text


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, ZONE).strftime("%Y-%m-%dT%H:%M:%S%z")
