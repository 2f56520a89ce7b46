"""A broadcast reaches everybody in a segment once, through a pause; and the better variant wins."""

import time
from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from tests.scenarios.people import pace_of

pytestmark = pytest.mark.stack

PEOPLE = 24
RATE = 12  # people a minute
MINUTE = 62.0
WATCHED = 90  # seconds on a quiet machine: in them those of the sample pay

FAST = {"rehearsal": True, "time_scale": 43_200, "email_from": "shop@example.com"}


def template(name):
    return {
        "kind": "template",
        "template_id": f"broadcast-{name}",
        "channel": "email",
        "subject": f"{name} {{{{ profile.first_name }}}}",
        "html": f"<p>{name}</p>",
    }


def journey(name, *steps, **more):
    return {
        "kind": "journey",
        "journey_id": f"broadcast-{name}",
        "title": name,
        "clock": "due_index",
        "entry": {"type": "call"},
        "steps": list(steps),
        **more,
    }


def sends(name):
    return {"type": "send", "name": f"send {name}", "template_id": f"broadcast-{name}",
            "next": "end"}  # fmt: skip


@pytest.fixture(scope="module")
def mark():
    return f"cast{uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def workspace(admin, mark):
    admin.apply(
        {"kind": "settings", **FAST},
        {
            "kind": "segment",
            "segment_id": mark,
            "title": "Readers",
            "condition": {"type": "event", "event": f"{mark} read"},
        },
        *map(template, ("news", "plain", "emoji")),
        journey("news", sends("news")),
        journey(
            "test",
            {
                "type": "experiment",
                "name": "which",
                "variants": [
                    {"name": "plain", "control": True, "next": "send plain"},
                    {"name": "emoji", "next": "send emoji"},
                ],
            },
            sends("plain"),
            sends("emoji"),
            goal={"event": f"{mark} paid", "within": "P7D"},
        ),
    )
    return admin


@pytest.fixture(scope="module")
def users(stack, workspace, write_key, mark):
    """People in the segment, as the lake knows them too."""
    made = [f"{mark}-{number}" for number in range(PEOPLE)]
    send(stack, write_key, *(event for user in made for event in arrives(mark, user)))
    condition = {"type": "event", "event": f"{mark} read"}

    def known():
        told = workspace.call("POST", "/segments/estimate", {"condition": condition})
        return told["people"] == PEOPLE

    workspace.until(known)
    return made


def arrives(mark, user):
    consent = {"consent": {"categoryPreferences": {"marketing": True}}}
    traits = {"first_name": "Ann", "email": f"{user}@example.com"}
    yield {"type": "identify", "userId": user, "traits": traits, "context": consent}
    yield {"type": "track", "userId": user, "event": f"{mark} read"}


def send(stack, write_key, *events):
    named = [
        {"messageId": uuid4().hex, "timestamp": datetime.now(UTC).isoformat(), **each}
        for each in events
    ]
    answer = httpx.post(
        f"{stack.api_url}/v1/batch", json={"batch": named}, auth=(write_key, ""), timeout=60
    )
    assert answer.json().get("accepted") == len(named), answer.text


def show(admin, broadcast_id):
    return admin.call("GET", f"/broadcasts/{broadcast_id}")["broadcast"]


def early_in_a_minute():
    second = datetime.now(UTC).second
    time.sleep(60 - second if second > 20 else 0)


def sent(admin, user, journey_id):
    found = admin.messages(user)
    return [one["step"] for one in found if one["journey_id"] == journey_id]


def test_a_broadcast_that_was_paused_in_the_middle_reaches_everybody_once(workspace, users, mark):
    wanted = {"journey_id": "broadcast-news", "segment_id": mark, "rate": RATE}
    assert workspace.call("POST", "/broadcasts/preview", wanted)["people"] == PEOPLE
    name = f"{mark}-news"
    early_in_a_minute()  # so that the half of them is asked, and then there is time for a pause
    assert workspace.call("PUT", f"/broadcasts/{name}", wanted)["outcome"] == "created"
    assert workspace.call("PUT", f"/broadcasts/{name}", wanted)["outcome"] == "unchanged"

    workspace.until(lambda: show(workspace, name)["asked"] > 0)
    paused = workspace.call("POST", f"/broadcasts/{name}/pause")["broadcast"]
    assert paused["state"] == "paused"
    time.sleep(MINUTE)
    in_the_middle = show(workspace, name)
    assert 0 < in_the_middle["asked"] < PEOPLE, in_the_middle
    time.sleep(MINUTE)
    assert show(workspace, name) == in_the_middle

    workspace.call("POST", f"/broadcasts/{name}/resume")
    workspace.until(lambda: show(workspace, name)["state"] == "done", 600)
    workspace.until(
        lambda: all(sent(workspace, user, "broadcast-news") == ["send news"] for user in users)
    )
    done = show(workspace, name)
    assert (done["people"], done["asked"], done["left_out"]) == (PEOPLE, PEOPLE, 0)
    minutes = Counter(
        event["occurred_at"][:16]
        for user in users
        for event in workspace.timeline(user)
        if event["name"] == "$journey_asked" and event["properties"]["broadcast_id"] == name
    )
    assert sum(minutes.values()) == PEOPLE
    assert max(minutes.values()) <= RATE, minutes


