"""Alarms, all of which speak on one topic that the owner subscribes to."""

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct


class Alarms(Construct):
    """The topic, and the only way to make an alarm."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Make the topic; nobody is subscribed to it yet."""
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        # A policy of its own replaces the one that would let CloudWatch in.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )

    def when_above(
        self,
        scope: Construct,
        construct_id: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        *,
        description: str,
    ) -> cloudwatch.Alarm:
        """Alarm when the metric is above the threshold for one period."""
        return self._speaking(
            cloudwatch.Alarm(
                scope,
                construct_id,
                metric=metric,
                threshold=threshold,
                evaluation_periods=1,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
                alarm_description=description,
            )
        )

    def when_missing(
        self, scope: Construct, construct_id: str, metric: cloudwatch.IMetric, *, description: str
    ) -> cloudwatch.Alarm:
        """Alarm when something that should happen all the time did not for one period."""
        return self._speaking(
            cloudwatch.Alarm(
                scope,
                construct_id,
                metric=metric,
                threshold=1,
                evaluation_periods=1,
                comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
                alarm_description=description,
            )
        )

    def _speaking(self, alarm: cloudwatch.Alarm) -> cloudwatch.Alarm:
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        return alarm
