"""The lake is closed, small in what it bills, and read and written by nobody who need not."""

import base64
import json
import re

import pytest

from infra.app import DATA_STACK
from shared.aws.lake_eraser import LAG_SECONDS
from shared.domain.lake import sql
from shared.domain.lake.tables import EVENTS, IDENTITIES, PEOPLE_EVENTS_COLUMNS
from tests.infra.helpers import listed, resources, statements, target

pytestmark = pytest.mark.slow


def bucket(data):
    (made,) = (
        (name, made)
        for name, made in resources(data, "S3::Bucket").items()
        if name.startswith("Lake")
    )
    return made


def glue_tables(data):
    return {
        table["Properties"]["TableInput"]["Name"]: table["Properties"]["TableInput"]
        for table in resources(data, "Glue::Table").values()
    }


def streams(data):
    return {
        stream["Properties"]["ExtendedS3DestinationConfiguration"]["Prefix"].split("/")[0]: (
            name,
            stream["Properties"],
        )
        for name, stream in resources(data, "KinesisFirehose::DeliveryStream").items()
    }


def text_of(value):
    """A joined text, with `{}` for what is only known when it is deployed."""
    if isinstance(value, str):
        return value
    return "".join(part if isinstance(part, str) else "{}" for part in value["Fn::Join"][1])


def test_the_bucket_is_encrypted_private_and_refuses_plain_connections(data):
    name, made = bucket(data)
    properties = made["Properties"]
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    (policy,) = (
        policy
        for policy in resources(data, "S3::BucketPolicy").values()
        if target(policy["Properties"]["Bucket"]) == name
    )
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_no_older_version_of_an_erased_row_is_kept(data):
    _, made = bucket(data)
    assert "VersioningConfiguration" not in made["Properties"]
    assert "ReplicationConfiguration" not in made["Properties"]


def test_results_of_queries_are_copies_and_go_after_a_day(data):
    _, made = bucket(data)
    rules = made["Properties"]["LifecycleConfiguration"]["Rules"]
    expiry = {rule.get("Prefix"): rule.get("ExpirationInDays") for rule in rules}
    assert expiry["results/"] == 1
    assert not {"events/", "identities/", ""} & {p for p, days in expiry.items() if days}


def test_the_history_outlives_its_stack_unless_it_is_a_throw_away(data, synthesize):
    assert bucket(data)[1]["DeletionPolicy"] == "Retain"
    assert bucket(synthesize(retain="false")[DATA_STACK])[1]["DeletionPolicy"] == "Delete"


def test_each_stream_fills_its_table_by_day_of_arrival(data):
    assert streams(data).keys() == {EVENTS.name, IDENTITIES.name}
    for table, (_, properties) in streams(data).items():
        s3 = properties["ExtendedS3DestinationConfiguration"]
        assert s3["Prefix"] == f"{table}/day=!{{timestamp:yyyy-MM-dd}}/"
        assert not s3["ErrorOutputPrefix"].startswith(table)
        assert s3["CompressionFormat"] == "GZIP"
        assert "ProcessingConfiguration" not in s3, "every processing step has a price"
        assert properties["DeliveryStreamEncryptionConfigurationInput"]


def test_tables_need_nobody_to_register_a_day(data):
    for table in (EVENTS, IDENTITIES):
        made = glue_tables(data)[table.name]
        assert made["Parameters"]["projection.enabled"] == "true"
        template = text_of(made["Parameters"]["storage.location.template"])
        assert re.fullmatch(rf"s3://{{}}/{table.name}/day=\${{day}}/", template)
        assert text_of(made["StorageDescriptor"]["Location"]) == f"s3://{{}}/{table.name}/"
        assert [key["Name"] for key in made["PartitionKeys"]] == ["day"]
        columns = [(c["Name"], c["Type"]) for c in made["StorageDescriptor"]["Columns"]]
        assert columns == [(column.name, column.type) for column in table.columns]


def test_the_view_is_the_query_of_the_core_with_its_types(data):
    text = glue_tables(data)["people_events"]["ViewOriginalText"]
    encoded = re.fullmatch(r"/\* Presto View: (.+) \*/", text)[1]
    definition = json.loads(base64.b64decode(encoded))
    assert definition["originalSql"] == sql.people_events()
    assert definition["schema"] == "rapport"
    assert [tuple(c.values()) for c in definition["columns"]] == [
        column[:2] for column in PEOPLE_EVENTS_COLUMNS
    ]


def test_a_query_may_scan_only_so_much_and_its_result_is_encrypted(data):
    (workgroup,) = resources(data, "Athena::WorkGroup").values()
    limits = workgroup["Properties"]["WorkGroupConfiguration"]
    assert limits["EnforceWorkGroupConfiguration"] is True
    assert limits["BytesScannedCutoffPerQuery"] == 100 * 2**30
    results = limits["ResultConfiguration"]
    assert text_of(results["OutputLocation"]) == "s3://{}/results/"
    assert results["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}


def test_firehose_may_write_and_not_read(data):
    actions = {
        action
        for _, statement in statements(data)
        for action in listed(statement["Action"])
        if action.startswith("s3:")
    }
    assert "s3:PutObject" in actions
    assert not actions & {"s3:GetObject", "s3:DeleteObject", "s3:*"}


def test_only_write_lake_puts_rows_into_the_lake(engine):
    writers = {
        name[: len("WriteLake")]
        for name, statement in statements(engine)
        if "firehose:PutRecordBatch" in listed(statement["Action"])
    }
    assert writers == {"WriteLake"}


def test_a_lake_that_falls_behind_raises_an_alarm(engine):
    watched = [
        alarm["Properties"]
        for alarm in resources(engine, "CloudWatch::Alarm").values()
        if alarm["Properties"].get("Namespace") == "AWS/Firehose"
    ]
    assert [alarm["MetricName"] for alarm in watched] == ["DeliveryToS3.DataFreshness"] * 2


def test_a_writer_that_falls_behind_the_stream_raises_an_alarm(engine):
    (alarm,) = [
        alarm["Properties"]
        for alarm in resources(engine, "CloudWatch::Alarm").values()
        if alarm["Properties"]["AlarmName"] == "rapport-stream-behind-write_lake"
    ]
    untold = alarm["Threshold"] / 1000
    assert untold > 0
    window, buffer = 60, 300
    assert window + untold + buffer < LAG_SECONDS, "an erasure counts on it"


def test_the_lake_reads_the_stream_beside_update_tags_and_in_large_batches(engine):
    batches = sorted(
        (m["Properties"]["BatchSize"], m["Properties"].get("MaximumBatchingWindowInSeconds", 0))
        for m in resources(engine, "Lambda::EventSourceMapping").values()
        if m["Properties"].get("StartingPosition")
    )
    assert batches == [(100, 0), (1_000, 60)]
