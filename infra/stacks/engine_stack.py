"""What works on the data: functions, queues, the event rule, the role of journeys and the API."""

from collections.abc import Mapping, Sequence
from string import punctuation
from typing import Any, Final

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from events.model import SOURCE
from functions.advance_journeys.settings import Settings as AdvanceJourneys
from functions.dispatch_message.settings import Settings as DispatchMessage
from functions.ingest_events.settings import Settings as IngestEvents
from functions.manage_workspace.settings import Settings as ManageWorkspace
from functions.merge_identity.settings import Settings as MergeIdentity
from functions.run_step.settings import Settings as RunStep
from functions.update_tags.settings import Settings as UpdateTags
from infra.constructs.api import Api
from infra.constructs.bundle import Bundles
from infra.constructs.consumer import DeadLetters, Inbox
from infra.constructs.function import PythonFunction, Workshop
from infra.constructs.journeys import Journeys
from infra.constructs.options import Options
from infra.stacks.data_stack import DataStack
from shared.aws import keys

JOURNEY_FACTS: Final = ("EventMatched", "SegmentEntered", "SegmentExited", "ProfileMerged")

READ: Final = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
WRITE: Final = (
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)

_INTERACTIVE: Final = Duration.seconds(29)  # the gateway gives up after 30
_SHORT: Final = Duration.seconds(30)
_STREAM: Final = Duration.seconds(60)
# Five messages, each of which may wait 10 seconds for its provider and must still be written down.
_DISPATCH: Final = Duration.seconds(60)
_DISPATCH_BATCH: Final = 5


