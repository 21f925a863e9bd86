"""The offset of the service's times, and the instant at which a workload is observed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

ZONE: Final = timezone(timedelta(hours=8))
"""The offset of the service's times: every published sample has this one."""

NOW: Final = datetime(2026, 6, 30, 10, 0, tzinfo=ZONE)
"""The instant at which a generated workload is observed unless another is given: a Tuesday morning."""
