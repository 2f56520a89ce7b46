"""Dead letters: found by what queues say of one another, looked at, and given back to their queue.

A letter is sent to its queue before it is taken from among the dead ones. A crash between leaves it
in both, and consumers mind no repetition; none is ever lost. SQS has a task that moves letters, but
it refuses those that a function has put aside by itself, with the reason in it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cli.errors import CommandError
from events.catalog import EVENTS
from shared.runtime.correlation import correlations_of

STACK_QUEUES: Final = "Rapport"
DEAD_LETTERS: Final = "DeadLetters"
HIDDEN_SECONDS: Final = 60
MAX_CALL: Final = 10
EMPTY_ANSWERS: Final = 2
"""So many in a row mean that nothing is left: a queue is spread over many machines."""

_CONSTRUCT: Final = re.compile(rf"^{STACK_QUEUES}\w*-(?:\w*?Site)?(\w+?){DEAD_LETTERS}")


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    """A queue of dead letters, how many wait in it, and the queue to which they belong.

    `source_url` is empty where letters are rows of a stream, which nobody can be handed again.
    """

    name: str
    url: str
    waiting: int
    source_url: str = ""

    @property
    def source(self) -> str:
        """The name of the queue to which its letters go back."""
        return self.source_url.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter."""

    letter_id: str
    handle: str
    sent_at: datetime
    body: str

    @property
    def correlation_ids(self) -> list[str]:
        """The requests that it goes back to."""
        return correlations_of(self.body)


def dead_letter_queues(sqs: Any) -> list[DeadLetterQueue]:  # noqa: ANN401
    """All of the deployment, by name; `sqs` is a low-level client."""
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=STACK_QUEUES)
    urls = [url for page in pages for url in page.get("QueueUrls", [])]
    known = {url: _attributes(sqs, url) for url in urls}
    sources = {
        json.loads(policy)["deadLetterTargetArn"]: url
        for url, each in known.items()
        if (policy := each.get("RedrivePolicy"))
    }
    found = [
        DeadLetterQueue(
            name=_short(url),
            url=url,
            waiting=int(known[url]["ApproximateNumberOfMessages"]),
            source_url=sources.get(known[url]["QueueArn"], ""),
        )
        for url in urls
        if DEAD_LETTERS in url
    ]
    return sorted(found, key=lambda each: each.name)


def named(queues: list[DeadLetterQueue], name: str) -> DeadLetterQueue:
    """The queue that is called so; raises CommandError that tells the names."""
    found = [each for each in queues if each.name.lower() == name.lower()]
    if len(found) == 1:
        return found[0]
    names = ", ".join(each.name for each in queues) or "none"
    raise CommandError(f'no queue of dead letters is called "{name}"; there are: {names}')


def look(sqs: Any, queue: DeadLetterQueue, most: int) -> list[Letter]:  # noqa: ANN401
    """Up to `most` letters, which stay where they are."""
    found: dict[str, Letter] = {}
    hidden: list[str] = []
    try:
        for letters in _receive(sqs, queue.url):
            hidden += [letter.handle for letter in letters]
            found.update((letter.letter_id, letter) for letter in letters)
            if len(found) >= most:
                break
    finally:
        _show_again(sqs, queue.url, hidden)
    return list(found.values())[:most]


def redrive(sqs: Any, queue: DeadLetterQueue, now: datetime) -> tuple[int, int]:  # noqa: ANN401
    """Give all letters back to their queue; what comes after `now` stays.

    Gives how many went, and how many newer ones were met. Raises CommandError where there is no
    queue to which they could go.
    """
    if not queue.source_url:
        raise CommandError(
            f"{queue.name} holds places in a stream, which nobody can hand out again; "
            "docs/operating.md says what to do instead"
        )
    moved, newer = 0, 0
    hidden: dict[str, str] = {}
    try:
        for letters in _receive(sqs, queue.url):
            hidden.update((letter.letter_id, letter.handle) for letter in letters)
            for letter in letters:
                if letter.sent_at >= now:
                    newer += 1
                    continue
                sqs.send_message(QueueUrl=queue.source_url, MessageBody=letter.body)
                sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=letter.handle)
                del hidden[letter.letter_id]
                moved += 1
    finally:
        _show_again(sqs, queue.url, list(hidden.values()))
    return moved, newer


def what(body: str) -> tuple[str, Mapping[str, Any]]:
    """What a letter is about: a key of the words and what they tell, none of it about a person.

    Only our own forms are known, and of them only names that operators or we have made.
    """
    try:
        data = json.loads(body)
    except (RecursionError, ValueError):
        data = None
    match data:
        case {"events": [*events]}:
            return "events", {"number": len(events)}
        case {"detail": {"name": str(name)}} if name in EVENTS:
            return "fact", {"name": name}
        case {"message": {"step": str(step), "journey_id": str(journey_id)}}:
            return "message", {"step": step, "journey_id": journey_id}
        case {"action": {"step": str(step), "journey_id": str(journey_id)}}:
            return "action", {"step": step, "journey_id": journey_id}
        case {"names": [*names]}:
            return "batch", {"number": len(names)}
        case _:
            return "other", {"bytes": len(body.encode())}


def reason_of(body: str) -> str:
    """Why a function has put it aside; empty where it was tried too often.

    What comes after a colon can be a value of the event.
    """
    try:
        reason = json.loads(body).get("reason", "")
    except (AttributeError, RecursionError, ValueError):
        return ""
    return str(reason).partition(":")[0]


def _attributes(sqs: Any, url: str) -> Mapping[str, str]:  # noqa: ANN401
    wanted = ["ApproximateNumberOfMessages", "QueueArn", "RedrivePolicy"]
    found: Mapping[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)[
        "Attributes"
    ]
    return found


def _short(url: str) -> str:
    """`events` of `https://…/RapportEngine-EventsDeadLettersQueue12AB`."""
    name = url.rsplit("/", 1)[-1]
    found = _CONSTRUCT.match(name)
    return found[1] if found else name


def _receive(sqs: Any, url: str) -> Iterator[list[Letter]]:  # noqa: ANN401
    empty = 0
    while empty < EMPTY_ANSWERS:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=MAX_CALL,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            AttributeNames=["SentTimestamp"],
        )
        messages = answer.get("Messages", [])
        empty = 0 if messages else empty + 1
        if messages:
            yield [_letter(one) for one in messages]


def _letter(message: Mapping[str, Any]) -> Letter:
    sent = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    return Letter(message["MessageId"], message["ReceiptHandle"], sent, message["Body"])


def _show_again(sqs: Any, url: str, handles: list[str]) -> None:  # noqa: ANN401
    for start in range(0, len(handles), MAX_CALL):
        entries = [
            {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": 0}
            for place, handle in enumerate(handles[start : start + MAX_CALL])
        ]
        sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