class EngineStack(Stack):
    """Stateless: deleting and deploying it again loses nothing but what stands in the queues."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        options: Options,
        data: DataStack,
        bundles: Bundles,
    ) -> None:
        """Make everything that reads or writes `data`."""
        super().__init__(scope, construct_id)
        self._data = data
        self._options = options
        self._workshop = Workshop.open(self, options.platform, bundles)
        self._events_inbox = self._inbox("Events", "events", _SHORT)
        self._facts_inbox = self._inbox("Facts", "facts for journeys", _SHORT)
        self._messages_inbox = self._inbox("Messages", "messages to send", _DISPATCH)
        self._admin_key = secrets.Secret(
            self,
            "AdminKey",
            description="The key of the admin API",
            generate_secret_string=secrets.SecretStringGenerator(
                password_length=40, exclude_characters=punctuation
            ),
        )

        ingest = self._ingest_events()
        self._merge_identity()
        self._update_tags()
        run_step = self._run_step()
        journeys = Journeys(self, "Journeys", run_step=run_step)
        # Registering a wait can find that what it waits for, or an exit, has happened already.
        journeys.let_move(run_step)
        self._advance_journeys(journeys)
        self._dispatch_message()
        admin = self._manage_workspace(run_step, journeys)
        self._route_facts_to_journeys()
        self._output(Api(self, "Api", ingest=ingest, admin=admin))

    # --- functions, in the order in which an event meets them ---------------------------------

    def _ingest_events(self) -> PythonFunction:
        function = PythonFunction(
            self,
            "IngestEvents",
            workshop=self._workshop,
            name="ingest_events",
            purpose="Takes events from clients and answers when the queue has them",
            settings=IngestEvents,
            values={
                "catalog_table": self._data.catalog.table_name,
                "events_queue_url": self._events_inbox.queue.queue_url,
            },
            timeout=_INTERACTIVE,
        )
        function.may(*READ, on=[self._data.catalog.table_arn])
        function.may("sqs:SendMessage", on=[self._events_inbox.queue.queue_arn])
        return function

    def _merge_identity(self) -> None:
        function = PythonFunction(
            self,
            "MergeIdentity",
            workshop=self._workshop,
            name="merge_identity",
            purpose="Finds or makes the person of each event and writes the event down once",
            settings=MergeIdentity,
            values={
                "profiles_table": self._data.profiles.table_name,
                "dead_letter_queue_url": self._events_inbox.dead_letters.queue_url,
            },
            timeout=_SHORT,
        )
        self._may_use_people(function)
        function.may("sqs:SendMessage", on=[self._events_inbox.dead_letters.queue_arn])
        self._feed(self._events_inbox, function, batch_size=10)

    def _update_tags(self) -> None:
        function = PythonFunction(
            self,
            "UpdateTags",
            workshop=self._workshop,
            name="update_tags",
            purpose="Keeps stages, counts and segment memberships, and tells the bus what changed",
            settings=UpdateTags,
            values={
                "profiles_table": self._data.profiles.table_name,
                "catalog_table": self._data.catalog.table_name,
                "bus_name": self._data.bus.event_bus_name,
            },
            timeout=_STREAM,
        )
        self._may_use_people_and_catalog(function)
        function.may("events:PutEvents", on=[self._data.bus.event_bus_arn])
        lost = DeadLetters(
            self, "ProfileChanges", alarms=self._workshop.alarms, of="changes of profiles"
        )
        function.function.add_event_source(
            sources.DynamoEventSource(
                self._data.profiles,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=100,
                parallelization_factor=1,  # one person's changes are folded in order
                retry_attempts=8,
                # Whatever cannot be folded is cut out of its batch, so that it stops nobody else.
                bisect_batch_on_error=True,
                report_batch_item_failures=True,
                on_failure=sources.SqsDlq(lost.queue),
                filters=[
                    _rows("INSERT", sort_key=lambda_.FilterRule.begins_with(keys.EVENT_PREFIX)),
                    _rows("INSERT", "MODIFY", sort_key=lambda_.FilterRule.is_equal(keys.PROFILE)),
                ],
            )
        )

    def _advance_journeys(self, journeys: Journeys) -> None:
        function = PythonFunction(
            self,
            "AdvanceJourneys",
            workshop=self._workshop,
            name="advance_journeys",
            purpose="Enrols people in journeys, wakes them and ends their runs",
            settings=AdvanceJourneys,
            values={
                "profiles_table": self._data.profiles.table_name,
                "catalog_table": self._data.catalog.table_name,
            },
            timeout=_SHORT,
        )
        self._may_use_people_and_catalog(function)
        journeys.let_start(function)
        journeys.let_move(function)
        self._feed(self._facts_inbox, function, batch_size=10)

    def _run_step(self) -> PythonFunction:
        function = PythonFunction(
            self,
            "RunStep",
            workshop=self._workshop,
            name="run_step",
            purpose="Takes one step of one person's journey",
            settings=RunStep,
            values={
                "profiles_table": self._data.profiles.table_name,
                "catalog_table": self._data.catalog.table_name,
                "messages_queue_url": self._messages_inbox.queue.queue_url,
            },
            timeout=_SHORT,
        )
        self._may_use_people_and_catalog(function)
        function.may("sqs:SendMessage", on=[self._messages_inbox.queue.queue_arn])
        return function

    def _dispatch_message(self) -> None:
        function = PythonFunction(
            self,
            "DispatchMessage",
            workshop=self._workshop,
            name="dispatch_message",
            purpose="Decides on a message at the last instant, claims it and sends it once",
            settings=DispatchMessage,
            values={
                "profiles_table": self._data.profiles.table_name,
                "catalog_table": self._data.catalog.table_name,
            },
            timeout=_DISPATCH,
        )
        self._may_use_people_and_catalog(function)
        function.may("ses:SendEmail", on=[self.format_arn(service="ses", resource="identity/*")])
        # A telephone number is not a resource, so direct SMS can only be allowed on everything;
        # topics are taken out again.
        function.may("sns:Publish", on=["*"])
        function.role.add_to_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=["sns:Publish"],
                resources=[self.format_arn(service="sns", region="*", resource="*")],
            )
        )
        self._feed(self._messages_inbox, function, batch_size=_DISPATCH_BATCH)

    def _manage_workspace(self, run_step: PythonFunction, journeys: Journeys) -> PythonFunction:
        function = PythonFunction(
            self,
            "ManageWorkspace",
            workshop=self._workshop,
            name="manage_workspace",
            purpose="The admin API: definitions, and people with the reasons for what happened",
            settings=ManageWorkspace,
            values={
                "profiles_table": self._data.profiles.table_name,
                "catalog_table": self._data.catalog.table_name,
                "admin_key_secret_arn": self._admin_key.secret_arn,
                "journey_role_arn": journeys.role.role_arn,
                "run_step_arn": run_step.function.function_arn,
            },
            timeout=_INTERACTIVE,
        )
        function.may(*READ, *WRITE, on=[self._data.profiles.table_arn])
        function.may(*READ, *WRITE, on=[self._data.catalog.table_arn])
        function.may("secretsmanager:GetSecretValue", on=[self._admin_key.secret_arn])
        journeys.let_publish(function)
        return function

    # --- what ties them together --------------------------------------------------------------

    def _route_facts_to_journeys(self) -> None:
        events.Rule(
            self,
            "FactsForJourneys",
            event_bus=self._data.bus,
            description="Facts that can enrol, wake or end somebody",
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=list(JOURNEY_FACTS)),
            targets=[
                targets.SqsQueue(
                    self._facts_inbox.queue,
                    dead_letter_queue=self._facts_inbox.dead_letters,
                )
            ],
        )

    def _output(self, api: Api) -> None:
        CfnOutput(self, "ApiUrl", value=api.url)
        CfnOutput(self, "AdminKeySecretArn", value=self._admin_key.secret_arn)
        CfnOutput(self, "AlarmTopicArn", value=self._workshop.alarms.topic.topic_arn)

    def _inbox(self, construct_id: str, of: str, consumer_timeout: Duration) -> Inbox:
        return Inbox(
            self,
            construct_id,
            alarms=self._workshop.alarms,
            of=of,
            consumer_timeout=consumer_timeout,
        )

    def _feed(self, inbox: Inbox, consumer: PythonFunction, *, batch_size: int) -> None:
        inbox.feed(consumer, batch_size=batch_size, concurrency=self._options.consumer_concurrency)

    def _may_use_people(self, function: PythonFunction) -> None:
        function.may(*READ, *WRITE, on=[self._data.profiles.table_arn])

    def _may_use_people_and_catalog(self, function: PythonFunction) -> None:
        self._may_use_people(function)
        function.may(*READ, on=[self._data.catalog.table_arn])


def _rows(*event_names: str, sort_key: Sequence[object]) -> Mapping[str, Any]:
    """A filter for changes of rows whose sort key matches; expiry and deletion are not changes."""
    return lambda_.FilterCriteria.filter(
        {"eventName": list(event_names), "dynamodb": {"Keys": {"sk": {"S": sort_key}}}}
    )
