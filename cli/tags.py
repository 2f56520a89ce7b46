"""`rapport tag`, `rapport list` and `rapport lifecycle`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console

from cli import show
from cli.audiences import print_people
from cli.errors import CommandError
from cli.people_files import batches, people, rows_of

OUT = Console(highlight=False, soft_wrap=True, markup=False)

tag_app = typer.Typer(no_args_is_help=True, help="Tags, and values that people are given by hand.")
list_app = typer.Typer(no_args_is_help=True, help="Lists and who is on them.")
lifecycle_app = typer.Typer(no_args_is_help=True, help="The stages of the lifecycle.")

TagId = Annotated[str, typer.Argument(help="the tag's id")]
ListId = Annotated[str, typer.Argument(help="the list's id")]
Kind = Annotated[
    str, typer.Argument(help="a kind of identifier, such as user_id or email; or profile_id")
]
Value = Annotated[str, typer.Argument(help="an identifier of that kind")]
At = Annotated[str | None, typer.Option(help="at this instant, such as 2026-11-22T08:00:00Z")]
Values = Annotated[list[str] | None, typer.Argument(help="identifiers of that kind")]
File = Annotated[Path | None, typer.Option("--csv", help="a CSV file that names more of them")]
Column = Annotated[str, typer.Option(help="its column of identifiers; as KIND is called if left")]


@tag_app.command("list")
def tag_list(ctx: typer.Context) -> None:
    """All tags by category: what they say, and how many people have any value of them."""
    OUT.print(show.tags(ctx.obj.client.get("tags")["tags"], ctx.obj.language))


@tag_app.command("show")
def tag_show(ctx: typer.Context, tag_id: TagId) -> None:
    """One tag, as a document for `rapport apply`."""
    OUT.print(_document("tag", ctx.obj.client.get("tags", tag_id)["tag"]))


@tag_app.command("history")
def tag_history(ctx: typer.Context, tag_id: TagId, kind: Kind, value: Value) -> None:
    """Every value that a tag had for one person, the oldest first."""
    found = ctx.obj.client.get("tags", tag_id, "history", kind=kind, value=value)
    for one in reversed(found["values"]):
        OUT.print(show.past_value(one))


@tag_app.command("values")
def tag_values(ctx: typer.Context, kind: Kind, value: Value, at: At = None) -> None:
    """What every tag says of one person, or said at an instant."""
    query = {"at": at} if at else {}
    for one in ctx.obj.client.get("profiles", "tags", kind=kind, value=value, **query)["values"]:
        OUT.print(f"{one['tag_id']}  {show.past_value(one)}")


@tag_app.command("holders")
def tag_holders(
    ctx: typer.Context,
    tag_id: TagId,
    value: Annotated[str | None, typer.Argument(help="a value; any if left out")] = None,
    at: At = None,
    limit: Annotated[int, typer.Option(min=1, help="how many at most")] = 50,
) -> None:
    """Say who holds a value of a tag, or held it at an instant."""
    query = {**({"value": value} if value is not None else {}), **({"at": at} if at else {})}
    print_people(ctx.obj.client, ("tags", tag_id, "holders"), query, limit)


@tag_app.command("recompute")
def tag_recompute(
    ctx: typer.Context,
    tag_id: TagId,
    announce: Annotated[
        bool, typer.Option("--announce", help="tell of classes that change by it")
    ] = False,
) -> None:
    """Compute the thresholds of a tag about shares of buyers anew."""
    told = {"backfill": "announce"} if announce else {}
    answer = ctx.obj.client.post("tags", tag_id, "recompute", **told)
    OUT.print(f"build {answer['build']} computes them; see `rapport builds {answer['build']}`")


@tag_app.command("set")
def tag_set(
    ctx: typer.Context,
    tag_id: TagId,
    kind: Kind,
    values: Values = None,
    to: Annotated[str | None, typer.Option(help="the value; empty to take it away")] = None,
    file: File = None,
    column: Column = "",
    tag_column: Annotated[str, typer.Option(help="the file's column of tag values")] = "",
) -> None:
    """Give people a value of a manual tag."""
    if (to is None) == (not tag_column) or (tag_column and not file):
        raise CommandError("either --to, or --csv with --tag-column")

    def said() -> Iterator[dict[str, str]]:
        for one in people(kind, values or ()):
            if to is None:
                raise CommandError("--tag-column is about the file; name others with --to")
            yield {**one, "tag": to}
        columns = [column or kind, *([tag_column] if tag_column else [])]
        for row in rows_of(file, columns) if file else ():
            yield {"kind": kind, "value": row[0], "tag": row[-1] if to is None else to}

    for batch in batches(said()):
        answer = ctx.obj.client.post("tags", tag_id, "values", body={"values": batch})
        OUT.print(f"{answer['accepted']} accepted")


@list_app.command("create")
def list_create(
    ctx: typer.Context,
    list_id: ListId,
    title: Annotated[str, typer.Option(help="what operators call it; its id if left out")] = "",
) -> None:
    """Make a list, or give it another title; who is on it stays."""
    answer = ctx.obj.client.put("lists", list_id, body={"title": title or list_id})
    OUT.print(f"{answer['outcome']}: {list_id}")


@list_app.command("list")
def list_list(ctx: typer.Context) -> None:
    """All lists."""
    OUT.print(show.lists(ctx.obj.client.get("lists")["lists"]))


@list_app.command("add")
def list_add(
    ctx: typer.Context,
    list_id: ListId,
    kind: Kind,
    values: Values = None,
    file: File = None,
    column: Column = "",
) -> None:
    """Put people on a list."""
    _change(ctx, list_id, "add", _named(kind, values, file, column))


@list_app.command("remove")
def list_remove(
    ctx: typer.Context,
    list_id: ListId,
    kind: Kind,
    values: Values = None,
    file: File = None,
    column: Column = "",
) -> None:
    """Take people off a list."""
    _change(ctx, list_id, "remove", _named(kind, values, file, column))


@lifecycle_app.command("show")
def lifecycle_show(ctx: typer.Context) -> None:
    """The stages in the order in which they are tried, as a document for `rapport apply`."""
    found = ctx.obj.client.get("lifecycle")
    for stage in found["stages"]:
        title, says = (stage[name][ctx.obj.language] for name in ("title", "description"))
        OUT.print(f"# {stage['stage']} ({title}): {says}")
    OUT.print(_document("lifecycle", found["lifecycle"]))


def _document(kind: str, body: dict[str, Any]) -> str:
    return yaml.safe_dump({"kind": kind, **body}, allow_unicode=True, sort_keys=False).rstrip()


def _named(
    kind: str, values: list[str] | None, file: Path | None, column: str
) -> Iterator[dict[str, str]]:
    if not values and not file:
        raise CommandError("name people, or a file with --csv")
    yield from people(kind, values or ())
    if file:
        yield from people(kind, (row[0] for row in rows_of(file, [column or kind])))


def _change(ctx: typer.Context, list_id: str, change: str, named: Iterator[dict[str, str]]) -> None:
    for batch in batches(named):
        answer = ctx.obj.client.post("lists", list_id, "members", body={change: batch})
        OUT.print(f"{answer['accepted']} accepted")
