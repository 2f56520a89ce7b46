"""Poison in a batch stops none of its neighbours, ends as a dead letter, and redriving is safe.

Each consumer of a queue is given what it got on a calm day and, before and after it, what nobody
can handle; the queue is one of SQS with a redrive policy, as the stack makes it.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine

from shared.aws import keys, session
from tests.crash.lives import Effect, Wire, begin_process
from tests.crash.way import CONSUMERS, Point, Way, difference, plain, told
from tests.dynamodb_local import real_one_judges
from tests.lambda_context import Context

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not real_one_judges(), reason="the calm day needs a real engine"),
]

TRIES = 5  # as `infra.constructs.consumer` says, and docs/operating.md
VISIBILITY = timedelta(seconds=90)  # longer than a claim holds, as with every queue of the stack
UNREADABLE = ("", "no JSON", "[]", '{"v":99}', '{"detail":{"name":"Nothing"}}')


_NUMBERS = count(1)


class Queue:
    """A queue, what triggers a function by it, and where its dead letters lie."""

    def __init__(self, way: Way, name: str, at: datetime) -> None:
        self.way, self.name, self.at = way, name, at
        self.sqs = session.client("sqs")
        self.effects: list[Effect] = []
        with time_machine.travel(at, tick=False):
            self.dead = self._make(f"{name}-dead-letters")
            arn = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])
            policy = {
                "deadLetterTargetArn": arn["Attributes"]["QueueArn"],
                "maxReceiveCount": TRIES,
            }
            self.url = self._make(f"{name}-poisoned", RedrivePolicy=json.dumps(policy))

    def _make(self, name: str, **more: str) -> str:
        seconds = str(int(VISIBILITY.total_seconds()))
        attributes = {"VisibilityTimeout": seconds, **more}
        made = self.sqs.create_queue(QueueName=f"{name}-{next(_NUMBERS)}", Attributes=attributes)
        return str(made["QueueUrl"])

    def send(self, *bodies: str) -> None:
        with time_machine.travel(self.at, tick=False):
            for body in bodies:
                # SQS takes no empty body, and nothing that travels has one
                self.sqs.send_message(QueueUrl=self.url, MessageBody=body or " ")

    def drain(self, refused: Callable[[str, Any], bool] = lambda name, body: False) -> None:
        """Let the queue trigger its function until it has given up what fails.

        `refused` says which calls are throttled, by their name and body.
        """
        for _ in range(TRIES + 1):
            with time_machine.travel(self.at, tick=False):
                got = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
                if messages := got.get("Messages", []):
                    self._trigger(messages, refused)
            self.at += VISIBILITY + timedelta(seconds=1)

    def _trigger(self, messages: list[dict[str, Any]], refused: Callable[[str, Any], bool]) -> None:
        records = [
            {"messageId": one["MessageId"], "body": one["Body"], "eventSource": "aws:sqs"}
            for one in messages
        ]
        handle = begin_process(CONSUMERS[self.name])
        self.way.switch.wire = wire = Wire(refused=refused)
        try:
            answer = handle({"Records": records}, Context())
        finally:
            self.way.switch.wire = None
        self.effects += wire.effects
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        for one in messages:
            if one["MessageId"] not in failed:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=one["ReceiptHandle"])

    def letters(self, url: str = "") -> list[str]:
        """Take out what lies in a dead-letter queue, the own one unless told."""
        found: list[str] = []
        url = url or self.dead
        with time_machine.travel(self.at, tick=False):
            while got := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10):
                if not got.get("Messages"):
                    break
                for one in got["Messages"]:
                    found.append(one["Body"])
                    self.sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return found

    def redrive(self) -> list[str]:
        """What a DLQ redrive does: dead letters are messages of the queue again."""
        letters = self.letters()
        self.send(*letters)
        return letters

    @property
    def letters_to_people(self) -> int:
        return sum(name == "sesv2.SendEmail" for name, _ in self.effects)


def calm(way: Way, queue: str, holds: str = "") -> Point:
    """The life of the queue's consumer in which it did most of what was about `holds`."""
    of_queue = [
        point
        for point in way.points
        if point.life.function == CONSUMERS[queue]
        and point.life.kind == "queue"
        and any(holds in body for body in bodies(point))
    ]
    return max(of_queue, key=lambda point: len(point.lived.calls))


