"""The emulator as a child process: started, watched and ended here, never left behind.

The child leads its own process group, which holds the processes of all functions. It reads a pipe
that only its parent holds open: whatever way the parent ends, the pipe closes and the group goes.
"""

import importlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.error import URLError
from urllib.request import urlopen

from infra.constructs.bundle import ROOT
from infra.local import corrections, observed_calls

REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"
LOOPBACK: Final = "127.0.0.1"

DEFAULT_COPIES: Final = 2  # of one function, running at once
_COPIES_VARIABLE: Final = "RAPPORT_COPIES"
_START_SECONDS: Final = 180
_STOP_SECONDS: Final = 3


class EmulatorError(Exception):
    """The emulator could not be started, or ended by itself."""


@dataclass
class Emulator:
    """A running emulator; `stop` ends it with everything that it started."""

    process: subprocess.Popen[bytes]
    port: int
    log_file: Path
    folder: Path

    @property
    def endpoint(self) -> str:
        """The address at which it answers for all of AWS."""
        return f"http://{LOOPBACK}:{self.port}"

    @classmethod
    def start(
        cls, log_file: Path, *, copies: int = DEFAULT_COPIES, permissions: bool = True
    ) -> "Emulator":
        """Start it on a free port without waiting; `wait` tells when it answers.

        With `permissions` it enforces the policies of the roles, as AWS does, and takes 0.5 ms of
        CPU more for each call.
        """
        log_file.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="rapport-"))
        port = _free_port()
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "infra.local.emulator"],
                cwd=ROOT,
                env=_environment(port, folder, copies, permissions),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(process, port, log_file, folder)

    def wait(self) -> None:
        """Wait until it answers; raises EmulatorError with the end of its log when it does not."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urlopen(f"{self.endpoint}/_ministack/health", timeout=5):
                    return
            except (URLError, OSError):
                time.sleep(0.05)
        tail = "\n".join(self.log_file.read_text(errors="replace").splitlines()[-20:])
        self.stop()
        raise EmulatorError(f"the emulator did not start; the end of {self.log_file}:\n{tail}")

    def stop(self) -> None:
        """End it and all its functions; safe to call twice."""
        cleans_up = self.process.poll() is None
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _end_group(self.process.pid)
            self.process.wait()
            cleans_up = False
        if not cleans_up:
            shutil.rmtree(self.folder, ignore_errors=True)


def _environment(port: int, folder: Path, copies: int, permissions: bool) -> dict[str, str]:
    """Everything that the emulator and the functions see of this machine.

    Nothing is inherited that could lead a function to a real account or through a proxy.
    """
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
    return kept | {
        "AUTH": str(permissions).lower(),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SECRET_ACCESS_KEY": "test",
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_REGION": REGION,
        "POWERTOOLS_LOG_LEVEL": "INFO",  # as on AWS: functions see LOG_LEVEL, too
        "PYTHONUNBUFFERED": "1",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(folder),
        _COPIES_VARIABLE: str(copies),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _end_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _end_with_parent(parent: IO[bytes], folder: Path) -> None:
    parent.read()  # returns when the parent closes its end, or ends
    # Outside the group, so that it outlives it for the moment that it takes.
    subprocess.Popen(["rm", "-rf", str(folder)], start_new_session=True)
    _end_group(os.getpid())


def main() -> None:
    """Serve until the parent lets go."""
    folder = Path(tempfile.gettempdir())
    watcher = threading.Thread(
        target=_end_with_parent, args=(sys.stdin.buffer, folder), daemon=True
    )
    watcher.start()
    corrections.apply(copies=int(os.environ[_COPIES_VARIABLE]), shared_layers=folder / "layers")
    observed_calls.observe(importlib.import_module("ministack.core.iam_evaluator"), folder)
    from ministack.app import main as serve

    sys.argv = ["ministack"]
    serve()


if __name__ == "__main__":
    main()
