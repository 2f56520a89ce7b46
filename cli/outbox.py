"""`rapport outbox`: what people were shown by the stack that runs here, on every channel."""

import json
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.text import Text

from cli.errors import CommandError
from cli.target import STACK_FILE


def outbox(
    to: Annotated[str, typer.Option(help="only what went to this address")] = "",
    limit: Annotated[int, typer.Option(min=1, help="how many, the latest ones")] = 20,
) -> None:
    """Show the messages of the local stack as the person sees them; a page shows the same."""
    console, where = Console(), _address(Path.cwd())
    try:
        found = httpx.get(f"{where}/outbox", timeout=30).json()
    except httpx.HTTPError as error:
        raise CommandError("the local stack does not run any more: `make up` starts it") from error
    for one in [one for one in found if to in ("", one["to"])][-limit:]:
        console.print(_shown(one))
    console.print(f"The same on a page: {where}", style="dim")


def _address(folder: Path) -> str:
    for place in (folder, *folder.parents):
        if (place / STACK_FILE).is_file():
            found: str = json.loads((place / STACK_FILE).read_text()).get("providers_url", "")
            if found:
                return found
    raise CommandError("only a local stack keeps messages: `make up` starts one")


def _shown(one: dict[str, Any]) -> Text:
    text = Text.assemble((f"{one['provider']} → {one['to']}", "bold"), (f"  {one['at']}", "dim"))
    if one["title"]:
        text.append(f"\n  {one['title']}", "italic")
    for line in str(one["text"]).splitlines():
        text.append(f"\n  {line}")
    return text
