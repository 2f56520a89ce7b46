"""`rapport import`: files become people and events; look first, then import, then watch."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from cli.client import Answer
from cli.errors import CommandError
from cli.local_import import Look, import_id_of, look, read_definition, told
from shared.domain.imports.definition import Column, Identifier, Value
from shared.errors import PermanentError

OUT: Final = Console(highlight=False, soft_wrap=True, markup=False)
BARS: Final = Console(stderr=True)
POLL_SECONDS: Final = 2.0
UPLOAD_SECONDS: Final = 3600.0
_PIECE: Final = 1024 * 1024

import_app = typer.Typer(
    no_args_is_help=True, help="Files of profiles, identifiers, consents, events."
)

File = Annotated[
    str,
    typer.Argument(
        help="a CSV, JSON Lines or Parquet file, or .gz; to run, also s3://<bucket>/<key>"
    ),
]
Mapping = Annotated[
    Path | None,
    typer.Option("--mapping", "-m", help="YAML: which column is what (docs/schemas/import.json)"),
]
KindOption = Annotated[
    str | None, typer.Option("--kind", help="profiles, identifiers, consents or events")
]
EventOption = Annotated[
    str | None, typer.Option("--event", help="the name of all events, where no column says it")
]
SourceOption = Annotated[str | None, typer.Option("--source", help="the source_id of the events")]


@import_app.command("check")
def check(
    ctx: typer.Context,
    file: File,
    mapping: Mapping = None,
    kind: KindOption = None,
    event: EventOption = None,
    source: SourceOption = None,
    timezone: Annotated[
        str | None, typer.Option(help="of times without an offset; the workspace's if not given")
    ] = None,
    rejected: Annotated[
        Path | None, typer.Option(help="write the rows that would be rejected to this file")
    ] = None,
) -> None:
    """Look at a file here: which column is what, the first rows, what would be rejected."""
    options = {"kind": kind, "event": event, "source_id": source, "timezone": timezone}
    definition = read_definition(mapping, file, options)
    zone = definition.timezone or ctx.obj.client.get("settings")["settings"]["timezone"]
    path = _local(file)
    try:
        with _bar() as bar:
            progress = _follow(bar, "reading", path)
            if rejected:
                with rejected.open("w", encoding="utf-8", newline="") as target:
                    found = look(path, definition, ZoneInfo(zone), progress, target)
            else:
                found = look(path, definition, ZoneInfo(zone), progress)
    except PermanentError as error:
        raise CommandError(f"{file}: {error}") from error
    _show(found)
    if found.rejected:
        raise typer.Exit(1)


@import_app.command("run")
def run(
    ctx: typer.Context,
    file: File,
    mapping: Mapping = None,
    kind: KindOption = None,
    event: EventOption = None,
    source: SourceOption = None,
    import_id: Annotated[
        str | None, typer.Option(help="a name for it; the same file has the same one if not given")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="apply nothing; count and name what is rejected")
    ] = False,
    wait: Annotated[bool, typer.Option(help="watch until it is done")] = True,
) -> None:
    """Import a file. Repeating the command goes on where it stopped, and doubles nothing."""
    options = {"kind": kind, "event": event, "source_id": source}
    definition = read_definition(mapping, file, options)
    body: dict[str, Any] = {
        "file_name": file.rsplit("/", 1)[-1],
        "dry_run": dry_run,
        "definition": definition.model_dump(mode="json", exclude_defaults=True)
        | {"kind": definition.kind},
    }
    path = None
    if file.startswith("s3://"):
        body["file_key"] = urlsplit(file).path.lstrip("/")
    else:
        path = _local(file)
        with _bar() as bar:
            known = import_id_of(path, definition, _follow(bar, "reading", path))
        import_id = import_id or (f"dry-{known[:28]}" if dry_run else known)
    if import_id:
        body["import_id"] = import_id
    answer = ctx.obj.client.post("imports", body=body)
    state = answer["imported"]
    if state["status"] == "completed":
        OUT.print(f"{state['import_id']}: was imported already")
    if path and answer["upload_url"]:
        _upload(path, answer["upload_url"], ctx.obj.transport)
    if state["status"] in ("awaiting_file", "failed"):
        state = ctx.obj.client.post("imports", state["import_id"], "start")["imported"]
    OUT.print(f"import {state['import_id']}")
    if wait:
        _finish(ctx, _watch(ctx, state["import_id"]))


@import_app.command("show")
def show(ctx: typer.Context, import_id: str) -> None:
    """Watch an import until it is done."""
    _finish(ctx, _watch(ctx, import_id))


@import_app.command("list")
def list_imports(ctx: typer.Context) -> None:
    """All imports, the newest first."""
    table = Table("import", "file", "kind", "status", "rows", "rejected", "at")
    every: Iterator[Answer] = ctx.obj.client.each("imports")
    for one in sorted(every, key=lambda one: one["created_at"], reverse=True):
        numbers = (f"{one['rows']:,}", f"{one['rejected']:,}")
        status = f"{one['status']} (dry run)" if one["dry_run"] else one["status"]
        kind, at = one["kind"], one["created_at"]
        table.add_row(one["import_id"], one["file_name"], kind, status, *numbers, at)
    OUT.print(table)


# --- what is shown ------------------------------------------------------------------------------


def _show(found: Look) -> None:
    table = Table("column", "becomes")
    for column, target in found.targets.items():
        table.add_row(column, _meaning(target))
    OUT.print(table)
    for event in found.events:
        OUT.print(told(event))
    OUT.print(f"{found.rows:,} rows, {found.rejected:,} would be rejected")
    for (column, remedy), times in found.problems.most_common(10):
        OUT.print(f"  {times:,} × {column or 'row'}: {remedy}")


def _meaning(target: Column) -> str:
    match target:
        case Identifier():
            return f"identifier {target.kind or f'of the kind in {target.kind_column}'}"
        case Value():
            return f"{target.to} {target.name} ({target.type})"
        case _:
            return target.to


def _finish(ctx: typer.Context, state: Answer) -> None:
    OUT.print(
        f"{state['status']}: {state['rows']:,} rows, {state['rejected']:,} rejected"
        + (f"; {state['reason']}" if state["reason"] else "")
    )
    if state["rejected_url"]:
        target = Path(f"{state['file_name']}.rejected.csv")
        with httpx.Client(transport=ctx.obj.transport, timeout=UPLOAD_SECONDS) as http:
            target.write_bytes(http.get(state["rejected_url"]).raise_for_status().content)
        OUT.print(f"the rejected rows, with what to do, are in {target}")
    if state["status"] == "failed":
        raise typer.Exit(1)


def _listed(ctx: typer.Context, import_id: str) -> Answer:
    """An import as the list tells it: without files, so that looking leaves no line of audit."""
    for one in ctx.obj.client.each("imports"):
        if one["import_id"] == import_id:
            return dict(one)
    raise CommandError(f"there is no import {import_id!r}")


def _watch(ctx: typer.Context, import_id: str) -> Answer:
    with _bar() as bar:
        task = bar.add_task("importing", total=None)
        while True:
            state = _listed(ctx, import_id)
            said = f"{state['rows']:,} rows, {state['rejected']:,} rejected"
            total = state["size"] or None
            bar.update(task, description=said, total=total, completed=state["read"])
            if state["status"] in ("completed", "failed"):
                found: Answer = ctx.obj.client.get("imports", import_id)["imported"]
                return found
            if state["status"] == "awaiting_file":
                raise CommandError(f"{import_id} waits for its file: run the import again")
            time.sleep(POLL_SECONDS)


# --- files --------------------------------------------------------------------------------------


def _local(file: str) -> Path:
    path = Path(file)
    if not path.is_file():
        raise CommandError(f"{file}: there is no such file here")
    return path


def _upload(path: Path, url: str, transport: httpx.BaseTransport | None) -> None:
    size = path.stat().st_size
    with _bar() as bar, httpx.Client(transport=transport, timeout=UPLOAD_SECONDS) as http:
        pieces = _pieces(path, _follow(bar, "uploading", path))
        try:
            answer = http.put(url, content=pieces, headers={"content-length": str(size)})
        except httpx.HTTPError as error:
            raise CommandError(f"the upload broke off: {error}; run the import again") from error
    if not answer.is_success:
        raise CommandError(f"the upload was refused with {answer.status_code}: run it again")


def _pieces(path: Path, progress: Callable[[int], None]) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
            progress(file.tell())


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    return Progress(*columns, console=BARS, transient=True)


def _follow(bar: Progress, says: str, path: Path) -> Callable[[int], None]:
    task: TaskID = bar.add_task(says, total=path.stat().st_size)
    return lambda read: bar.update(task, completed=read)
