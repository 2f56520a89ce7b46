"""`rapport task`: tasks that journeys gave to people."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

OUT = Console(highlight=False, soft_wrap=True, markup=False)

task_app = typer.Typer(no_args_is_help=True, help="Tasks that journeys gave to people.")


@task_app.command("list")
def task_list(
    ctx: typer.Context,
    to: Annotated[str | None, typer.Option(help="only those of this person or team")] = None,
    most: Annotated[int, typer.Option(min=1, help="how many at most")] = 1_000,
) -> None:
    """Tasks that are not done, those that are due first in front."""
    query = {"to": to} if to else {}
    tasks = list(ctx.obj.client.each("tasks", most=most, **query))
    chinese = ctx.obj.language == "zh"
    if not tasks:
        OUT.print("没有未完成的任务。" if chinese else "No task is open.")
        return
    names = ("到期", "负责人", "任务", "用户", "编号") if chinese else (
        "due", "to", "task", "profile", "id")  # fmt: skip
    table = Table(*names, box=None, pad_edge=False)
    overdue, escalated = ("已逾期", "已升级") if chinese else ("overdue", "escalated")
    for one in tasks:
        marks = [mark for mark, on in ((overdue, one["overdue"]), (escalated, one["escalated"]))
                 if on]  # fmt: skip
        due = " ".join((one["due"], *marks))
        table.add_row(due, one["to"], one["title"], one["profile_id"], one["task_id"])
    OUT.print(table)


@task_app.command("done")
def task_done(
    ctx: typer.Context, task_id: Annotated[str, typer.Argument(help="the task's id")]
) -> None:
    """A task is done: the journey that waits for it goes on."""
    task = ctx.obj.client.post("tasks", task_id, "done")["task"]
    OUT.print(f"已完成：{task['title']}" if ctx.obj.language == "zh" else f"done: {task['title']}")
