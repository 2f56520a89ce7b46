"""A queue in front of dispatch that hands requests out again until none comes back."""

from collections.abc import Iterable

from shared.domain.messages.model import MessageRequest
from shared.runtime.batch import each_message
from shared.runtime.observability import logger
from tests.crash.faults import KilledError, Line
from tests.functions.dispatch_message.world import World

MOST_DELIVERIES = 8
LOG = logger("test")


def deliver(world: World, requests: Iterable[MessageRequest], *lines: Line) -> int:
    """Deliver until nothing fails; the first deliveries go through `lines`, the rest undisturbed.

    Between two deliveries every claim grows old. Gives the number of deliveries.
    """
    waiting = {request.message_id: request for request in requests}
    for number in range(MOST_DELIVERIES):
        if not waiting:
            return number
        line = lines[number] if number < len(lines) else Line()
        failed = deliver_once(world, waiting.values(), line)
        waiting = {name: waiting[name] for name in failed}
        world.clock.pass_lease()
    raise AssertionError(f"still failing after {MOST_DELIVERIES} deliveries: {sorted(waiting)}")


def deliver_once(world: World, requests: Iterable[MessageRequest], line: Line) -> list[str]:
    """One delivery of one batch; gives the messages that come back."""
    dispatch = world.dispatch(line.around(world.dynamodb), line.around(world.mailbox))
    records = [{"messageId": it.message_id, "body": it.to_body()} for it in requests]
    try:
        answer = each_message(
            {"Records": records},
            lambda record: dispatch.dispatch(MessageRequest.from_body(record["body"])),
            LOG,
        )
    except KilledError:
        return [record["messageId"] for record in records]
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