def drawn(admin, user):
    """The variant that somebody got in the experiment, and whether it was the winner by then.

    None before a message of it is there.
    """
    profile = admin.profile("user_id", user)
    if "broadcast-test" not in {one["journey_id"] for one in profile["messages"]}:
        return None
    (run,) = (one for one in profile["enrolments"] if one["journey_id"] == "broadcast-test")
    (because,) = next(one["because"] for one in run["trace"] if one["decision"] == "drew")
    return because["name"], because.get("won", False)


def test_a_sample_goes_first_and_what_did_best_goes_to_the_rest(
    stack, workspace, users, mark, write_key, person
):
    name, watched = f"{mark}-test", round(WATCHED * pace_of(person))
    wanted = {
        "journey_id": "broadcast-test",
        "segment_id": mark,
        "sample": {"share": 0.5, "decide_after": f"PT{watched}S", "least": 1},
    }
    workspace.call("PUT", f"/broadcasts/{name}", wanted)

    def first():
        told = show(workspace, name)
        (sample,) = (one for one in told["waves"] if one["group"] == "sample")
        return sample["people"] == sample["asked"]

    workspace.until(lambda: bool(show(workspace, name)["waves"]))
    workspace.until(first)
    size = next(one["people"] for one in show(workspace, name)["waves"] if one["group"] == "sample")
    first_ones = {}

    def sampled():
        for user in users:
            if user not in first_ones and (found := drawn(workspace, user)):
                first_ones[user] = found[0]
        return len(first_ones)

    workspace.until(lambda: sampled() == size)
    assert size < PEOPLE
    payers = [user for user, variant in first_ones.items() if variant == "emoji"]
    assert payers, "by the draw of these ids nobody got the variant; another mark will have some"
    send(
        stack,
        write_key,
        *({"type": "track", "userId": user, "event": f"{mark} paid"} for user in payers),
    )

    workspace.until(lambda: show(workspace, name)["state"] == "done", 600 + watched)
    workspace.until(
        lambda: all(len(sent(workspace, user, "broadcast-test")) == 1 for user in users)
    )
    verdict = show(workspace, name)["verdict"]
    assert (verdict["winner"], verdict["why"]) == ("emoji", "won")
    told = {one["variant"]: (one["entered"], one["reached"]) for one in verdict["variants"]}
    plain = size - len(payers)
    assert told == {"plain": (plain, 0), "emoji": (len(payers), len(payers))}
    for user in users:
        assert drawn(workspace, user) == (
            (first_ones[user], False) if user in first_ones else ("emoji", True)
        )


def test_a_schedule_begins_a_broadcast_by_itself(workspace, users, mark):
    name = "broadcast-daily"
    every_minute = {"type": "schedule", "segment_id": mark, "cron": "* * * * *"}
    workspace.apply(journey("daily", sends("news"), entry=every_minute))

    def begun():
        found = workspace.call("GET", "/broadcasts")["broadcasts"]
        return [one for one in found if one["journey_id"] == name]

    workspace.until(begun)
    workspace.call("POST", f"/journeys/{name}/pause")
    first = begun()[-1]
    assert first["starts_at"].endswith(":00.000Z")
    tick = first["starts_at"].replace("-", "").replace(":", "").replace("T", "-")[:15]
    assert first["broadcast_id"] == f"{name}-{tick}"
    workspace.call("POST", f"/journeys/{name}/resume")
    for one in begun():
        if one["state"] == "paused":  # it saw the pause of the journey
            workspace.call("POST", f"/broadcasts/{one['broadcast_id']}/resume")

    def reached():
        return all(sent(workspace, user, name) == ["send news"] for user in users)

    workspace.until(reached)
    workspace.call("POST", f"/journeys/{name}/pause")
