"""Data outlives deployments, the API takes what SDKs send, and the templates are sound."""

import json

import pytest

from infra.app import DATA_STACK, ENGINE_STACK
from infra.constructs.api import CALLBACK_ROUTES, LINK_ROUTES
from infra.constructs.platform import Platform
from shared.release import release
from tests.infra.helpers import resources

pytestmark = pytest.mark.slow


def tables(data):
    return resources(data, "DynamoDB::Table")


def test_both_tables_are_kept_encrypted_and_recoverable(data):
    assert len(tables(data)) == 2
    for table in tables(data).values():
        properties = table["Properties"]
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
        assert properties["DeletionProtectionEnabled"] is True
        assert properties["SSESpecification"] == {"SSEEnabled": True}
        assert properties["PointInTimeRecoverySpecification"] == {
            "PointInTimeRecoveryEnabled": True
        }
        assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_a_throw_away_stack_leaves_nothing_behind(synthesize):
    for table in tables(synthesize(retain="false")[DATA_STACK]).values():
        assert table["DeletionPolicy"] == "Delete"
        assert table["Properties"]["DeletionProtectionEnabled"] is False


def test_people_have_expiry_a_stream_of_new_images_and_an_index_that_pins_their_order(data):
    (profiles,) = [t["Properties"] for n, t in tables(data).items() if n.startswith("Profiles")]
    assert profiles["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert profiles["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    (index,) = profiles["LocalSecondaryIndexes"]
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["pk", "pin"]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_the_test_tables_have_the_keys_of_the_real_ones(data, dynamodb, profiles_table):
    made = dynamodb.describe_table(TableName=profiles_table)["Table"]
    (profiles,) = [t["Properties"] for n, t in tables(data).items() if n.startswith("Profiles")]
    assert made["KeySchema"] == profiles["KeySchema"]
    assert made["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    assert (
        made["LocalSecondaryIndexes"][0]["KeySchema"]
        == profiles["LocalSecondaryIndexes"][0]["KeySchema"]
    )


def test_the_admin_key_is_generated_and_only_the_admin_function_reads_it(engine):
    ((name_of_secret, secret),) = resources(engine, "SecretsManager::Secret").items()
    assert secret["Properties"]["GenerateSecretString"]["PasswordLength"] >= 40
    readers = [
        name
        for name, policy in resources(engine, "IAM::Policy").items()
        if name_of_secret in json.dumps(policy)
    ]
    assert [name[: len("ManageWorkspace")] for name in readers] == ["ManageWorkspace"]


def test_the_api_has_a_default_route_and_those_for_operators_links_and_pages(engine):
    routes = {
        r["Properties"]["RouteKey"] for r in resources(engine, "ApiGatewayV2::Route").values()
    }
    links = {f"ANY {path}" for path in (*LINK_ROUTES, *CALLBACK_ROUTES)}
    pages = {"ANY /v1/inbox", "ANY /widget.js", "ANY /console", "ANY /console/{proxy+}"}
    operators = {f"{method} /v1/operator/{{proxy+}}" for method in ("GET", "PUT", "POST", "DELETE")}
    assert routes == {"$default", "ANY /v1/admin/{proxy+}", *operators, *links, *pages}
    formats = {
        i["Properties"]["PayloadFormatVersion"]
        for i in resources(engine, "ApiGatewayV2::Integration").values()
    }
    assert formats == {"2.0"}


def test_browsers_may_send_events_from_any_page_with_their_write_key(engine):
    (api,) = resources(engine, "ApiGatewayV2::Api").values()
    cors = api["Properties"]["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["*"]
    assert "authorization" in cors["AllowHeaders"]
    assert "AllowCredentials" not in cors


def test_the_stacks_tell_what_a_client_needs(engine, data):
    assert {"ApiUrl", "AdminKeySecretArn"} <= engine["Outputs"].keys()
    assert engine["Outputs"]["Release"]["Value"] == release()
    assert {"ProfilesTable", "CatalogTable", "BusName"} <= data["Outputs"].keys()


def test_a_stack_for_this_machine_differs_from_the_cloud_in_platform_only(synthesize, engine):
    local = synthesize(architecture="host")[ENGINE_STACK]
    assert local["Resources"].keys() - engine["Resources"].keys() == {
        name for name in local["Resources"] if name.startswith("Dependencies")
    } - set(engine["Resources"])
    platform = Platform.of("host", "")
    for function in resources(local, "Lambda::Function").values():
        assert function["Properties"]["Architectures"] == [platform.architecture]
        assert function["Properties"]["Runtime"] == f"python{platform.python}"
