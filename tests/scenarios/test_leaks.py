"""The search for people's names in places where none may stand finds what is put there."""

import json
import time
from base64 import b64encode
from urllib.parse import quote

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from tests.scenarios.leaks import leaks, people_of, places_of

MARK = "mark7f3a91c2"
EMAIL = f"{MARK}@example.com"
PLACES = {
    "log": lambda put: put.log(f"request failed for {EMAIL}"),
    "log as JSON": lambda put: put.log(json.dumps({"who": f"“{EMAIL}”"})),
    "log in Base64": lambda put: put.log(b64encode(f"xx{EMAIL}yy".encode()).decode()),
    "log as URL": lambda put: put.log(f"GET /v1/p?value={quote(EMAIL, safe='')}"),
    "execution": lambda put: put.execution(f"run-{MARK}"),
    "metric": lambda put: put.metric(MARK),
    "alarm": lambda put: put.alarm(f"{EMAIL} got no message"),
    "queue attribute": lambda put: put.attribute(EMAIL),
    "object": lambda put: put.object(f"exports/{EMAIL}.zip"),
    "link": lambda put: put.link(f"https://api/u/{MARK}"),
}


class Stack:
    """An account with one of everything, and nobody named anywhere."""

    api_url = "https://api"

    def __init__(self) -> None:
        self.mail = []
        self.log("START"), self.execution("run-1"), self.metric("update_tags")
        self.alarm("events wait"), self.attribute("x"), self.object("exports/1.zip")
        self.link("https://api/u/abc.def")

    def client(self, service):
        return boto3.client(service, region_name="us-east-1")

    def emails(self):
        return self.mail

    def log(self, line):
        logs = self.client("logs")
        if not logs.describe_log_groups()["logGroups"]:
            logs.create_log_group(logGroupName="g")
            logs.create_log_stream(logGroupName="g", logStreamName="s")
        event = {"timestamp": int(time.time() * 1000), "message": line}
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])

    def execution(self, name):
        states = self.client("stepfunctions")
        text = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Succeed"}}})
        role = "arn:aws:iam::123456789012:role/r"
        made = states.create_state_machine(name="m", definition=text, roleArn=role)
        states.start_execution(stateMachineArn=made["stateMachineArn"], name=name)

    def metric(self, value):
        dimension = {"Name": "service", "Value": value}
        data = [{"MetricName": "People", "Dimensions": [dimension], "Value": 1}]
        self.client("cloudwatch").put_metric_data(Namespace="Rapport", MetricData=data)

    def alarm(self, text):
        self.client("cloudwatch").put_metric_alarm(
            AlarmName=f"a{len(text)}", AlarmDescription=text, MetricName="m", Namespace="n",
            Period=60, EvaluationPeriods=1, Threshold=1, Statistic="Sum",
            ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip

    def attribute(self, value):
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        told = {"who": {"DataType": "String", "StringValue": value}}
        sqs.send_message(QueueUrl=url, MessageBody=EMAIL, MessageAttributes=told)

    def object(self, key):
        s3 = self.client("s3")
        s3.create_bucket(Bucket="a-bucket")
        s3.put_object(Bucket="a-bucket", Key=key, Body=EMAIL.encode())

    def link(self, link):
        self.mail.append({"BodyHtml": f'<a href="{link}">out</a> Dear {EMAIL}'})


@pytest.fixture
def stack(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield Stack()


def test_bodies_of_messages_objects_and_emails_may_name_people(stack):
    assert leaks([EMAIL, MARK], places_of(stack)) == []


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_a_name_in_any_other_place_is_found(stack, place):
    PLACES[place](stack)
    (found,) = leaks([EMAIL, MARK], places_of(stack))
    assert MARK in found


def test_people_are_known_by_all_that_they_come_with(stack):
    dynamodb = stack.client("dynamodb")
    keys = [{"AttributeName": name, "KeyType": kind} for name, kind in (("pk", "HASH"),
                                                                      ("sk", "RANGE"))]  # fmt: skip
    kinds = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    dynamodb.create_table(
        TableName="t", KeySchema=keys, AttributeDefinitions=kinds, BillingMode="PAY_PER_REQUEST"
    )
    event = {"user_id": f"u-{MARK}", "anonymous_id": "short", "traits": {"phone": "+12125550123"}}
    traits = {"email": {"value": EMAIL}, "first_name": {"value": "Ann"}}
    for sk, body in (("EVT#1", {"body": json.dumps(event)}),
                     ("PROFILE", {"traits": json.dumps(traits)})):  # fmt: skip
        row = {"pk": "p", "sk": sk, **body}
        dynamodb.put_item(TableName="t", Item={name: {"S": text} for name, text in row.items()})
    assert people_of(stack.client, ["t"]) == {f"u-{MARK}", "+12125550123", EMAIL}


@given(st.binary(max_size=40), st.binary(max_size=40), st.text("abcdefgh-@.1é", min_size=12))
def test_it_is_found_wherever_it_stands(before, after, text):
    for spelt in (text.encode(), quote(text, safe="").encode(), b64encode(before + text.encode())):
        assert leaks([text], [("here", before + spelt + after)])
    assert leaks([text], [("here", before.replace(text.encode(), b""))]) == []
