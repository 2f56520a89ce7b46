"""Bad events are named and leave their neighbours alone; odd ones are understood."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.domain.events.check import Checked
from shared.domain.events.rejection import CODES

VECTORS = Path(__file__).parents[2] / "vectors" / "ingest"

Take = Callable[..., Checked]
Good = Callable[..., dict[str, Any]]


def cases(name: str) -> list[Any]:
    found = json.loads((VECTORS / name).read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case["name"]) for case in found]


def written_out(raw: str) -> str:
    """Fill in what a vector only counts."""
    makers = {
        "open": lambda n: "[" * n,
        "close": lambda n: "]" * n,
        "objects": lambda n: '{"a":' * n + "1" + "}" * n,
        "text": lambda n: "a" * n,
        "chinese": lambda n: "知" * n,
        "ones": lambda n: ",".join("1" * n),
    }
    return re.sub(r"<(\w+):(\d+)>", lambda found: makers[found[1]](int(found[2])), raw)


@pytest.mark.parametrize("case", cases("bad_events.json"))
def test_a_bad_event_is_named_and_its_neighbours_go_in(case: Any, take: Take, good: Good) -> None:
    text = json.dumps(case["event"]) if "event" in case else written_out(case["raw"])
    before, after = (json.dumps(good(messageId=name)) for name in ("before", "after"))

    checked = take(f'{{"batch":[{before},{text},{after}]}}'.encode())

    assert [each.event.message_id for each in checked.accepted] == ["before", "after"]
    (rejection,) = checked.rejected
    assert (rejection.index, rejection.code) == (1, case["code"])
    assert case.get("says", "") in rejection.message
    assert rejection.code in CODES
    json.dumps(rejection.to_json(), ensure_ascii=False).encode()  # can be said in an answer


@pytest.mark.parametrize("case", cases("bad_events.json"))
def test_a_bad_event_alone_is_rejected_for_the_same_reason(case: Any, take: Take) -> None:
    text = json.dumps(case["event"]) if "event" in case else written_out(case["raw"])

    checked = take(f'{{"batch":[{text}]}}'.encode())

    assert [rejection.code for rejection in checked.rejected] == [case["code"]]


@pytest.mark.parametrize("case", cases("odd_events.json"))
def test_an_odd_event_is_understood(case: Any, take: Take) -> None:
    body = {"batch": [case["event"]]} | ({"sentAt": case["sentAt"]} if "sentAt" in case else {})

    (accepted,) = take(body).accepted

    stored = json.loads(accepted.text)
    absent: dict[str, Any] = {"properties": {}, "traits": {}, "context": {}}
    assert {name: stored.get(name, absent.get(name)) for name in case["expect"]} == case["expect"]


def test_there_are_enough_bad_inputs_and_every_code_has_some() -> None:
    bad = [param.values[0] for param in cases("bad_events.json")]
    assert len(bad) >= 150
    assert {case["code"] for case in bad} == CODES.keys() - {"unauthorized"}
