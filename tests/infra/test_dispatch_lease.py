"""The times around a claim fit into one another, or a message could be sent twice or never end."""

from functions.dispatch_message.handler import ENOUGH_MILLISECONDS
from functions.dispatch_message.settings import CLAIM_LEASE
from shared.domain.messages.outcome import MAX_ATTEMPTS
from tests.infra.helpers import resources, target


def dispatch_and_its_queues(engine):
    [(name, function)] = [
        (name, function["Properties"])
        for name, function in resources(engine, "Lambda::Function").items()
        if "dispatch_message" in str(function["Properties"].get("Handler"))
    ]
    sources = [
        mapping["Properties"]["EventSourceArn"]
        for mapping in resources(engine, "Lambda::EventSourceMapping").values()
        if target(mapping["Properties"]["FunctionName"]) == name
    ]
    assert len(sources) == 2  # of broadcasts, and of all others
    queues = resources(engine, "SQS::Queue")
    return function, [queues[target(source)]["Properties"] for source in sources]


def test_a_claim_outlives_whoever_made_it_and_is_old_when_its_message_comes_again(engine):
    function, queues = dispatch_and_its_queues(engine)
    timeout, lease = function["Timeout"], CLAIM_LEASE.total_seconds()
    for queue in queues:
        assert ENOUGH_MILLISECONDS / 1_000 < timeout < lease < queue["VisibilityTimeout"]


def test_a_message_ends_before_its_queue_gives_up(engine):
    for queue in dispatch_and_its_queues(engine)[1]:
        assert queue["RedrivePolicy"]["maxReceiveCount"] > MAX_ATTEMPTS
