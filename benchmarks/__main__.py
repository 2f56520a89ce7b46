"""`make bench`: measures every part, and writes `benchmarks/results.json` and `docs/figures.md`.

    python -m benchmarks [PART ...]

measures all, or only those that are named; what is not measured keeps its figures, and each part
says when it was measured. A part that fails, or takes too long, is reported, and loses the figures
that it had: the others go on. The end is 1 when one failed.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import figures
from benchmarks.parts import PARTS

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = Path(__file__).parent / "results.json"
PATIENCE_SECONDS: Final = 2_400  # for one part; memory takes ten minutes on a quiet machine
_SAID: Final = 300  # characters of what a failed part said that are kept
_CPUINFO: Final = Path("/proc/cpuinfo")


def main(names: Sequence[str]) -> int:
    """Measure, write, and say what failed."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    failed = []
    for name in names or PARTS:
        print(f"{name} ...", flush=True)
        results = with_part(load(), name, measured(name))
        _write(results)
        figures.write(results)  # at once: the check that is a part holds one against the other
        if "error" in results["parts"][name]:
            failed.append(name)
        print(figures.of_part(name, results), flush=True)
    print(f"written: {RESULTS.name}, {figures.DOCUMENT.name}")
    if failed:
        print(f"FAILED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def with_part(results: dict[str, Any], name: str, part: dict[str, Any]) -> dict[str, Any]:
    """The results with a part; one that the document can not tell of has failed, too."""
    told = {"machine": _machine(), "parts": {**results["parts"], name: part}}
    try:
        figures.to_markdown(told)
    except Exception as error:  # whatever is wrong with one part, the others go on
        traceback.print_exc()
        broken = {
            "at": part["at"],
            "seconds": part["seconds"],
            "error": f"to tell of it: {error!r}",
        }
        told["parts"][name] = broken
    return told


def load() -> dict[str, Any]:
    """The results of the last time; none when there are none, or they are of another shape."""
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return {"machine": found.get("machine", {}), "parts": found.get("parts", {})}


def measured(name: str) -> dict[str, Any]:
    """One part in a process of its own: when, how long, and its figures or what went wrong."""
    began, at = time.monotonic(), datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        error = _run([sys.executable, "-m", "benchmarks.parts", name, str(file)])
        told = {"error": error} if error else {"figures": json.loads(file.read_text())}
    return {"at": at, "seconds": round(time.monotonic() - began), **told}


def _run(command: Sequence[str]) -> str:
    """Run to the end; gives what went wrong, in one line, or nothing."""
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            _, said = process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            return f"it took more than {PATIENCE_SECONDS} seconds"
        finally:
            with suppress(ProcessLookupError):  # whatever it started and left behind
                os.killpg(process.pid, signal.SIGKILL)
    if not process.returncode:
        return ""
    print(said, file=sys.stderr)
    lines = said.strip().splitlines() or [f"it ended {process.returncode} and said nothing"]
    return lines[-1].replace(f"{ROOT}{os.sep}", "")[:_SAID]


def _machine() -> dict[str, Any]:
    lines = _CPUINFO.read_text().splitlines() if _CPUINFO.exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), "")
    return {
        "processor": model or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _write(results: dict[str, Any]) -> None:
    results["parts"] = {name: results["parts"][name] for name in PARTS if name in results["parts"]}
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started ends with us
    sys.exit(main(sys.argv[1:]))
