import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from events.catalog import EVENTS, SAMPLES
from events.model import DOMAIN_EVENT, EventMatched, MatchedEvent
from shared.aws import session
from shared.aws.bus import MAX_CALL_BYTES, MAX_CALL_ENTRIES, PAUSES_SECONDS, EventBus, size
from shared.errors import PermanentError, TransientError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SAMPLE_EVENTS = [DOMAIN_EVENT.validate_json((SAMPLES / f"{n}.json").read_text()) for n in EVENTS]


def matched(number, length=1):
    return EventMatched(
        event_id=str(number),
        workspace_id="default",
        profile_id="ada",
        occurred_at=NOON,
        event=MatchedEvent(
            message_id=str(number), name="cart", received_at=NOON, properties={"t": "好" * length}
        ),
    )


class Bus:
    """A bus that takes what it is given, but for what the test has it refuse."""

    def __init__(self, *refused):
        self.taken, self.calls, self._refused = [], [], list(refused)

    def put_events(self, Entries):  # noqa: N803
        self.calls.append(Entries)
        results = []
        for entry in Entries:
            name = json.loads(entry["Detail"])["event_id"]
            if name in self._refused:
                self._refused.remove(name)
                results.append({"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"})
            else:
                self.taken.append(name)
                results.append({"EventId": "e"})
        return {"FailedEntryCount": 1, "Entries": results}


def test_a_real_bus_takes_every_sample(dynamodb):
    EventBus(session.client("events"), "default").publish(SAMPLE_EVENTS)


def test_an_entry_is_the_envelope_that_rules_match_on():
    bus = Bus()

    EventBus(bus, "rapport").publish(SAMPLE_EVENTS[:1])

    ((entry,),) = bus.calls
    assert entry["EventBusName"] == "rapport"
    assert entry["Source"] == "rapport"
    assert entry["DetailType"] == SAMPLE_EVENTS[0].name
    assert DOMAIN_EVENT.validate_json(entry["Detail"]) == SAMPLE_EVENTS[0]


def test_events_go_in_order_ten_to_a_call():
    bus = Bus()

    EventBus(bus, "rapport").publish(matched(number) for number in range(23))

    assert bus.taken == [str(number) for number in range(23)]
    assert [len(call) for call in bus.calls] == [MAX_CALL_ENTRIES, MAX_CALL_ENTRIES, 3]


def test_no_call_is_larger_than_it_may_be():
    bus = Bus()

    EventBus(bus, "rapport").publish(matched(number, 30_000) for number in range(7))

    assert [len(call) for call in bus.calls] == [2, 2, 2, 1]
    assert all(sum(map(size, call)) <= MAX_CALL_BYTES for call in bus.calls)


def test_nothing_to_say_costs_no_call():
    EventBus(None, "rapport").publish([])


def test_an_event_that_fits_into_no_call_is_refused_before_any_is_sent():
    bus = Bus()

    with pytest.raises(PermanentError):
        EventBus(bus, "rapport").publish([matched(1), matched(2, 90_000)])

    assert bus.calls == []


def test_only_what_the_bus_refused_is_sent_again():
    bus, pauses = Bus("1", "2", "2"), []

    EventBus(bus, "rapport", pauses.append).publish(matched(number) for number in range(4))

    assert bus.taken == ["0", "3", "1", "2"]
    assert pauses == list(PAUSES_SECONDS)


def test_a_bus_that_goes_on_refusing_is_no_success():
    bus = Bus(*["1"] * 9)

    with pytest.raises(TransientError):
        EventBus(bus, "rapport", lambda _: None).publish(matched(number) for number in range(2))


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "InternalException"}}, "PutEvents"),
        EndpointConnectionError(endpoint_url="https://events"),
    ],
)
def test_a_bus_that_cannot_be_reached_is_no_success(error):
    class Down:
        def put_events(self, **_):
            raise error

    with pytest.raises(TransientError):
        EventBus(Down(), "rapport").publish([matched(1)])
