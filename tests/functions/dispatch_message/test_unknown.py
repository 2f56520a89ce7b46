"""What becomes of messages of which nobody knows: the provider tells, or a rule holds."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from functions.dispatch_message.ending import LOOKED_FOR_AFTER
from shared.aws import keys
from shared.aws.inbox_store import InboxStore
from shared.domain.messages.model import MessageRequest
from shared.domain.messages.outcome import MAX_ATTEMPTS
from shared.errors import TransientError
from tests.crash.tiny_store import TinyStore
from tests.functions.dispatch_message.world import NOON, PROFILES, SETTINGS, World

HOUR = timedelta(hours=1)
AGAIN = {**SETTINGS, "resend_unknown_after": "PT1H"}


def lost(address: str) -> Exception:
    return ReadTimeoutError(endpoint_url="https://aws.example")


def make_world(settings: dict[str, Any], purpose: str) -> tuple[World, MessageRequest]:
    """Somebody whose message was handed over, and whose provider did not answer."""
    world = World(TinyStore())
    world.set_catalog("SETTINGS", settings)
    world.add_person("ada", first_name="Ada", email="ada@example.com")
    request = world.request("ada", purpose=purpose)
    world.mailbox.refuse(lost)
    assert world.dispatch().dispatch(request) == "unknown"
    world.mailbox.refuse(lambda address: None)
    return world, request


def come_back(world: World, after: timedelta) -> list[str | None]:
    world.clock.now = NOON + after
    dispatch = world.dispatch()
    due = [one for one in world.put_off() if one.due_at <= world.clock.now]
    return [dispatch.wake("default", one.name, one.due_at) for one in due]


@pytest.mark.parametrize(
    ("settings", "purpose"), [(SETTINGS, "transactional"), (AGAIN, "marketing"), (AGAIN, "service")]
)
def test_it_stays_unknown_unless_the_operator_says_otherwise_of_a_receipt(settings, purpose):
    world, request = make_world(settings, purpose)
    assert come_back(world, timedelta(days=9)) == []
    assert world.dispatch().dispatch(request) is None
    assert world.message(request)["status"] == "unknown"
    assert len(world.mailbox.calls) == 1


def test_a_receipt_is_sent_once_more_when_the_operator_wants_it():
    world, request = make_world(AGAIN, "transactional")
    assert world.dispatch().dispatch(request) is None
    assert come_back(world, HOUR - timedelta(minutes=1)) == []
    assert come_back(world, HOUR) == ["sent"]
    assert come_back(world, 2 * HOUR) == [None]
    row = world.message(request)
    assert (row["status"], row["attempts"]) == ("sent", 2)
    assert "again_at" not in row
    assert {name: n for name, n in world.tally("email").items() if n} == {"sent": 1}


@pytest.mark.parametrize(("late", "status"), [(-1, "sent"), (1, "suppressed")])
def test_a_receipt_is_not_sent_again_when_it_would_have_expired_by_then(late, status):
    """As when nobody came to it for days: a walk through a large table takes so long."""
    world, request = make_world(AGAIN, "transactional")
    expiry = timedelta(seconds=request.expires_after)
    assert come_back(world, HOUR + expiry + timedelta(minutes=late)) == [status]
    assert len(world.mailbox.calls) == 1 + (status == "sent")
    assert world.message(request).get("reason") == (None if status == "sent" else "expired")


def test_it_is_sent_once_more_and_never_a_third_time():
    world, _ = make_world(AGAIN, "transactional")
    world.mailbox.refuse(lost)
    assert come_back(world, HOUR) == ["unknown"]
    assert come_back(world, 9 * HOUR) == [None]
    assert len(world.mailbox.calls) == 2
    assert world.tally("email") == {"unknown": 1}


def test_a_receipt_that_the_provider_tells_of_meanwhile_is_not_sent_again():
    world, request = make_world(AGAIN, "transactional")
    ids = request.workspace_id, request.profile_id, request.message_id
    assert world.store().settle_from_provider(*ids, now=world.clock.now)
    assert come_back(world, HOUR) == [None]
    assert len(world.mailbox.calls) == 1
    assert world.message(request)["status"] == "sent"


def test_who_left_the_journey_gets_no_second_receipt():
    world, _ = make_world(AGAIN, "transactional")
    world.enrol("ada", "exited")
    assert come_back(world, HOUR) == ["suppressed"]
    assert len(world.mailbox.calls) == 1


class Shaky:
    """A store whose answers to what concerns inboxes are lost: of puts, after them or before; of
    reads, as often as `reads` says."""

    def __init__(self, store: TinyStore, *, is_put: bool, reads: int) -> None:
        self.store, self.is_put, self.reads = store, is_put, reads

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def put_item(self, **request: Any) -> Any:
        if not request["Item"]["sk"]["S"].startswith(keys.INBOX_PREFIX):
            return self.store.put_item(**request)
        if self.is_put:
            with suppress(ClientError):  # it is there already
                self.store.put_item(**request)
        raise lost("")

    def batch_get_item(self, **request: Any) -> Any:
        asked = [key["sk"]["S"] for one in request["RequestItems"].values() for key in one["Keys"]]
        if self.reads and any(sk.startswith(keys.INBOX_PREFIX) for sk in asked):
            self.reads -= 1
            raise lost("")
        return self.store.batch_get_item(**request)


def lay(*, is_put: bool, reads: int) -> tuple[World, MessageRequest, str | None]:
    """A message for an inbox, handed over as often as a queue would."""
    world = World(TinyStore())
    world.add_person("ada", first_name="Ada", email="ada@example.com")
    template = {"template_id": "note", "channel": "inbox", "headline": "Hi", "text": "Hello."}
    world.set_catalog("TEMPLATE#note", template)
    request = world.request("ada", "note")
    dispatch = world.dispatch(Shaky(world.dynamodb, is_put=is_put, reads=reads))
    status: str | None = None
    for _ in range(MAX_ATTEMPTS):
        with suppress(TransientError):
            status = dispatch.dispatch(request) or status
    return world, request, status


def lies(world: World, request: MessageRequest) -> bool:
    return InboxStore(world.dynamodb, PROFILES).has("default", "ada", request.message_id)


def test_what_was_laid_without_an_answer_is_found():
    world, request, status = lay(is_put=True, reads=0)
    assert (status, lies(world, request)) == ("sent", True)


def test_what_was_not_laid_in_any_try_is_rejected_and_lies_nowhere():
    world, request, status = lay(is_put=False, reads=0)
    assert (status, lies(world, request)) == ("rejected", False)


@pytest.mark.parametrize("is_put", [True, False])
def test_where_nobody_could_look_it_is_looked_for_later(is_put: bool):
    world, request, status = lay(is_put=is_put, reads=99)
    assert status == "unknown"
    assert come_back(world, LOOKED_FOR_AFTER) == ["sent"]
    assert come_back(world, 2 * LOOKED_FOR_AFTER) == [None]
    assert lies(world, request)
    assert {name: n for name, n in world.tally("inbox").items() if n} == {"sent": 1}
