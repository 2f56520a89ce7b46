"""Alarms, all of which speak on one topic that the owner subscribes to.

Each has a page in `docs/runbooks` that says what it means and what to do, a name that begins with
the page's, and a description in English and Chinese that leads to it.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

NAMESPACE: Final = "Rapport"  # of what functions count by themselves
PREFIX: Final = "rapport-"
USUAL_PERIOD: Final = Duration.minutes(5)


Watched = cloudwatch.Metric | cloudwatch.MathExpression


class Words(NamedTuple):
    """What an operator reads, in both languages."""

    en: str
    zh: str


class About(NamedTuple):
    """What an alarm is about.

    `page` names its runbook; `subject` which of several queues or functions of that page it is,
    and is the heading of its part there; `says` is one sentence.
    """

    page: str
    subject: str
    says: Words

    @property
    def name(self) -> str:
        """What the alarm is called."""
        return f"{PREFIX}{self.page}" + (f"-{self.subject}" if self.subject else "")


@dataclass(frozen=True)
class Raised:
    """An alarm that was made, and what it looks at."""

    about: About
    alarm: cloudwatch.Alarm
    metric: Watched

    @property
    def line(self) -> Watched:
        """What it looks at, as a line of a graph beside others."""
        return self.metric.with_(label=self.about.subject or self.about.page)


class Alarms(Construct):
    """The topic, and the only way to make an alarm; `raised` are all that were made."""

    def __init__(
        self, scope: Construct, construct_id: str, *, runbooks: str, key: kms.IKey | None
    ) -> None:
        """Make the topic, to which nobody is subscribed yet; `runbooks` is where the pages lie."""
        super().__init__(scope, construct_id)
        self.runbooks = runbooks
        self.raised: list[Raised] = []
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True, master_key=key)
        # A policy of its own replaces the one that would let CloudWatch in.
        self.let_speak("cloudwatch.amazonaws.com")

    def let_speak(self, service: str) -> None:
        """Let a service of this account speak on the topic."""
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )

    def when_above(
        self,
        scope: Construct,
        construct_id: str,
        metric: Watched,
        threshold: float,
        about: About,
    ) -> None:
        """Alarm when the metric is above the threshold for one period."""
        alarm = cloudwatch.Alarm(
            scope,
            construct_id,
            alarm_name=about.name,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=self._description(about),
        )
        self._keep(Raised(about, alarm, metric))

    def when_missing(
        self, scope: Construct, construct_id: str, metric: Watched, about: About
    ) -> None:
        """Alarm when something that should happen all the time did not for one period."""
        alarm = cloudwatch.Alarm(
            scope,
            construct_id,
            alarm_name=about.name,
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
            alarm_description=self._description(about),
        )
        self._keep(Raised(about, alarm, metric))

    def when_counted(
        self, scope: Construct, construct_id: str, service: str, name: str, about: About
    ) -> None:
        """Alarm as soon as a function counts something that should never happen."""
        self.when_above(scope, construct_id, counted(service, name), 0, about)

    def link(self, about: About) -> str:
        """Where the runbook of an alarm lies."""
        return f"{self.runbooks}{about.page}.md" + (f"#{about.subject}" if about.subject else "")

    def of(self, page: str) -> list[Raised]:
        """All alarms of one runbook, in the order in which they were made."""
        return [raised for raised in self.raised if raised.about.page == page]

    def _description(self, about: About) -> str:
        return f"{about.says.en}. {about.says.zh}。 → {self.link(about)}"

    def _keep(self, raised: Raised) -> None:
        raised.alarm.add_alarm_action(actions.SnsAction(self.topic))
        raised.alarm.add_ok_action(actions.SnsAction(self.topic))
        self.raised.append(raised)


def counted(
    service: str,
    name: str,
    *,
    statistic: str = "Sum",
    period: Duration = USUAL_PERIOD,
    label: str | None = None,
) -> cloudwatch.Metric:
    """A metric that the function `service` writes by itself."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": service},
        statistic=statistic,
        period=period,
        label=label,
    )
