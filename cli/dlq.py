"""`rapport dlq`: what could not be done, and having it tried again."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.errors import CommandError
from cli.letter_words import WORDS
from cli.letters import DeadLetterQueue, dead_letter_queues, look, named, reason_of, redrive, what
from cli.target import asking_aws

OUT = Console(highlight=False, soft_wrap=True, markup=False)

dlq_app = typer.Typer(no_args_is_help=True, help="Dead letters: what could not be done.")

Name = Annotated[str, typer.Argument(help="as `dlq list` shows it")]


@dlq_app.command("list")
def dlq_list(ctx: typer.Context) -> None:
    """All queues of dead letters: how many wait in each, and where they would go back to."""
    words, (_, queues) = WORDS[ctx.obj.language], _found(ctx)
    if not queues:
        OUT.print(words["none"])
        return
    table = Table(*words["head"].split("|"), box=None, pad_edge=False)
    for each in queues:
        table.add_row(each.name, str(each.waiting), each.source or words["nowhere"])
    OUT.print(table)


@dlq_app.command("show")
def dlq_show(
    ctx: typer.Context,
    name: Name,
    most: Annotated[int, typer.Option(min=1, max=1000, help="how many at most")] = 10,
    personal: Annotated[
        bool, typer.Option("--personal", help="print the bodies, which hold personal data")
    ] = False,
) -> None:
    """What dead letters are about and why they are there; they stay where they are."""
    words, (sqs, queues) = WORDS[ctx.obj.language], _found(ctx)
    queue = named(queues, name)
    with asking_aws():
        letters = look(sqs, queue, most)
    if not letters:
        OUT.print(words["empty"].format(name=queue.name))
        return
    for letter in sorted(letters, key=lambda each: each.sent_at):
        key, told = what(letter.body)
        OUT.print(
            words["letter"].format(
                sent_at=f"{letter.sent_at:%Y-%m-%d %H:%M:%SZ}", about=words[key].format(**told)
            )
        )
        if reason := reason_of(letter.body):
            OUT.print(words["reason"].format(reason=reason))
        if ids := letter.correlation_ids:
            OUT.print(words["requests"].format(ids=", ".join(ids)))
        if personal:
            OUT.print(f"    {letter.body}")
    if queue.waiting > len(letters):
        OUT.print(words["rest"].format(number=queue.waiting - len(letters)))
    if not personal:
        OUT.print(words["personal"])


@dlq_app.command("redrive")
def dlq_redrive(ctx: typer.Context, name: Name) -> None:
    """Give the letters back to their queue, once their cause is mended; nothing is done twice."""
    words, (sqs, queues) = WORDS[ctx.obj.language], _found(ctx)
    queue = named(queues, name)
    with asking_aws():
        moved, newer = redrive(sqs, queue, datetime.now(UTC))
    OUT.print(words["moved"].format(number=moved, name=queue.name, source=queue.source))
    if newer:
        OUT.print(words["left"].format(number=newer))


def _found(ctx: typer.Context) -> tuple[Any, list[DeadLetterQueue]]:
    """A client of SQS and the queues; raises CommandError without credentials."""
    sqs = ctx.obj.target.account.client("sqs")
    if sqs is None:
        raise CommandError("dead letters lie in the AWS account: credentials and region are needed")
    with asking_aws():
        return sqs, dead_letter_queues(sqs)
