"""`rapport journey machines`: state machines of journeys that a deleted stack has left behind."""

from collections.abc import Iterator
from typing import Annotated, Any, Final, NamedTuple

import typer
from rich.console import Console

from cli.errors import CommandError
from cli.target import Account

OUT = Console(highlight=False, soft_wrap=True, markup=False)

PREFIX: Final = "rapport-"


class Left(NamedTuple):
    """A machine that nothing can run any more: the role that it runs under is gone."""

    name: str
    arn: str


def machines(
    ctx: typer.Context,
    region: Annotated[
        str | None, typer.Option(help="where to look, when the stack itself is gone")
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="delete what was left behind")] = False,
) -> None:
    """Show the state machines of journeys whose stack is gone; with --delete, delete them."""
    account = Account(region=region) if region else ctx.obj.target.account
    states, iam = account.client("stepfunctions"), account.client("iam")
    if states is None or iam is None:
        raise CommandError("this needs credentials of the AWS account, and a region")
    found = list(left_behind(states, iam))
    for one in found:
        if delete:
            states.delete_state_machine(stateMachineArn=one.arn)
        OUT.print(f"{'deleted' if delete else 'left behind'}: {one.name}")
    if not found:
        OUT.print("no state machine of a journey was left behind")


def left_behind(states: Any, iam: Any) -> Iterator[Left]:  # noqa: ANN401
    """Every machine with the name of a journey's whose role is gone.

    The stack owns the role, so the machines of a stack that is there are never among them.
    """
    pages = states.get_paginator("list_state_machines").paginate()
    for one in (machine for page in pages for machine in page["stateMachines"]):
        if not one["name"].startswith(PREFIX):
            continue
        arn = one["stateMachineArn"]
        role = states.describe_state_machine(stateMachineArn=arn)["roleArn"]
        try:
            iam.get_role(RoleName=role.rpartition("/")[2])
        except iam.exceptions.NoSuchEntityException:
            yield Left(one["name"], arn)
