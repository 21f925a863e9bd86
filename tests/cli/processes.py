"""The command as a process: how it is run, and with what."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cijob_analysis import LocalService


def command(*arguments: str) -> list[str]:
    """Return the words that run the command, with warnings as errors."""
    return [sys.executable, "-W", "error", "-m", "cijob_analysis", *arguments]


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment in which no key of this machine is found."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "COLUMNS": "160", **more}


def cijob(*arguments: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command until it ends."""
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=120, check=False, cwd=home,
        env=environment(home, **environ),
    )  # fmt: skip


def keys(service: LocalService) -> dict[str, str]:
    return {
        "TENCENTCLOUD_SECRET_ID": service.credentials.secret_id,
        "TENCENTCLOUD_SECRET_KEY": service.credentials.secret_key,
    }


def place(service: LocalService) -> tuple[str, ...]:
    """Return the arguments that say which bucket, and where."""
    return (service.bucket, service.region, "--endpoint", service.url)
