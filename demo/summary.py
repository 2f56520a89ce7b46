"""The demo's last page: what came of everything, one person's story, and where to look."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from cli.client import AdminClient
from cli.story import tell
from demo.accounts import Accounts
from demo.people import Person
from demo.replay import Sent


def print_summary(
    console: Console,
    admin: AdminClient,
    accounts: Accounts,
    sent: Sent,
    people: Sequence[Person],
    api_url: str,
) -> bool:
    """Print it; True when every balance holds and the client delivered everything."""
    console.rule("What came of it")
    console.print(_events(accounts, sent))
    console.print(_segments(accounts))
    console.print(_journeys(accounts))
    console.print(_messages(accounts))
    console.rule("One person's story")
    person = _somebody_interesting(people)
    profile = admin.get("profiles", kind="user_id", value=person.user_id, limit="50")["profile"]
    for line in tell(profile):
        console.print(line, highlight=False, markup=False)
    console.rule("Do the books balance?")
    for balance in accounts.balances():
        mark = "[green]yes[/]" if balance.holds else "[red]NO[/]"
        console.print(f"  {mark}  {balance.says}: {balance.left:,} = {balance.right:,}")
    console.rule("Where to look")
    console.print(f"  API                 {api_url}")
    console.print(f"  another person      .venv/bin/rapport profile user_id {people[-1].user_id}")
    console.print("  all figures         .venv/bin/rapport figures")
    console.print("  is it well?         .venv/bin/rapport doctor")
    return sent.errors == 0 and all(balance.holds for balance in accounts.balances())


def _events(accounts: Accounts, sent: Sent) -> Table:
    table = Table("events", "", title="Events and people", title_justify="left")
    for name, number in (
        ("sent by the client in this run", sent.events),
        ("accepted by the API", accounts.accepted),
        ("rejected by the API", accounts.rejected),
        ("applied to a person", accounts.applied),
        ("written by Rapport itself", sum(accounts.own.values())),
        ("duplicate", accounts.duplicate),
        ("dead-lettered", accounts.dead_lettered),
        ("people", accounts.profiles),
    ):
        table.add_row(name, f"{number:,}")
    return table


def _segments(accounts: Accounts) -> Table:
    table = Table("segment", "members", title="Segments", title_justify="left")
    for segment_id, members in accounts.figures["segments"].items():
        table.add_row(segment_id, f"{members:,}")
    return table


def _journeys(accounts: Accounts) -> Table:
    table = Table("journey", "started", "inside", "completed", "exited", title="Enrolments")
    for journey_id, row in accounts.figures["journeys"].items():
        exited = ", ".join(f"{n:,} {reason}" for reason, n in row["exited"].items()) or "–"
        numbers = (f"{row[name]:,}" for name in ("started", "active", "completed"))
        table.add_row(journey_id, *numbers, exited)
    return table


def _messages(accounts: Accounts) -> Table:
    table = Table("channel", "outcome", "messages", title="Messages", title_justify="left")
    for channel, outcomes in accounts.figures["messages"].items():
        for outcome, number in outcomes.items():
            table.add_row(channel, outcome, f"{number:,}")
    return table


def _somebody_interesting(people: Sequence[Person]) -> Person:
    """Somebody who filled a cart, was away for a while and came back to pay, if there is one."""

    def interest(person: Person) -> tuple[int, int]:
        carts = [click.at for click in person.clicks if click.event == "cart"]
        paid = [click.at for click in person.clicks if click.event == "payment_done"]
        away = bool(carts and paid and (paid[-1] - carts[0]).days >= 1)
        return (away and person.consents, len({click.event for click in person.clicks}))

    return max((p for p in people if len(p.clicks) <= 40), key=interest, default=people[0])
