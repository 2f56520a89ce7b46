"""What an owner may turn on: a key of their own, a firewall before the API, a budget."""

import json

import pytest

from infra.app import DATA_STACK, ENGINE_STACK, FRONT_STACK
from infra.constructs.stage import LOGGED
from tests.infra.helpers import resources, target

FRONT = "front.execute-api.eu-central-1.amazonaws.com"


@pytest.fixture(scope="module")
def protected(synthesize):
    """Everything turned on."""
    return synthesize(
        own_key=True,
        front_origin=FRONT,
        public_url="https://go.example.com/",
        monthly_budget_usd=500,
    )


@pytest.fixture(scope="module")
def stage(engine):
    (made,) = resources(engine, "ApiGatewayV2::Stage").values()
    return made["Properties"]


def test_the_stage_takes_no_more_than_its_limit(stage):
    limits = stage["DefaultRouteSettings"]
    assert limits == {"ThrottlingBurstLimit": 4000, "ThrottlingRateLimit": 2000}


def test_requests_are_logged_without_who_and_what(stage):
    assert json.loads(stage["AccessLogSettings"]["Format"]) == LOGGED
    named = " ".join(LOGGED.values()).lower()
    for told in ("path", "ip", "useragent", "authorizer", "header", "claims", "querystring"):
        assert f".{told}" not in named
        assert f"identity.{told}" not in named


def test_without_options_there_is_neither_key_nor_front_nor_budget(templates, engine, data):
    assert FRONT_STACK not in templates
    assert not resources(data, "KMS::Key")
    assert not resources(engine, "Budgets::Budget")


def test_with_a_key_everything_at_rest_is_encrypted_by_it(protected):
    data, engine = protected[DATA_STACK], protected[ENGINE_STACK]
    (key,) = resources(data, "KMS::Key")
    assert data["Resources"][key]["Properties"]["EnableKeyRotation"] is True
    assert data["Resources"][key]["DeletionPolicy"] == "Retain"
    for kind, field in (
        ("SQS::Queue", "KmsMasterKeyId"),
        ("SNS::Topic", "KmsMasterKeyId"),
        ("Logs::LogGroup", "KmsKeyId"),
        ("SecretsManager::Secret", "KmsKeyId"),
    ):
        made = resources(engine, kind)
        assert made
        for name, one in made.items():
            assert key in json.dumps(one["Properties"].get(field)), name
    for table in resources(data, "DynamoDB::Table").values():
        sse = table["Properties"]["SSESpecification"]
        assert (sse["SSEType"], target(sse["KMSMasterKeyId"])) == ("KMS", key)
    for bucket in resources(data, "S3::Bucket").values():
        (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert target(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]) == key
        assert rule["BucketKeyEnabled"] is True
    (secret,) = resources(data, "SecretsManager::Secret").values()
    assert target(secret["Properties"]["KmsKeyId"]) == key


def test_the_key_opens_only_through_services_of_this_account(protected):
    (key,) = resources(protected[DATA_STACK], "KMS::Key").values()
    account = {"Ref": "AWS::AccountId"}
    for statement in key["Properties"]["KeyPolicy"]["Statement"]:
        principal = statement["Principal"]
        if principal == {"AWS": "*"}:
            conditions = statement["Condition"]["StringEquals"]
            assert conditions["kms:CallerAccount"] == account
            assert conditions["kms:ViaService"]
        elif "Service" in principal:
            assert "aws:SourceAccount" in str(statement["Condition"]) or "logs" in str(principal)
        else:
            assert "root" in str(principal), "the account, whose policies decide"


def test_no_role_needs_more_than_before_for_the_key(protected, engine):
    """But Lambda itself, which opens the environment of a function for its role."""
    roles = resources(protected[ENGINE_STACK], "IAM::Role").keys()
    assert roles == resources(engine, "IAM::Role").keys()


def test_the_front_holds_back_per_address_and_caches_nothing(protected):
    front = protected[FRONT_STACK]
    (acl,) = resources(front, "WAFv2::WebACL").values()
    rules = {one["Name"]: one for one in acl["Properties"]["Rules"]}
    assert acl["Properties"]["Scope"] == "CLOUDFRONT"
    rates = {
        name: one["Statement"]["RateBasedStatement"]
        for name, one in rules.items()
        if "RateBasedStatement" in one["Statement"]
    }
    assert rates["operators"]["Limit"] < rates["everybody"]["Limit"]
    narrowed = [
        one["ByteMatchStatement"]
        for one in rates["operators"]["ScopeDownStatement"]["OrStatement"]["Statements"]
    ]
    assert {one["SearchString"] for one in narrowed} == {"/v1/admin/", "/v1/operator/"}
    for one in narrowed:
        spelt = [each["Type"] for each in one["TextTransformations"]]
        assert spelt == ["URL_DECODE", "NORMALIZE_PATH"], "however the path is spelt"
    assert "ScopeDownStatement" not in rates["everybody"]
    for name in rates:
        assert rules[name]["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 429
    (made,) = resources(front, "CloudFront::Distribution").values()
    settings = made["Properties"]["DistributionConfig"]
    (acl_id,) = resources(front, "WAFv2::WebACL")
    assert target(settings["WebACLId"]) == acl_id
    behavior = settings["DefaultCacheBehavior"]
    assert behavior["ViewerProtocolPolicy"] == "https-only"
    assert {"GET", "POST", "PUT", "DELETE"} <= set(behavior["AllowedMethods"])
    (origin,) = settings["Origins"]
    assert origin["DomainName"] == FRONT
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"


def test_links_of_messages_begin_with_the_public_address(protected):
    (dispatch,) = [
        one["Properties"]["Environment"]["Variables"]
        for one in resources(protected[ENGINE_STACK], "Lambda::Function").values()
        if one["Properties"]["Handler"].startswith("functions.dispatch_message.")
    ]
    assert dispatch["API_URL"] == "https://go.example.com"


def test_a_budget_warns_on_the_topic_of_alarms(protected):
    engine = protected[ENGINE_STACK]
    (budget,) = resources(engine, "Budgets::Budget").values()
    assert budget["Properties"]["Budget"]["BudgetLimit"] == {"Amount": 500, "Unit": "USD"}
    warned = budget["Properties"]["NotificationsWithSubscribers"]
    topics = {target(each["Subscribers"][0]["Address"]) for each in warned}
    assert topics <= resources(engine, "SNS::Topic").keys()
    allowed = [
        statement
        for policy in resources(engine, "SNS::TopicPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "budgets.amazonaws.com" in str(statement["Principal"])
    ]
    assert len(allowed) == 1
