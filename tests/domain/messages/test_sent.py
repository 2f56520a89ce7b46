"""The event of a message that went out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.domain.events.model import Event
from shared.domain.messages.sent import message_sent
from tests.domain.messages.test_render import REQUEST

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_it_says_what_was_sent_in_which_journey_and_nothing_of_the_address():
    request = replace(REQUEST, topic="news")
    expected = Event(
        workspace_id="default",
        source_id="rapport",
        message_id="sent:m1",
        type="track",
        name="$message_sent",
        occurred_at=NOW,
        timestamp=NOW,
        received_at=NOW,
        properties={
            "journey_id": "welcome-series",
            "template_id": "hello",
            "step": "say hello",
            "channel": "email",
            "message_id": "m1",
            "purpose": "marketing",
            "topic": "news",
        },
        server=True,
    )
    assert message_sent(request, "email", NOW) == expected
    assert message_sent(request, None, NOW).properties["channel"] is None
    later = message_sent(request, "email", NOW + timedelta(days=1))
    assert later.message_id == expected.message_id
