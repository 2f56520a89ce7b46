"""The synthesized app for this machine, made again only when something it is made of changed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from infra.constructs.bundle import ROOT

# What differs from an account: functions run on this machine, and its cores are few.
LOCAL_CONTEXT: Final[Mapping[str, Any]] = {
    "architecture": "host",
    "retain": False,
    "consumer_concurrency": 2,
}
_MADE_OF: Final = ("events", "functions", "infra", "shared", "requirements")
_KEPT_AT: Final = ROOT / ".local" / "assemblies"


def synthesize() -> Path:
    """The folder with templates and assets for this machine."""
    target = _KEPT_AT / _digest()
    if not (target / "manifest.json").exists():
        shutil.rmtree(_KEPT_AT, ignore_errors=True)
        environment = os.environ | {
            "CDK_CONTEXT_JSON": json.dumps(LOCAL_CONTEXT),
            "CDK_OUTDIR": str(target),
            # CDK's own check of the templates takes half of the time; the tests use cfn-lint.
            "CDK_VALIDATION": "false",
        }
        command = [sys.executable, "-m", "infra.app"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return target


def _digest() -> str:
    total = sha256(f"{sys.version} {json.dumps(LOCAL_CONTEXT)}".encode())
    for path in _sources():
        total.update(f"{path.relative_to(ROOT)}\n".encode() + sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    yield ROOT / "cdk.json"
    for folder in _MADE_OF:
        for suffix in ("*.py", "*.txt"):
            yield from sorted((ROOT / folder).rglob(suffix))
