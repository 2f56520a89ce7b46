"""The functions that act: they move people through journeys and send messages."""

from typing import Final

from aws_cdk import aws_iam as iam

from functions.advance_journeys.settings import Settings as AdvanceJourneys
from functions.dispatch_message.settings import Settings as DispatchMessage
from functions.move_enrolments.settings import Settings as MoveEnrolments
from functions.perform_action.settings import Settings as PerformAction
from functions.run_step.settings import Settings as RunStep
from functions.wake_enrolments.settings import Settings as WakeEnrolments
from infra.constructs.function import PythonFunction
from infra.constructs.journeys import Journeys
from infra.constructs.move_machine import MoveMachine
from infra.stacks.due import ATTENDING, Due
from infra.stacks.listening import Listening
from infra.stacks.site import DISPATCH, SHORT, Site

_DISPATCH_BATCH: Final = 5
_ACTIONS_BATCH: Final = 5  # each may wait 10 seconds for a server
_WAKES_BATCH: Final = 4  # messages, of up to 100 enrolments each


def run_step(site: Site) -> PythonFunction:
    """Make the function that the state machines of journeys call."""
    function = site.function(
        "run_step",
        purpose="Takes one step of one person's journey",
        settings=RunStep,
        values={
            **site.tables,
            **_asked(site),
        },
        timeout=SHORT,
    )
    site.may_use_people(function)
    site.may_read_catalog(function)
    _let_ask(site, function)
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


def move_enrolments(site: Site, journeys: Journeys, due: Due) -> MoveMachine:
    """Make the function that moves those inside a journey, and the machine that drives it."""
    function = site.function(
        "move_enrolments",
        purpose="Counts who is inside a journey, and moves them to a newer version or out of it",
        settings=MoveEnrolments,
        values=_values(site, due),
        timeout=ATTENDING,
    )
    _let_go_on(site, function, due)
    journeys.let_start(function)
    journeys.let_move(function)
    function.may("dynamodb:Scan", on=[site.data.profiles.table_arn])
    function.may("dynamodb:PutItem", on=[site.data.catalog.table_arn])
    return MoveMachine(
        site.stack,
        "Moves",
        mover=function,
        concurrency=site.options.consumer_concurrency,
        alarms=site.workshop.alarms,
    )


def _values(site: Site, due: Due) -> dict[str, str]:
    return {
        **site.tables,
        **_asked(site),
        "wakes_queue_url": due.wakes.queue.queue_url,
    }


def _let_go_on(site: Site, function: PythonFunction, due: Due) -> None:
    """Let a function move enrolments by the due index and ask for their messages."""
    site.may_use_people(function)
    site.may_read_catalog(function)
    function.may("sqs:SendMessage", on=[due.wakes.queue.queue_arn])
    _let_ask(site, function)


def _asked(site: Site) -> dict[str, str]:
    """The settings of who asks for messages and actions."""
    return {
        "messages_queue_url": site.messages.queue.queue_url,
        "broadcast_queue_url": site.broadcast.queue.queue_url,
        "actions_queue_url": site.actions.queue.queue_url,
    }


def _let_ask(site: Site, function: PythonFunction) -> None:
    """Let a function ask for messages and actions."""
    queues = (site.messages, site.broadcast, site.actions)
    function.may("sqs:SendMessage", on=[one.queue.queue_arn for one in queues])


def perform_action(site: Site) -> None:
    """Make the function that does what journeys do beside sending."""
    function = site.function(
        "perform_action",
        purpose="Updates people, gives rewards and tasks, and calls servers, as journeys ask",
        settings=PerformAction,
        values={**site.tables, "events_queue_url": site.events.queue.queue_url},
        timeout=DISPATCH,
    )
    site.may_use_people(function)
    site.may_read_catalog(function)
    site.may_know_providers(function)
    function.may("sqs:SendMessage", on=[site.events.queue.queue_arn])
    site.feed(site.actions, function, batch_size=_ACTIONS_BATCH)


def dispatch_message(site: Site, listening: Listening, api_url: str) -> PythonFunction:
    """Make the function that hands messages to providers; their links lead to `api_url`."""
    function = site.function(
        "dispatch_message",
        purpose="Decides on a message at the last instant, claims it and sends it once",
        settings=DispatchMessage,
        values={
            **site.tables,
            "identity_secret_arn": site.data.identity_secret.secret_arn,
            "messages_queue_url": site.messages.queue.queue_url,
            "broadcast_queue_url": site.broadcast.queue.queue_url,
            "feedback_queue_url": listening.inbox.queue.queue_url,
            "api_url": api_url,
            "configuration_set": listening.configuration_set,
            "ses_tenant": site.options.ses_tenant,
            "events_queue_url": site.events.queue.queue_url,
            "provider_bases": site.options.provider_bases,
        },
        timeout=DISPATCH,
    )
    site.may_use_people(function)
    site.may_read_catalog(function)
    site.may_know_identity_secret(function)
    queues = (site.messages, site.broadcast, listening.inbox)
    function.may("sqs:SendMessage", on=[one.queue.queue_arn for one in queues])
    listening.let_send(function)
    site.may_know_providers(function)
    function.may("sqs:SendMessage", on=[site.events.queue.queue_arn])
    function.may("sms-voice:SendTextMessage", on=[_origination(site)])
    # A telephone number is not a resource, so direct SMS can only be allowed on everything. Topics
    # of this stack are taken out again; all topics cannot be, as what names them all names the
    # endpoints of devices too.
    function.may("sns:Publish", on=["*"])
    function.role.add_to_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=["sns:Publish"],
            resources=[
                site.stack.format_arn(
                    service="sns", region="*", resource=f"{site.stack.stack_name}-*"
                )
            ],
        )
    )
    # Each has copies of the function of its own, so neither waits behind the other.
    for inbox in (site.messages, site.broadcast):
        site.feed(inbox, function, batch_size=_DISPATCH_BATCH)
    return function


def _origination(site: Site) -> str:
    """Whatever numbers, sender ids and pools the account sends text messages from."""
    return site.stack.format_arn(service="sms-voice", resource="*")
