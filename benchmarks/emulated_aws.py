"""An emulated AWS in a process of its own, with the resources that the handlers need.

The handlers run in this process, so that their processor time can be told from the emulator's.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import boto3

from infra.local.emulator import REGION, Emulator

ROOT = Path(__file__).parent.parent
PROFILES, CATALOG, BUS, LAKE = "profiles", "catalog", "bus", "lake"
ADMIN_KEY = "the-admin-key-of-the-benchmark"
# Whoever does something is judged by new definitions at once, and here everybody does.
_NOTHING_TO_BUILD = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}


@dataclass
class EmulatedAws:
    """Clients that are not metered, and the queues' addresses.

    `dynamodb` is the address of tables that lie elsewhere.
    """

    endpoint: str
    dynamodb: str = ""
    queues: dict[str, str] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)
    heard: dict[str, str] = field(default_factory=dict)  # by shard, where to go on

    def client(self, service: str) -> Any:  # noqa: ANN401
        """A client whose calls nobody counts."""
        if service not in self.clients:
            elsewhere = self.dynamodb if service.startswith("dynamodb") else ""
            self.clients[service] = boto3.client(
                service,
                endpoint_url=elsewhere or self.endpoint,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self.clients[service]

    def drain(self, queue: str) -> Iterator[list[dict[str, str]]]:
        """Take everything out of a queue, in batches of ten, as Lambda gets them."""
        sqs, url = self.client("sqs"), self.queues[queue]
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            yield [
                {"messageId": message["MessageId"], "body": message["Body"]} for message in messages
            ]

    def stream(self) -> Iterator[dict[str, Any]]:
        """Every change of the profiles table so far, oldest first, as Lambda gets it."""
        self.heard.clear()
        yield from self.news()

    def news(self) -> Iterator[dict[str, Any]]:
        """The changes since the last time that somebody asked."""
        streams = self.client("dynamodbstreams")
        arn = self.client("dynamodb").describe_table(TableName=PROFILES)["Table"]["LatestStreamArn"]
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            name = shard["ShardId"]
            iterator = (
                self.heard.get(name)
                or streams.get_shard_iterator(
                    StreamArn=arn, ShardId=name, ShardIteratorType="TRIM_HORIZON"
                )["ShardIterator"]
            )
            while iterator:
                page = streams.get_records(ShardIterator=iterator, Limit=1000)
                yield from page["Records"]
                iterator = page.get("NextShardIterator")
                self.heard[name] = iterator or ""
                if not page["Records"]:
                    break


@contextmanager
def emulated_aws(dynamodb: str = "") -> Iterator[EmulatedAws]:
    """Start it, make tables, queues, bus and secret, and point this process's handlers at it.

    With the address of another DynamoDB the tables lie there.
    """
    emulator = Emulator.start(ROOT / ".local" / "logs" / "bench.log")
    try:
        emulator.wait()
        aws = EmulatedAws(emulator.endpoint, dynamodb)
        os.environ.update(
            AWS_ENDPOINT_URL=emulator.endpoint,
            AWS_ENDPOINT_URL_DYNAMODB=dynamodb or emulator.endpoint,
            AWS_DEFAULT_REGION=REGION,
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            POWERTOOLS_METRICS_NAMESPACE="Rapport",
            AWS_LAMBDA_FUNCTION_NAME="bench",
        )
        for make in (_make_tables, _make_queues, _make_rest, _make_lake):
            os.environ.update(make(aws))
        yield aws
    finally:
        emulator.stop()


def _make_tables(aws: EmulatedAws) -> dict[str, str]:
    dynamodb = aws.client("dynamodb")
    for table, stream in ((PROFILES, True), (CATALOG, False)):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
            ],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": stream}
            | ({"StreamViewType": "NEW_IMAGE"} if stream else {}),
        )
    return {"PROFILES_TABLE": PROFILES, "CATALOG_TABLE": CATALOG}


# By the variable that names it; where nobody looks at what was sent, one queue is as good.
_QUEUES: Final = {
    "EVENTS_QUEUE_URL": "events",
    "DEAD_LETTER_QUEUE_URL": "events-dead",
    "MESSAGES_QUEUE_URL": "messages",
    "BROADCAST_QUEUE_URL": "messages",
    "FEEDBACK_QUEUE_URL": "messages",
    "ACTIONS_QUEUE_URL": "actions",
    "DUE_QUEUE_URL": "due",
    "WAKES_QUEUE_URL": "wakes",
    "OUTBOUND_QUEUE_URL": "outbound",
    "IMPORTS_QUEUE_URL": "events",
    "EXPORT_QUEUE_URL": "events",
    "ERASURE_QUEUE_URL": "events",
    "REVIEW_QUEUE_URL": "events",
    "AUDIENCE_QUEUE_URL": "events",
    "BACKTEST_QUEUE_URL": "events",
    "REPLAY_QUEUE_URL": "events",
}


def _make_queues(aws: EmulatedAws) -> dict[str, str]:
    sqs = aws.client("sqs")
    for queue in dict.fromkeys(_QUEUES.values()):
        aws.queues[queue] = sqs.create_queue(QueueName=queue)["QueueUrl"]
    return {variable: aws.queues[queue] for variable, queue in _QUEUES.items()}


def _make_rest(aws: EmulatedAws) -> dict[str, str]:
    aws.client("events").create_event_bus(Name=BUS)
    aws.client("sesv2").create_email_identity(EmailIdentity="example.com")
    role = aws.client("iam").create_role(RoleName="journeys", AssumeRolePolicyDocument="{}")["Role"]
    builds = aws.client("stepfunctions").create_state_machine(
        name="builds", roleArn=role["Arn"], definition=json.dumps(_NOTHING_TO_BUILD)
    )["stateMachineArn"]
    secrets = aws.client("secretsmanager")
    functions = f"arn:aws:lambda:{REGION}:000000000000:function"
    return {
        "BUS_NAME": BUS,
        "TOPIC_ARN": f"arn:aws:sns:{REGION}:000000000000:notifications",
        "API_URL": "https://links.example",
        "CONFIGURATION_SET": "",
        "SES_TENANT": "",
        "PROVIDER_BASES": "{}",
        "ADMIN_KEY_SECRET_ARN": secrets.create_secret(Name="admin", SecretString=ADMIN_KEY)["ARN"],
        "IDENTITY_SECRET_ARN": secrets.create_secret(Name="identity", SecretString="s" * 64)["ARN"],
        "LAKE_WORKGROUP": "rapport",
        "IMPORTS_BUCKET": "imports",
        "ARCHIVE_BUCKET": "archives",
        "BUILD_MACHINE_ARN": builds,
        "MOVE_MACHINE_ARN": builds,
        "BROADCAST_MACHINE_ARN": builds,
        "JOURNEY_ROLE_ARN": role["Arn"],
        "DISPATCH_MESSAGE_ARN": f"{functions}:dispatch-message",
        "RUN_STEP_ARN": f"{functions}:run-step",
    }


def _make_lake(aws: EmulatedAws) -> dict[str, str]:
    aws.client("s3").create_bucket(Bucket=LAKE)
    for table in ("events", "identities"):
        aws.client("firehose").create_delivery_stream(
            DeliveryStreamName=table,
            ExtendedS3DestinationConfiguration={
                "BucketARN": f"arn:aws:s3:::{LAKE}",
                "RoleARN": "arn:aws:iam::000000000000:role/lake",
                "Prefix": f"{table}/",
            },
        )
    return {"EVENTS_STREAM": "events", "IDENTITIES_STREAM": "identities"}


def http_request(method: str, path: str, body: bytes, authorization: str) -> dict[str, Any]:
    """An HTTP API request, payload format 2.0."""
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {"authorization": authorization, "content-type": "application/json"},
        "requestContext": {
            "http": {"method": method, "path": path},
            "timeEpoch": int(time.time() * 1000),
            "stage": "$default",
            "requestId": "bench",
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def administrate(handle: Callable[..., Any], method: str, path: str, body: object) -> Any:  # noqa: ANN401
    """Ask the admin API; raises AssertionError with its answer when it refuses."""
    request = http_request(
        method, f"/v1/admin{path}", json.dumps(body).encode(), f"Bearer {ADMIN_KEY}"
    )
    answer = handle(request, Context())
    if answer["statusCode"] >= 300:
        raise AssertionError(f"{method} {path}: {answer['body']}")
    return json.loads(answer["body"])


class Context:
    """What a handler may ask of Lambda."""

    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:bench"
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        """Plenty."""
        return 60_000
