"""Who comes due without any event: the queues that bring them, and the sweeps of every minute."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from functions.sweep_due.settings import Settings
from infra.constructs.alarm import About, Words, counted
from infra.constructs.function import PythonFunction
from infra.stacks.site import Site
from shared.domain.due.timing import DEFERRED, JUDGED, WOKEN, WRITER_LIFE, DueKind
from shared.domain.workspace.model import DEFAULT_WORKSPACE

# What is known about a row's place leans on it: see shared/domain/due/timing.py.
ATTENDING: Final = Duration.seconds(int(WRITER_LIFE.total_seconds()))
_SWEEP: Final = Duration.seconds(60)  # less is used: the next sweep comes after a minute
_BEHIND: Final = Duration.minutes(10)
_SILENT: Final = Duration.minutes(15)
# Up to 100 people a message, some of whom have much to be looked through.
_BATCH: Final = 4
_SCHEDULES: Final[dict[DueKind, tuple[str, str]]] = {
    JUDGED: ("EveryMinute", "Looks every minute for people who come due"),
    WOKEN: ("WakesEveryMinute", "Looks every minute for enrolments to wake"),
    DEFERRED: ("MessagesEveryMinute", "Looks every minute for messages that were put off"),
}


class Due:
    """The queues of people to judge and of enrolments to wake, and the function that fills them."""

    def __init__(self, site: Site) -> None:
        """Make queues, function and schedules."""
        self._site = site
        self.inbox = site.inbox("Due", "people who are due", "到期待判断的用户", ATTENDING)
        self.wakes = site.inbox("Wakes", "enrolments to wake", "待唤醒的旅程实例", ATTENDING)
        function = site.function(
            "sweep_due",
            purpose="Sends everybody who comes due within minutes to be attended to at the second",
            settings=Settings,
            values={
                "profiles_table": site.data.profiles.table_name,
                "due_queue_url": self.inbox.queue.queue_url,
                "wakes_queue_url": self.wakes.queue.queue_url,
                "messages_queue_url": site.messages.queue.queue_url,
                "broadcast_queue_url": site.broadcast.queue.queue_url,
                "workspace_ids": DEFAULT_WORKSPACE,
            },
            timeout=_SWEEP,
        )
        function.may(
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            on=[site.data.profiles.table_arn],
        )
        queues = (
            *(self.inbox.queue, self.wakes.queue),
            *(site.messages.queue, site.broadcast.queue),
        )
        function.may("sqs:SendMessage", on=[queue.queue_arn for queue in queues])
        self._schedule(function)
        self._watch(function)

    def feed(self, judge: PythonFunction) -> None:
        """Bring people to the function that judges them, which may also send for them itself."""
        judge.may("sqs:SendMessage", on=[self.inbox.queue.queue_arn])
        self._site.feed(self.inbox, judge, batch_size=_BATCH)

    def _schedule(self, function: PythonFunction) -> None:
        # What one sweep could not do the next one does; a late repetition would only be in its way.
        function.function.configure_async_invoke(
            retry_attempts=0, max_event_age=Duration.seconds(60)
        )
        for index, (name, description) in _SCHEDULES.items():
            target = targets.LambdaFunction(
                function.function,
                event=events.RuleTargetInput.from_object({"index": index}),
                retry_attempts=0,
                max_event_age=Duration.seconds(60),
            )
            events.Rule(
                self._site.stack,
                name,
                description=description,
                schedule=events.Schedule.rate(Duration.minutes(1)),
                targets=[target],
            )

    def _watch(self, function: PythonFunction) -> None:
        alarms = self._site.workshop.alarms
        alarms.when_above(
            function,
            "Behind",
            counted("sweep_due", "DueBehindSeconds", statistic="Maximum"),
            _BEHIND.to_seconds(),
            About(
                "due-behind",
                "",
                Words(
                    f"People are judged or woken {_BEHIND.to_minutes():.0f} minutes too late",
                    f"到期用户的判断或唤醒晚了 {_BEHIND.to_minutes():.0f} 分钟以上",
                ),
            ),
        )
        alarms.when_missing(
            function,
            "Silent",
            function.function.metric_invocations(period=_SILENT),
            About(
                "due-silent",
                "",
                Words(
                    f"Nothing was swept for {_SILENT.to_minutes():.0f} minutes",
                    f"到期索引已有 {_SILENT.to_minutes():.0f} 分钟无人扫描",
                ),
            ),
        )
