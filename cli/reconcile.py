"""`rapport reconcile`: finds what stands still though it should have moved, and has it mended."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from cli.doctor_account import functions_of
from cli.errors import CommandError
from cli.reconcile_words import WORDS
from cli.story_words import Words
from cli.target import Clients, asking_aws
from shared.domain.workspace.model import DEFAULT_WORKSPACE

OUT: Final = Console(highlight=False, soft_wrap=True, markup=False)
SPIN: Final = Console(stderr=True)
_HANDLER: Final = "functions.mend_waits."
_TOLD: Final = {  # what follows for whoever reads that something was found, or is left
    "ExecutionsBehind": "behind",
    "ClaimsWithoutOutcome": "unknown",
    "ExecutionsNotSeenTo": "not_seen_to",
    "Unreadable": "unreadable",
}


def reconcile(
    ctx: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what was found, and change nothing")
    ] = False,
    late: Annotated[
        int,
        typer.Option(
            min=0,
            help="minutes overdue; a message that is begun, and a first execution, have 15 minutes "
            "in any case",
        ),
    ] = 15,
) -> None:
    """Look at everybody for what stands still though it should have moved, and mend it."""
    words = WORDS[ctx.obj.language]
    asked = {"workspace_id": DEFAULT_WORKSPACE, "only_looks": dry_run, "late_minutes": late}
    found: Counter[str] = Counter()
    left: Counter[str] = Counter()
    said = words["looking" if dry_run else "mending"]
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=SPIN, transient=True) as progress:
        task = progress.add_task(said.format(found=0), total=None)
        for answer in _answers(ctx.obj.outside.account or ctx.obj.target.account, asked):
            found.update(answer["found"])
            left.update(answer["left"])
            progress.update(task, description=said.format(found=found.total()))
    _show(words, found, left, dry_run=dry_run)


def _show(words: Words, found: Counter[str], left: Counter[str], *, dry_run: bool) -> None:
    if not found:
        OUT.print(words["nothing"])
        return
    table = Table(*words["head"].split("|"), box=None, pad_edge=False)
    order = list(words)
    for name in sorted(found, key=lambda one: order.index(one) if one in words else len(order)):
        what = words.get(name, words["other"].format(name=name))
        numbers = found[name], found[name] - left[name], left[name]
        table.add_row(what, *(str(number) for number in numbers))
    OUT.print(table)
    OUT.print(words["looked" if dry_run else "ask"])
    for name, code in _TOLD.items():
        if found[name]:
            OUT.print(words[code])


def _answers(account: Clients, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One call of the function after the other, until it has looked at everybody."""
    client = account.client("lambda")
    if client is None:
        raise CommandError("who mends is a function in the AWS account: credentials are needed")
    with asking_aws():
        name = _function(account)
        following: dict[str, Any] | None = asked
        while following:
            payload = json.dumps({"reconcile": following}).encode()
            answer = client.invoke(FunctionName=name, Payload=payload)
            said = json.loads(answer["Payload"].read())
            if "FunctionError" in answer:
                raise CommandError(f"{name} failed: {said.get('errorMessage', 'see its log')}")
            yield said
            following = said["next"]


def _function(account: Clients) -> str:
    for one in functions_of(account):
        if one["Handler"].startswith(_HANDLER):
            return str(one["FunctionName"])
    raise CommandError("no such function was found: is this the account, is this the region?")
