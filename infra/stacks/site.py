"""What the parts of the engine are built on: the stack, its data, and how a function meets them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import ArnFormat, Duration, Stack

from infra.constructs.alarm import Words
from infra.constructs.consumer import DeadLetters, Inbox, subject_of
from infra.constructs.function import MEMORY_MB, PythonFunction, Workshop
from infra.constructs.options import Options
from infra.stacks.data_stack import DataStack
from shared.aws import keys
from shared.domain.channels.providers import SECRETS_PREFIX

INTERACTIVE: Final = Duration.seconds(29)  # the gateway gives up after 30
SHORT: Final = Duration.seconds(30)
# Five messages, each of which may wait 10 seconds for its provider and must still be written down.
DISPATCH: Final = Duration.seconds(60)

READ: Final = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
WRITE: Final = (
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)


@dataclass(frozen=True)
class Site:
    """The stack under construction, and the queues between its functions."""

    stack: Stack
    options: Options
    data: DataStack
    workshop: Workshop
    events: Inbox
    facts: Inbox
    messages: Inbox
    broadcast: Inbox
    actions: Inbox
    outbound: Inbox

    @classmethod
    def open(cls, stack: Stack, options: Options, data: DataStack, workshop: Workshop) -> "Site":
        """Make the queues, each for the time-out of the function that will be fed from it."""

        def inbox(construct_id: str, en: str, zh: str, consumer_timeout: Duration) -> Inbox:
            of = Words(en, zh)
            return _inbox(stack, workshop, construct_id, of, consumer_timeout)

        return cls(
            stack,
            options,
            data,
            workshop,
            events=inbox("Events", "events", "行为事件", SHORT),
            facts=inbox("Facts", "facts for journeys", "推动旅程的事实", SHORT),
            messages=inbox("Messages", "messages to send", "待下发的消息", DISPATCH),
            broadcast=inbox(
                "BroadcastMessages", "messages of broadcasts to send", "待下发的群发消息", DISPATCH
            ),
            outbound=inbox("Outbound", "events for destinations", "发往外部目的地的事件", SHORT),
            actions=inbox(
                "Actions", "what journeys do beside sending", "旅程在发消息之外的动作", DISPATCH
            ),
        )

    def function(
        self,
        name: str,
        *,
        purpose: str,
        settings: type,
        values: Mapping[str, str],
        timeout: Duration,
        memory_mb: int = MEMORY_MB,
    ) -> PythonFunction:
        """Make the function of a folder; its construct is named like the folder."""
        return PythonFunction(
            self.stack,
            name.title().replace("_", ""),
            workshop=self.workshop,
            name=name,
            purpose=purpose,
            settings=settings,
            values=values,
            timeout=timeout,
            memory_mb=memory_mb,
        )

    def inbox(self, construct_id: str, en: str, zh: str, consumer_timeout: Duration) -> Inbox:
        """Make one more queue, of what is said, for a function with this time-out."""
        return _inbox(self.stack, self.workshop, construct_id, Words(en, zh), consumer_timeout)

    def dead_letters(self, construct_id: str, en: str, zh: str) -> DeadLetters:
        """Make the queue for what a reader of the stream gives up."""
        return DeadLetters(
            self.stack,
            construct_id,
            subject=subject_of(construct_id),
            of=Words(en, zh),
            alarms=self.workshop.alarms,
            key=self.workshop.key,
        )

    @property
    def tables(self) -> dict[str, str]:
        """The settings of every function that works on people by definitions."""
        return {
            "profiles_table": self.data.profiles.table_name,
            "catalog_table": self.data.catalog.table_name,
        }

    def feed(self, inbox: Inbox, consumer: PythonFunction, *, batch_size: int) -> None:
        """Let a function take its work from a queue."""
        inbox.feed(consumer, batch_size=batch_size, concurrency=self.options.consumer_concurrency)

    def may_use_people(self, function: PythonFunction) -> None:
        """Let a function read and write people."""
        function.may(*READ, *WRITE, on=[self.data.profiles.table_arn])

    def may_read_catalog(self, function: PythonFunction) -> None:
        """Let a function read definitions."""
        function.may(*READ, on=[self.data.catalog.table_arn])

    def may_know_write_keys(self, function: PythonFunction) -> None:
        """Let a function look up whose a write key is."""
        function.may(
            "dynamodb:GetItem", on=[self.data.catalog.table_arn], rows=[keys.write_key("*").pk]
        )

    def may_know_identity_secret(self, function: PythonFunction) -> None:
        """Let a function make user hashes, tombstones and the keys of suppressions."""
        function.may("secretsmanager:GetSecretValue", on=[self.data.identity_secret.secret_arn])

    def may_know_providers(self, function: PythonFunction) -> None:
        """Let a function read the secrets of providers, which have names of their own."""
        secrets = self.stack.format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{SECRETS_PREFIX}*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        function.may("secretsmanager:GetSecretValue", on=[secrets])


def _inbox(
    stack: Stack, workshop: Workshop, construct_id: str, of: Words, consumer_timeout: Duration
) -> Inbox:
    return Inbox(
        stack,
        construct_id,
        of=of,
        consumer_timeout=consumer_timeout,
        alarms=workshop.alarms,
        key=workshop.key,
    )
