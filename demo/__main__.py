"""`make demo`: real people in, real messages out, and books that balance."""

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.apply import apply
from cli.client import AdminClient
from cli.documents import Document, read
from demo import people as shop
from demo.accounts import Accounts, sum_metrics
from demo.replay import Sent, replay
from demo.summary import print_summary
from infra.app import ENGINE_STACK
from infra.local.stack import DEFAULT_PORT, LocalStack
from shared.aws import keys
from shared.domain.events.own import OWN_SOURCE

WORKSPACE = Path(__file__).parent / "workspace"
DEFINITIONS = ("settings.yaml", "segments.yaml", "templates.yaml", "journeys.yaml")
PEOPLE = 120  # as many as fit into about three minutes on two cores
REST_SECONDS = 300.0


def main() -> int:
    """Run the demo; the exit code is 0 when every balance holds."""
    console = Console()
    wanted = os.environ.get("PEOPLE", str(PEOPLE))
    everybody = shop.read()
    chosen = shop.choose(everybody, None if wanted == "all" else int(wanted))
    with _stack(console) as (stack, ours):
        admin = AdminClient(stack.api_url, stack.admin_key())
        console.print("Installing segments, templates and three journeys from demo/workspace ...")
        _install(admin)
        scale = admin.get("settings")["settings"]["time_scale"]
        moved = shop.shift(chosen, _started_at(stack))
        sent = _replay(console, stack, admin, moved, len(everybody), scale)
        _wait_for_rest(console, stack, admin)
        accounts = _accounts(stack, admin)
        holds = print_summary(console, admin, accounts, sent, moved, stack.api_url)
        if ours and not os.environ.get("DEMO_ONCE"):
            console.print("The stack stays up. Ctrl-C ends it.")
            _wait_for_the_end()
    return 0 if holds else 1


@contextmanager
def _stack(console: Console) -> Iterator[tuple[LocalStack, bool]]:
    """The stack that runs already, or a new one that ends with the demo."""
    running = LocalStack.running()
    if running:
        console.print(f"Using the stack that runs at {running.api_url}")
        yield running, False
        return
    console.print("Deploying Rapport to an AWS emulator on this machine ...")
    began = time.monotonic()
    once = bool(os.environ.get("DEMO_ONCE"))
    port = 0 if once else int(os.environ.get("PORT", DEFAULT_PORT))
    with LocalStack.start(port=port, announce=not once) as stack:
        console.print(f"It is up after {time.monotonic() - began:.0f} s: {stack.api_url}")
        yield stack, True


def _install(admin: AdminClient) -> None:
    found = [document for name in DEFINITIONS for document in read(WORKSPACE / name)]
    documents = [document for document in found if isinstance(document, Document)]
    failed = [one for one in apply(admin, documents) if one.problems]
    if failed or len(documents) < len(found):
        raise SystemExit(f"the demo's own definitions were refused: {failed}")


def _started_at(stack: LocalStack) -> datetime:
    """When the stack was made: every demo on it moves the same events to the same instants."""
    described = stack.client("cloudformation").describe_stacks(StackName=ENGINE_STACK)
    created: datetime = described["Stacks"][0]["CreationTime"]
    return created.astimezone(UTC)


def _write_key(stack: LocalStack, admin: AdminClient) -> str:
    """One write key for each stack, kept beside the stack's state for the next run."""
    kept = Path(".local") / "demo.json"
    try:
        state = json.loads(kept.read_text())
        if state["stack"] == stack.outputs["AdminKeySecretArn"]:
            return str(state["write_key"])
    except (OSError, ValueError, KeyError):
        pass
    key: str = admin.post("write-keys", body={"source_id": "onlineshop"})["write_key"]
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps({"stack": stack.outputs["AdminKeySecretArn"], "write_key": key}))
    return key


def _replay(
    console: Console,
    stack: LocalStack,
    admin: AdminClient,
    people: tuple[shop.Person, ...],
    of: int,
    time_scale: float,
) -> Sent:
    clicks = sum(len(person.clicks) for person in people)
    span = max(p.clicks[-1].at for p in people) - min(p.first_at for p in people)
    console.print(
        f"Sending {clicks:,} clicks of {len(people):,} of {of:,} people through the Segment "
        f"client; {span.days} days in {span.total_seconds() / time_scale:.0f} s"
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("events", total=clicks + len(people))
        return replay(
            people,
            host=stack.api_url,
            write_key=_write_key(stack, admin),
            time_scale=time_scale,
            progress=lambda done: progress.update(task, completed=done),
        )


def _wait_for_rest(console: Console, stack: LocalStack, admin: AdminClient) -> None:
    """Wait until the queues are empty and nobody is inside a journey."""
    deadline = time.monotonic() + REST_SECONDS
    seen: dict[str, Any] = {}
    with console.status("Waiting until everybody has come out of the journeys ...") as status:
        while time.monotonic() < deadline:
            before, seen = seen, admin.get("figures")["figures"]
            inside = sum(journey["active"] for journey in seen["journeys"].values())
            queued = _queued(stack)
            status.update(f"Waiting: {inside} inside a journey, {queued} in the queues ...")
            if not inside and not queued and seen == before:
                return
            time.sleep(2)


def _queued(stack: LocalStack) -> int:
    sqs = stack.client("sqs")
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    return sum(
        int(value)
        for url in sqs.list_queues().get("QueueUrls", [])
        for value in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))[
            "Attributes"
        ].values()
    )


def _accounts(stack: LocalStack, admin: AdminClient) -> Accounts:
    ingested = sum_metrics(stack.logs("ingest_events"))
    merged = sum_metrics(stack.logs("merge_identity"))
    profiles, rows, own = _rows(stack)
    return Accounts(
        accepted=ingested["EventsAccepted"],
        rejected=ingested["EventsRejected"],
        applied=merged["EventsApplied"],
        duplicate=merged["EventsDuplicate"],
        dead_lettered=merged["EventsDeadLettered"],
        rows=rows,
        own=own,
        profiles=profiles,
        figures=admin.get("figures")["figures"],
        mails=len(stack.emails()),
        texts=len(stack.texts()),
    )


def _rows(stack: LocalStack) -> tuple[int, int, Counter[str]]:
    """How many profiles, events that came in, and events of Rapport's own by name there are."""
    profiles, rows, own = 0, 0, Counter[str]()
    pages = (
        stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=stack.outputs["ProfilesTable"],
            ProjectionExpression="sk, source_id, #name",
            ExpressionAttributeNames={"#name": "name"},
        )
    )
    for item in (item for page in pages for item in page["Items"]):
        if item["sk"]["S"] == keys.PROFILE:
            profiles += 1
        elif item["sk"]["S"].startswith(keys.EVENT_PREFIX):
            if item["source_id"]["S"] == OWN_SOURCE:
                own[item["name"]["S"]] += 1
            else:
                rows += 1
    return profiles, rows, own


def _wait_for_the_end() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        signal.pause()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    sys.exit(main())
