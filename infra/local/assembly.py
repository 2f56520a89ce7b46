"""The synthesized app for this machine, made again only when something it is made of changed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from infra.constructs.bundle import ROOT

# What differs from an account: functions run on this machine, its cores are few, and nothing is
# late here but a function that runs as long as it may.
LOCAL_CONTEXT: Final[Mapping[str, Any]] = {
    "architecture": "host",
    "retain": False,
    "consumer_concurrency": 2,
    "erasure_settle_seconds": 65,
    "lake_lag_seconds": 20,
}
_MADE_OF: Final = ("events", "functions", "infra", "shared", "requirements")
_KEPT_AT: Final = ROOT / ".local" / "assemblies"
_KEPT_SECONDS: Final = 3600


def synthesize() -> Path:
    """The folder with templates and assets for this machine."""
    target = _KEPT_AT / digest()
    if not target.exists():
        _KEPT_AT.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=_KEPT_AT))
        _run_app(unfinished)
        _forget_old_ones()
        try:
            unfinished.rename(target)
        except OSError:  # another process was faster
            shutil.rmtree(unfinished)
    os.utime(target)
    return target


def _run_app(target: Path) -> None:
    environment = os.environ | {
        "CDK_CONTEXT_JSON": json.dumps(LOCAL_CONTEXT),
        "CDK_OUTDIR": str(target),
        # CDK's own check of the templates takes half of the time; the tests use cfn-lint.
        "CDK_VALIDATION": "false",
    }
    subprocess.run([sys.executable, "-m", "infra.app"], cwd=ROOT, env=environment, check=True)


def _forget_old_ones() -> None:
    """Remove what no process can still be deploying."""
    for folder in _KEPT_AT.iterdir():
        if time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def digest() -> str:
    """What the folder is called: it changes with whatever the app and its functions are made of."""
    total = sha256(f"{sys.version} {json.dumps(LOCAL_CONTEXT)}".encode())
    for path in _sources():
        total.update(f"{path.relative_to(ROOT)}\n".encode() + sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    yield ROOT / "cdk.json"
    for folder in _MADE_OF:
        for suffix in ("*.py", "*.txt"):
            yield from sorted((ROOT / folder).rglob(suffix))
