"""The one way to make a queue with its consumer: dead letters, partial batches and alarms."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarm import Alarms
from infra.constructs.function import PythonFunction

TRIES: Final = 5  # how often a message is handed out before it is a dead letter
VISIBILITY_FACTOR: Final = 6  # AWS's advice: leaves room for retries of a throttled consumer
_LONGEST_WAIT: Final = Duration.minutes(15)


class DeadLetters(Construct):
    """Where work ends that could not be done; it keeps it for two weeks and raises an alarm."""

    def __init__(self, scope: Construct, construct_id: str, *, alarms: Alarms, of: str) -> None:
        """`of` says in a few words whose dead letters these are."""
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        alarms.when_above(
            self,
            "NotEmpty",
            self.queue.metric_approximate_number_of_messages_visible(period=Duration.minutes(1)),
            0,
            description=f"{of} could not be handled and wait in the dead-letter queue",
        )


class Inbox(Construct):
    """A queue with one consumer. Made before the consumer, because senders need it first."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarms: Alarms,
        of: str,
        consumer_timeout: Duration,
    ) -> None:
        """`consumer_timeout` is the time-out of the function that will be fed."""
        super().__init__(scope, construct_id)
        self.dead_letters = DeadLetters(self, "DeadLetters", alarms=alarms, of=of).queue
        self._consumer_timeout = consumer_timeout
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(4),
            visibility_timeout=Duration.seconds(consumer_timeout.to_seconds() * VISIBILITY_FACTOR),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=TRIES),
        )
        alarms.when_above(
            self,
            "Late",
            self.queue.metric_approximate_age_of_oldest_message(period=Duration.minutes(5)),
            _LONGEST_WAIT.to_seconds(),
            description=f"{of} wait longer than {_LONGEST_WAIT.to_minutes():.0f} minutes",
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
