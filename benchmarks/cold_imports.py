"""Cold start of every function against a bare interpreter, in processor time, in the same run.

A cold start is the import of the handler and the making of all clients that it uses, from the
very zips that ship, built for this machine, with the Python that the virtual environment came from.
"""

import os
import resource
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import asdict, dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import Any

from infra.constructs.bundle import PARQUET_LOCK, Bundles
from infra.constructs.platform import Platform
from shared.runtime.settings import environment_name

ROOT = Path(__file__).parent.parent
FUNCTIONS = tuple(sorted(path.parent.name for path in ROOT.glob("functions/*/settings.py")))
BUDGETS = {"ingest_events": 30.0}
BUDGET = 40.0
ROUNDS = 5
PYTHON = sys.executable
AS_LAMBDA = Path(__file__).parent / "as_lambda.py"
# Each handler keeps what it makes once in functions of its own that are cached.
START = """
import functions.{}.handler as handler
for made in list(vars(handler).values()):
    if hasattr(made, "cache_info") and made.__module__ == handler.__name__:
        made()
"""


@dataclass(frozen=True, slots=True)
class ColdImport:
    """Processor seconds of one import, how often a bare start fits into it, its peak, its zip."""

    function: str
    cpu_seconds: float
    ratio: float
    budget: float
    peak_mb: float
    zip_kb: int


def environment(function: str, bundles: Bundles, unpacked: Path) -> dict[str, str]:
    """What Lambda would give the function: its own zip, the layer, and settings; no AWS behind."""
    code, layer = unpacked / function, unpacked / "layer"
    for archive, target in ((bundles.function(function), code), (bundles.layer(), layer)):
        if not target.exists():
            zipfile.ZipFile(archive).extractall(target)
    settings = import_module(f"functions.{function}.settings").Settings
    names = {environment_name(spec.name): "1" for spec in fields(settings)}  # fits every type
    return {
        **names,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{code}{os.pathsep}{layer / 'python'}",
        "PYTHONNOUSERSITE": "1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "POWERTOOLS_METRICS_NAMESPACE": "Rapport",
    }


def _cpu_of(code: str, env: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([PYTHON, "-c", code], env=env, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _peak_mb(function: str, env: dict[str, str]) -> float:
    command = [PYTHON, "-P", str(AS_LAMBDA), function]
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1]) / 1024


def figures() -> dict[str, Any]:
    """Every function, and the bare interpreter; rounds are interleaved: noise hits all alike."""
    with tempfile.TemporaryDirectory() as folder:
        return _measure(Path(folder))


def _measure(unpacked: Path) -> dict[str, Any]:
    codes = {name: START.format(name) for name in FUNCTIONS}
    bundles = Bundles(Platform.of("host", ""))
    envs = {name: environment(name, bundles, unpacked) for name in FUNCTIONS}
    alone = {"PATH": os.environ["PATH"], "PYTHONNOUSERSITE": "1"}
    bare = _cpu_of("pass", alone)
    best = dict.fromkeys(FUNCTIONS, float("inf"))
    for _ in range(ROUNDS):
        bare = min(bare, _cpu_of("pass", alone))
        for name in FUNCTIONS:
            best[name] = min(best[name], _cpu_of(codes[name], envs[name]))
    rows = [
        ColdImport(
            function=name,
            cpu_seconds=round(best[name], 4),
            ratio=round(best[name] / bare, 1),
            budget=BUDGETS.get(name, BUDGET),
            peak_mb=round(_peak_mb(name, envs[name]), 1),
            zip_kb=_kb(bundles.function(name)),
        )
        for name in FUNCTIONS
    ]
    return {
        "bare_cpu_seconds": round(bare, 4),
        "bare_peak_mb": round(_bare_peak_mb(alone), 1),
        "functions": [asdict(row) for row in rows],
        "layers_kb": {
            "dependencies": _kb(bundles.layer()),
            "parquet, for import_records alone": _kb(bundles.layer(PARQUET_LOCK)),
        },
    }


def _kb(archive: Path) -> int:
    return round(archive.stat().st_size / 1024)


def _bare_peak_mb(env: dict[str, str]) -> float:
    """What an interpreter takes that only says how much it takes."""
    code = f"import runpy; print(runpy.run_path({str(AS_LAMBDA)!r})['peak_kb']())"
    done = subprocess.run([PYTHON, "-c", code], env=env, check=True, capture_output=True, text=True)
    return int(done.stdout) / 1024
