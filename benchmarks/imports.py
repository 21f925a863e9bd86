"""The import of the package, beside a bare start of the interpreter."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from statistics import median

from benchmarks.table import Bar
from benchmarks.timing import in_turn

LIMIT_MS = 40.0
ROUNDS = 21

HEAVY = ("pandas", "numpy", "matplotlib", "ipywidgets", "httpx")
"""What the import must not load."""


def run() -> list[Bar]:
    """Measure the import, and name the heavy libraries that it loads."""
    codes = {"ours": "import cijob_analysis", "naive": "import pandas, httpx", "nothing": "pass"}
    rounds = in_turn({name: partial(_start_s, code) for name, code in codes.items()}, ROUNDS)
    more_s = median(a - b for a, b in zip(rounds.figures["ours"], rounds.figures["nothing"], strict=True))
    loaded = _loaded()
    return [
        Bar(
            what="import cijob_analysis",
            ours=rounds.shown("ours", "ms", scale=1e3),
            peer=rounds.shown("naive", "ms", scale=1e3, label=codes["naive"]),
            floor=rounds.shown("nothing", "ms", scale=1e3, label="python -c pass"),
            value=more_s * 1e3,
            unit="ms over the floor",
            limit=LIMIT_MS,
            at_least=False,
        ),
        Bar(
            what=f"import cijob_analysis: which of {', '.join(HEAVY)} it loads",
            ours=", ".join(loaded) or "none",
            value=len(loaded),
            unit="of them",
            limit=0,
            at_least=False,
        ),
    ]


def _start_s(code: str) -> float:
    """Return how long a new interpreter takes for `code` [s]."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


def _loaded() -> list[str]:
    code = f"import cijob_analysis, sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
