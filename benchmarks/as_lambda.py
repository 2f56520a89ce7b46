"""Runs one function as Lambda does: an event for each line of a file, an answer for each line out.

A script that stands alone, because nothing may be on its path but what the function's zips hold:
`python -P as_lambda.py <function> [<events> <answers> <seconds an invocation may take>]`. Without
events it only starts. The last line that it prints is its peak memory in KB.
"""

import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any


class Context:
    """What a handler may ask of Lambda."""

    def __init__(self, function: str, seconds: float) -> None:
        """The invocation begins now and may take `seconds`."""
        self.function_name = function
        self.memory_limit_in_mb = 512
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function}"
        self.aws_request_id = "bench"
        self._ends = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """What is left of it."""
        return max(0, int((self._ends - time.monotonic()) * 1_000))


def start(function: str) -> Any:  # noqa: ANN401
    """Import a handler and make what it keeps: each does so in functions of its own."""
    handler = import_module(f"functions.{function}.handler")
    for made in list(vars(handler).values()):
        if hasattr(made, "cache_info") and made.__module__ == handler.__name__:
            made()
    return handler.handle


def peak_kb() -> int:
    """The most that this process ever had in memory.

    What `getrusage` tells on Linux begins with the peak of whoever started the process, so the
    kernel's own mark of this program is read where there is one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        marks = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(marks["VmHWM"].split()[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def main(function: str, events: str = "", answers: str = "", seconds: str = "60") -> None:
    """Start, take every event, and say how much memory that took at most."""
    handle = start(function)
    if events:
        with Path(events).open() as coming, Path(answers).open("w") as answered:
            for line in coming:
                answer = handle(json.loads(line), Context(function, float(seconds)))
                answered.write(json.dumps(answer) + "\n")
    print(peak_kb(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
