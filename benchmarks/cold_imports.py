"""Cold import of every function: processor time against a bare interpreter, in the same run."""

import os
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass, fields
from importlib import import_module
from pathlib import Path

from shared.runtime.settings import environment_name

ROOT = Path(__file__).parent.parent
FUNCTIONS = tuple(sorted(path.parent.name for path in ROOT.glob("functions/*/settings.py")))
BUDGETS = {"ingest_events": 30.0}
BUDGET = 40.0
ROUNDS = 7


@dataclass(frozen=True, slots=True)
class ColdImport:
    """Processor seconds of one import, how often a bare start fits into it, and its peak memory."""

    function: str
    cpu_seconds: float
    ratio: float
    budget: float
    peak_mb: float


def environment(function: str) -> dict[str, str]:
    """An environment in which the function's module can be imported; nothing is called."""
    settings = import_module(f"functions.{function}.settings").Settings
    names = {environment_name(spec.name): "bench" for spec in fields(settings)}
    return {
        **os.environ,
        **names,
        "PYTHONPATH": str(ROOT),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "POWERTOOLS_METRICS_NAMESPACE": "Rapport",
    }


def _cpu_of(code: str, env: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], env=env, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _peak_mb(code: str, env: dict[str, str]) -> float:
    probe = f"{code}\nimport resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run(
        [sys.executable, "-c", probe], env=env, check=True, capture_output=True, text=True
    )
    return int(done.stdout.split()[-1]) / 1024


def measure() -> list[ColdImport]:
    """Measure all functions; rounds are interleaved so that noise hits everybody alike."""
    codes = {name: f"import functions.{name}.handler" for name in FUNCTIONS}
    envs = {name: environment(name) for name in FUNCTIONS}
    bare = _cpu_of("pass", dict(os.environ))
    best = dict.fromkeys(FUNCTIONS, float("inf"))
    for _ in range(ROUNDS):
        bare = min(bare, _cpu_of("pass", dict(os.environ)))
        for name in FUNCTIONS:
            best[name] = min(best[name], _cpu_of(codes[name], envs[name]))
    return [
        ColdImport(
            function=name,
            cpu_seconds=round(best[name], 4),
            ratio=round(best[name] / bare, 1),
            budget=BUDGETS.get(name, BUDGET),
            peak_mb=round(_peak_mb(codes[name], envs[name]), 1),
        )
        for name in FUNCTIONS
    ]


def rows() -> list[dict[str, object]]:
    """The measurement as plain data."""
    return [asdict(row) for row in measure()]
