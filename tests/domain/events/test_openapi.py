"""The committed document of the ingest API is the one that the code writes."""

import json
from pathlib import Path
from typing import Any

from shared.domain.events.openapi import document
from shared.domain.events.rejection import CODES
from shared.domain.events.routes import ROUTES

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi" / "ingest.json"


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(references(inner) for inner in value))
    return set()


def test_the_committed_document_is_current() -> None:
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == document()


def test_every_route_and_every_code_is_in_it() -> None:
    written = document()
    assert {path for path, item in written["paths"].items() if "post" in item} == set(ROUTES)
    assert written["components"]["schemas"]["Rejection"]["properties"]["code"]["enum"] == [*CODES]
    names = [item[verb]["operationId"] for item in written["paths"].values() for verb in item]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere() -> None:
    written = document()
    for reference in references(written):
        place: Any = written
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def test_the_page_for_people_names_every_code() -> None:
    page = (COMMITTED.parents[1] / "events.md").read_text(encoding="utf-8")
    assert [code for code in CODES if f"`{code}`" not in page] == []
