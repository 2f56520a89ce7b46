"""The run itself, inside of a copy of the files: draw, map, try, add up."""

import argparse
import ast
import json
import marshal
import math
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests.mutants.covering import PACKAGES, ROOMS, Cover, by_file, cover
from tests.mutants.mutations import Mutant, difference, mutants_of, sources_of
from tests.mutants.trying import Tried, Try, at_import, in_functions

_CORE = "shared/domain"
_CONTROL = 20  # every so many mutants, the same tests run without the mutant


def main() -> None:
    """Try what the arguments ask for; writes results.json and survivors.diff beside the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("packages", nargs="+")
    parser.add_argument("--number", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--budget", type=float, required=True)
    parser.add_argument("--kept", type=Path, required=True)
    parser.add_argument("--part", required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--rooms", nargs="*", default=list(ROOMS))
    options = parser.parse_args()
    os.environ["RAPPORT_TEST_PROFILE"] = "mutants"
    begun = time.monotonic()
    drawn = _draw(options.packages, options.number, options.seed, options.only, options.part)
    _say(f"{len(drawn)} mutants drawn, {time.monotonic() - begun:.0f} s")
    _import_what_is_not_ours()
    rooms = tuple(options.rooms)
    places = tuple(f"{_CORE}/{name}" for name in PACKAGES)
    known = cover(rooms, places, options.kept)
    for test in known.failed:
        _say(f"fails without any mutant, left out: {test}")
    _say(f"{len(known.slow)} tests are too slow and were left out")
    _say(f"{len(known.seconds)} tests mapped, {time.monotonic() - begun:.0f} s")
    results = _try_all(drawn, known, rooms, options.kept, options.budget)
    _report(results, drawn, options.kept, options.number, options.seed)
    _say(f"{time.monotonic() - begun:.0f} s")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


# --- drawing ----------------------------------------------------------------------------------


def _draw(
    packages: list[str], number: int, seed: int, only: list[str], part: str
) -> list[tuple[Mutant, str]]:
    """So many of each package, by chance, each with its text; all of them if `number` is 0."""
    drawn: list[tuple[Mutant, str]] = []
    for package in packages:
        files = sorted(map(str, Path(_CORE, package).rglob("*.py")))
        every = [mutant for path in files for mutant in mutants_of(path)]
        if part != "all":
            every = [mutant for mutant in every if mutant.in_function is (part == "functions")]
        if only:
            every = [mutant for mutant in every if any(each in mutant.name for each in only)]
        random.Random(f"{seed}/{package}").shuffle(every)
        taken: list[tuple[Mutant, str]] = []
        # A few of them are no Python, or the same code: some more are made than are asked for.
        size = number + number // 20 + 5 if number else 1_000
        for begin in range(0, len(every), size):
            if number and len(taken) >= number:
                break
            taken += _with_text(every[begin : begin + size])
        drawn += taken[: number or None]
        _say(f"{package}: {len(every)} mutants")
    return drawn


def _with_text(mutants: list[Mutant]) -> list[tuple[Mutant, str]]:
    numbers = defaultdict(set)
    for mutant in mutants:
        numbers[mutant.path].add(mutant.number)
    texts = {path: sources_of(path, wanted) for path, wanted in numbers.items()}
    found = [(mutant, texts[mutant.path][mutant.number]) for mutant in mutants]
    return [(mutant, text) for mutant, text in found if _makes_a_difference(mutant.path, text)]


def _makes_a_difference(path: str, text: str) -> bool:
    """Whether it is Python, and not the same code in other words."""
    try:
        mutated = compile(text, path, "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return marshal.dumps(mutated) != marshal.dumps(compile(Path(path).read_text(), path, "exec"))


# --- trying -----------------------------------------------------------------------------------


def _import_what_is_not_ours() -> None:
    """Import the heavy libraries once, for all forks. None of them imports anything of ours."""
    import boto3  # noqa: F401
    import httpx  # noqa: F401
    import hypothesis.strategies  # noqa: F401
    import moto.dynamodb.models
    import moto.events.models
    import moto.sqs.models  # noqa: F401
    import pydantic  # noqa: F401
    import time_machine  # noqa: F401


def _try_all(
    drawn: list[tuple[Mutant, str]], known: Cover, rooms: tuple[str, ...], kept: Path, budget: float
) -> list[Tried]:
    results: list[Tried] = []
    loaded: list[Try] = []
    fresh: list[Try] = []
    users = _users_of_modules()
    for mutant, text in drawn:
        tests = known.tests_of(mutant.path, mutant.first, mutant.last)
        imported = not mutant.in_function or "" in tests
        if imported:
            tests = _tests_of_data(mutant, known, users)
        picked = by_file(tests, known.seconds, budget)
        if not picked:
            results.append(Tried(mutant.name, "no test", "", 0.0))
            continue
        attempt = Try(
            mutant.name, mutant.path, text, {test: known.seconds[test] for test in picked}
        )
        (fresh if imported else loaded).append(attempt)
    log = kept / "log.jsonl"
    log.write_text("")

    def told(tried: Tried) -> None:
        with log.open("a") as lines:
            lines.write(json.dumps(asdict(tried)) + "\n")

    # The session imports everything of ours, so it runs in a fork, and what it finds is in the log.
    pid = os.fork()
    if not pid:
        left = in_functions(rooms, loaded, told, _CONTROL)
        for attempt in left:
            _say(f"neither in a function nor at import: {attempt.name}")
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if status:
        raise SystemExit("The session of tests ended early.")
    for attempt in fresh:
        told(at_import(attempt))
    return results + [Tried(**json.loads(line)) for line in log.read_text().splitlines()]


def _users_of_modules() -> dict[str, set[str]]:
    """By file of the core, the files of the four packages and of the tests that import it."""
    users: dict[str, set[str]] = defaultdict(set)
    for folder in (*(Path(_CORE, package) for package in PACKAGES), Path("tests")):
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and node.module:
                    for name in (node.module, *(f"{node.module}.{a.name}" for a in node.names)):
                        users[name.replace(".", "/") + ".py"].add(str(path))
    return users


def _tests_of_data(mutant: Mutant, known: Cover, users: dict[str, set[str]]) -> set[str]:
    """Tests of the functions of the module and of its users, and tests that look at it itself."""
    near = (mutant.path, *users[mutant.path])
    of_functions = (
        test for path in near for tests in known.lines.get(path, {}).values() for test in tests
    )
    that_look = (test for test in known.seconds if test.partition("::")[0] in near)
    return {*of_functions, *that_look}


# --- adding up --------------------------------------------------------------------------------


def _report(
    results: list[Tried], drawn: list[tuple[Mutant, str]], kept: Path, number: int, seed: int
) -> None:
    texts = {mutant.name: (mutant.path, text) for mutant, text in drawn}
    lived = [tried for tried in results if tried.outcome in ("survived", "no test")]
    patches = [f"=== {t.name} ({t.outcome})\n{difference(*texts[t.name])}\n" for t in lived]
    (kept / "survivors.diff").write_text("\n".join(sorted(patches)))
    (kept / "results.json").write_text(
        json.dumps(
            {"seed": seed, "number": number, "tried": [asdict(t) for t in results]}, indent=1
        )
    )
    functions = {mutant.name for mutant, _ in drawn if mutant.in_function}
    sys.stdout.write("\n".join(_table(results, functions)) + "\n")


def _table(results: list[Tried], functions: set[str]) -> Iterator[str]:
    packages = sorted({Path(tried.name).parts[2] for tried in results})
    yield "| mutants of | tried | killed | timed out | survived | no test | share killed | 95 % |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
    for part, inside in (("functions", True), ("data", False)):
        of_part = [tried for tried in results if (tried.name in functions) is inside]
        for package in packages:
            of_package = [tried for tried in of_part if Path(tried.name).parts[2] == package]
            yield _row(f"{package}, {part}", of_package)
        yield _row(f"all, {part}", of_part)
    yield _row("all", results)


def _row(name: str, results: list[Tried]) -> str:
    outcomes = [tried.outcome for tried in results]
    counts = [outcomes.count(kind) for kind in ("killed", "timed out", "survived", "no test")]
    share, low, high = _wilson(counts[0] + counts[1], len(outcomes))
    cells = " | ".join(map(str, (len(outcomes), *counts)))
    return f"| {name} | {cells} | {share:.1%} | {low:.1%} to {high:.1%} |"


def _wilson(killed: int, tried: int) -> tuple[float, float, float]:
    """The share, and the interval that holds the true one in 95 of 100 draws."""
    if not tried:
        return 0.0, 0.0, 1.0
    share, z = killed / tried, 1.96
    middle = (share + z * z / (2 * tried)) / (1 + z * z / tried)
    half = z / (1 + z * z / tried) * math.sqrt(share * (1 - share) / tried + z * z / (4 * tried**2))
    return share, middle - half, middle + half


if __name__ == "__main__":
    main()
