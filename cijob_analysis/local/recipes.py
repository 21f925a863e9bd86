"""What the people of the generated workload do: their workflows, kinds of task, prefixes and errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cijob_analysis.local.entities import Element


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A workflow, or a kind of task, that batch jobs run again and again.

    Attributes
    ----------
    name, chinese : str
        What people call it, in the names of batch jobs.
    tag : str or None
        Kind of task; None for a workflow.
    queue : str
        Name of the queue where it runs.
    share : float
        How popular it is, relative to the others.
    median_s, spread : float
        Median of its run time [s], and the standard deviation of the run time's logarithm.
    job_param : mapping
        Parameters written into the batch job itself; with them it needs no template.
    """

    name: str
    chinese: str
    tag: str | None = None
    queue: str
    share: float
    median_s: float
    spread: float
    job_param: Mapping[str, Element] = field(default_factory=dict)


MEDIA: Final = "queue-1"
NIGHTLY: Final = "queue-nightly"
PICTURES: Final = "queue-pic-process-1"
AI: Final = "queue-ai-process-1"
ARCHIVE: Final = "queue-archive"
"""The queue that somebody paused."""

QUEUES: Final = (MEDIA, NIGHTLY, PICTURES, AI, ARCHIVE)
"""The queues of batch jobs."""

DEFAULT_QUEUES: Final = {
    "Transcoding": MEDIA,
    "SpeedTranscoding": "queue-speed-transcoding-process-1",
    "PicProcessing": PICTURES,
    "AIProcess": AI,
    "Speeching": "queue-speech-1",
    "DocProcessing": "queue-doc-process-1",
}
"""The queue that every bucket has of a category."""

CATEGORIES: Final = {
    **{name: category for category, name in DEFAULT_QUEUES.items()},
    NIGHTLY: "Transcoding",
    ARCHIVE: "Transcoding",
}
"""Categories of all queues, by their names."""

RECIPES: Final = (
    Recipe(name="hls-ladder", chinese="点播转码", queue=MEDIA, share=24, median_s=2700, spread=0.8),
    Recipe(name="cover-thumbs", chinese="封面截图", queue=MEDIA, share=15, median_s=420, spread=0.6),
    Recipe(name="ugc-frames", chinese="审核抽帧", queue=NIGHTLY, share=9, median_s=760, spread=0.7),
    Recipe(name="podcast-denoise", chinese="播客降噪", queue=AI, share=5, median_s=1500, spread=0.5),
    Recipe(name="course-captions", chinese="课程字幕", queue=AI, share=3, median_s=3900, spread=0.6),
    Recipe(name="transcode", chinese="转码", tag="Transcode", queue=NIGHTLY, share=14, median_s=2300, spread=0.9),
    Recipe(
        name="snapshots",
        chinese="截帧",
        tag="Snapshot",
        queue=MEDIA,
        share=8,
        median_s=330,
        spread=0.6,
        job_param={"Snapshot": {"Mode": "Interval", "Start": "0", "TimeInterval": "5", "Count": "12"}},
    ),
    Recipe(
        name="webp",
        chinese="图片压缩",
        tag="PicProcess",
        queue=PICTURES,
        share=9,
        median_s=190,
        spread=0.5,
        job_param={"PicProcess": {"IsPicInfo": "true", "ProcessRule": "imageMogr2/thumbnail/!50p&format/webp"}},
    ),
    Recipe(name="mediainfo", chinese="媒体信息", tag="MediaInfo", queue=MEDIA, share=4, median_s=95, spread=0.4),
    Recipe(name="gif", chinese="动图", tag="Animation", queue=NIGHTLY, share=4, median_s=640, spread=0.6),
    Recipe(
        name="montage",
        chinese="精彩集锦",
        tag="VideoMontage",
        queue=AI,
        share=2,
        median_s=6000,
        spread=0.7,
    ),
    Recipe(name="sdr-to-hdr", chinese="老片修复", tag="SDRtoHDR", queue=ARCHIVE, share=3, median_s=5200, spread=0.9),
)

WITHOUT_OUTPUT: Final = ("MediaInfo",)
"""Kinds of task that write no object."""

PREFIXES: Final = (
    "videos/2026/",
    "uploads/ugc/",
    "courses/",
    "raw/camera-a/",
    "raw/camera-b/",
    "课程/第一季/",
    "podcasts/",
    "live-replay/",
    "ads/spring sale/",
    "pictures/products/",
)
POISON_PREFIX: Final = "uploads/legacy-avi/"
"""Where the damaged files lie."""

POISON: Final = (
    "ResourceNotSupported",
    "The file {key}.avi is damaged or its format is not supported: moov atom not found",
)
OUTAGE: Final = (
    ("InternalError", "Internal error, please try again. worker 10.0.{n}.17 lost"),
    ("ResourceDownloadFailed", "Download of cos://{bucket}/{key}.mp4 timed out after 30000 ms"),
    ("InternalError", "Internal error, please try again. worker 10.0.{n}.23 lost"),
)
MISHAPS: Final = (
    ("ResourceNotFound", "The object {key}.mp4 does not exist"),
    ("ResourceAccessDenied", "No permission to read cos://{bucket}/{key}.mov"),
    ("WriteTargetBucketDenied", "No permission to write to the target bucket of {key}.mp4"),
    ("TemplateNotFound", "The template t1{n:032x} does not exist"),
    ("ResourceNotSupported", 'Unsupported pixel format <yuv444p12le> & profile "High 4:4:4" in {key}.mov'),
    ("ResourceDownloadFailed", "Download of cos://{bucket}/{key}.mp4 timed out after 30000 ms"),
)

TASK_MESSAGES: Final = {
    "InternalError": "Internal error, please try again. worker 10.0.{n}.17 lost",
    "ResourceDownloadFailed": "Download of cos://{bucket}/{key} timed out after 30000 ms",
    "ResourceNotFound": "The object {key} does not exist",
    "ResourceNotSupported": "The file {key} is damaged or its format is not supported: moov atom not found",
    "ResourceAccessDenied": "No permission to read cos://{bucket}/{key}",
    "WriteTargetBucketDenied": "No permission to write to the target bucket of {key}",
    "TemplateNotFound": "The template t1{n:032x} does not exist",
}
"""What a task says that fails with a code."""
UNSUPPORTED: Final = (
    "ResourceNotSupported",
    'Unsupported pixel format <yuv444p12le> & profile "High 4:4:4" in {key}',
)
"""How a fragile node fails."""

NAMES: Final = (
    "{name}-{day}",
    "{name}-{day}",
    "{chinese}-{day}",
    "nightly-{name}-{day}",
    "{chinese}_每日任务_{day}",
    "{name}, take 2",
    '{name} "final" <v3> & more',
    "retry {name} {day}",
)
USER_DATA: Final = (
    None,
    None,
    None,
    "nightly",
    '{"owner": "ops", "ticket": 4711}',
    "team=media,cost-centre=12",
    "重跑：运营部 <急>",
)
CALLBACKS: Final = (None, "https://callback.example.com/ci?from=batch&v=2", "no")
