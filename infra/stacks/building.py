"""Builds and audiences: the functions that look at everybody, and the machine that drives them."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from functions.build_segments.settings import Settings as BuildSegments
from functions.gather_audience.settings import Settings as GatherAudience
from infra.constructs.build_machine import BuildMachine, machine_arn
from infra.constructs.consumer import Inbox
from infra.constructs.function import PythonFunction
from infra.stacks.site import Site
from shared.domain.workspace.model import DEFAULT_WORKSPACE

_WEEK: Final = Duration.days(7)
_LONG: Final = Duration.minutes(15)
# The translation of conditions to SQL is 100 MB of Python at work, and a file goes out in parts.
_MEMORY_MB: Final = 1_024


class Building:
    """The machine of builds, and the queue in which audiences are asked for."""

    def __init__(self, site: Site, judge: PythonFunction) -> None:
        """`judge` is the function that judges people."""
        self.inbox = site.inbox("Audiences", "audiences", "人群导出", _LONG)
        self.machine = BuildMachine(
            site.stack,
            "Builds",
            builder=_build_segments(site),
            judge=judge,
            lake=site.data.lake,
            concurrency=site.options.consumer_concurrency,
            alarms=site.workshop.alarms,
        )
        _gather_audience(site, self.inbox)

    def let_ask(self, function: PythonFunction) -> None:
        """Let a function start builds, look at them, and ask for audiences."""
        self.machine.let_start(function)
        function.may("sqs:SendMessage", on=[self.inbox.queue.queue_arn])


def _build_segments(site: Site) -> PythonFunction:
    data = site.data
    function = site.function(
        "build_segments",
        purpose="Lists everybody in batches for a build, and reports what came of it",
        settings=BuildSegments,
        values={
            **site.tables,
            "lake_workgroup": data.lake.workgroup.name,
            "lake_bucket": data.lake.bucket.bucket_name,
            "lake_lag_seconds": str(site.options.lake_lag_seconds),
            "build_machine_arn": machine_arn(site.stack),
        },
        timeout=_LONG,
        memory_mb=_MEMORY_MB,
    )
    function.may("dynamodb:Query", on=[data.profiles.table_arn])  # tallies
    site.may_read_catalog(function)
    # Builds and thresholds; a transaction is allowed by what it consists of.
    function.may("dynamodb:PutItem", "dynamodb:UpdateItem", on=[data.catalog.table_arn])
    function.may("states:StartExecution", on=[machine_arn(site.stack)])
    data.lake.let_query(function)
    data.lake.let_build(function)
    _recompute_weekly(site, function)
    return function


def _recompute_weekly(site: Site, function: PythonFunction) -> None:
    """Shares of buyers go by the buyers of this week, not by those of when a tag was put."""
    events.Rule(
        site.stack,
        "EveryWeek",
        description="Computes every week the thresholds of tags about shares of buyers",
        schedule=events.Schedule.rate(_WEEK),
        targets=[
            targets.LambdaFunction(
                function.function,
                event=events.RuleTargetInput.from_object(
                    {"task": "recompute", "workspace_ids": [DEFAULT_WORKSPACE]}
                ),
            )
        ],
    )


def _gather_audience(site: Site, inbox: Inbox) -> None:
    data = site.data
    function = site.function(
        "gather_audience",
        purpose="Writes down who is in an audience, as a file or on a list",
        settings=GatherAudience,
        values={
            **site.tables,
            "lake_workgroup": data.lake.workgroup.name,
            "archive_bucket": data.archives.bucket_name,
        },
        timeout=_LONG,
        memory_mb=_MEMORY_MB,
    )
    # To read who they are and agreed to, and to put what says so into the timeline of the listed.
    reads = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem")
    function.may(*reads, on=[data.profiles.table_arn])
    site.may_read_catalog(function)
    function.may("dynamodb:PutItem", on=[data.catalog.table_arn])
    data.lake.let_query(function)
    data.archives.let_write(function)
    site.feed(inbox, function, batch_size=1)
