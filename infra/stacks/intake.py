"""The functions that every event meets, in the order in which it meets them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources

from functions.ingest_events.settings import Settings as IngestEvents
from functions.merge_identity.settings import Settings as MergeIdentity
from functions.receive_callbacks.settings import Settings as ReceiveCallbacks
from functions.serve_console.settings import Settings as ServeConsole
from functions.serve_inbox.settings import Settings as ServeInbox
from functions.update_tags.settings import Settings as UpdateTags
from functions.write_lake.settings import Settings as WriteLake
from infra.constructs.alarm import USUAL_PERIOD, About, Words
from infra.constructs.consumer import DeadLetters, Inbox
from infra.constructs.function import PythonFunction
from infra.stacks.due import ATTENDING, Due
from infra.stacks.site import INTERACTIVE, READ, SHORT, Site
from shared.aws import keys
from shared.domain.lake.tables import EVENTS, IDENTITIES
from shared.domain.workspace.model import DEFAULT_WORKSPACE

_STREAM: Final = Duration.seconds(60)
# Rows of the lake may wait for company, and then share records and calls.
_LAKE_BATCH: Final = 1_000
_LAKE_WINDOW: Final = Duration.seconds(60)
# With the pauses between them, tries for some hours; the timeline still has what is given up.
_LAKE_TRIES: Final = 200
_TAGS_BEHIND: Final = Duration.minutes(10)  # segments, and so journeys, are as late as this
_LAKE_BEHIND: Final = Duration.minutes(5)  # who is erased later counts on rows that come sooner


def ingest_events(site: Site) -> PythonFunction:
    """Make the function behind the API of clients."""
    function = site.function(
        "ingest_events",
        purpose="Takes events from clients and answers when the queue has them",
        settings=IngestEvents,
        values={
            "catalog_table": site.data.catalog.table_name,
            "events_queue_url": site.events.queue.queue_url,
        },
        timeout=INTERACTIVE,
    )
    site.may_know_write_keys(function)
    function.may("sqs:SendMessage", on=[site.events.queue.queue_arn])
    # Definitions it neither reads nor changes: it counts what came of sources that have a limit.
    function.may(
        "dynamodb:UpdateItem",
        on=[site.data.catalog.table_arn],
        rows=[keys.rates(DEFAULT_WORKSPACE, "*")],
    )
    return function


def receive_callbacks(site: Site, feedback: Inbox) -> PythonFunction:
    """Make the function that providers call; `feedback` hears what became of text messages."""
    function = site.function(
        "receive_callbacks",
        purpose="Takes what providers tell of people and messages and answers when a queue has it",
        settings=ReceiveCallbacks,
        values={
            "catalog_table": site.data.catalog.table_name,
            "events_queue_url": site.events.queue.queue_url,
            "feedback_queue_url": feedback.queue.queue_url,
        },
        timeout=SHORT,
    )
    site.may_read_catalog(function)
    site.may_know_providers(function)
    queues = [site.events.queue.queue_arn, feedback.queue.queue_arn]
    function.may("sqs:SendMessage", on=queues)
    return function


def serve_console(site: Site) -> PythonFunction:
    """Make the function behind the console's page; it may do nothing but answer."""
    return site.function(
        "serve_console",
        purpose="Gives operators the console's page, which asks the admin API by itself",
        settings=ServeConsole,
        values={},
        timeout=INTERACTIVE,
    )


def serve_inbox(site: Site) -> PythonFunction:
    """Make the function that pages and apps fetch messages from."""
    function = site.function(
        "serve_inbox",
        purpose="Gives people's inboxes to pages and apps, and the script that shows them",
        settings=ServeInbox,
        values={**site.tables, "identity_secret_arn": site.data.identity_secret.secret_arn},
        timeout=INTERACTIVE,
    )
    function.may(
        *(*READ, "dynamodb:PutItem", "dynamodb:UpdateItem"), on=[site.data.profiles.table_arn]
    )
    site.may_know_write_keys(function)
    site.may_know_identity_secret(function)
    return function


def merge_identity(site: Site) -> None:
    """Make the function that reads the queue of events."""
    function = site.function(
        "merge_identity",
        purpose="Finds or makes the person of each event and writes the event down once",
        settings=MergeIdentity,
        values={
            **site.tables,
            "dead_letter_queue_url": site.events.dead_letters.queue_url,
            "identity_secret_arn": site.data.identity_secret.secret_arn,
        },
        timeout=SHORT,
    )
    site.may_use_people(function)
    site.may_read_catalog(function)
    site.may_know_identity_secret(function)
    function.may("sqs:SendMessage", on=[site.events.dead_letters.queue_arn])
    site.feed(site.events, function, batch_size=10)
    site.workshop.alarms.when_counted(
        *(site.stack, "MergesStopped", "merge_identity", "MergesStopped"),
        About(
            "merges-stopped",
            "",
            Words(
                "Somebody would have become more than one person can be, and was not merged",
                "合并后会超出一个人应有的规模，已停止合并",
            ),
        ),
    )


