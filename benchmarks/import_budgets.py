"""What each function loads when it starts, as a budget that no clock is needed to hold.

    python -m benchmarks.import_budgets [FUNCTION ...]

writes `import_budgets.json` anew, of all functions or of some, with room to grow. A start is what
it is in `cold_imports`: the handler is imported and makes its clients. Counted are modules of the
product and of its dependencies, and their sources; the standard library and the hooks of a
development install are not, for they differ from machine to machine. How much processor time that
takes, `make bench` measures; this says soon and surely who has begun to load what it did not.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from benchmarks.cold_imports import FUNCTIONS, ROOT, START
from shared.runtime.settings import environment_name

FILE: Final = Path(__file__).with_suffix(".json")
ROOM: Final = 1.15  # above what is loaded today
NEVER: Final[Mapping[str, str]] = {
    "boto3": "botocore's clients are enough (docs/decisions/0003)",
    "s3transfer": "it comes with boto3",
    "aws_xray_sdk": "a tracer costs as much as boto3",
    "aws_lambda_powertools.event_handler": "routes of ours are a table",
    "duckdb": "only an import of Parquet needs it, and loads it then",
    "numpy": "nothing needs it",
    "phonenumbers": "only who reads numbers needs it, and loads it then",
    "babel": "only who writes in a language needs it, and loads it then",
    "pytz": "zones come from the standard library",
}
"""Modules that no function loads when it starts."""

# Whatever makes a development install, and what the standard library generates for each machine.
_HOST: Final = ("_distutils_hack", "__editable__", "_sysconfigdata", "sitecustomize", "usercustom")
_PRODUCT: Final = frozenset({"events", "functions", "shared"})
_TELL: Final = """
import json, sys
told = {}
for name, module in list(sys.modules.items()):
    if name.partition(".")[0] not in sys.stdlib_module_names and name != "__main__":
        told[name] = getattr(module, "__file__", None) or ""
print(json.dumps(told))
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one function loads: packages that are not ours, modules, kilobytes of their sources."""

    packages: list[str]
    modules: int
    kilobytes: int


def modules_of(function: str) -> dict[str, str]:
    """By name of a module, its file, after the start of a function in a process of its own."""
    settings = import_module(f"functions.{function}.settings").Settings
    env = {
        **{environment_name(spec.name): "1" for spec in fields(settings)},  # fits every type
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "POWERTOOLS_METRICS_NAMESPACE": "Rapport",
    }
    code = START.format(function) + _TELL
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(f"{function} does not start:\n{done.stderr}")
    told: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return {name: file for name, file in told.items() if not name.startswith(_HOST)}


def loaded(modules: Mapping[str, str]) -> Loaded:
    """Summed up."""
    tops = {name.partition(".")[0] for name in modules}
    sources = (Path(file) for file in modules.values() if file.endswith(".py"))
    return Loaded(
        packages=sorted(tops - _PRODUCT),
        modules=len(modules),
        kilobytes=sum(file.stat().st_size for file in sources) // 1024,
    )


def budgets() -> dict[str, dict[str, Any]]:
    """By function, what it may load."""
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text())
    return found


def main(functions: tuple[str, ...]) -> None:
    """Write the budgets anew."""
    found = budgets() if FILE.exists() else {}
    for function in functions or FUNCTIONS:
        now = loaded(modules_of(function))
        found[function] = {
            **asdict(now),
            "modules": _with_room(now.modules),
            "kilobytes": _with_room(now.kilobytes),
        }
    kept = {name: found[name] for name in FUNCTIONS}
    FILE.write_text(json.dumps(kept, indent=1) + "\n")


def _with_room(n: int) -> int:
    """Rounded up to tens."""
    return -(-round(n * ROOM) // 10) * 10


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
