"""The one way to make a queue with its consumer: dead letters, partial batches and alarms."""

import re
from typing import Final, cast

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarm import USUAL_PERIOD, About, Alarms, Words
from infra.constructs.function import PythonFunction

TRIES: Final = 5  # how often a message is handed out before it is a dead letter
VISIBILITY_FACTOR: Final = 6  # AWS's advice: leaves room for retries of a throttled consumer
DATA_KEY_LIFE: Final = Duration.hours(1)  # a call of the key each hour and queue, at least
_LONGEST_WAIT: Final = Duration.minutes(15)
_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


class DeadLetters(Construct):
    """Where work ends that could not be done; it keeps it for two weeks and raises an alarm."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        subject: str,
        of: Words,
        alarms: Alarms,
        key: kms.IKey | None,
    ) -> None:
        """`of` says in a few words whose dead letters these are, `subject` in one."""
        super().__init__(scope, construct_id)
        self.queue = _queue(self, key, retention_period=Duration.days(14))
        says = Words(
            f"{of.en} could not be handled and wait in the dead-letter queue",
            f"{of.zh}处理失败，滞留在死信队列中",
        )
        alarms.when_above(
            self,
            "NotEmpty",
            self.queue.metric_approximate_number_of_messages_visible(period=Duration.minutes(1)),
            0,
            About("dead-letters", subject, says),
        )


class Inbox(Construct):
    """A queue with one consumer. Made before the consumer, because senders need it first."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        of: Words,
        consumer_timeout: Duration,
        alarms: Alarms,
        key: kms.IKey | None,
    ) -> None:
        """`consumer_timeout` is the time-out of the function that will be fed."""
        super().__init__(scope, construct_id)
        subject = subject_of(construct_id)
        self.dead_letters = DeadLetters(
            self, "DeadLetters", subject=subject, of=of, alarms=alarms, key=key
        ).queue
        self._consumer_timeout = consumer_timeout
        self.queue = _queue(
            self,
            key,
            retention_period=Duration.days(4),
            visibility_timeout=Duration.seconds(consumer_timeout.to_seconds() * VISIBILITY_FACTOR),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=TRIES),
        )
        minutes = f"{_LONGEST_WAIT.to_minutes():.0f}"
        alarms.when_above(
            self,
            "Late",
            self.queue.metric_approximate_age_of_oldest_message(period=USUAL_PERIOD),
            _LONGEST_WAIT.to_seconds(),
            About(
                "late",
                subject,
                Words(
                    f"{of.en} wait longer than {minutes} minutes", f"{of.zh}等待超过 {minutes} 分钟"
                ),
            ),
        )

    def feed(self, consumer: PythonFunction, *, batch_size: int, concurrency: int) -> None:
        """Hand messages to the consumer; those that it reports as failed come back alone."""
        if consumer.timeout.to_seconds() != self._consumer_timeout.to_seconds():
            raise ValueError(f"{self.node.path} was made for a consumer with another time-out")
        consumer.function.add_event_source(
            sources.SqsEventSource(
                self.queue,
                batch_size=batch_size,
                max_concurrency=concurrency,
                report_batch_item_failures=True,
            )
        )
        # What waits, takes turns or goes on in stretches comes back by a queue, and ends by itself.
        # Lambda takes that for a runaway, and after some sixteen rounds for a dead letter.
        made = cast("lambda_.CfnFunction", consumer.function.node.default_child)
        made.recursive_loop = "Allow"


def subject_of(construct_id: str) -> str:
    """What alarms and runbooks call a queue: `ImportTurns` is `import-turns`."""
    return _WORD.sub("-", construct_id).lower()


def _queue(
    scope: Construct,
    key: kms.IKey | None,
    *,
    retention_period: Duration,
    visibility_timeout: Duration | None = None,
    dead_letter_queue: sqs.DeadLetterQueue | None = None,
) -> sqs.Queue:
    """Encrypted by the owner's key or else by SQS's, and closed to plain connections."""
    return sqs.Queue(
        scope,
        "Queue",
        encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=key,
        data_key_reuse=DATA_KEY_LIFE if key else None,
        enforce_ssl=True,
        retention_period=retention_period,
        visibility_timeout=visibility_timeout,
        dead_letter_queue=dead_letter_queue,
    )
