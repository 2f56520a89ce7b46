"""One mutant, one fork: of a process that has imported everything, or, for data, nothing of ours.

A mutant inside of a function takes the place of the function's code object in the fork. What runs
at import (tables, limits, models) cannot be changed afterwards: there the fork imports the mutated
text. Nothing is ever written to a file.
"""

import contextlib
import gc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Literal

import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.covering import ARGUMENTS, chosen

Outcome = Literal["killed", "timed out", "survived", "no test"]

_PATIENCE = 2.0  # seconds of processor time that a test has beside ten times its own
_MEMORY = 6 << 30  # bytes of address space: a mutant that appends for ever ends by itself


@dataclass(frozen=True)
class Try:
    """A mutant with its text and the tests that it has to pass, quickest first."""

    name: str
    path: str
    source: str
    tests: Mapping[str, float]  # → the seconds that it takes without the mutant


@dataclass(frozen=True)
class Tried:
    """What became of it, which test saw it, and how long it took."""

    name: str
    outcome: Outcome
    by: str
    seconds: float


def in_functions(
    rooms: Sequence[str], tries: Sequence[Try], told: Callable[[Tried], None], control: int
) -> list[Try]:
    """Try each in a fork of one pytest session; gives back those whose code runs at import.

    Every so many mutants (`control`), the same tests run once more without the mutant: if they
    fail then, they tell nothing, and the run ends.
    """
    plugin = _InFunctions(tries, told, control)
    status = pytest.main([*ARGUMENTS, *rooms], plugins=[plugin])
    if status != 0:
        raise SystemExit(f"pytest ended with {status}")
    return plugin.left


def at_import(attempt: Try) -> Tried:
    """Try one in a fork that imports everything; for a process that has nothing of ours yet."""

    def run() -> None:
        sys.meta_path.insert(0, _Mutated(attempt))
        files = sorted({test.partition("::")[0] for test in attempt.tests})
        status = pytest.main([*ARGUMENTS, *files], plugins=[_Selected(attempt.tests)])
        os._exit(0 if status == 0 else 1)

    return _forked(attempt, lambda _: run(), extra=30)


class _InFunctions:
    def __init__(self, tries: Sequence[Try], told: Callable[[Tried], None], control: int) -> None:
        self.tries, self.told, self.control = tries, told, control
        self.left: list[Try] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in chosen(session.items)}
        functions = _functions()
        gc.collect()
        gc.freeze()
        for number, attempt in enumerate(self.tries):
            swaps = _swaps(attempt, functions)
            if not swaps:
                self.left.append(attempt)
                continue
            run = [(items[test], limit) for test, limit in attempt.tests.items()]
            if self.control and number % self.control == 0:
                clean = _forked(attempt, lambda pipe, run=run: _run(run, pipe))
                if clean.outcome != "survived":
                    raise SystemExit(f"Without any mutant: {clean}")

            def mutated(pipe: int, run: _Runs = run, swaps: _Swaps = swaps) -> None:
                for function, code in swaps:
                    function.__code__ = code
                _run(run, pipe)

            self.told(_forked(attempt, mutated))
        return True


class _Selected:
    def __init__(self, tests: Mapping[str, float]) -> None:
        self.tests = tests

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            os._exit(1)  # it could not even be imported
        items = {item.nodeid: item for item in session.items}
        # A test whose parameters come from the mutated data is another test, or gone.
        run = [(items[test], cost) for test, cost in self.tests.items() if test in items]
        _run(run, None)
        return True


_Runs = list[tuple[pytest.Item, float]]


def _run(runs: _Runs, pipe: int | None) -> None:
    following = [item for item, _ in runs[1:]]
    for (item, seconds), after in zip(runs, [*following, None], strict=True):
        signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE + 10 * seconds)
        reports = runtestprotocol(item, nextitem=after, log=False)
        if any(report.failed for report in reports):
            if pipe is not None:
                os.write(pipe, item.nodeid.encode()[:4000])
            os._exit(1)
    os._exit(0)


def _forked(attempt: Try, run: Callable[[int], None], extra: float = 5) -> Tried:
    """Run it in a fork that is ended after ten times of what its tests take."""
    begun = time.monotonic()
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            nothing = os.open(os.devnull, os.O_WRONLY)
            for stream in (1, 2):
                os.dup2(nothing, stream)
            limit = int(extra + 10 * sum(attempt.tests.values()))
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            for alarm in (signal.SIGALRM, signal.SIGVTALRM):
                signal.signal(alarm, signal.SIG_DFL)
            signal.alarm(4 * limit)  # for one that waits and uses no processor
            run(writing)
        except BaseException:
            os._exit(1)
        os._exit(3)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        by = pipe.read()
    _, status = os.waitpid(pid, 0)
    outcome: Outcome = "survived" if status == 0 else "killed"
    if os.WIFSIGNALED(status):
        by = signal.Signals(os.WTERMSIG(status)).name
        outcome = "timed out"
    return Tried(attempt.name, outcome, by, time.monotonic() - begun)


# --- code objects -----------------------------------------------------------------------------

_Key = tuple[str, str, int]
_Swaps = list[tuple[FunctionType, CodeType]]


def _key(code: CodeType) -> _Key:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _functions() -> dict[_Key, list[FunctionType]]:
    """Every function that lives, by its code."""
    found: dict[_Key, list[FunctionType]] = {}
    for thing in gc.get_objects():
        if type(thing) is FunctionType and "shared/domain" in thing.__code__.co_filename:
            found.setdefault(_key(thing.__code__), []).append(thing)
    return found


def _swaps(attempt: Try, functions: dict[_Key, list[FunctionType]]) -> _Swaps:
    """Which functions get which code; none if the mutant is not in functions alone."""
    path = str(Path(attempt.path).resolve())
    old, new = (
        compile(source, path, "exec", dont_inherit=True)
        for source in (Path(attempt.path).read_text(), attempt.source)
    )
    swaps: _Swaps = []
    for before, after in _different(old, new):
        living = functions.get(_key(before), [])
        if any(len(f.__code__.co_freevars) != len(after.co_freevars) for f in living):
            return []
        swaps += [(function, after) for function in living]
    return swaps


def _different(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Pairs of code objects, at the same places in both, that differ."""
    if old == new:
        return
    yield old, new
    inner = ([c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new))
    with contextlib.suppress(ValueError):  # a mutant may have dropped a function in a function
        yield from (
            pair for both in zip(*inner, strict=True) for pair in _different(both[0], both[1])
        )


class _Mutated(MetaPathFinder):
    """Finds the one module in its mutated text."""

    def __init__(self, attempt: Try) -> None:
        self.path, self.source = Path(attempt.path).resolve(), attempt.source
        package = self.path.name == "__init__.py"
        parts = Path(attempt.path).with_suffix("").parts
        self.module = ".".join(parts[:-1] if package else parts)
        self.places = [str(self.path.parent)] if package else None

    def find_spec(
        self, fullname: str, path: object = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.module:
            return None
        loader = _Loader(fullname, str(self.path), self.source)
        return importlib.util.spec_from_file_location(
            fullname, self.path, loader=loader, submodule_search_locations=self.places
        )


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, self.path, "exec", dont_inherit=True)
