"""The emulated Athena takes Trino's SQL, knows views, and reads JSON as the table declares it."""

import asyncio
import base64
import gzip
import importlib
import json
from types import ModuleType

import duckdb
import pytest

from infra.local import lake_corrections

SHOP = {
    "Parameters": {"classification": "json"},
    "PartitionKeys": [{"Name": "day", "Type": "string"}],
    "StorageDescriptor": {
        "Location": "s3://lake/events/",
        "Columns": [
            {"Name": "name", "Type": "string"},
            {"Name": "at", "Type": "string"},
            {"Name": "server", "Type": "boolean"},
        ],
    },
}


def view(sql):
    said = base64.b64encode(json.dumps({"originalSql": sql}).encode()).decode()
    return {"ViewOriginalText": f"/* Presto View: {said} */"}


TABLES = {
    "rapport/events": SHOP,
    "rapport/people": view("SELECT name AS person FROM events"),
    "rapport/names": view("SELECT person FROM people WHERE person <> 'nobody'"),
}


def translated(query):
    return lake_corrections.translated(query, "rapport", TABLES)


def test_trinos_functions_become_those_of_duckdb():
    said = translated("SELECT json_extract_scalar(p, '$.a'), approx_distinct(x) FROM events")
    assert said == "SELECT p ->> '$.a', APPROX_COUNT_DISTINCT(x) FROM events"


def test_views_stand_for_their_queries_however_deep():
    inner = "(SELECT name AS person FROM events) AS people"
    middle = f"(SELECT person FROM {inner} WHERE person <> 'nobody')"
    assert translated("SELECT * FROM names n") == f"SELECT * FROM {middle} AS n"
    assert translated("SELECT * FROM rapport.names") == f"SELECT * FROM {middle} AS names"


@pytest.fixture
def athena(monkeypatch):
    """The emulator's module, mended for the time of a test."""
    module = importlib.import_module("ministack.services.athena")
    monkeypatch.setattr(module, "_table_relation", module._table_relation)
    monkeypatch.setattr(module, "_empty_relation", module._empty_relation)
    lake_corrections.read_json_as_declared(module)
    return module


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "ministack-athena-x" / "day=2026-11-22"
    folder.mkdir(parents=True)
    rows = [{"name": "a", "at": "2026-11-22T08:00:00.000Z"}, {"name": "7", "server": True}]
    plain, zipped = folder / "one", folder / "two.gz"
    plain.write_text(json.dumps(rows[0]) + "\n")
    zipped.write_bytes(gzip.compress((json.dumps(rows[1]) + "\n").encode()))
    return [str(plain), str(zipped)]


def ask(athena, files, columns="*", asks_for_path=False):
    token = lake_corrections._asks_for_path.set(asks_for_path)
    try:
        relation = athena._table_relation(SHOP, files) if files else athena._empty_relation(SHOP)
    finally:
        lake_corrections._asks_for_path.reset(token)
    return sorted(duckdb.sql(f"SELECT {columns} FROM {relation} AS t").fetchall(), key=str)


def test_texts_stay_texts_and_absent_columns_are_null(athena, files):
    assert ask(athena, files) == [
        ("7", None, True, "2026-11-22"),
        ("a", "2026-11-22T08:00:00.000Z", None, "2026-11-22"),
    ]


def test_each_row_can_say_in_which_object_it_lies(athena, files):
    assert ask(athena, files, '"$path"', asks_for_path=True) == [
        ("s3://lake/events/day=2026-11-22/one",),
        ("s3://lake/events/day=2026-11-22/two.gz",),
    ]


@pytest.mark.parametrize("asks_for_path", [False, True])
def test_a_table_without_objects_has_no_rows(athena, asks_for_path):
    assert ask(athena, [], asks_for_path=asks_for_path) == []


def test_the_rows_of_a_query_lie_at_the_address_that_is_told():
    athena = ModuleType("athena")
    told = {"OutputLocation": "s3://lake/results/q1.csv"}
    written = []

    async def save(query_id):
        written.append(f"{told['OutputLocation']}/{query_id}.csv")

    athena._executions = {"q1": {"ResultConfiguration": told}}
    athena._save_query_results = save
    lake_corrections.write_results_where_they_are_told(athena)

    asyncio.run(athena._save_query_results("q1"))

    assert written == ["s3://lake/results/q1.csv"]
    assert told == {"OutputLocation": "s3://lake/results/q1.csv"}
