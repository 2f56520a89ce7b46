"""Broadcasts: the function that carries them on, its machine, and the look at every schedule."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from functions.run_broadcasts.settings import Settings
from infra.constructs.broadcast_machine import BroadcastMachine, machine_arn
from infra.constructs.function import PythonFunction
from infra.stacks.site import READ, Site
from shared.domain.workspace.model import DEFAULT_WORKSPACE

_LONG: Final = Duration.minutes(15)
# Who is in a broadcast is asked by SQL, which is 100 MB of Python at work.
_MEMORY_MB: Final = 1_024


class Broadcasting:
    """The machine of broadcasts and its function."""

    def __init__(self, site: Site) -> None:
        """Make function, machine and schedule."""
        function = _run_broadcasts(site)
        self.machine = BroadcastMachine(
            site.stack,
            "Broadcasts",
            function=function,
            lake=site.data.lake,
            concurrency=site.options.consumer_concurrency,
            alarms=site.workshop.alarms,
        )
        self._arn = machine_arn(site.stack)

    def let_ask(self, function: PythonFunction) -> None:
        """Let a function start broadcasts."""
        function.may("states:StartExecution", on=[self._arn])


def _run_broadcasts(site: Site) -> PythonFunction:
    data = site.data
    function = site.function(
        "run_broadcasts",
        purpose="Carries broadcasts on: finds who is in them, asks them, and compares variants",
        settings=Settings,
        values={
            **site.tables,
            "lake_workgroup": data.lake.workgroup.name,
            "lake_bucket": data.lake.bucket.bucket_name,
            "broadcast_machine_arn": machine_arn(site.stack),
        },
        timeout=_LONG,
        memory_mb=_MEMORY_MB,
    )
    function.may(*READ, "dynamodb:PutItem", on=[data.profiles.table_arn])
    site.may_read_catalog(function)
    function.may("dynamodb:PutItem", "dynamodb:UpdateItem", on=[data.catalog.table_arn])
    function.may("states:StartExecution", on=[machine_arn(site.stack)])
    data.lake.let_query(function)
    data.lake.let_broadcast(function)
    _look_every_minute(site, function)
    return function


def _look_every_minute(site: Site, function: PythonFunction) -> None:
    """What one look misses the next one finds, so a late repetition is of no use."""
    events.Rule(
        site.stack,
        "SchedulesEveryMinute",
        description="Looks every minute whether the schedule of a journey says that it begins",
        schedule=events.Schedule.rate(Duration.minutes(1)),
        targets=[
            targets.LambdaFunction(
                function.function,
                event=events.RuleTargetInput.from_object(
                    {"task": "tick", "workspace_ids": [DEFAULT_WORKSPACE]}
                ),
                retry_attempts=0,
                max_event_age=Duration.seconds(60),
            )
        ],
    )
