"""What Glue knows of the lake: tables, whose partitions are computed, and the view over them."""

import base64
import json
from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from shared.domain.lake import sql
from shared.domain.lake.tables import (
    DATABASE,
    DAY,
    DAYS_SINCE,
    PEOPLE_EVENTS,
    PEOPLE_EVENTS_COLUMNS,
    TABLES,
    Table,
)

_SERDE: Final = "org.openx.data.jsonserde.JsonSerDe"
_INPUT: Final = "org.apache.hadoop.mapred.TextInputFormat"
_OUTPUT: Final = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"


class LakeTables(Construct):
    """The database with everything in it; it costs nothing and holds no data."""

    def __init__(self, scope: Construct, construct_id: str, *, bucket: s3.IBucket) -> None:
        """Make the tables over the folders of `bucket`."""
        super().__init__(scope, construct_id)
        self._bucket = bucket
        self._database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Stack.of(self).account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=DATABASE, description="The event history of Rapport"
            ),
        )
        tables = [self._table(table) for table in TABLES]
        self._view().node.add_dependency(*tables)

    def _table(self, table: Table) -> glue.CfnTable:
        location = f"s3://{self._bucket.bucket_name}/{table.folder}"
        made = glue.CfnTable(
            self,
            table.name.title(),
            catalog_id=Stack.of(self).account,
            database_name=DATABASE,
            table_input=glue.CfnTable.TableInputProperty(
                name=table.name,
                description=table.says,
                table_type="EXTERNAL_TABLE",
                partition_keys=[
                    glue.CfnTable.ColumnProperty(
                        name=DAY, type="string", comment="UTC day of arrival"
                    )
                ],
                # Athena computes the partitions, so that nobody has to register a new day.
                parameters={
                    "EXTERNAL": "TRUE",
                    "classification": "json",
                    "projection.enabled": "true",
                    f"projection.{DAY}.type": "date",
                    f"projection.{DAY}.format": "yyyy-MM-dd",
                    f"projection.{DAY}.range": f"{DAYS_SINCE},NOW",
                    "storage.location.template": f"{location}{DAY}=${{{DAY}}}/",
                },
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=location,
                    input_format=_INPUT,
                    output_format=_OUTPUT,
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=_SERDE, parameters={"serialization.format": "1"}
                    ),
                    columns=[
                        glue.CfnTable.ColumnProperty(name=name, type=kind, comment=says)
                        for name, kind, says in table.columns
                    ],
                ),
            ),
        )
        made.node.add_dependency(self._database)
        return made

    def _view(self) -> glue.CfnTable:
        """The view as Athena itself would store it: its query and types, in base64."""
        definition = {
            "originalSql": sql.people_events(),
            "catalog": "awsdatacatalog",
            "schema": DATABASE,
            "columns": [{"name": name, "type": kind} for name, kind, _ in PEOPLE_EVENTS_COLUMNS],
        }
        encoded = base64.b64encode(json.dumps(definition).encode()).decode()
        view = glue.CfnTable(
            self,
            "PeopleEvents",
            catalog_id=Stack.of(self).account,
            database_name=DATABASE,
            table_input=glue.CfnTable.TableInputProperty(
                name=PEOPLE_EVENTS,
                description="Each event once, with the person to whom it belongs today",
                table_type="VIRTUAL_VIEW",
                parameters={"presto_view": "true", "comment": "Presto View"},
                view_original_text=f"/* Presto View: {encoded} */",
                view_expanded_text="/* Presto View */",
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[
                        glue.CfnTable.ColumnProperty(name=name, type=_hive(kind), comment=says)
                        for name, kind, says in PEOPLE_EVENTS_COLUMNS
                    ],
                    serde_info=glue.CfnTable.SerdeInfoProperty(),
                ),
            ),
        )
        view.node.add_dependency(self._database)
        return view


def _hive(kind: str) -> str:
    """The name that Glue has for a type of a view's column."""
    return {"varchar": "string", "timestamp(3)": "timestamp"}.get(kind, kind)
