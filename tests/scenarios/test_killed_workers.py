"""Functions that are killed in the middle of their work lose nothing and double nothing."""

import os
import signal
import subprocess
from collections import Counter
from uuid import uuid4

import pytest
import segment.analytics.client as segment

from tests.scenarios.two_mails import two_mails

pytestmark = pytest.mark.stack

PEOPLE = 12
VISITS = 4
ROUNDS = 3
# A killed function's messages come back when their visibility ends: 6 × the function's time-out.

DEFINITIONS = two_mails("killed", {"journey_id": "killed-visit"}, time_scale=43_200)


def test_killing_every_function_again_and_again_loses_and_doubles_nothing(stack, admin, write_key):
    admin.apply(*DEFINITIONS)
    run = uuid4().hex[:8]
    people = [f"killed-{run}-{n}" for n in range(PEOPLE)]
    killed = 0
    clients = []
    for number, user_id in enumerate(people, start=1):
        clients.append(visits(stack, write_key, user_id))
        if number % (PEOPLE // ROUNDS) == 0:
            killed += kill_functions(stack)

    for client in clients:
        client.shutdown()

    assert killed > 0
    admin.until(lambda: all(is_settled(admin, user_id) for user_id in people))
    mails = Counter(
        person for person in people for mail in stack.emails() if f"{person}@" in str(mail)
    )
    for user_id in people:
        story = admin.profile("user_id", user_id)
        events = [e for e in admin.timeline(user_id) if e["name"] == "killed visit"]
        assert len(events) == VISITS
        assert {c["event"]: c["times"] for c in story["counts"]}["killed visit"] == VISITS
        outcomes = Counter((m["step"], m["status"]) for m in story["messages"])
        assert {step for step, _ in outcomes} == {"first", "second"}
        assert set(outcomes.values()) == {1}
        assert mails[user_id] <= 2
        assert mails[user_id] >= sum(n for (_, status), n in outcomes.items() if status == "sent")


def visits(stack, write_key, user_id):
    client = segment.Client(write_key, host=stack.api_url)  # it retries what is not accepted
    client.identify(
        user_id,
        {"first_name": "Ann", "email": f"{user_id}@example.com"},
        context={"consent": {"categoryPreferences": {"marketing": True}}},
    )
    for n in range(VISITS):
        client.track(user_id, "killed visit", {}, message_id=f"{user_id}-{n}")
    return client


def is_settled(admin, user_id):
    if not admin.known("user_id", user_id):
        return False
    story = admin.profile("user_id", user_id)
    ended = [run["status"] == "completed" for run in story["enrolments"]]
    open_messages = [m for m in story["messages"] if m["status"] in ("requested", "claimed")]
    counted = {c["event"]: c["times"] for c in story["counts"]}.get("killed visit") == VISITS
    return bool(ended) and all(ended) and not open_messages and counted


def kill_functions(stack):
    """End the processes of all functions, as hard as it gets; the emulator itself goes on."""
    emulator = next(part.process.pid for part in stack._owned if hasattr(part, "process"))
    listed = subprocess.run(
        ["ps", "-eo", "pid=,pgid="], capture_output=True, text=True, check=True
    ).stdout
    group = [
        int(pid)
        for pid, leader in (line.split() for line in listed.splitlines())
        if int(leader) == emulator and int(pid) != emulator
    ]
    for pid in group:
        os.kill(pid, signal.SIGKILL)
    return len(group)
