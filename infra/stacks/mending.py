"""The function that finds what stands still though it should have moved, and its schedule."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from functions.mend_waits.settings import Settings
from infra.constructs.alarm import About, Words, counted
from infra.constructs.function import PythonFunction
from infra.constructs.journeys import Journeys
from infra.stacks.due import Due
from infra.stacks.site import Site
from shared.domain.workspace.model import DEFAULT_WORKSPACE

_RUN: Final = Duration.minutes(2)
_EVERY: Final = Duration.hours(1)


def mend_waits(site: Site, due: Due, journeys: Journeys, run_step: PythonFunction) -> None:
    """Make the function, and let it look every hour; machines of `journeys` call `run_step`."""
    data = site.data
    function = site.function(
        "mend_waits",
        purpose="Finds what stands still though it should have moved, and asks for it once more",
        settings=Settings,
        values={
            **site.tables,
            "due_queue_url": due.inbox.queue.queue_url,
            "wakes_queue_url": due.wakes.queue.queue_url,
            "messages_queue_url": site.messages.queue.queue_url,
            "broadcast_queue_url": site.broadcast.queue.queue_url,
            "actions_queue_url": site.actions.queue.queue_url,
            "run_step_arn": run_step.function.function_arn,
            "journey_role_arn": journeys.role.role_arn,
            "workspace_ids": DEFAULT_WORKSPACE,
        },
        timeout=_RUN,
    )
    site.may_use_people(function)
    function.may("dynamodb:Scan", on=[data.profiles.table_arn])
    site.may_read_catalog(function)
    function.may("dynamodb:PutItem", on=[data.catalog.table_arn])
    _let_restart(function, journeys)
    queues = (
        *(due.inbox.queue, due.wakes.queue),
        *(site.messages.queue, site.broadcast.queue, site.actions.queue),
    )
    function.may("sqs:SendMessage", on=[queue.queue_arn for queue in queues])
    # What one run could not do the next one does.
    function.function.configure_async_invoke(retry_attempts=0, max_event_age=Duration.seconds(60))
    events.Rule(
        site.stack,
        "MendEveryHour",
        description="Looks every hour for what stands still",
        schedule=events.Schedule.rate(_EVERY),
        targets=[
            targets.LambdaFunction(
                function.function, retry_attempts=0, max_event_age=Duration.seconds(60)
            )
        ],
    )
    site.workshop.alarms.when_above(
        function,
        "StoodStill",
        counted("mend_waits", "StoodStill", period=_EVERY),
        0,
        About(
            "stood-still",
            "",
            Words(
                "Something stood still that should have moved, and was asked for once more",
                "有等待、判断或消息本应推进却停住了，已重新触发",
            ),
        ),
    )


def _let_restart(function: PythonFunction, journeys: Journeys) -> None:
    """Let it look at executions, and go on by new ones where they are gone."""
    journeys.let_look(function)
    journeys.let_start(function)
    journeys.let_move(function)
    journeys.let_publish(function, deletes=False)
