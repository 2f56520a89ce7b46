"""A message that may not go out yet waits by the faster clock of a rehearsal, and goes out once."""

from datetime import UTC, datetime, timedelta
from time import sleep
from uuid import uuid4

import pytest

from cli.documents import Document
from shared.domain.instants import parse_instant
from tests.scenarios.admin import CATALOG_SECONDS
from tests.scenarios.two_clocks import WORLDS

pytestmark = pytest.mark.stack
NIGHT, CROWDED = "put-off-night", "put-off-crowded"
BOTH = (NIGHT, CROWDED)
ROOM_AGAIN = timedelta(hours=12)
CAP = {"most": 1, "within": "PT12H", "topic": CROWDED}
DAWN = (datetime.now(UTC) + timedelta(hours=8)).replace(second=0, microsecond=0)
QUIET = f"{DAWN - timedelta(hours=10):%H:%M}-{DAWN:%H:%M}"
EVENT = f"put off {uuid4().hex[:8]}"


def document(kind: str, **body) -> Document:
    return Document("here", kind, body, publish=kind == "journey")


def documents() -> list[Document]:
    templates = [
        document("template", template_id=one, channel="email", subject=one, html="<p>At last</p>")
        for one in BOTH
    ]
    journeys = [
        document(
            "journey",
            journey_id=one,
            title=one,
            topic=one,
            entry={"type": "event", "event": f"{EVENT} {one}"},
            expires_after="P7D",
            steps=[{"type": "send", "name": "letter", "template_id": one}],
            **more,
        )
        for one, more in ((NIGHT, {"quiet_hours": [QUIET]}), (CROWDED, {}))
    ]
    return [*templates, *journeys]


@pytest.fixture(scope="module", autouse=True)
def settings(play, admin):
    """What the workspace is told, while the journeys of this module are played."""
    with play(documents(), day=20):
        before = admin.call("GET", "/settings")["settings"]
        admin.call("PUT", "/settings", {**before, "contact_budget": [CAP]})
        sleep(CATALOG_SECONDS)
        yield before
        admin.call("PUT", "/settings", before)


def waited(message) -> timedelta:
    """How long a message took on the wall clock until it was claimed."""
    return parse_instant(message["claimed_at"]) - parse_instant(message["requested_at"])


def test_quiet_hours_are_waited_for_and_then_it_goes_out_once_by_both_clocks(person, settings):
    somebody = person(timezone="UTC")
    somebody.does(f"{EVENT} {NIGHT}")
    somebody.got(NIGHT, NIGHT)
    for message in somebody.profile()["messages"]:
        # Clocks show minutes and rows milliseconds; however slow the machine, nobody is too early.
        night = DAWN - parse_instant(message["requested_at"])
        assert waited(message) >= night / settings["time_scale"] - timedelta(seconds=0.01)
        assert message["until"] is None
    somebody.ends(NIGHT, "completed")
    assert len(somebody.mail()) == len(WORLDS)
    assert len(somebody.events("$message_sent")) == len(WORLDS)


def test_of_two_messages_a_cap_lets_one_through_and_the_other_when_there_is_room(person, settings):
    somebody = person()
    somebody.does(f"{EVENT} {CROWDED}")
    somebody.got(CROWDED, CROWDED)
    first, second = sorted(
        somebody.profile()["messages"], key=lambda one: parse_instant(one["claimed_at"])
    )
    room = ROOM_AGAIN / settings["time_scale"] - timedelta(seconds=0.01)
    assert waited(second) >= room
    assert parse_instant(second["claimed_at"]) > parse_instant(first["claimed_at"])
    assert len(somebody.mail()) == len(WORLDS)
    assert len(somebody.events("$message_sent")) == len(WORLDS)
