"""What comes back of messages: links that people opened, and what providers say."""

from typing import Final

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from functions.answer_links.settings import Settings as AnswerLinks
from functions.record_feedback.settings import Settings as RecordFeedback
from infra.constructs.alarm import About, Words
from infra.constructs.function import PythonFunction
from infra.stacks.site import INTERACTIVE, SHORT, Site

_BATCH: Final = 10
_EVENTS_OF_SES: Final = (
    *(ses.EmailSendingEvent.DELIVERY, ses.EmailSendingEvent.DELIVERY_DELAY),
    *(ses.EmailSendingEvent.BOUNCE, ses.EmailSendingEvent.COMPLAINT),
    *(ses.EmailSendingEvent.REJECT, ses.EmailSendingEvent.RENDERING_FAILURE),
)
"""Opens and clicks are left to our own links, which know scanners and ask for consent."""


class Listening:
    """The queue of what is heard, the functions at both its ends, and SES's way into it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.inbox = site.inbox("Feedback", "what became of messages", "消息的后续回执", SHORT)
        self.topic = sns.Topic(
            site.stack, "Notifications", enforce_ssl=True, master_key=site.workshop.key
        )
        self.links = self._answer_links()
        self._record_feedback()
        self._set = ses.ConfigurationSet(site.stack, "Mail", reputation_metrics=True)
        self._hear_ses()
        self._hear_topic()

    @property
    def configuration_set(self) -> str:
        """The name of what SES reports by."""
        return self._set.configuration_set_name

    def let_send(self, function: PythonFunction) -> None:
        """Let a function send emails, of which SES then tells us."""
        named = ["identity/*", f"configuration-set/{self.configuration_set}"]
        if self._site.options.ses_tenant:
            named.append(f"tenant/{self._site.options.ses_tenant}/*")
        arns = [self._site.stack.format_arn(service="ses", resource=name) for name in named]
        function.may("ses:SendEmail", on=arns)

    def _answer_links(self) -> PythonFunction:
        site = self._site
        function = site.function(
            "answer_links",
            purpose="Answers the links of messages: leads on, unsubscribes, takes answers",
            settings=AnswerLinks,
            values={
                **site.tables,
                "feedback_queue_url": self.inbox.queue.queue_url,
                "identity_secret_arn": site.data.identity_secret.secret_arn,
            },
            timeout=INTERACTIVE,
        )
        site.may_use_people(function)
        site.may_read_catalog(function)
        site.may_know_identity_secret(function)
        function.may("sqs:SendMessage", on=[self.inbox.queue.queue_arn])
        return function

    def _record_feedback(self) -> None:
        site = self._site
        function = site.function(
            "record_feedback",
            purpose="Writes down what became of messages, and what people did with them",
            settings=RecordFeedback,
            values={
                **site.tables,
                "bus_name": site.data.bus.event_bus_name,
                "outbound_queue_url": site.outbound.queue.queue_url,
                "events_queue_url": site.events.queue.queue_url,
                "topic_arn": self.topic.topic_arn,
                "identity_secret_arn": site.data.identity_secret.secret_arn,
            },
            timeout=SHORT,
        )
        site.may_use_people(function)
        site.may_read_catalog(function)
        site.may_know_identity_secret(function)
        function.may("dynamodb:PutItem", "dynamodb:UpdateItem", on=[site.data.catalog.table_arn])
        function.may("events:PutEvents", on=[site.data.bus.event_bus_arn])
        queues = [site.events.queue.queue_arn, site.outbound.queue.queue_arn]
        function.may("sqs:SendMessage", on=queues)
        site.feed(self.inbox, function, batch_size=_BATCH)
        site.workshop.alarms.when_counted(
            *(site.stack, "JourneysPaused", "record_feedback", "JourneysPaused"),
            About(
                "journeys-paused",
                "",
                Words(
                    "A journey was paused: messages bounced or annoyed, or its money is spent",
                    "旅程已自动暂停：退信或投诉过多，或预算已用完",
                ),
            ),
        )

    def _hear_ses(self) -> None:
        """SES speaks on the default bus of the account, and on no other."""
        stack = self._site.stack
        bus = events.EventBus.from_event_bus_name(stack, "DefaultBus", "default")
        self._set.add_event_destination(
            "Feedback",
            destination=ses.EventDestination.event_bus(bus),
            events=list(_EVENTS_OF_SES),
        )
        events.Rule(
            stack,
            "MailFeedback",
            event_bus=bus,
            description="What became of the emails of this deployment",
            event_pattern=events.EventPattern(
                source=["aws.ses"],
                detail={"mail": {"tags": {"ses:configuration-set": [self.configuration_set]}}},
            ),
            targets=[targets.SqsQueue(self.inbox.queue, dead_letter_queue=self.inbox.dead_letters)],
        )

    def _hear_topic(self) -> None:
        """Let SES, and numbers that take replies, speak on the topic; others may not."""
        stack = self._site.stack
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[
                    iam.ServicePrincipal("ses.amazonaws.com"),
                    iam.ServicePrincipal("sms-voice.amazonaws.com"),
                ],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            )
        )
        self.topic.add_subscription(
            subscriptions.SqsSubscription(
                self.inbox.queue, dead_letter_queue=self.inbox.dead_letters
            )
        )
