"""Where the emulated Athena differs from the real one, and the mending.

The emulator hands a query to DuckDB as it is. Real queries are in Trino's dialect, may name views,
read JSON by the columns that the table declares, and may ask for the object behind a row (`$path`).
"""

import base64
import json
import re
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from types import ModuleType
from typing import Any, Final

_VIEW: Final = re.compile(r"/\* Presto View: (?P<definition>\S+) \*/")
_WORK_FOLDER: Final = re.compile(r".*/ministack-athena-[^/]+/")
_PATH: Final = '"$path"'
_TYPES: Final = {"string": "VARCHAR", "boolean": "BOOLEAN"}

_asks_for_path: ContextVar[bool] = ContextVar("asks_for_path", default=False)


def apply(athena: ModuleType, glue: ModuleType, firehose: ModuleType, actions: ModuleType) -> None:
    """Mend Athena, so that the queries of the product are those that it would take on AWS."""
    speak_trino(athena, glue)
    read_json_as_declared(athena)
    write_results_where_they_are_told(athena)
    forget_what_was_delivered(firehose)
    judge_queries_by_their_workgroup(actions, athena)


def speak_trino(athena: ModuleType, glue: ModuleType) -> None:
    """Put views in their place and translate what is asked to DuckDB's dialect."""
    run: Callable[..., Any] = athena._run_duckdb

    @wraps(run)
    async def run_translated(query: str, database: str, catalog: str | None = None) -> Any:
        _asks_for_path.set(_PATH in query)
        return await run(translated(query, database, glue._tables), database, catalog)

    athena.__dict__["_run_duckdb"] = run_translated


def translated(query: str, database: str, tables: Any) -> str:
    """A query of Athena's in DuckDB's dialect, its views replaced by what they stand for."""
    from sqlglot import exp, parse_one  # when somebody asks; it takes as long as half a start

    def put_views_in(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Table):
            return node
        stored = tables.get(f"{node.db or database}/{node.name}") or {}
        view = _VIEW.fullmatch(stored.get("ViewOriginalText") or "")
        if view is None:
            return node
        said = json.loads(base64.b64decode(view["definition"]))["originalSql"]
        inner = parse_one(said, read="athena").transform(put_views_in)
        return exp.Subquery(
            this=inner, alias=exp.TableAlias(this=exp.to_identifier(node.alias_or_name))
        )

    return parse_one(query, read="athena").transform(put_views_in).sql(dialect="duckdb")


def read_json_as_declared(athena: ModuleType) -> None:
    """Read JSON lines with the columns of the table, where the emulator guesses them."""
    relation: Callable[..., str] = athena._table_relation
    empty: Callable[..., str] = athena._empty_relation

    @wraps(relation)
    def declared(table: dict[str, Any], files: list[str]) -> str:
        if athena._data_format(table) != "json":
            return relation(table, files)
        storage = table["StorageDescriptor"]
        columns = ", ".join(
            f"'{column['Name']}': '{_TYPES[column['Type']]}'" for column in storage["Columns"]
        )
        names = ", ".join(
            f'"{column["Name"]}"' for column in (*storage["Columns"], *table["PartitionKeys"])
        )
        partitions = athena._path_partition_keys(table, files)
        options = f"format = 'newline_delimited', {athena._hive_options(partitions)}"
        rows = f"read_json({athena._sql_list(files)}, columns = {{{columns}}}, {options}"
        if not _asks_for_path.get():
            return f"(SELECT {names} FROM {rows}))"
        start = len(_WORK_FOLDER.match(files[0])[0]) + 1  # type: ignore[index]
        # In two parts, because the emulator takes every text that begins so for a file to read.
        address = f"'s3:' || '{storage['Location'].removeprefix('s3:')}'"
        path = f'{address} || substr("$file", {start}) AS {_PATH}'
        return f"(SELECT {names}, {path} FROM {rows}, filename = '$file'))"

    @wraps(empty)
    def declared_empty(table: dict[str, Any]) -> str:
        if not _asks_for_path.get():
            return empty(table)
        return f"(SELECT *, '' AS {_PATH} FROM {empty(table)})"

    athena.__dict__["_table_relation"] = declared
    athena.__dict__["_empty_relation"] = declared_empty


def write_results_where_they_are_told(athena: ModuleType) -> None:
    """Put the rows of a query at the address that it tells, where the emulator adds the name twice.

    A result that is `results/1.csv` by its own word would lie under `results/1.csv/1.csv`.
    """
    save: Callable[[str], Any] = athena._save_query_results

    @wraps(save)
    async def save_as_told(query_id: str) -> Any:
        told = athena._executions[query_id]["ResultConfiguration"]
        address = told["OutputLocation"]
        told["OutputLocation"] = address.removesuffix(f"/{query_id}.csv")
        try:
            return await save(query_id)
        finally:
            told["OutputLocation"] = address

    athena.__dict__["_save_query_results"] = save_as_told


def forget_what_was_delivered(firehose: ModuleType) -> None:
    """Do not keep every record in memory for ever once it lies in S3."""
    deliver: Callable[..., Any] = firehose._deliver_records_to_s3

    @wraps(deliver)
    def deliver_and_forget(stream: Any, destination: Any, records: Any) -> Any:
        try:
            return deliver(stream, destination, records)
        finally:
            destination["records"].clear()

    firehose.__dict__["_deliver_records_to_s3"] = deliver_and_forget


def judge_queries_by_their_workgroup(actions: ModuleType, athena: ModuleType) -> None:
    """Allow looking at a query, and stopping it, to whoever may use its workgroup."""
    extract: Callable[..., str] = actions.extract_resource_arn

    @wraps(extract)
    def extract_workgroup(
        service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
    ) -> str:
        resource = extract(service, method, path, headers, body, *rest)
        if service != "athena" or resource != "*":
            return resource
        query = athena._executions.get(actions._safe_json_field(body, "QueryExecutionId"))
        if query is None:
            return resource
        named = json.dumps({"WorkGroup": query["WorkGroup"]}).encode()
        return extract(service, method, path, headers, named, *rest)

    actions.__dict__["extract_resource_arn"] = extract_workgroup
