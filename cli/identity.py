"""`rapport identity`: how people are told apart."""

import typer
from rich.console import Console

OUT = Console(highlight=False, soft_wrap=True, markup=False)

identity_app = typer.Typer(no_args_is_help=True, help="How people are told apart.")


@identity_app.command("secret")
def identity_secret(ctx: typer.Context) -> None:
    """Print the key with which your servers sign user ids for `context.userHash`."""
    OUT.print(ctx.obj.client.get("identity", "user-hash-key")["user_hash_key"])
