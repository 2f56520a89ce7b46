"""Which tests run which line of the four packages, and how long each takes: one run of them all."""

import hashlib
import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from coverage import Coverage
from hypothesis import settings

PACKAGES = ("identity", "segments", "journeys", "messages")
# The rooms whose tests reach the pure core without a stack.
ROOMS = ("tests/domain", "tests/functions")
# `slow` and what starts a database of its own are left to other mutants of the same lines.
ARGUMENTS = (
    *("-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist"),
    *("--ignore=tests/functions/ingest_events", "--ignore=tests/functions/access"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
    *("-m", "not stack and not slow and not nightly"),
)
_STARTS_ITS_OWN = {"dynamodb_local"}
_AT_IMPORT = ""
_EXAMPLES = 50
_LIMIT = 8.0  # seconds of processor time for one test, while lines are noted


@dataclass
class Cover:
    """Seconds of each test that passed, and by file and line the tests that run it.

    The test named "" stands for the import.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)

    def tests_of(self, path: str, first: int, last: int) -> set[str]:
        """Tests that run one of these lines, and "" if an import does."""
        of_file = self.lines.get(path, {})
        return {test for line in range(first, last + 1) for test in of_file.get(str(line), ())}


def chosen(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests that mutants are tried on, with few examples of each property."""
    for item in items:
        function = getattr(item, "obj", None)
        own = getattr(function, "_hypothesis_internal_use_settings", None)
        if own is not None and own.max_examples > _EXAMPLES:
            few = settings(own, max_examples=_EXAMPLES)
            getattr(function, "__func__", function)._hypothesis_internal_use_settings = few
    return [item for item in items if not _STARTS_ITS_OWN & set(getattr(item, "fixturenames", ()))]


class TooSlowError(BaseException):
    """A test took more than mutants have."""


def _too_slow(number: int, frame: object) -> None:
    raise TooSlowError


def cover(rooms: tuple[str, ...], packages: tuple[str, ...], kept: Path, *, old: bool) -> Cover:
    """The map, from an earlier run if nothing has changed since, or if an `old` one will do."""
    path = kept / f"cover-{_digest(rooms)}.json"
    if old and (earlier := next(kept.glob("cover-*.json"), None)):
        path = earlier
    if not path.exists():
        for outdated in kept.glob("cover-*.json"):
            outdated.unlink()
        pid = os.fork()
        if not pid:
            _run(rooms, packages, path)
        _, status = os.waitpid(pid, 0)
        if status or not path.exists():
            raise SystemExit("The tests could not be run once without any mutant.")
    return Cover(**json.loads(path.read_text()))


def _digest(rooms: tuple[str, ...]) -> str:
    hashed = hashlib.sha256(repr(rooms).encode())
    for room in ("shared", "functions", "events", "cli", "tests"):
        for path in sorted(Path(room).rglob("*.py")):
            hashed.update(str(path).encode() + path.read_bytes())
    return hashed.hexdigest()[:16]


def _run(rooms: tuple[str, ...], packages: tuple[str, ...], path: Path) -> None:
    os.environ["COVERAGE_CORE"] = "ctrace"  # the only one that knows which test is running
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    coverage = Coverage(data_file=None, config_file=False, source=list(packages))
    coverage.start()
    runner = _Runner(coverage)
    status = pytest.main([*ARGUMENTS, *rooms], plugins=[runner])
    coverage.stop()
    if status not in (0, 1):
        sys.stderr.write(f"pytest ended with {status}\n")
        os._exit(2)
    known = {_AT_IMPORT, *runner.cover.seconds}
    data, here = coverage.get_data(), Path.cwd()
    for file in data.measured_files():
        by_line = data.contexts_by_lineno(file)
        runner.cover.lines[str(Path(file).relative_to(here))] = {
            str(line): [test for test in tests if test in known] for line, tests in by_line.items()
        }
    path.write_text(json.dumps(asdict(runner.cover)))
    os._exit(0)


class _Runner:
    def __init__(self, coverage: Coverage) -> None:
        self.coverage = coverage
        self.cover = Cover()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = chosen(session.items)
        begun = time.monotonic()
        signal.signal(signal.SIGVTALRM, _too_slow)
        for number, (item, following) in enumerate(_pairs(items)):
            self.coverage.switch_context(item.nodeid)
            signal.setitimer(signal.ITIMER_VIRTUAL, _LIMIT)
            reports = runtestprotocol(item, nextitem=following, log=False)
            left, _ = signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            self.coverage.switch_context(_AT_IMPORT)
            if not left:
                self.cover.slow.append(item.nodeid)
            elif any(report.failed for report in reports):
                self.cover.failed.append(item.nodeid)
            elif any(report.when == "call" and report.passed for report in reports):
                self.cover.seconds[item.nodeid] = sum(report.duration for report in reports)
            if number % 500 == 0:
                sys.stderr.write(f"{number} of {len(items)}, {time.monotonic() - begun:.0f} s\n")
        return True


def _pairs(items: list[Any]) -> Iterator[tuple[Any, Any]]:
    return zip(items, [*items[1:], None], strict=True)


def by_file(tests: set[str], seconds: dict[str, float], budget: float) -> list[str]:
    """The quickest of every file first, then the second of every file, for so many seconds."""
    files: dict[str, list[str]] = defaultdict(list)
    for test in sorted(tests & seconds.keys(), key=lambda test: (seconds[test], test)):
        files[test.partition("::")[0]].append(test)
    ranked = sorted(
        (rank, seconds[test], test)
        for of_file in files.values()
        for rank, test in enumerate(of_file)
    )
    picked, spent = [], 0.0
    for _, cost, test in ranked:
        if spent + cost <= budget:
            picked.append(test)
            spent += cost
    return picked
