"""Every operation of every OpenAPI document, asked all that it allows and what it does not.

Schemathesis makes the requests, from the documents that we publish, and holds each answer to them:
never a 5xx, a status and a content type that the document names, and a body of its schema.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core import NotSet
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks

from tests.crash.way import basic
from tests.fuzz.world import KEY, WRITE_KEY, World, deployed

pytestmark = pytest.mark.slow

DOCUMENTS: Final = Path(__file__).parents[2] / "docs" / "openapi"
FUNCTIONS: Final = {
    "admin": "manage_workspace",
    "ingest": "ingest_events",
    "inbox": "serve_inbox",
}
KEYS: Final = {
    "admin": {"authorization": f"Bearer {KEY}"},
    "ingest": basic(WRITE_KEY),
    "inbox": basic(WRITE_KEY),
}
CHECKS: Final = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
Asked = Counter[str]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    load_all_checks()
    with deployed() as made:
        yield made


def operations(name: str) -> list[Any]:
    document = json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))
    return [each.ok() for each in schemathesis.openapi.from_dict(document).get_all_operations()]


def ask(world: World, name: str, case: Any) -> int:
    """Ask one case of Schemathesis, and let it look at the answer; gives the status."""
    method, path, query = case.method.upper(), case.formatted_path, dict(case.query or {})
    body: str | bytes = b""
    if isinstance(case.body, bytes):
        body = case.body
    elif not isinstance(case.body, NotSet):
        body = json.dumps(case.body)
    query = {key: _text(value) for key, value in query.items()}
    answer = world.ask(FUNCTIONS[name], method, path, body, headers=KEYS[name], query=query)
    about = f"{method} {path} {query} {body[:300]!r}: {answer.text[:300]}"
    assert answer.status < 500, about
    request = requests.Request(method, "https://api.example/").prepare()
    kind = ["application/json"] if answer.body is not None else ["text/plain"]
    case.validate_response(
        Response(
            status_code=answer.status,
            headers={"content-type": kind},
            content=answer.text.encode(),
            request=request,
            elapsed=0.0,
            verify=False,
        ),
        checks=CHECKS,
    )
    return answer.status


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def ask_all(world: World, name: str, examples: int, seeded: int) -> str:
    """So many cases that are allowed and so many that are not, of each operation."""
    asked: Asked = Counter()
    of = operations(name)
    for operation in of:
        for mode in GenerationMode:

            @seed(seeded)
            @settings(
                max_examples=examples,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def one(case: Any) -> None:
                asked[f"{ask(world, name, case) // 100}xx"] += 1

            try:
                one()
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE  # nothing can be wrong with it
    said = ", ".join(f"{times:,} {status}" for status, times in sorted(asked.items()))
    assert asked.total() > len(of) * examples / 2
    return f"{name}: {len(of)} operations asked {asked.total():,} times: {said}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_operation_answers_as_its_document_says(
    world: World, name: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("counted", ask_all(world, name, examples=3, seeded=1))


@pytest.mark.nightly
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("seeded", range(3))
def test_each_operation_answers_whatever_it_is_asked(
    world: World, name: str, seeded: int, record_property: Callable[[str, object], None]
) -> None:
    record_property("counted", ask_all(world, name, examples=60, seeded=100 + seeded))


def test_every_document_is_asked() -> None:
    assert {each.stem for each in DOCUMENTS.glob("*.json")} == FUNCTIONS.keys()
