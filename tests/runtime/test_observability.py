"""Logs hold names and places, and never a word of what an error was raised about."""

import io
import json
import re
from pathlib import Path

import pytest

from shared.errors import PermanentError
from shared.runtime import observability
from shared.runtime.observability import logger, wordless

ROOT = Path(__file__).parents[2]
MARKER = "ada@example.com"


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


# What a log may say, beside a sentence of ours: ids that we made, names of things that operators
# made, counts, reasons of ours. Whoever adds one here has looked at what it can hold.
ALLOWED = {
    *("at", "cause", "error", "status"),
    *("action", "stage", "step", "sqs_message_id", "sequence_number"),
    *("audience_id", "backtest_id", "broadcast_id", "erasure_id", "export_id"),
    *("import_id", "profile_id", "review_id"),
    *("build", "people", "tags", "task"),  # counts, numbers, names of ours
    *("reason", "reasons"),
}


def test_every_field_that_is_logged_is_one_that_cannot_hold_a_person():
    found: set[str] = set()
    for room in ("functions", "shared"):
        for path in (ROOT / room).rglob("*.py"):
            for call in re.finditer(
                r"log\.(?:exception|error|warning|info|debug)\((.*?)\)\n", path.read_text(), re.S
            ):
                found |= set(re.findall(r'"(\w+)":', call[1]))
                assert 'f"' not in call[1], f"{path}: a message is a sentence of ours"
    assert found <= ALLOWED, found - ALLOWED
    assert observability.NAMESPACE == "Rapport"
