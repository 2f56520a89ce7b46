"""The id of a request goes all the way from the gateway to the provider, and is nobody's."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from events.model import DOMAIN_EVENT, SegmentEntered
from functions.advance_journeys.happened import happened_of
from functions.merge_identity.decode import read_body as read_message
from functions.merge_identity.decode import read_event
from functions.update_tags.facts import event_matched, traced
from shared.aws.mailer import Mailer
from shared.domain.channels.email import EmailContent
from shared.domain.events.body import read_body
from shared.domain.events.check import check
from shared.domain.events.envelope import read_envelope
from shared.domain.events.model import Source
from shared.domain.events.packing import pack
from shared.domain.events.routes import ROUTES
from shared.domain.journeys.asking import asked_for
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.stimulus import Perform
from shared.domain.messages.handover import Handover
from shared.domain.messages.model import MessageRequest
from shared.runtime.correlation import correlation_of_request, correlations_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
REQUEST = {"requestContext": {"requestId": "UKBsdjQeFiAEJrA="}}
OURS = "UKBsdjQeFiAEJrA"
JOURNEY_OF_CARTS = {
    "journey_id": "carts",
    "title": "Carts",
    "entry": {"type": "event", "event": "cart"},
    "steps": [{"type": "send", "name": "remind", "template_id": "cart"}],
}
SENT_BY_A_CLIENT = {
    "type": "track",
    "event": "cart",
    "userId": "ada",
    "correlation_id": "ada@example.com",
    "correlationId": "ada@example.com",
    "properties": {"correlation_id": "ada@example.com"},
}

SENT = json.dumps({"batch": [SENT_BY_A_CLIENT]}).encode()


class Ses:
    """Remembers with which tags emails went out."""

    def send_email(self, **request):
        self.tags = {one["Name"]: one["Value"] for one in request["EmailTags"]}
        return {"MessageId": "m"}


def _queued(request=REQUEST):
    """The body of the queue message that a request becomes."""
    envelope = read_envelope(read_body(SENT, ""), ROUTES["/v1/batch"])
    correlation_id = correlation_of_request(request)
    found = check(envelope, ROUTES["/v1/batch"], Source("w", "web"), NOW, correlation_id)
    (body,) = pack(one.text for one in found.accepted)
    return body


def test_it_is_the_same_from_the_gateway_to_the_provider():
    body = _queued()
    assert correlations_of(body) == [OURS]

    event = read_event(
        read_message(body)[0]
    )  # as merge_identity stores it and the stream brings it
    told = event_matched(event, "strand", "profile").model_dump_json()
    assert correlations_of(json.dumps({"detail": json.loads(told)})) == [OURS]

    (happened,) = happened_of(DOMAIN_EVENT.validate_json(told))
    journey = Journey.model_validate(JOURNEY_OF_CARTS)
    ids = {"workspace_id": "w", "profile_id": "profile", "enrolment_id": "e"}
    entered = enrol(journey, 1, happened, **ids).enrolment
    stored = Enrolment.from_json(json.loads(json.dumps(entered.to_json())))
    sent = advance(journey, stored, Perform("remind"), NOW).enrolment
    (asked,) = asked_for(journey, sent, sent.trace[-1:])
    assert correlations_of(asked.to_body()) == [OURS]

    request = MessageRequest.from_body(asked.to_body())
    handover = Handover(
        workspace_id="w",
        profile_id=request.profile_id,
        message_id=request.message_id,
        purpose="marketing",
        address="ada@example.com",
        correlation_id=request.correlation_id,
    )
    ses = Ses()
    Mailer(ses).send(handover, "shop@example.com", EmailContent("s", "<p>h</p>", "t"))
    assert ses.tags["correlation_id"] == OURS


def test_a_move_goes_back_to_the_request_whose_event_moved_the_person():
    moved = SegmentEntered(
        event_id="f", workspace_id="w", profile_id="p", occurred_at=NOW,
        segment_id="s", segment_version=1,
    )  # fmt: skip
    (told,) = traced([moved], OURS)
    assert told.event_id == moved.event_id
    assert [each.correlation_id for each in happened_of(told)] == [OURS]
    assert [each.correlation_id for each in traced([told], "another")] == [OURS]


def test_nothing_that_a_client_calls_so_is_taken_for_one():
    unnamed = _queued({"requestContext": {}})
    assert "ada@example.com" in unnamed
    assert correlations_of(unnamed) == []
    assert correlations_of('{"events": [{"correlation_id": "ada@example.com"}]}') == []
    assert correlations_of('{"correlation_id": "ada"}') == []


@given(st.text(max_size=300))
def test_whatever_a_gateway_says_becomes_a_tag_that_ses_takes(said):
    found = correlation_of_request({"requestContext": {"requestId": said}})
    assert len(found) <= 64
    assert all(each.isascii() and (each.isalnum() or each in "-_") for each in found)


@given(st.text(max_size=200) | st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda part: st.lists(part, max_size=3)
    | st.dictionaries(st.sampled_from(["events", "detail", "message", "correlation_id"]), part),
    max_leaves=8,
).map(json.dumps))  # fmt: skip
def test_any_body_of_a_queue_can_be_asked(body):
    assert all(isinstance(one, str) for one in correlations_of(body))
