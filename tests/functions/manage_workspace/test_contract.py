"""One table says what the API does: the functions, their types and the document agree with it."""

import re
from typing import Any, get_type_hints

import pytest

from functions.manage_workspace.usecase import ROUTES, find
from shared.domain.access.needs import DISCLOSES, NEEDS, READS
from shared.domain.access.roles import GRANTED
from shared.domain.workspace.api import OPERATIONS
from shared.domain.workspace.openapi import document
from shared.domain.workspace.operation import PREFIX


@pytest.fixture(scope="module")
def written():
    return document()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_has_its_function_with_its_answer(operation):
    assert get_type_hints(ROUTES[operation.name])["return"] is operation.answer


def test_no_function_is_left_out():
    assert list(ROUTES) == [operation.name for operation in OPERATIONS]


def test_every_operation_names_the_role_that_it_needs_once():
    assert NEEDS.keys() == {operation.name for operation in OPERATIONS}
    assert set(NEEDS.values()) == set(GRANTED)
    by_name = {operation.name: operation for operation in OPERATIONS}
    assert {by_name[name].method for name in DISCLOSES} == {"GET"}
    assert "GET" not in {by_name[name].method for name in READS}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_is_found_by_its_path(operation):
    path = re.sub(r"{\w+\+?}", "x", PREFIX + operation.path)
    assert find(operation.method, path)[0] is operation


def test_every_operation_is_in_the_document_once(written):
    found = {
        (verb.upper(), path): described["operationId"]
        for path, verbs in written["paths"].items()
        for verb, described in verbs.items()
    }
    assert found == {
        (one.method, (PREFIX + one.path).replace("+}", "}")): one.name for one in OPERATIONS
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_the_document_names_parameters_bodies_and_every_error(written, operation):
    path = (PREFIX + operation.path).replace("+}", "}")
    described = written["paths"][path][operation.method.lower()]
    named = [(one["name"], one["in"]) for one in described.get("parameters", [])]
    assert named == [
        *((name, "path") for name in re.findall(r"{(\w+)}", path)),
        *((query.name, "query") for query in operation.query),
    ]
    assert ("requestBody" in described) == (operation.body is not None)
    assert described["responses"].keys() == {
        *("200", "400", "401", "403", "404", "409", "413", "503")
    }
    assert described["x-rapport-role"] == NEEDS[operation.name]


def test_every_reference_leads_somewhere(written):
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [found for child in node.values() for found in references(child)]
        return (
            [found for child in node for found in references(child)]
            if isinstance(node, list)
            else []
        )

    for reference in references(written):
        place = written
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
