"""`rapport identity`: how people are told apart, why somebody is one person, and undoing it."""

import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import yaml
from rich.console import Console

from cli.documents import Document, read
from cli.errors import CommandError

OUT = Console(highlight=False, soft_wrap=True, markup=False)
ASK_AGAIN_SECONDS: Final = 1.0

identity_app = typer.Typer(no_args_is_help=True, help="How people are told apart.")

Kind = Annotated[str, typer.Argument(help="kind of the identifier, or profile_id")]
Value = Annotated[str, typer.Argument(help="the identifier")]


@identity_app.command("rules")
def rules(ctx: typer.Context) -> None:
    """Print the rules in force, as a document for `rapport apply`."""
    found = ctx.obj.client.get("identity", "rules")["rules"]
    OUT.print(yaml.safe_dump({"kind": "identity", **found}, allow_unicode=True, sort_keys=False))


@identity_app.command("try")
def try_rules(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="YAML with other rules (kind: identity)")],
) -> None:
    """Say who would merge and who would part under other rules; changes nothing."""
    found = list(read(file))
    for each in found:
        if not isinstance(each, Document):
            raise each
    rules = [each.body for each in found if isinstance(each, Document) and each.kind == "identity"]
    if len(rules) != 1:
        raise CommandError(f"{file}: one document of kind identity is needed")
    review = _review(ctx, {"purpose": "trial", "rules": rules[0]})
    OUT.print(yaml.safe_dump(review["report"], allow_unicode=True, sort_keys=False))


@identity_app.command("adopt")
def adopt(ctx: typer.Context) -> None:
    """Let the rules in force decide again on everybody who is known already."""
    review = _review(ctx, {"purpose": "adoption"})
    for name, count in sorted(review["counts"].items()):
        OUT.print(f"{name} {count}")
    if not review["counts"]:
        OUT.print("nobody changes")


@identity_app.command("why")
def why(ctx: typer.Context, kind: Kind, value: Value) -> None:
    """Say why identifiers are one person, and why others are not."""
    profile_id = _profile_id(ctx, kind, value)
    told = ctx.obj.client.get("profiles", profile_id, "explanation")["explanation"]
    language = ctx.obj.language
    OUT.print(f"profile {told['profile_id']}")
    for each in told["identifiers"]:
        OUT.print(f"  {each['kind']} {each['value']}  {each['first_at']}")
        for link in each["because"]:
            OUT.print(f"    {link['text'][language]}")
    for link in told["disputes"] or ():
        OUT.print(f"  ✗ {link['text'][language]}")
    if told["disputes"] is None:
        OUT.print("  ✗ more disputes than can be looked at together")


@identity_app.command("unmerge")
def unmerge(
    ctx: typer.Context,
    kind: Kind,
    value: Value,
    other_kind: Annotated[str, typer.Argument(help="of the other end of one link")] = "",
    other_value: Annotated[str, typer.Argument(help="the other end")] = "",
) -> None:
    """Take an identifier out of its person; with another one, cut only the link between them."""
    one, other = {"kind": kind, "value": value}, {"kind": other_kind, "value": other_value}
    body = {"link": [one, other]} if other_kind else {"identifier": one}
    profile_id = _profile_id(ctx, kind, value)
    _say_changed(ctx, ctx.obj.client.post("profiles", profile_id, "unmerge", body=body))


@identity_app.command("remerge")
def remerge(
    ctx: typer.Context, kind: Kind, value: Value, other_kind: Kind, other_value: Value
) -> None:
    """Let a link that was cut count again."""
    link = [{"kind": kind, "value": value}, {"kind": other_kind, "value": other_value}]
    profile_id = _profile_id(ctx, kind, value)
    body = {"links": [link]}
    _say_changed(ctx, ctx.obj.client.post("profiles", profile_id, "remerge", body=body))


@identity_app.command("secret")
def identity_secret(ctx: typer.Context) -> None:
    """Print the key with which your servers sign user ids for `context.userHash`."""
    OUT.print(ctx.obj.client.get("identity", "user-hash-key")["user_hash_key"])


def _review(ctx: typer.Context, body: dict[str, Any]) -> dict[str, Any]:
    """Ask for a review and wait until it is done."""
    review: dict[str, Any] = ctx.obj.client.post("identity", "reviews", body=body)["review"]
    while review["stage"] != "done":
        time.sleep(ASK_AGAIN_SECONDS)
        review = ctx.obj.client.get("identity", "reviews", review["review_id"])["review"]
    return review


def _profile_id(ctx: typer.Context, kind: str, value: str) -> str:
    if kind == "profile_id":
        return value
    found = ctx.obj.client.get("profiles", kind=kind, value=value, limit="1")
    return str(found["profile"]["profile_id"])


def _say_changed(ctx: typer.Context, changed: dict[str, Any]) -> None:
    OUT.print(changed["outcome"])
    for profile in changed["profiles"]:
        names = ", ".join(f"{each['kind']} {each['value']}" for each in profile["identifiers"])
        OUT.print(f"  {profile['profile_id']}: {names}")
    if changed["held_by"]:
        OUT.print("still one person:")
        for link in changed["held_by"]:
            OUT.print(f"  {link['text'][ctx.obj.language]}")
