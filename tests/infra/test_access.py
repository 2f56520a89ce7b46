"""Who gets in, as the templates say it: every way of operators is guarded, and the trail lasts."""

import json

from shared.domain.access.operators import group_of
from shared.domain.access.roles import GRANTED
from shared.domain.workspace.operation import OPERATOR_PREFIX, PREFIX
from tests.infra.helpers import resources


def routes(engine):
    found = resources(engine, "ApiGatewayV2::Route").values()
    return {route["Properties"]["RouteKey"]: route["Properties"] for route in found}


def test_every_way_of_operators_asks_for_a_token_and_no_other_one_does(engine):
    guarded = {
        key for key, route in routes(engine).items() if route.get("AuthorizationType") == "JWT"
    }
    methods = ("GET", "PUT", "POST", "DELETE")
    assert guarded == {f"{method} {OPERATOR_PREFIX}/{{proxy+}}" for method in methods}
    assert {key for key in routes(engine) if OPERATOR_PREFIX in key} == guarded
    assert f"ANY {PREFIX}/{{proxy+}}" in routes(engine)
    (authorizer,) = resources(engine, "ApiGatewayV2::Authorizer")
    assert {routes(engine)[key]["AuthorizerId"]["Ref"] for key in guarded} == {authorizer}


def test_tokens_are_those_of_our_pool_for_our_client(engine, data):
    (authorizer,) = resources(engine, "ApiGatewayV2::Authorizer").values()
    properties = authorizer["Properties"]
    assert properties["AuthorizerType"] == "JWT"
    assert properties["IdentitySource"] == ["$request.header.Authorization"]
    ((pool, _),) = resources(data, "Cognito::UserPool").items()
    ((client, _),) = resources(data, "Cognito::UserPoolClient").items()
    said = properties["JwtConfiguration"]
    (audience,) = said["Audience"]
    assert client in json.dumps(audience)
    assert pool in json.dumps(said["Issuer"])
    assert "https://" in json.dumps(said["Issuer"])


def test_nobody_signs_up_and_users_are_kept(data):
    (pool,) = resources(data, "Cognito::UserPool").values()
    assert pool["Properties"]["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"
    assert pool["DeletionPolicy"] == "Retain"
    (client,) = resources(data, "Cognito::UserPoolClient").values()
    assert client["Properties"]["AccessTokenValidity"] <= 15
    assert "ALLOW_USER_PASSWORD_AUTH" not in client["Properties"]["ExplicitAuthFlows"]


def test_there_is_a_group_for_each_role(data):
    groups = {
        group["Properties"]["GroupName"]
        for group in resources(data, "Cognito::UserPoolGroup").values()
    }
    assert groups == {group_of("default", role) for role in GRANTED}


def test_nobody_may_change_or_delete_a_line_of_the_audit_trail(data):
    policies = [
        table["Properties"]["ResourcePolicy"]["PolicyDocument"]
        for name, table in resources(data, "DynamoDB::Table").items()
        if name.startswith("Catalog")
    ]
    [[statement]] = [policy["Statement"] for policy in policies]
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] in ({"AWS": "*"}, "*")
    assert {"dynamodb:UpdateItem", "dynamodb:DeleteItem"} <= set(statement["Action"])
    assert statement["Condition"] == {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["*#U"]}}


def test_ingest_changes_nothing_in_the_catalog_but_rates(engine):
    written = [
        statement
        for name, policy in resources(engine, "IAM::Policy").items()
        if name.startswith("IngestEvents")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "dynamodb:UpdateItem" in statement["Action"]
    ]
    [statement] = written
    assert statement["Action"] == "dynamodb:UpdateItem"
    keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert keys == ["default#F#*"]
