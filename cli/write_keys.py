"""`rapport write-key`: the keys that events are sent with."""

from typing import Annotated, Any

import typer
from rich.console import Console

from cli import show
from cli.errors import CommandError

OUT = Console(highlight=False, soft_wrap=True, markup=False)

write_key_app = typer.Typer(no_args_is_help=True, help="Keys that events are sent with.")

Prefix = Annotated[str, typer.Argument(help="as `write-key list` shows it")]


@write_key_app.command("create")
def write_key_create(
    ctx: typer.Context,
    source_id: Annotated[str, typer.Argument(help="what sends: web, app, shop, …")],
    server: Annotated[
        bool, typer.Option("--server", help="for servers only: it may join people")
    ] = False,
    events_per_minute: Annotated[
        int | None, typer.Option(help="how much of the source comes in; without limit if not said")
    ] = None,
    max_event_bytes: Annotated[
        int | None, typer.Option(help="how large an event may be; 32 KB if not said")
    ] = None,
) -> None:
    """Make a key; it is shown this once."""
    wanted: dict[str, Any] = {"source_id": source_id, "kind": "server" if server else "public"}
    limits = {"events_per_minute": events_per_minute, "max_event_bytes": max_event_bytes}
    wanted |= {name: value for name, value in limits.items() if value is not None}
    OUT.print(ctx.obj.client.post("write-keys", body=wanted)["write_key"])


@write_key_app.command("list")
def write_key_list(ctx: typer.Context) -> None:
    """All keys, without their secrets."""
    OUT.print(show.write_keys(ctx.obj.client.get("write-keys")["write_keys"]))


@write_key_app.command("rotate")
def write_key_rotate(
    ctx: typer.Context,
    digest_prefix: Prefix,
    old_key_hours: Annotated[int, typer.Option(help="how long the old key goes on working")] = 24
    * 7,
) -> None:
    """Make a key that takes the place of one; it is shown this once, and both work for a while."""
    answer = ctx.obj.client.post(
        "write-keys", digest_prefix, "rotate", body={"old_key_hours": old_key_hours}
    )
    OUT.print(answer["write_key"])
    typer.echo(f"the old key works until {answer['old']['retires_at']}", err=True)


@write_key_app.command("limit")
def write_key_limit(
    ctx: typer.Context,
    digest_prefix: Prefix,
    events_per_minute: Annotated[
        int | None, typer.Option(help="how much of the source comes in; 0 for no limit")
    ] = None,
    max_event_bytes: Annotated[
        int | None, typer.Option(help="how large an event may be; 0 for 32 KB")
    ] = None,
) -> None:
    """Give a key in use other limits, within a minute; what is not said stays as it is."""
    known = [
        one
        for one in ctx.obj.client.get("write-keys")["write_keys"]
        if one["digest_prefix"].startswith(digest_prefix[: len(one["digest_prefix"])].lower())
    ]
    if len(known) != 1:
        raise CommandError(f"{len(known)} write keys begin with {digest_prefix!r}")
    wanted = {"events_per_minute": events_per_minute, "max_event_bytes": max_event_bytes}
    body = {
        name: known[0][name] if value is None else value or None for name, value in wanted.items()
    }
    answer = ctx.obj.client.put("write-keys", digest_prefix, "limits", body=body)
    OUT.print(f"{answer['outcome']}:")
    OUT.print(show.write_keys([answer["write_key"]]))


@write_key_app.command("disable")
def write_key_disable(ctx: typer.Context, digest_prefix: Prefix) -> None:
    """Disable a key for good; it can still work for a minute."""
    answer = ctx.obj.client.delete("write-keys", digest_prefix)
    OUT.print(f"{answer['outcome']}: {answer['write_key']['digest_prefix']} is disabled")
