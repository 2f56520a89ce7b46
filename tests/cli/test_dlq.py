"""Dead letters: seen without personal data, given back to their queue, and none is ever lost."""

import json
from datetime import UTC, datetime

import pytest

from cli.errors import CommandError
from cli.letters import dead_letter_queues, look, named, reason_of, redrive, what
from shared.aws import session
from tests.crash.faults import KilledError

pytestmark = pytest.mark.slow

MARK = "ada@example.com"
EVENTS = {"v": 1, "events": [{"user_id": MARK, "correlation_id": "UKBsdjQeFiAEJrA"}]}
MESSAGE = {"v": 1, "message": {"step": "remind", "journey_id": "carts", "values": {"a": MARK}}}
FACT = {"detail": {"name": "EventMatched", "event": {"properties": {"email": MARK}}}}


@pytest.fixture(autouse=True)
def one_region(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture
def sqs(rapport):
    return session.client("sqs")


@pytest.fixture
def events(sqs):
    """A queue of the stack and its dead letters: (url, url)."""
    dead = sqs.create_queue(QueueName="RapportEngine-EventsDeadLettersQueue1A2B3C4D-x")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 5}
    url = sqs.create_queue(
        QueueName="RapportEngine-EventsQueue5E6F-y",
        Attributes={"RedrivePolicy": json.dumps(policy)},
    )["QueueUrl"]
    sqs.create_queue(QueueName="RapportEngine-LakeRowsDeadLettersQueue1-z")
    return url, dead


def _bodies(sqs, url):
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [one["Body"] for one in messages]
    return sorted(found)


def test_the_queues_are_listed_with_where_their_letters_go_back_to(rapport, sqs, events):
    sqs.send_message(QueueUrl=events[1], MessageBody="{}")
    out = rapport("dlq", "list").out
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [
        ["Events", "1"],
        ["LakeRows", "0"],
    ]
    assert "RapportEngine-EventsQueue5E6F-y" in out
    assert "数据流" in rapport("--lang", "zh", "dlq", "list").out


def test_letters_are_told_without_personal_data_unless_asked_for(rapport, sqs, events):
    letters = [
        {**EVENTS, "reason": f"an identifier is longer: {MARK}"}, MESSAGE, FACT, {"who": MARK}
    ]  # fmt: skip
    for letter in letters:
        sqs.send_message(QueueUrl=events[1], MessageBody=json.dumps(letter))
    out = rapport("dlq", "show", "events").out
    assert MARK not in out
    for told in (
        "1 events",
        "because: an identifier is longer",
        "requests: UKBsdjQeFiAEJrA",
        "a message of the step “remind” of carts",
        "a EventMatched for journeys",
        "bytes of another form",
        "--personal shows it",
    ):
        assert told in out
    assert rapport("dlq", "show", "Events", "--personal").out.count(MARK) == len(letters) + 1
    assert len(_bodies(sqs, events[1])) == len(letters), "they stay, and can be received at once"


def test_letters_go_back_and_what_their_function_put_aside_itself_too(rapport, sqs, events):
    bodies = [json.dumps({**EVENTS, "n": number}) for number in range(23)]
    for body in bodies:
        sqs.send_message(QueueUrl=events[1], MessageBody=body)
    said = rapport("dlq", "redrive", "Events")
    assert (said.code, said.out.split()[0]) == (0, "23")
    assert _bodies(sqs, events[0]) == sorted(bodies)
    assert _bodies(sqs, events[1]) == []
    assert rapport("dlq", "redrive", "Events").out.startswith("0 ")


def test_a_queue_that_is_not_there_and_rows_of_a_stream_are_refused(rapport, events):
    said = rapport("dlq", "redrive", "evnts")
    assert said.code == 1
    assert "Events, LakeRows" in said.err
    said = rapport("dlq", "redrive", "LakeRows")
    assert said.code == 1
    assert "nobody can hand out again" in said.err


def test_what_comes_while_it_goes_on_stays(sqs, events):
    sqs.send_message(QueueUrl=events[1], MessageBody="new")
    queue = named(dead_letter_queues(sqs), "Events")
    assert redrive(sqs, queue, datetime(2000, 1, 1, tzinfo=UTC)) == (0, 1)
    assert _bodies(sqs, events[0]) == []
    assert [one.body for one in look(sqs, queue, 10)] == ["new"]


@pytest.mark.parametrize("call", ["send_message", "delete_message"])
@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize("done", [False, True])
def test_a_redrive_that_dies_anywhere_loses_none(sqs, events, call, at, done):
    bodies = [f"letter {number}" for number in range(3)]
    for body in bodies:
        sqs.send_message(QueueUrl=events[1], MessageBody=body)
    queue = named(dead_letter_queues(sqs), "Events")
    now = datetime(2100, 1, 1, tzinfo=UTC)
    with pytest.raises(KilledError):
        redrive(Dying(sqs, call, at, done), queue, now)
    dead = [one.body for one in look(sqs, queue, 10)]
    back = _peek(sqs, events[0])
    assert set(dead) | set(back) == set(bodies)
    assert len(dead) + len(back) <= len(bodies) + 1, "one at most is in both, which does no harm"
    sqs.purge_queue(QueueUrl=events[0])
    again = {one.body for one in look(sqs, queue, 10)}
    assert again == set(dead), "those that were not begun can be redriven once they show again"


def _peek(sqs, url):
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [one["Body"] for one in got.get("Messages", [])]


class Dying:
    """A client that dies before or after the n-th call of one name."""

    def __init__(self, sqs, name, at, done):
        self._sqs, self._name, self._left, self._done = sqs, name, at, done

    def __getattr__(self, name):
        call = getattr(self._sqs, name)
        if name != self._name:
            return call

        def dying(**request):
            self._left -= 1
            if self._left >= 0:
                return call(**request)
            if self._done:
                call(**request)
            raise KilledError

        return dying


def test_a_name_must_mean_one_queue(sqs, events):
    with pytest.raises(CommandError, match='called "e"'):
        named(dead_letter_queues(sqs), "e")


@pytest.mark.parametrize(
    "body", ["", "[]", "no JSON", '{"events": 3}', "[" * 3000, '{"detail": {}}']
)
def test_whatever_a_letter_is_it_can_be_told(body):
    assert what(body)[0] == "other"
    assert reason_of(body) == ""
