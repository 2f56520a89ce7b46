"""How long `make check` takes, which everybody waits for; without a network, as its rule is."""

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
_SUMMARY: Final = re.compile(r"^\d+ passed.*$", re.MULTILINE)


def measure() -> dict[str, Any]:
    """Seconds by the clock; raises AssertionError with what it said when it fails."""
    start = time.monotonic()
    done = subprocess.run(["make", "check"], cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = round(time.monotonic() - start)
    if done.returncode:
        raise AssertionError(f"{done.stdout[-4_000:]}\n{done.stderr[-1_000:]}\n`make check` fails")
    found = _SUMMARY.findall(done.stdout)
    said = re.sub(r" in .*", "", found[-1]) if found else "no test ran"
    return {"seconds": seconds, "cores": os.cpu_count(), "said": said}
