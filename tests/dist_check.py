"""Install the wheel in a clean environment with each extra alone, and do there what the extra is for.

``python tests/dist_check.py dist/cijob_analysis-….whl`` asks the package registry for what the wheel needs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from textwrap import dedent

CHECKS = {
    "": """
        import cijob_analysis as ci, pandas as pd
        ci.write_csv(pd.DataFrame({"n": [1]}), "x.csv")
        ci.plot_states(ci.Snapshot()).figure.savefig("x.png")
        ci.explore(ci.Snapshot()).close()
    """,
    "archive": """
        import cijob_analysis as ci, pandas as pd
        ci.read_parquet(ci.write_parquet(pd.DataFrame({"n": [1]}), "x.parquet"))
        ci.Archive("kept")
    """,
    "report": """
        import cijob_analysis as ci
        ci.write_report(ci.Snapshot(), "x.html")
    """,
    "local": """
        import cijob_analysis as ci
        with ci.LocalService(ci.Workload.generate(batch_jobs=3)) as service, service.client() as client:
            assert len(ci.fetch_snapshot(client).batch_jobs) == 3
    """,
}


def main(wheel: str) -> int:
    """Check each extra; return how many fail."""
    failed = 0
    for extra, code in CHECKS.items():
        with tempfile.TemporaryDirectory() as folder:
            venv.create(folder, with_pip=True)
            python = Path(folder, "bin", "python")
            wanted = f"{Path(wheel).resolve()}[{extra}]" if extra else str(Path(wheel).resolve())
            subprocess.run([python, "-m", "pip", "install", "--quiet", wanted], check=True)
            codes = [
                subprocess.run([python, *words], check=False, cwd=folder).returncode
                for words in (
                    ["-W", "error", "-c", "import cijob_analysis"],
                    ["-c", dedent(code)],
                    ["-m", "cijob_analysis", "--version"],
                )
            ]
        failed += any(codes)
        print(f"{extra or 'no extra'}: {'failed' if any(codes) else 'fine'}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
