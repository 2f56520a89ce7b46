"""Which tests run which line of the four packages, and how long each takes: one run of them all."""

import hashlib
import json
import os
import signal
import sys
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
# What starts a database of its own is left to other mutants of the same lines.
ARGUMENTS = (
    *("-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist"),
    *("--ignore=tests/functions/ingest_events", "--ignore=tests/functions/access"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
    *("-m", "not stack and not nightly"),
)
_STARTS_ITS_OWN = {"dynamodb_local"}
_AT_IMPORT = ""
_EXAMPLES = 50
_LIMIT = 8.0  # seconds of processor time for one test, while lines are noted


@dataclass
class Cover:
    """Seconds of processor time of each test that passed; by file and line, the tests that run it.

    The test named "" stands for the import.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)

    def tests_of(self, path: str, first: int, last: int) -> set[str]:
        """Tests that run one of these lines, and "" if an import does."""
        of_file = self.lines.get(path, {})
        return {test for line in range(first, last + 1) for test in of_file.get(str(line), ())}

    def forget(self, files: set[str]) -> None:
        """Strike out the tests of these files."""
        self.digests = {file: digest for file, digest in self.digests.items() if file not in files}
        self.seconds = {t: cost for t, cost in self.seconds.items() if _file_of(t) not in files}
        self.failed = [test for test in self.failed if _file_of(test) not in files]
        self.slow = [test for test in self.slow if _file_of(test) not in files]
        for by_line in self.lines.values():
            for line, tests in by_line.items():
                by_line[line] = [test for test in tests if _file_of(test) not in files]

    def add(self, news: "Cover") -> None:
        """Take in what another run has found; what it imported, it knows better."""
        self.seconds |= news.seconds
        self.failed += news.failed
        self.slow += news.slow
        for file, by_line in news.lines.items():
            known = self.lines.setdefault(file, {})
            for tests in known.values():
                tests[:] = [test for test in tests if test != _AT_IMPORT]
            for line, tests in by_line.items():
                known.setdefault(line, []).extend(tests)


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


def cover(rooms: tuple[str, ...], packages: tuple[str, ...], kept: Path) -> Cover:
    """The map; of an earlier one, the test files that changed or ran what has changed are run anew.

    A test file changes with the other modules of its folder. Whether what a test reaches outside of
    the four packages has changed is not asked: where it matters, the control runs fail.
    """
    path = kept / "cover.json"
    known = Cover(**json.loads(path.read_text())) if path.exists() else Cover()
    digests = _digests(rooms, packages)
    changed = {file for file, digest in digests.items() if known.digests.get(file) != digest}
    stale = {file for file in digests if file.startswith("tests/")} & changed
    for file in changed - stale:
        by_line = known.lines.get(file, {})
        stale |= {_file_of(test) for tests in by_line.values() for test in tests if test}
    gone = {file for file in known.digests if not Path(file).exists()}
    known.forget(stale | gone)
    known.digests |= {file: digest for file, digest in digests.items() if file not in stale}
    folders: dict[str, list[str]] = defaultdict(list)
    for file in sorted(stale & digests.keys()):
        folders[str(Path(file).parent)].append(file)
    for folder, files in folders.items():  # one by one, so that little is lost when a run is ended
        sys.stderr.write(f"which lines {folder} runs ...\n")
        news = kept / "cover-of-changes.json"
        news.unlink(missing_ok=True)
        pid = os.fork()
        if not pid:
            _run(files, packages, news)
        _, status = os.waitpid(pid, 0)
        if status or not news.exists():
            raise SystemExit("The tests could not be run once without any mutant.")
        known.add(Cover(**json.loads(news.read_text())))
        known.digests |= {file: digests[file] for file in files}
        path.write_text(json.dumps(asdict(known)))
    path.write_text(json.dumps(asdict(known)))
    known.seconds = {t: cost for t, cost in known.seconds.items() if _file_of(t) in digests}
    return known


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def _digests(rooms: tuple[str, ...], packages: tuple[str, ...]) -> dict[str, str]:
    """What each source of the packages and each test file consists of now."""
    found = {str(file): [file] for place in packages for file in Path(place).rglob("*.py")}
    ignored = tuple(a.partition("=")[2] for a in ARGUMENTS if a.startswith("--ignore="))
    for room in map(Path, rooms):
        for file in [room] if room.is_file() else room.rglob("test_*.py"):
            if not str(file).startswith(ignored):
                near = (each for each in file.parent.glob("*.py") if each.name[:5] != "test_")
                found[str(file)] = [file, *sorted(near)]
    return {
        file: hashlib.sha256(b"".join(each.read_bytes() for each in read)).hexdigest()[:16]
        for file, read in sorted(found.items())
    }


def _run(files: list[str], packages: tuple[str, ...], path: Path) -> None:
    os.environ["COVERAGE_CORE"] = "ctrace"  # the only one that knows which test is running
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    coverage = Coverage(data_file=None, config_file=False, source=list(packages))
    coverage.start()
    runner = _Runner(coverage)
    status = pytest.main([*ARGUMENTS, *files], plugins=[runner])
    coverage.stop()
    if status not in (0, 1, 5):  # 5: none of these tests is asked for
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
        signal.signal(signal.SIGVTALRM, _too_slow)
        for item, following in _pairs(items):
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
                self.cover.seconds[item.nodeid] = _LIMIT - left
        return True


def _pairs(items: list[Any]) -> Iterator[tuple[Any, Any]]:
    return zip(items, [*items[1:], None], strict=True)


def by_file(tests: set[str], seconds: dict[str, float], budget: float) -> list[str]:
    """The quickest of every file first, then the second of every file, for so many seconds."""
    files: dict[str, list[str]] = defaultdict(list)
    for test in sorted(tests & seconds.keys(), key=lambda test: (seconds[test], test)):
        files[_file_of(test)].append(test)
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
