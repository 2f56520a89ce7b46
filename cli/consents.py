"""`rapport consent` and `rapport suppression`: what people agreed to, and closed addresses."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

OUT = Console(highlight=False, soft_wrap=True, markup=False)

Kind = Annotated[str, typer.Argument(help="kind of the identifier, such as user_id")]
Value = Annotated[str, typer.Argument(help="the identifier")]
Channel = Annotated[str, typer.Argument(help="email or sms")]
Address = Annotated[str, typer.Argument(help="the address; numbers begin with +")]

suppression_app = typer.Typer(
    no_args_is_help=True, help="Addresses that are never written to, whoever they belong to."
)


def consent(
    ctx: typer.Context,
    kind: Kind,
    value: Value,
    purpose: Annotated[
        str | None,
        typer.Argument(help="marketing, service, transactional or personalisation"),
    ] = None,
    granted: Annotated[
        bool | None, typer.Option("--grant/--refuse", help="what the person said")
    ] = None,
    topic: Annotated[str, typer.Option(help="of one topic only")] = "",
    channel: Annotated[str | None, typer.Option(help="on one channel only")] = None,
    detail: Annotated[str, typer.Option(help="how the person said so")] = "",
) -> None:
    """Show what a person agreed to, or write down what the person says now."""
    client = ctx.obj.client
    profile_id = client.get("profiles", kind=kind, value=value, limit="1")["profile"]["profile_id"]
    if purpose is None:
        OUT.print(_ledger(client.get("profiles", profile_id, "consents")))
        return
    if granted is None:
        raise typer.BadParameter("say --grant or --refuse")
    body = {"granted": granted, "topic": topic, "channel": channel, "detail": detail}
    answer = client.put("profiles", profile_id, "consents", purpose, body=body)
    said = answer["consent"]
    OUT.print(f"{answer['outcome']}: {_told(said)} at {said['at']} ({said['source']})")


@suppression_app.command("add")
def add(
    ctx: typer.Context,
    channel: Channel,
    address: Address,
    reason: Annotated[str, typer.Option(help="why")] = "operator",
) -> None:
    """Never write to an address again."""
    answer = ctx.obj.client.put("suppressions", channel, address, body={"reason": reason})
    OUT.print(f"{answer['outcome']}: {answer['channel']} {answer['address']} is suppressed")


@suppression_app.command("remove")
def remove(ctx: typer.Context, channel: Channel, address: Address) -> None:
    """Allow messages to an address again."""
    answer = ctx.obj.client.delete("suppressions", channel, address)
    OUT.print(f"{answer['outcome']}: {answer['channel']} {answer['address']} may be written to")


@suppression_app.command("list")
def listed(
    ctx: typer.Context,
    channel: Channel,
    most: Annotated[int, typer.Option(min=1, help="how many at most")] = 1_000,
) -> None:
    """List the suppressed addresses of a channel."""
    table = Table("address", "reason", "source", "since")
    query: dict[str, str] = {}
    while table.row_count < most:
        limit = str(min(200, most - table.row_count))
        page = ctx.obj.client.get("suppressions", channel, limit=limit, **query)
        for one in page["suppressions"]:
            address = one["address"] or "(erased)"
            table.add_row(address, one["reason"], one["source"] or "", one["since"])
        if page["cursor"] is None:
            break
        query = {"cursor": page["cursor"]}
    OUT.print(table)


def _ledger(answer: dict[str, Any]) -> Table:
    table = Table("", "what", "at", "evidence", "detail")
    for one in answer["in_force"]:
        table.add_row("in force", _told(one), one["at"], f"{one['evidence']} {one['source']}", "")
    for one in answer["ledger"]:
        evidence = f"{one['evidence']} {one['source']}"
        table.add_row("ledger", _told(one), one["at"], evidence, one["detail"] or "")
    return table


def _told(one: dict[str, Any]) -> str:
    about = " ".join(part for part in (one["purpose"], one["topic"], one["channel"]) if part)
    return f"{about} {'granted' if one['granted'] else 'refused'}"
