"""Editors know every document that `rapport apply` takes, with its kind."""

import json
from pathlib import Path

import pytest
import yaml

from cli.documents import KINDS, Loader
from infra.document_schema import document_schema

ROOT = Path(__file__).parents[2]
FILES = sorted((*ROOT.glob("demo/workspace/*.yaml"), *ROOT.glob("playbooks/*/*.yaml")))
SCHEMA = json.loads(json.dumps(document_schema()))


def documents():
    """The schemas of documents, by kind; of a union its members."""
    found = {}
    for one in SCHEMA["oneOf"]:
        schema = SCHEMA["$defs"][one["$ref"].removeprefix("#/$defs/")]
        found.setdefault(schema["properties"]["kind"]["const"], []).append(schema)
    return found


def refs(part):
    if isinstance(part, dict):
        yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
        for value in part.values():
            yield from refs(value)
    elif isinstance(part, list):
        for value in part:
            yield from refs(value)


def test_every_kind_of_document_has_a_schema():
    assert set(documents()) == set(KINDS)


def test_every_reference_leads_somewhere():
    names = {f"#/$defs/{name}" for name in SCHEMA["$defs"]}
    assert set(refs(SCHEMA)) <= names


def test_only_a_journey_can_be_published_and_nobody_may_say_more():
    for kind, schemas in documents().items():
        for schema in schemas:
            assert ("publish" in schema["properties"]) == (kind == "journey")
            assert schema["additionalProperties"] is False
            assert "kind" in schema["required"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_the_documents_that_are_shipped_fit(file):
    known = documents()
    for document in yaml.load_all(file.read_text(encoding="utf-8"), Loader):
        if document is not None:
            assert any(
                set(schema["required"]) <= document.keys() <= schema["properties"].keys()
                for schema in known[document["kind"]]
            )
