"""The doctor: looks at a deployment and says what would keep people from hearing of it, and why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cli import doctor_account, doctor_mail
from cli.client import AdminClient
from cli.errors import ApiError, UnreachableError
from cli.findings import Check, note, ok, problem
from cli.target import Clients


@dataclass(frozen=True, slots=True)
class Outside:
    """What lies outside of deployment and account; tests put something else in its place.

    `texts` gives the TXT records of a name, none where it has none, and raises LookupError where
    nobody could be asked; `account` is asked instead of the one that belongs to the deployment.
    """

    texts: Callable[[str], list[str]] = doctor_mail.text_records
    account: Clients | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def examine(
    client: AdminClient, account: Clients, outside: Outside | None = None
) -> Iterator[Check]:
    """Everything that can be looked at from here; ends early when the API cannot be used."""
    outside = outside or Outside()
    account = outside.account or account
    try:
        settings = client.get("settings")["settings"]
        write_keys = client.get("write-keys")["write_keys"]
        journeys = client.get("journeys")["journeys"]
        providers = [each["provider"] for each in client.get("providers")["providers"]]
    except UnreachableError as error:
        yield problem("unreachable", error=error)
        return
    except ApiError as error:
        yield problem("refused", error=error)
        return
    yield ok("answers", url=client.url)
    yield from _settings(settings)
    yield _keys(write_keys)
    yield from _journeys(journeys)
    if account.client("stepfunctions") is None:
        yield note("no_account")
        return
    yield from doctor_account.examine(account, journeys, outside.now())
    if not settings["rehearsal"]:
        yield from doctor_mail.examine(account, settings["email_from"], providers, outside.texts)


def _settings(settings: dict[str, Any]) -> Iterator[Check]:
    if settings["restoring"]:
        yield problem("restoring")
    if settings["email_from"]:
        yield ok("sender", address=settings["email_from"])
    else:
        yield problem("no_sender")
    if settings["rehearsal"]:
        yield note("rehearsal", scale=settings["time_scale"])


def _keys(write_keys: list[dict[str, Any]]) -> Check:
    active = sum(not key["disabled"] for key in write_keys)
    return ok("keys", number=active) if active else problem("no_key")


def _journeys(journeys: list[dict[str, Any]]) -> Iterator[Check]:
    published = [one for one in journeys if one["status"] == "published"]
    yield ok("journeys", number=len(published)) if published else note("no_journey")
    for one in journeys:
        name, version = one["journey"]["journey_id"], one["version"]
        if one["status"] == "paused":
            yield note("paused", name=name)
        if one["published_version"] not in (None, version):
            yield note("draft", name=name, published=one["published_version"], version=version)
