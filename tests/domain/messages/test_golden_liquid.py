"""Liquid means here what it means elsewhere: whatever python-liquid gets right, rendering does.

The cases are those of golden-liquid. Where rendering refuses one on purpose, the reason is here.
"""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from liquid import DictLoader, Environment, Mode, StrictUndefined
from liquid.exceptions import LiquidError, UndefinedError

from shared.domain.messages.liquid_engine import render

VECTORS: Final = Path(__file__).parents[2] / "vectors" / "golden_liquid.json"
ROOMS: Final[dict[str, list[dict[str, Any]]]] = json.loads(VECTORS.read_text())["rooms"]
NOW: Final = datetime(2026, 11, 22, tzinfo=UTC)

# What is refused on purpose, beside showing a variable that is not there.
PARTIALS = "blocks are put in their places when a template is saved, so nothing is read later"
NO_DATE = "a text that is no date would be sent as it stands"
REFUSED: Final = {
    "include_tag": PARTIALS,
    "render_tag": PARTIALS,
    "date_filter: negative timestamp string": NO_DATE,
}


def reference(case: dict[str, Any], *, html: bool, strict: bool = False) -> str | LiquidError:
    """What python-liquid by itself says of a case."""
    environment = Environment(
        loader=DictLoader(case.get("partials", {})), tolerance=Mode.STRICT, autoescape=html
    )
    if strict:
        environment.undefined = StrictUndefined
    try:
        return environment.from_string(case["template"]).render(**case.get("globals", {}))
    except LiquidError as error:
        return error


def ours(case: dict[str, Any], *, html: bool) -> str | LiquidError:
    try:
        return render(case["template"], case.get("globals", {}), NOW, html=html)
    except LiquidError as error:
        return error


def as_asked(case: dict[str, Any], got: str | LiquidError) -> bool:
    if case.get("error"):
        return isinstance(got, LiquidError)
    return bool(got == case["expect"])


def why_refused(room: str, case: dict[str, Any]) -> str:
    """The reason why rendering may refuse a case; empty where there is none."""
    if reason := REFUSED.get(room) or REFUSED.get(f"{room}: {case['name']}"):
        return reason
    strict = reference(case, html=False, strict=True)
    return "a variable that is not there" if isinstance(strict, UndefinedError) else ""


@pytest.mark.parametrize("room", ROOMS)
def test_what_python_liquid_gets_right_is_right_here(room: str):
    for case in ROOMS[room]:
        if not as_asked(case, reference(case, html=False)):
            continue  # python-liquid has it otherwise itself
        for html in (False, True):
            expected, got = reference(case, html=html), ours(case, html=html)
            if isinstance(got, LiquidError) and not isinstance(expected, LiquidError):
                assert why_refused(room, case), (case, got)
            elif isinstance(expected, LiquidError):
                assert isinstance(got, LiquidError), case
            else:
                assert got == expected, case


def test_nearly_all_cases_are_rendered_and_the_others_are_few_and_known():
    said = Counter[str]()
    for room, cases in ROOMS.items():
        for case in cases:
            if not as_asked(case, reference(case, html=False)):
                said["python-liquid has it otherwise"] += 1
            elif as_asked(case, ours(case, html=False)):
                said["the same"] += 1
            else:
                said[why_refused(room, case)] += 1

    assert said == {
        "the same": 757,
        "a variable that is not there": 98,
        PARTIALS: 34,
        "python-liquid has it otherwise": 9,
        NO_DATE: 1,
    }