def bodies(point: Point) -> Iterator[str]:
    return (record["body"] for record in point.life.event["Records"])


@pytest.mark.parametrize("name", [name for name in CONSUMERS if name != "due"])
def test_neighbours_of_poison_go_through_and_a_redrive_changes_nothing(way: Way, name: str):
    point = calm(way, name)
    way.restore(point.before)
    queue = Queue(way, name, point.at)
    queue.send(*UNREADABLE[:2], *bodies(point), *UNREADABLE[2:])
    queue.drain()

    assert difference(told(way.rows()), told(point.after)) == []
    sent = queue.letters_to_people
    assert sent == sum(kind == "sesv2.SendEmail" for kind, _ in point.lived.effects)
    own = session.client("sqs").get_queue_url(QueueName="events-dead")["QueueUrl"]
    if name == "events":  # merge_identity writes its own, with the reason
        assert len(queue.letters(own)) == len(UNREADABLE)
        return
    redriven = queue.redrive()
    assert sorted(redriven) == sorted(body or " " for body in UNREADABLE)
    queue.send(*bodies(point))  # a redrive may bring what was done already
    queue.drain()
    assert queue.letters_to_people == sent
    assert difference(told(way.rows()), told(point.after)) == []
    assert sorted(queue.letters()) == sorted(redriven), "what nobody mended is a dead letter again"


def test_what_the_tables_never_take_is_a_dead_letter_and_goes_out_once_by_the_redrive(way: Way):
    point = calm(way, "messages", '"message"')
    way.restore(point.before)
    queue = Queue(way, "messages", point.at)
    queue.send(*bodies(point))
    queue.drain(lambda name, body: name == "dynamodb.TransactWriteItems")
    assert queue.letters_to_people == 0
    assert set(statuses(plain(way.rows()))) <= {"deferred"}, "nothing was begun"

    assert sorted(queue.redrive()) == sorted(bodies(point))
    queue.send(*bodies(point))
    queue.drain()
    assert queue.letters_to_people == 1
    assert statuses(plain(way.rows())) == statuses(plain(point.after))
    assert queue.letters() == []


def test_a_recipient_for_whom_the_provider_is_never_ready_has_an_end(way: Way):
    point = calm(way, "messages", '"message"')
    way.restore(point.before)
    queue = Queue(way, "messages", point.at)
    queue.send(*bodies(point))
    queue.drain(lambda name, body: name == "sesv2.SendEmail")
    assert queue.letters_to_people == 0
    ends = statuses(plain(way.rows()))
    assert sorted(ends) == sorted(
        "rejected" if end == "sent" else end for end in statuses(plain(point.after))
    )
    queue.redrive()
    queue.drain()
    assert queue.letters_to_people == 0, "what has ended is not begun again"


def test_a_message_that_cannot_be_rendered_has_its_end_and_stops_nobody(way: Way):
    point = calm(way, "messages", '"message"')
    way.restore(point.before)
    broken = json.loads(next(bodies(point)))
    broken["message"] |= {"message_id": "m-broken", "template_id": "broken"}
    row = {
        "pk": keys.catalog("default"),
        "sk": "TEMPLATE#broken",
        "body": json.dumps(
            {
                "template_id": "broken",
                "channel": "email",
                "subject": "{{ profile.nowhere }}",
                "html": "<p>{{ profile.nowhere }}</p>",
            }
        ),
        "version": 1,
    }
    way.put("catalog", row)
    queue = Queue(way, "messages", point.at)
    queue.send(json.dumps(broken), *bodies(point))
    queue.drain()
    assert queue.letters_to_people == 1
    assert queue.letters() == []
    found = plain(way.rows())
    (end,) = [row for (_, sk), row in found.items() if sk == keys.message("m-broken")]
    assert (end["status"], end["reason"]) == ("suppressed", "render_failed")


def statuses(rows: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    return [row["status"] for (_, sk), row in sorted(rows.items()) if sk.startswith("MSG#")]
