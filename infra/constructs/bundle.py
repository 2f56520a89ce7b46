"""What ships to Lambda: one zip for each function's code, one layer for the dependencies.

Both are built without Docker and are the same bytes for the same input, so that an unchanged
function is not deployed again. Finished zips are kept under `.local/assets`.

Bytecode is shipped beside the sources when a Python of the target version is at hand (Lambda can
not write it, and compiling at every cold start costs more than twice the start); it is marked
unchecked, because the sources beside it never change. Without such a Python the sources go alone.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Final

from uv import find_uv_bin

from infra.constructs.platform import Platform
from infra.constructs.service_models import slim

ROOT: Final = Path(__file__).parents[2]
LOCK: Final = ROOT / "requirements" / "runtime.txt"
PARQUET_LOCK: Final = ROOT / "requirements" / "parquet.txt"
SHARED_FOLDERS: Final = ("events", "shared")

# The services that the product calls; the other four hundred descriptions stay out of the layer.
AWS_SERVICES: Final = frozenset(
    {
        *("athena", "dynamodb", "events", "firehose", "lambda", "pinpoint-sms-voice-v2", "s3"),
        *("secretsmanager", "sesv2", "sns", "sqs", "stepfunctions"),
    }
)
# Of Babel's locales, half of the layer, those of the languages that operators write in.
_LOCALE: Final = re.compile(r"babel/locale-data/.*\.dat$")
_USED_LOCALE: Final = re.compile(r"babel/locale-data/(root|en|zh)(_\w+)?\.dat$")
_UNUSED_ZONE_FILES: Final = PurePath("pytz/zoneinfo")  # ours come from tzdata
_LAYER_RECIPE: Final = "6"  # raise it when the way of building the layer changes
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_SHIPPED_SUFFIXES: Final = frozenset({".py", ".js", ".html", ".css", ".svg"})  # and for browsers
_UNUSED_SUFFIXES: Final = frozenset({".pyi", ".pyx", ".pxd", ".c", ".h"})
_UNUSED_NAMES: Final = frozenset(
    {".lock", "INSTALLER", "RECORD", "REQUESTED", "__pycache__", "bin", "py.typed", "test", "tests"}
)


@dataclass(frozen=True)
class Bundles:
    """Builds the assets of one platform, or finds them where they were built before."""

    platform: Platform
    folder: Path = field(default=ROOT / ".local" / "assets")

    def function(self, name: str) -> Path:
        """The zip of one function: its folder, `shared`, `events` and nothing else."""
        sources = list(_function_sources(name))
        digest = _digest(str(self.platform), self._compiler or "sources", sources)
        target = self.folder / f"{name}-{digest}.zip"
        if not target.exists():
            with tempfile.TemporaryDirectory() as stage:
                for source in sources:
                    copy = Path(stage) / source.relative_to(ROOT)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, copy)
                self._finish(Path(stage), "/var/task", target)
        return target

    def layer(self, lock: Path = LOCK) -> Path:
        """The zip of everything in a lock file, without what is never imported."""
        recipe = f"{self._compiler} {_LAYER_RECIPE} {sorted(AWS_SERVICES)}"
        digest = _digest(str(self.platform), recipe, [lock])
        target = self.folder / f"dependencies-{digest}.zip"
        if not target.exists():
            with tempfile.TemporaryDirectory() as stage:
                python = Path(stage) / "python"
                _install(python, self.platform, lock)
                _prune(python)
                self._finish(Path(stage), "/opt", target)
        return target

    @cached_property
    def _compiler(self) -> str | None:
        """A Python of the target version; None when this machine has none."""
        names = (sys.executable, shutil.which(f"python{self.platform.python}"))
        return next((name for name in names if name and self._fits(name)), None)

    def _fits(self, executable: str) -> bool:
        probe = "import sys; print('%d.%d' % sys.version_info[:2], end='')"
        ran = subprocess.run([executable, "-c", probe], capture_output=True, text=True, check=False)
        return ran.stdout == self.platform.python

    def _finish(self, stage: Path, mounted_at: str, target: Path) -> None:
        if self._compiler:
            command = [self._compiler, "-m", "compileall", "-q", "-f", "-j", "0"]
            command += ["--invalidation-mode", "unchecked-hash"]
            command += ["-s", str(stage), "-p", mounted_at, str(stage)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(f".{os.getpid()}")
        _zip(stage, unfinished)
        unfinished.replace(target)


def _function_sources(name: str) -> Iterator[Path]:
    yield ROOT / "functions" / "__init__.py"
    for folder in (f"functions/{name}", *SHARED_FOLDERS):
        found = (ROOT / folder).rglob("*")
        yield from sorted(path for path in found if path.suffix in _SHIPPED_SUFFIXES)


def _digest(platform: str, recipe: str, files: Iterable[Path]) -> str:
    total = sha256(f"{platform}\n{recipe}\n".encode())
    for path in files:
        total.update(f"{path.relative_to(ROOT)}\n".encode() + sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def _install(target: Path, platform: Platform, lock: Path) -> None:
    command = [find_uv_bin(), "pip", "install", "--quiet", "--no-config", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", *platform.install_arguments]
    # Copies, because links would lead what is rewritten here into everybody's environment.
    command += ["--link-mode", "copy"]
    command += ["--target", str(target), "--requirements", str(lock)]
    subprocess.run(command, check=True)


def _prune(python: Path) -> None:
    """Drop what a function never imports, and the descriptions of services that we never call."""
    for path in sorted(python.rglob("*"), reverse=True):
        if _is_unused(path.relative_to(python)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if (python / "botocore").is_dir():
        slim(python / "botocore" / "data", AWS_SERVICES)


def _is_unused(path: PurePath) -> bool:
    if path.match("botocore/data/*") and not path.suffix:
        return path.name not in AWS_SERVICES
    if _LOCALE.match(path.as_posix()):
        return not _USED_LOCALE.match(path.as_posix())
    return (
        path.name in _UNUSED_NAMES or path.suffix in _UNUSED_SUFFIXES or path == _UNUSED_ZONE_FILES
    )


def _zip(folder: Path, target: Path) -> None:
    """Zip a folder so that the same content gives the same bytes, whenever and wherever."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _ZIP_EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())
