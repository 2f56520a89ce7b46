"""The doctor: looks at a deployment and says what would keep people from hearing of it, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from cli.client import AdminClient
from cli.errors import ApiError, UnreachableError
from cli.target import Account

Finding = Literal["ok", "note", "problem"]

# Queues of the stack: their names begin with the stack's, and CDK puts the construct's into them.
STACK_QUEUES: Final = "Rapport"
DEAD_LETTERS: Final = "DeadLetters"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `remedy` says what to do about it."""

    finding: Finding
    text: str
    remedy: str = ""


def examine(client: AdminClient, account: Account) -> Iterator[Check]:
    """Everything that can be looked at from here; ends early when the API cannot be used."""
    try:
        settings = client.get("settings")["settings"]
        write_keys = client.get("write-keys")["write_keys"]
        journeys = client.get("journeys")["journeys"]
    except UnreachableError as error:
        yield Check("problem", str(error), "check --url; is it deployed, does `make up` run?")
        return
    except ApiError as error:
        yield Check("problem", f"the API refuses the admin key: {error}", "check --key")
        return
    yield Check("ok", f"the API at {client.url} answers and knows the key")
    yield from _settings(settings)
    yield _keys(write_keys)
    yield from _journeys(journeys)
    yield from _account(account, journeys, rehearsal=settings["rehearsal"])


def _settings(settings: dict[str, Any]) -> Iterator[Check]:
    if settings["email_from"]:
        yield Check("ok", f"email is sent from {settings['email_from']}")
    else:
        yield Check(
            "problem",
            "no sender: every email is suppressed (no_sender)",
            "set email_from in the settings to an address that SES has verified",
        )
    if settings["rehearsal"]:
        yield Check(
            "note",
            f"rehearsal: only reserved addresses are written to, time runs "
            f"{settings['time_scale']:g} times as fast",
            "set rehearsal: false and time_scale: 1 before real people come in",
        )


def _keys(write_keys: list[dict[str, Any]]) -> Check:
    active = sum(not key["disabled"] for key in write_keys)
    if active:
        return Check("ok", f"{active} write keys are active")
    return Check("problem", "no write key: nobody can send events", "rapport write-key create web")


def _journeys(journeys: list[dict[str, Any]]) -> Iterator[Check]:
    published = [one for one in journeys if one["status"] == "published"]
    if published:
        yield Check("ok", f"{len(published)} journeys are published")
    else:
        yield Check(
            "note", "no journey is published: nobody is enrolled", "rapport journey publish"
        )
    for one in journeys:
        name = one["journey"]["journey_id"]
        if one["status"] == "paused":
            yield Check("note", f"{name} is paused", f"rapport journey resume {name}")
        if one["published_version"] not in (None, one["version"]):
            yield Check(
                "note",
                f"{name}: people meet version {one['published_version']}, "
                f"version {one['version']} is a draft",
                f"rapport journey publish {name}",
            )


def _account(
    account: Account, journeys: list[dict[str, Any]], *, rehearsal: bool
) -> Iterator[Check]:
    states = account.client("stepfunctions")
    if states is None:
        yield Check(
            "note", "without AWS credentials and region: machines, queues and SES not looked at"
        )
        return
    try:
        for one in journeys:
            if one["state_machine_arn"]:
                yield _machine(states, one)
        yield _dead_letters(account.client("sqs"))
        if not rehearsal:
            yield _sandbox(account.client("sesv2"))
    except (BotoCoreError, ClientError) as error:
        yield Check("note", f"AWS could not be asked further: {error}")


def _machine(states: Any, journey: dict[str, Any]) -> Check:  # noqa: ANN401
    name, arn = journey["journey"]["journey_id"], journey["state_machine_arn"]
    try:
        states.describe_state_machine(stateMachineArn=arn)
    except states.exceptions.StateMachineDoesNotExist:
        return Check(
            "problem", f"{name}: its state machine is gone", f"rapport journey publish {name}"
        )
    return Check("ok", f"{name}: its state machine is there")


def _dead_letters(queues: Any) -> Check:  # noqa: ANN401
    urls = queues.list_queues(QueueNamePrefix=STACK_QUEUES).get("QueueUrls", [])
    waiting: dict[str, int] = {}
    for url in (url for url in urls if DEAD_LETTERS in url):
        attributes = queues.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]
        if number := int(attributes["ApproximateNumberOfMessages"]):
            waiting[url.rsplit("/", 1)[-1]] = number
    if not waiting:
        return Check("ok", "all dead-letter queues are empty")
    found = ", ".join(f"{number} in {name}" for name, number in waiting.items())
    return Check(
        "problem",
        f"dead letters: {found}",
        "read them in the SQS console, mend the cause, then start a DLQ redrive there",
    )


def _sandbox(mail: Any) -> Check:  # noqa: ANN401
    if mail.get_account()["ProductionAccessEnabled"]:
        return Check("ok", "SES may write to anybody")
    return Check(
        "problem",
        "SES is in its sandbox: mail reaches verified addresses only",
        "ask for production access in the SES console",
    )
