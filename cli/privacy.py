"""`rapport export`, `rapport erase` and `rapport receipt`: the rights of people."""

import time
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer
from rich.console import Console
from rich.table import Table

from cli.client import AdminClient
from cli.errors import CommandError, UnreachableError

OUT = Console(highlight=False, soft_wrap=True, markup=False)

POLL_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 900.0

Kind = Annotated[str, typer.Option(help="kind of the identifier, such as email, or profile_id")]
Value = Annotated[str, typer.Option(help="the identifier")]


def export(
    ctx: typer.Context,
    kind: Kind,
    value: Value,
    output: Annotated[Path, typer.Option("--output", "-o", help="the archive to write")] = Path(
        "person.zip"
    ),
) -> None:
    """Write everything about one person into one archive."""
    client: AdminClient = ctx.obj.client
    made = client.post("profiles", _profile_id(client, kind, value), "export")["export"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while made["status"] == "running":
        if time.monotonic() > deadline:
            raise CommandError(f"export {made['export_id']} is still running; ask again later")
        time.sleep(POLL_SECONDS)
        made = client.get("exports", made["export_id"])["export"]
    if made["status"] == "gone":
        raise CommandError("the person was erased meanwhile")
    size = fetch(made["url"], output, ctx.obj.transport)
    OUT.print(f"{output}: {size} bytes")


def erase(
    ctx: typer.Context,
    kind: Kind,
    value: Value,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="until the receipt is there")] = False,
) -> None:
    """Erase one person everywhere, for good."""
    client: AdminClient = ctx.obj.client
    # An erasure that stopped goes on by the same id, when nobody finds the person any more.
    profile_id = value if kind == "profile_id" else _profile_id(client, kind, value)
    if not yes:
        OUT.print(f"Everything about {kind} {value} (profile {profile_id}) will be erased.")
        OUT.print("This cannot be taken back. Messages that wait will not be sent.")
        typer.confirm("Erase?", abort=True)
    erasure = client.post("profiles", profile_id, "erasure")["erasure"]
    OUT.print(f"erasure {erasure['erasure_id']} has begun; `rapport receipt` tells how far it is")
    if wait:
        while erasure["status"] != "done":
            time.sleep(POLL_SECONDS)
            erasure = client.get("erasures", erasure["erasure_id"])["erasure"]
        _show(erasure)


def receipt(
    ctx: typer.Context,
    erasure_id: Annotated[
        str | None, typer.Argument(help="as `rapport erase` told it; all of them without it")
    ] = None,
) -> None:
    """Tell what an erasure has removed, or list all erasures."""
    client: AdminClient = ctx.obj.client
    if erasure_id:
        _show(client.get("erasures", erasure_id)["erasure"])
        return
    table = Table("erasure", "asked for", "status", "done")
    found = sorted(client.each("erasures"), key=lambda one: one["requested_at"], reverse=True)
    for one in found:
        table.add_row(one["erasure_id"], one["requested_at"], one["stage"], one["done_at"] or "")
    OUT.print(table)


def _profile_id(client: AdminClient, kind: str, value: str) -> str:
    found: str = client.get("profiles", kind=kind, value=value, limit="1")["profile"]["profile_id"]
    return found


def fetch(url: str, target: Path, transport: httpx.BaseTransport | None) -> int:
    """Write what is at an address into a file, however large it is; gives its size."""
    unfinished = target.with_name(f"{target.name}.part")
    try:
        with (
            httpx.Client(transport=transport, timeout=60) as client,
            client.stream("GET", url) as answer,
            unfinished.open("wb") as file,
        ):
            answer.raise_for_status()
            for part in answer.iter_bytes():
                file.write(part)
    except httpx.HTTPError as error:
        unfinished.unlink(missing_ok=True)
        raise UnreachableError(f"the archive could not be fetched: {error}") from error
    unfinished.replace(target)
    return target.stat().st_size


def _show(erasure: dict[str, Any]) -> None:
    OUT.print(f"erasure {erasure['erasure_id']}")
    for name in ("requested_at", "erased_at", "resume_at", "done_at"):
        if erasure[name]:
            OUT.print(f"  {name:<14}{erasure[name]}")
    if erasure["status"] != "done":
        OUT.print(f"  still running: {erasure['stage']}")
    if erasure["removed"]:
        table = Table("removed", "how many")
        for name, count in sorted(erasure["removed"].items()):
            table.add_row(name.replace("_", " "), str(count))
        OUT.print(table)
