"""Unmodified clients need only another host and write key: the set sent equals the set stored."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import posthog
import pytest
import rudderstack.analytics.client as rudder
import segment.analytics.client as segment

pytestmark = pytest.mark.stack

COUNT = 25
CLIENTS = Path(__file__).parent / "clients"
BUILD = Path(__file__).parents[2] / ".local" / "clients"
NODE_BIN = Path(sys.executable).parent  # where the wheel puts `node` and `npm`


def sent_ids(client: str) -> set[str]:
    return {f"{client}-{index}" for index in range(COUNT)}


def moments() -> list[datetime]:
    start = datetime.now(UTC) - timedelta(minutes=1)
    return [start + timedelta(milliseconds=10 * index) for index in range(COUNT)]


def stored_ids(admin, user_id: str) -> set[str]:
    return {event["message_id"] for event in admin.timeline(user_id) if event["name"] == "clicked"}


def is_of_plan_pro(admin, user_id: str) -> bool:
    return admin.profile("user_id", user_id)["traits"].get("plan", {}).get("value") == "pro"


def test_segment_for_python(stack, admin, write_key):
    client = segment.Client(write_key, host=stack.api_url, upload_size=10)
    client.identify("segment-python", {"plan": "pro"})
    for index, at in enumerate(moments()):
        client.track(
            "segment-python",
            "clicked",
            {"index": index, "text": "你好 🌏"},
            timestamp=at,
            message_id=f"segment-python-{index}",
        )
    client.shutdown()

    admin.until(lambda: stored_ids(admin, "segment-python") == sent_ids("segment-python"))
    admin.until(lambda: is_of_plan_pro(admin, "segment-python"))


def test_rudderstack_for_python(stack, admin, write_key):
    client = rudder.Client(write_key, host=stack.api_url, gzip=True)
    client.identify("rudder-python", {"plan": "pro"})
    for index, at in enumerate(moments()):
        client.track(
            "rudder-python",
            "clicked",
            {"index": index, "text": "你好 🌏"},
            timestamp=at,
            message_id=f"rudder-python-{index}",
        )
    client.flush()
    client.join()

    admin.until(lambda: stored_ids(admin, "rudder-python") == sent_ids("rudder-python"))


def test_posthog_for_python(stack, admin, write_key):
    client = posthog.Posthog(write_key, host=stack.api_url, disable_geoip=False)
    sent = {
        client.capture(
            "clicked",
            distinct_id="posthog-python",
            properties={"index": index, "text": "你好 🌏"},
            timestamp=at,
        )
        for index, at in enumerate(moments())
    }
    client.shutdown()

    assert len(sent) == COUNT
    admin.until(lambda: stored_ids(admin, "posthog-python") == sent)


@pytest.fixture(scope="module")
def node_clients() -> Path:
    """Install the JavaScript clients from their lock, with the Node that the project brings."""
    BUILD.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "package-lock.json", "send.mjs"):
        shutil.copy(CLIENTS / file, BUILD / file)
    subprocess.run(
        [str(NODE_BIN / "npm"), "install", "--ignore-scripts", "--no-fund", "--no-audit"],
        cwd=BUILD,
        env=node_environment(),
        check=True,
        capture_output=True,
    )
    return BUILD / "send.mjs"


def node_environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{NODE_BIN}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize("client", ["segment", "rudder"])
def test_clients_for_node(stack, admin, write_key, node_clients, client):
    done = subprocess.run(
        ["node", str(node_clients), client, stack.api_url, write_key, str(COUNT)],
        env=node_environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    admin.until(lambda: stored_ids(admin, f"{client}-node") == sent_ids(f"{client}-node"))
    admin.until(lambda: is_of_plan_pro(admin, f"{client}-node"))
