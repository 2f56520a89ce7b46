"""What stood still is told in words, however many calls it takes, in both languages."""

import io
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from cli.doctor import Outside
from cli.reconcile_words import WORDS
from functions.mend_waits.usecase import Asked
from shared.aws import keys
from shared.domain.recovery.damage import Finding
from tests.cli.account import Played

NAME = "RapportEngine-MendWaits1A2B-x"
NEXT = Asked("default", only_looks=True, after=keys.Key("default#P#ada", "STATE")).to_json()
FIRST = {"found": {"ExecutionsGone": 2}, "left": {"ExecutionsGone": 2}, "next": NEXT}
LAST = {
    "found": {"ExecutionsGone": 1, "ExecutionsBehind": 4},
    "left": {"ExecutionsGone": 1, "ExecutionsBehind": 4},
    "next": None,
}
NOTHING: dict[str, Any] = {"found": {}, "left": {}, "next": None}


class Account:
    """One whose function answers this, in turn; `asked` is what it was called with."""

    def __init__(self, *answers: Any, error: str = "") -> None:
        self.asked: list[dict[str, Any]] = []
        self._answers: Iterator[Any] = iter(answers)
        self._error = error

    def client(self, service: str) -> Any:
        assert service == "lambda"
        functions = [
            {"FunctionName": "RapportEngine-Other", "Handler": "functions.run_step.handler.handle"},
            {"FunctionName": NAME, "Handler": "functions.mend_waits.handler.handle"},
        ]
        return Played("lambda", {"list_functions": {"Functions": functions}, "invoke": self.invoke})

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == NAME
        self.asked.append(json.loads(Payload)["reconcile"])
        body = json.dumps(next(self._answers)).encode()
        failed = {"FunctionError": self._error} if self._error else {}
        return {"Payload": io.BytesIO(body), **failed}


def lines(out: str) -> dict[str, list[str]]:
    """The numbers of a table, by what they are of."""
    rows = (line.rsplit(maxsplit=3) for line in out.splitlines())
    return {row[0].strip(): row[1:] for row in rows if len(row) == 4}


def test_all_calls_together_are_told_and_nothing_is_said_to_be_mended(rapport):
    account = Account(FIRST, LAST)
    rapport.outside = Outside(account=account)
    out = rapport("reconcile", "--dry-run").out
    assert lines(out)[WORDS["en"]["ExecutionsGone"]] == ["3", "0", "3"]
    assert lines(out)[WORDS["en"]["ExecutionsBehind"]] == ["4", "0", "4"]
    assert "Nothing was changed" in out
    assert [Asked.from_json(one) for one in account.asked] == [
        Asked("default", only_looks=True),
        Asked.from_json(NEXT),
    ]


def test_what_was_mended_is_what_is_not_left(rapport):
    rapport.outside = Outside(account=Account({**LAST, "left": {"ExecutionsBehind": 4}}))
    out = rapport("reconcile", "--late", "60").out
    assert lines(out)[WORDS["en"]["ExecutionsGone"]] == ["1", "1", "0"]
    assert "left to themselves" in out


def test_a_healthy_deployment_is_told_in_one_line(rapport):
    rapport.outside = Outside(account=Account(NOTHING))
    assert rapport("reconcile").out == WORDS["en"]["nothing"] + "\n"


@pytest.mark.parametrize("finding", get_args(Finding))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_finding_has_words(rapport, finding, language):
    rapport.outside = Outside(account=Account({**NOTHING, "found": {finding: 7}}))
    out = rapport("--lang", language, "reconcile").out
    assert lines(out)[WORDS[language][finding]] == ["7", "7", "0"]
    assert WORDS["en"].keys() == WORDS["zh"].keys()


def test_why_it_failed_is_said(rapport):
    broken = Account({"errorMessage": "the table is busy"}, error="Unhandled")
    rapport.outside = Outside(account=broken)
    said = rapport("reconcile")
    assert (said.code, "the table is busy" in said.err) == (1, True)
    rapport.outside = Outside(account=SimpleNamespace(client=lambda service: None))
    assert "credentials" in rapport("reconcile").err