def update_tags(site: Site, due: Due) -> PythonFunction:
    """Make the function that folds what changed of people, and judges who is due."""
    function = site.function(
        "update_tags",
        purpose="Keeps stages, counts and memberships, and tells what became of journeys",
        settings=UpdateTags,
        values={
            **site.tables,
            "bus_name": site.data.bus.event_bus_name,
            "due_queue_url": due.inbox.queue.queue_url,
            "outbound_queue_url": site.outbound.queue.queue_url,
        },
        timeout=ATTENDING,
    )
    site.may_use_people(function)
    site.may_read_catalog(function)
    function.may("events:PutEvents", on=[site.data.bus.event_bus_arn])
    function.may("sqs:SendMessage", on=[site.outbound.queue.queue_arn])
    due.feed(function)
    _watch_reading(site, function, "update_tags", _TAGS_BEHIND)
    lost = site.dead_letters("ProfileChanges", "changes of profiles", "用户画像的变更")
    _read_stream(
        site,
        function,
        lost,
        filters=[NEW_EVENTS, CHANGED_PROFILES, CHANGED_ENROLMENTS],
        batch_size=100,
        parallelization_factor=1,  # one person's changes are folded in order
        retry_attempts=8,
    )
    return function


def write_lake(site: Site) -> None:
    """Make the function that copies what happened to the lake.

    It reads the stream by itself, so that a lake that is out of reach delays no segment.
    """
    lake = site.data.lake
    function = site.function(
        "write_lake",
        purpose="Writes applied events, and whose they are, to the lake",
        settings=WriteLake,
        values={
            "events_stream": lake.streams[EVENTS.name].ref,
            "identities_stream": lake.streams[IDENTITIES.name].ref,
        },
        timeout=_STREAM,
    )
    lake.let_write(function)
    lake.watch(site.workshop.alarms, function)
    _watch_reading(site, function, "write_lake", _LAKE_BEHIND)
    lost = site.dead_letters("LakeRows", "rows of the lake", "数据湖的行")
    _read_stream(
        site,
        function,
        lost,
        filters=[NEW_EVENTS, CHANGED_PROFILES, FACTS_OF_PEOPLE, SUPPRESSIONS],
        batch_size=_LAKE_BATCH,
        max_batching_window=_LAKE_WINDOW,
        retry_attempts=_LAKE_TRIES,
    )


def _watch_reading(site: Site, function: PythonFunction, name: str, behind: Duration) -> None:
    minutes = f"{behind.to_minutes():.0f}"
    says = Words(
        f"{name} is more than {minutes} minutes behind what changes of people",
        f"{name} 落后于用户变更超过 {minutes} 分钟",
    )
    site.workshop.alarms.when_above(
        function,
        "Behind",
        function.function.metric("IteratorAge", statistic="Maximum", period=USUAL_PERIOD),
        behind.to_milliseconds(),
        About("stream-behind", name, says),
    )


def _read_stream(
    site: Site,
    function: PythonFunction,
    lost: DeadLetters,
    **options: Any,  # noqa: ANN401
) -> None:
    """Hand a function what changes of people, from the beginning of the stream."""
    function.function.add_event_source(
        sources.DynamoEventSource(
            site.data.profiles,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            # What cannot be taken in is cut out of its batch, so that it stops nobody else.
            bisect_batch_on_error=True,
            report_batch_item_failures=True,
            on_failure=sources.SqsDlq(lost.queue),
            **options,
        )
    )


def _rows(*event_names: str, sort_key: Sequence[object]) -> Mapping[str, Any]:
    """A filter for changes of rows whose sort key matches; expiry and deletion are not changes."""
    return lambda_.FilterCriteria.filter(
        {"eventName": list(event_names), "dynamodb": {"Keys": {"sk": {"S": sort_key}}}}
    )


NEW_EVENTS: Final = _rows("INSERT", sort_key=lambda_.FilterRule.begins_with(keys.EVENT_PREFIX))
CHANGED_PROFILES: Final = _rows(
    "INSERT", "MODIFY", sort_key=lambda_.FilterRule.is_equal(keys.PROFILE)
)
# What no event tells, so that people can be made again (`shared.aws.lake_facts`); its end too.
FACTS_OF_PEOPLE: Final = _rows(
    *("INSERT", "MODIFY", "REMOVE"),
    sort_key=[
        *lambda_.FilterRule.is_equal(keys.IDENTIFIER),
        *lambda_.FilterRule.begins_with(keys.AGREED_PREFIX),
        *lambda_.FilterRule.begins_with(keys.DISPUTE_PREFIX),
    ],
)
SUPPRESSIONS: Final = lambda_.FilterCriteria.filter(
    {
        "eventName": ["INSERT", "MODIFY", "REMOVE"],
        "dynamodb": {
            "Keys": {
                "pk": {"S": lambda_.FilterRule.begins_with(keys.suppressed(DEFAULT_WORKSPACE))}
            }
        },
    }
)
CHANGED_ENROLMENTS: Final = _rows(
    *("INSERT", "MODIFY"), sort_key=lambda_.FilterRule.begins_with(keys.ENROLMENT_PREFIX)
)
