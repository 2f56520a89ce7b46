"""Logs hold names and places, and never a word of what an error was raised about."""

import ast
import io
import json
import re
from pathlib import Path

import pytest

from shared.errors import PermanentError
from shared.runtime.observability import LOGGED, logger, wordless

ROOT = Path(__file__).parents[2]
MARKER = "ada@example.com"
LEVELS = ("exception", "error", "warning", "info", "debug")


@pytest.fixture
def written(monkeypatch):
    """What a failing call logs, as text."""

    def run(fail):
        stream = io.StringIO()
        log = logger(f"test-{id(stream)}")
        log.handlers[0].stream = stream
        try:
            fail()
        except Exception:
            log.exception("it failed", extra={"step": "one"})
        return stream.getvalue()

    return run


def _no_number():
    int(MARKER)


def _chained():
    try:
        _no_number()
    except ValueError as error:
        raise KeyError(MARKER) from error


def _while_handling():
    try:
        _no_number()
    except ValueError:
        raise RuntimeError(MARKER)  # noqa: B904 - without a cause on purpose


@pytest.mark.parametrize("fail", [_no_number, _chained, _while_handling])
def test_an_exception_is_logged_without_its_text(written, fail):
    text = written(fail)

    assert MARKER not in text
    told = json.loads(text)
    assert told["message"] == "it failed"
    assert told["step"] == "one"
    assert re.search(r"ValueError at [\w.:> ]*test_observability.py:\d+$", told["exception"])
    assert "stack_trace" not in told


def test_an_error_without_words_keeps_its_name():
    error = wordless(ValueError(MARKER))

    assert type(error).__name__ == "ValueError"
    assert str(error) == ""
    ours = wordless(PermanentError(MARKER))
    assert isinstance(ours, PermanentError)
    assert MARKER not in str(ours)


def test_a_field_that_is_not_allowed_is_left_out_and_named(written, monkeypatch):
    stream = io.StringIO()
    log = logger("test-allowed")
    log.handlers[0].stream = stream
    log.info("something happened", extra={"email": MARKER, "step": "one"})

    assert MARKER not in stream.getvalue()
    told = json.loads(stream.getvalue())
    assert (told["step"], told["left_out"]) == ("one", ["email"])


def test_every_field_that_is_logged_is_one_that_cannot_hold_a_person():
    """Else the line would go without it; and every sentence is a literal, not put together."""
    found: dict[str, set[str]] = {}
    for room in ("functions", "shared"):
        for path in (ROOT / room).rglob("*.py"):
            for scope in _functions(ast.parse(path.read_text())):
                for call in _log_calls(scope):
                    assert isinstance(call.args[0], ast.Constant), f"{path}:{call.lineno}"
                    found.setdefault(str(path), set()).update(_fields(call, scope))
    assert set().union(*found.values()) - LOGGED == set()
    assert {"correlation_id", "status", "kind"} <= set().union(*found.values())


def _functions(tree):
    return [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]


def _log_calls(scope):
    """`log.info(…)`, and `level(…)` where the level was chosen before."""
    for one in ast.walk(scope):
        if isinstance(one, ast.Call) and any(each.arg == "extra" for each in one.keywords):
            yield one
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.args:
            owner = getattr(one.func.value, "attr", getattr(one.func.value, "id", ""))
            if owner in ("log", "_log") and one.func.attr in LEVELS:
                yield one


def _fields(call, scope):
    """The names in `extra`, also of what was put together in the same function."""
    given = [each.value for each in call.keywords if each.arg == "extra"]
    names = {one.id for value in given for one in ast.walk(value) if isinstance(one, ast.Name)}
    for one in ast.walk(scope):
        if isinstance(one, ast.Assign | ast.AnnAssign | ast.NamedExpr) and one.value:
            targets = one.targets if isinstance(one, ast.Assign) else [one.target]
            if any(isinstance(each, ast.Name) and each.id in names for each in targets):
                given.append(one.value)
    dicts = [one for value in given for one in ast.walk(value) if isinstance(one, ast.Dict)]
    return {key.value for one in dicts for key in one.keys if isinstance(key, ast.Constant)}
