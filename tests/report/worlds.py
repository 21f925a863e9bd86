"""Snapshots whose texts try to be more than text."""

from __future__ import annotations

from cijob_analysis import Snapshot
from tests.builders import AS_OF, batch_jobs
from tests.widgets.worlds import rows

SCRIPT = "<script>window.ran = true</script>"
HANDLER = '"\'><img src=x onerror="window.ran = true">'
ENDING = "</script><script>window.ran = true</script>"
FORMULA = "=HYPERLINK(1+1)"
BIDI = "safe\u202egpj.exe"
LONG = "长" * 100 + "n" * 100

HOSTILE = (SCRIPT, HANDLER, ENDING, FORMULA, BIDI, LONG, "</textarea><b>", "{{ 7 * 7 }}")


def hostile_snapshot() -> Snapshot:
    """Return a snapshot of a batch job with a failed task for each of `HOSTILE`, which stands wherever a text may."""
    jobs = batch_jobs(
        {"batch_job_id": "b1", "name": HANDLER, "type": "Workflow", "state": "Failed", "message": SCRIPT,
         "created_at": "2026-03-01 01", "started_at": "2026-03-01 01:01", "ended_at": "2026-03-01 03"},
    )  # fmt: skip
    tasks = rows(
        "tasks",
        *(
            {"task_id": f"j{number}", "batch_job_id": "b1", "workflow_id": text, "node": text, "task_type": text,
             "state": "Failed", "code": text, "message": text, "object_key": text, "queue_id": text,
             "created_at": "2026-03-01 01:06", "started_at": "2026-03-01 01:07",
             "ended_at": f"2026-03-01 01:{10 + number}"}
            for number, text in enumerate(HOSTILE)
        ),
    )  # fmt: skip
    return Snapshot(batch_jobs=jobs, tasks=tasks, as_of=AS_OF)
