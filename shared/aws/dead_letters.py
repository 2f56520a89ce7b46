"""Looks through queues that nobody consumes and takes a person out of the messages in them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from shared.aws.faults import faults_are_transient
from shared.domain.erasure.letters import Wanted, judge
from shared.errors import TransientError

# Messages are hidden from others while we look; on a crash they come back after this.
HIDDEN_SECONDS: Final = 120
MAX_CALL: Final = 10
# An empty answer may be a lack of luck: a queue is spread over many machines.
EMPTY_ANSWERS: Final = 2
MOST_MESSAGES: Final = 10_000


class DeadLetters:
    """The dead-letter queues of a deployment."""

    def __init__(self, client: Any, urls: Sequence[str]) -> None:
        """`client` is a low-level SQS client."""
        self._client = client
        self._urls = urls

    def erase(self, workspace_id: str, person: Wanted) -> Mapping[str, int]:  # noqa: ARG002
        """Remove what is about a person: whole messages, or their events out of a message.

        The rest of a message is put back before the message goes, so nothing of others is lost; a
        crash between leaves the rest twice, and consumers mind no repetition. Raises
        TransientError, also when there are too many messages to see through at once.
        """
        removed = 0
        for url in self._urls:
            kept: list[str] = []
            try:
                for message in self._messages(url):
                    verdict = judge(message["Body"], person)
                    if not verdict.removed:
                        kept.append(message["ReceiptHandle"])
                        continue
                    with faults_are_transient():
                        if verdict.rest is not None:
                            self._client.send_message(QueueUrl=url, MessageBody=verdict.rest)
                        self._client.delete_message(
                            QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
                        )
                    removed += verdict.removed
            finally:
                self._show_again(url, kept)
        return {"dead_letters": removed}

    def _messages(self, url: str) -> Iterator[dict[str, Any]]:
        empty, seen = 0, 0
        while empty < EMPTY_ANSWERS:
            with faults_are_transient():
                answer = self._client.receive_message(
                    QueueUrl=url,
                    MaxNumberOfMessages=MAX_CALL,
                    VisibilityTimeout=HIDDEN_SECONDS,
                    WaitTimeSeconds=1,
                )
            messages = answer.get("Messages", [])
            empty = 0 if messages else empty + 1
            seen += len(messages)
            if seen > MOST_MESSAGES:
                raise TransientError("too many dead letters to look through", hint="redrive them")
            yield from messages

    def _show_again(self, url: str, handles: Sequence[str]) -> None:
        for start in range(0, len(handles), MAX_CALL):
            entries = [
                {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for place, handle in enumerate(handles[start : start + MAX_CALL])
            ]
            with faults_are_transient():
                self._client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
