"""The functions that act: they move people through journeys and send messages."""

from typing import Final

from aws_cdk import aws_iam as iam

from functions.advance_journeys.settings import Settings as AdvanceJourneys
from functions.dispatch_message.settings import Settings as DispatchMessage
from functions.run_step.settings import Settings as RunStep
from functions.wake_enrolments.settings import Settings as WakeEnrolments
from infra.constructs.function import PythonFunction
from infra.constructs.journeys import Journeys
from infra.stacks.due import ATTENDING, Due
from infra.stacks.site import DISPATCH, SHORT, Site

_DISPATCH_BATCH: Final = 5
_WAKES_BATCH: Final = 4  # messages, of up to 100 enrolments each


def run_step(site: Site) -> PythonFunction:
    """Make the function that the state machines of journeys call."""
    function = site.function(
        "run_step",
        purpose="Takes one step of one person's journey",
        settings=RunStep,
        values={
            **site.tables,
            "messages_queue_url": site.messages.queue.queue_url,
        },
        timeout=SHORT,
    )
    site.may_use_people(function)
    site.may_read_catalog(function)
    function.may("sqs:SendMessage", on=[site.messages.queue.queue_arn])
    return function


def advance_journeys(site: Site, journeys: Journeys, due: Due) -> None:
    """Make the function that hears of domain events."""
    function = site.function(
        "advance_journeys",
        purpose="Enrols people in journeys, wakes them and ends their runs",
        settings=AdvanceJourneys,
        values=_values(site, due),
        timeout=SHORT,
    )
    _let_go_on(site, function, due)
    journeys.let_start(function)
    journeys.let_move(function)
    site.feed(site.facts, function, batch_size=10)


def wake_enrolments(site: Site, due: Due) -> None:
    """Make the function that goes on where a wait is over by the due index."""
    function = site.function(
        "wake_enrolments",
        purpose="Goes on with enrolments whose wait is over, by the due index",
        settings=WakeEnrolments,
        values=_values(site, due),
        timeout=ATTENDING,
    )
    _let_go_on(site, function, due)
    site.feed(due.wakes, function, batch_size=_WAKES_BATCH)


def _values(site: Site, due: Due) -> dict[str, str]:
    return {
        **site.tables,
        "messages_queue_url": site.messages.queue.queue_url,
        "wakes_queue_url": due.wakes.queue.queue_url,
    }


def _let_go_on(site: Site, function: PythonFunction, due: Due) -> None:
    """Let a function move enrolments by the due index and ask for their messages."""
    site.may_use_people(function)
    site.may_read_catalog(function)
    queues = [site.messages.queue.queue_arn, due.wakes.queue.queue_arn]
    function.may("sqs:SendMessage", on=queues)


def dispatch_message(site: Site) -> None:
    """Make the function that hands messages to providers."""
    function = site.function(
        "dispatch_message",
        purpose="Decides on a message at the last instant, claims it and sends it once",
        settings=DispatchMessage,
        values={
            **site.tables,
            "identity_secret_arn": site.data.identity_secret.secret_arn,
        },
        timeout=DISPATCH,
    )
    site.may_use_people(function)
    site.may_read_catalog(function)
    site.may_know_identity_secret(function)
    function.may("ses:SendEmail", on=[site.stack.format_arn(service="ses", resource="identity/*")])
    # A telephone number is not a resource, so direct SMS can only be allowed on everything;
    # topics are taken out again.
    function.may("sns:Publish", on=["*"])
    function.role.add_to_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=["sns:Publish"],
            resources=[site.stack.format_arn(service="sns", region="*", resource="*")],
        )
    )
    site.feed(site.messages, function, batch_size=_DISPATCH_BATCH)
