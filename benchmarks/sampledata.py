"""Answers about batch jobs and tasks, as the service's manual lays them out (pages 1045/47030, 1045/73114)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from xml.sax.saxutils import escape

BUCKET = "benchmark-1250000000"
REGION = "ap-beijing"
ID_LENGTH = 33

_ZONE = timezone(timedelta(hours=8))
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_NAMES = ("夜间转码", "thumbs & posters", "archive-2025", "视频截帧_华北", "re-run <failed>", "daily")
_PREFIXES = ("videos/2026/", "图片/原图/", "raw/a&b/", "uploads/")
_STATES = ("Submitted", "Running", "Pause", "Success", "Failed", "Cancel")
_WEIGHTS = (5, 10, 2, 70, 10, 3)


def ids(n: int, *, seed: int = 1) -> list[str]:
    """Return `n` different ids of batch jobs."""
    random = Random(seed)
    return [_id("b", random) for _ in range(n)]


def job(job_id: str, random: Random, created: datetime | None = None) -> str:
    """Return the element of a batch job: of either type, in any state, some of its times still ``-``."""
    state = random.choices(_STATES, _WEIGHTS)[0]
    created = created or _BEGIN + timedelta(seconds=random.randrange(30 * 86_400))
    started = created + timedelta(seconds=random.randrange(1, 600))
    ended = started + timedelta(seconds=random.randrange(1, 20_000))
    failed = state == "Failed"
    is_workflow = random.random() < 0.5
    return (
        "<JobsDetail>"
        f"<Code>{'InvalidArgument' if failed else 'Success'}</Code>"
        f"<Type>{'Workflow' if is_workflow else 'Job'}</Type>"
        f"{'<Message>input &lt;videos/a.mp4&gt; has no video stream</Message>' if failed else '<Message/>'}"
        f"<Name>{escape(random.choice(_NAMES))}-{random.randrange(1000)}</Name>"
        f"<JobId>{job_id}</JobId>"
        f"<State>{state}</State>"
        f"<CreationTime>{_time(created)}</CreationTime>"
        f"<StartTime>{'-' if state in ('Submitted', 'Pause') else _time(started)}</StartTime>"
        f"<EndTime>{_time(ended) if state in ('Success', 'Failed') else '-'}</EndTime>"
        f"<Input><Prefix>{escape(random.choice(_PREFIXES))}{random.randrange(100)}/</Prefix></Input>"
        "<Operation>"
        f"<TimeInterval><Start>{_time(created - timedelta(days=90))}</Start><End>{_time(created)}</End></TimeInterval>"
        f"{_workflow(random) if is_workflow else _single_job(random)}"
        "</Operation>"
        "</JobsDetail>"
    )


def task(task_id: str, random: Random) -> str:
    """Return the element of a task that a workflow started: a transcoding, most of them ended."""
    state = random.choices(_STATES, _WEIGHTS)[0]
    created = _BEGIN + timedelta(seconds=random.randrange(30 * 86_400))
    started = created + timedelta(seconds=random.randrange(1, 600))
    ended = started + timedelta(seconds=random.randrange(1, 20_000))
    key = f"{escape(random.choice(_PREFIXES))}{random.randrange(100_000)}.mp4"
    return (
        "<JobsDetail>"
        f"<Code>{'InvalidArgument' if state == 'Failed' else 'Success'}</Code><Message/>"
        f"<JobId>{task_id}</JobId><State>{state}</State><Progress>{random.randrange(101)}</Progress>"
        f"<CreationTime>{_time(created)}</CreationTime>"
        f"<StartTime>{'-' if state in ('Submitted', 'Pause') else _time(started)}</StartTime>"
        f"<EndTime>{_time(ended) if state in ('Success', 'Failed') else '-'}</EndTime>"
        f"<QueueId>{_id('p', random)}</QueueId><Tag>Transcode</Tag>"
        f"<Input><BucketId>{BUCKET}</BucketId><Object>{key}</Object><Region>{REGION}</Region></Input>"
        f"<Operation><TemplateId>{_id('t1', random)}</TemplateId><TemplateName>mp4-hd</TemplateName>"
        f"<Output><Region>{REGION}</Region><Bucket>{BUCKET}</Bucket><Object>out/{key}</Object></Output>"
        f"{_media_info(random) if state == 'Success' else ''}<JobLevel>0</JobLevel></Operation>"
        f"<Workflow><RunId>{_id('i', random)}</RunId><WorkflowId>{_id('w', random)}</WorkflowId>"
        "<WorkflowName>thumbs</WorkflowName><Name>Transcode_1700000000001</Name></Workflow>"
        "</JobsDetail>"
    )


def documents(job_ids: Sequence[str], *, seed: int = 2) -> list[bytes]:
    """Return an answer for each id, as one asked for by its id."""
    random = Random(seed)
    return [_response(random, job(job_id, random)) for job_id in job_ids]


def pages(
    row_ids: Sequence[str], *, size: int = 100, seed: int = 2, element: Callable[[str, Random], str] = job
) -> list[bytes]:
    """Return answers of `size` elements each, as a list comes."""
    random = Random(seed)
    answers = []
    for begin in range(0, len(row_ids), size):
        end = begin + size
        token = f"<NextToken>{end}</NextToken>" if end < len(row_ids) else ""
        answers.append(_response(random, "".join(element(row_id, random) for row_id in row_ids[begin:end]) + token))
    return answers


def _response(random: Random, inner: str) -> bytes:
    return f"<Response><RequestId>{random.getrandbits(192):048x}</RequestId>{inner}</Response>".encode()


def _workflow(random: Random) -> str:
    return f"<WorkflowIds>{_id('w', random)}</WorkflowIds>"


def _single_job(random: Random) -> str:
    return (
        f"<QueueId>{_id('p', random)}</QueueId>"
        "<UserData>nightly &amp; weekly</UserData>"
        "<CallBack>https://callback.example.com/ci</CallBack>"
        "<Tag>Transcode</Tag>"
        f"<JobParam><TemplateId>{_id('t1', random)}</TemplateId></JobParam>"
        f"<Output><Region>{REGION}</Region><Bucket>{BUCKET}</Bucket>"
        "<Object>out/${InventoryTriggerJobId}/${InputName}.mp4</Object></Output>"
        "<JobLevel>0</JobLevel>"
    )


def _media_info(random: Random) -> str:
    duration = f"<StartTime>0.000000</StartTime><Duration>{random.randrange(1, 7200)}.040000</Duration>"
    return (
        f"<MediaInfo><Format><FormatName>mov,mp4</FormatName><Size>6000000</Size>{duration}</Format>"
        f"<Stream><Audio><CodecName>aac</CodecName>{duration}</Audio><Subtitle/>"
        f"<Video><CodecName>h264</CodecName><Height>720</Height><Width>1280</Width>{duration}</Video></Stream></MediaInfo>"
    )


def _id(prefix: str, random: Random) -> str:
    return f"{prefix}{random.getrandbits(128):032x}"


def _time(time: datetime) -> str:
    return time.astimezone(_ZONE).strftime("%Y-%m-%dT%H:%M:%S%z")
