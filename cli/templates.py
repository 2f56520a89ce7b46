"""`rapport template`: what there is to say of templates, what they were, and how they look."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli import show
from cli.definitions import blocks_among
from cli.documents import Document, body_as, read_all
from cli.errors import CommandError
from shared.domain.journeys.verify.finding import finding_state
from shared.domain.messages.model import TEMPLATE
from shared.domain.workspace.answers import FindingState
from shared.errors import InvalidInputError

OUT = Console(highlight=False, soft_wrap=True, markup=False)

template_app = typer.Typer(no_args_is_help=True, help="Templates of messages, and their versions.")

TemplateId = Annotated[str, typer.Argument(help="the template's id")]
Person = Annotated[
    str | None, typer.Option("--person", help="whom to show it for, such as user_id:u-1")
]
Draft = Annotated[
    Path | None, typer.Option("--draft", help="a YAML file that holds the template, to show it")
]
Given = Annotated[
    list[str] | None, typer.Option("--value", help="what a step would hand it, such as coupon=A1")
]


@template_app.command("check")
def check(
    ctx: typer.Context,
    templates: Annotated[list[str], typer.Argument(help="YAML files, or ids of templates")],
) -> None:
    """Say what is wrong with templates, and what an operator should hear of them."""
    files = [Path(one) for one in templates if _is_file(one)]
    told = list(_check_files(files)) if files else []
    for template_id in (one for one in templates if not _is_file(one)):
        stored = ctx.obj.client.get("templates", template_id)["template"]
        answer = ctx.obj.client.post("templates", "check", body=stored)
        told.append((template_id, answer["findings"]))
    if not told:
        raise CommandError("there is no template in these files")
    for name, findings in told:
        OUT.print(show.findings(name, findings, ctx.obj.language))
    if any(one["severity"] == "error" for _, findings in told for one in findings):
        raise typer.Exit(1)


@template_app.command("history")
def history(ctx: typer.Context, template_id: TemplateId) -> None:
    """The versions of a template, the newest first, and what changed with each."""
    versions = ctx.obj.client.get("templates", template_id, "versions")["versions"]
    chinese = ctx.obj.language == "zh"
    table = Table(
        *(("版本", "时间", "改动") if chinese else ("version", "when", "changed")),
        box=None,
        pad_edge=False,
    )
    for one in versions:
        table.add_row(str(one["version"]), one["updated_at"], ", ".join(one["changed"]))
    OUT.print(table)


@template_app.command("preview")
def preview(
    ctx: typer.Context,
    template_id: TemplateId,
    person: Person = None,
    draft: Draft = None,
    value: Given = None,
    language: Annotated[str, typer.Option("--in", help="a language, such as zh-CN")] = "",
    version: Annotated[int | None, typer.Option(help="another version than the newest")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="write the HTML to this file, to look at it")
    ] = None,
) -> None:
    """Show a template as one person would see it."""
    asked = _look(template_id, person, draft, value)
    asked |= {"language": language} if language else {}
    asked |= {"version": version} if version else {}
    told = ctx.obj.client.post("templates", template_id, "preview", body=asked)
    OUT.print("\n".join(_shown(told)))
    if html is not None and told["shown"] and "html" in told["shown"]:
        html.write_text(told["shown"]["html"], encoding="utf-8")
        OUT.print(f"{html}: HTML")
    OUT.print(show.findings(template_id, told["findings"], ctx.obj.language))
    if told["problem"]:
        raise typer.Exit(1)


@template_app.command("test")
def send_test(
    ctx: typer.Context,
    template_id: TemplateId,
    to: Annotated[list[str], typer.Option("--to", help="an address of your own; up to 5")],
    person: Person = None,
    draft: Draft = None,
    value: Given = None,
) -> None:
    """Send a template to addresses of your own, marked as a test."""
    asked = {**_look(template_id, person, draft, value), "to": to}
    told = ctx.obj.client.post("templates", template_id, "test", body=asked)
    for one in told["sent"]:
        OUT.print(f"{one['to']}: {one['became'].replace('_', ' ')} ({one['detail']})")
    if any(one["became"] != "accepted" for one in told["sent"]):
        raise typer.Exit(1)


def _look(
    template_id: str, person: str | None, draft: Path | None, given: list[str] | None
) -> dict[str, Any]:
    """The body that says for whom, and what, is shown."""
    asked: dict[str, Any] = {}
    if person is not None:
        kind, colon, value = person.partition(":")
        if not colon:
            raise CommandError("a person is named by kind:value, such as user_id:u-1")
        asked |= {"kind": kind, "value": value}
    if draft is not None:
        asked["template"] = _draft(draft, template_id).body
    if given:
        pairs = [one.partition("=") for one in given]
        asked["values"] = {name: value for name, _, value in pairs}
    return asked


def _draft(file: Path, template_id: str) -> Document:
    found = [one for one in read_all([file]) if one.kind == "template" and one.name == template_id]
    if not found:
        raise CommandError(f"{file}: there is no template {template_id}")
    return found[0]


def _shown(told: dict[str, Any]) -> Iterator[str]:
    version = f"version {told['version']}" if told["version"] else "draft"
    yield " · ".join(filter(None, (told["channel"], version, told["language"])))
    if told["problem"]:
        yield told["problem"]
        return
    shown = told["shown"]
    for name, value in shown.items():
        if value and not (name == "html" and shown.get("text")):
            yield f"{name}: {value}"
    if told["segments"]:
        length = told["segments"]
        yield f"segments: {length['segments']} ({length['encoding']}, {length['units']} units)"


def _check_files(files: list[Path]) -> Iterator[tuple[str, list[FindingState]]]:
    """What there is to say of every template in these files, with the blocks among them."""
    # The template engine takes long to import.
    from shared.domain.messages.compiling import compile_template
    from shared.domain.messages.lint import broken, lint

    documents = read_all(files)
    blocks = blocks_among(documents)
    for one in (one for one in documents if one.kind == "template"):
        template = body_as(TEMPLATE, one)
        try:
            found = lint(compile_template(template, blocks))
        except InvalidInputError as error:
            found = (broken(error),)
        yield one.name, [finding_state(each) for each in found]


def _is_file(text: str) -> bool:
    return Path(text).suffix in (".yaml", ".yml") or Path(text).is_file()
