"""Leaner descriptions of AWS still let every call be made."""

import ast
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.loaders import Loader

from infra.constructs.bundle import AWS_SERVICES, ROOT
from infra.constructs.service_models import slim

DATA = Path(botocore.session.__file__).parent / "data"
WHOLE = ("endpoints.json", "partitions.json", "_retry.json", "sdk-default-configuration.json")


@pytest.fixture(scope="module")
def lean(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for name in WHOLE:
        shutil.copy(DATA / name, folder / name)
    for service in ("s3", "dynamodb", "athena"):
        shutil.copytree(DATA / service, folder / service)
    slim(folder, AWS_SERVICES)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("service", "call", "request_"),
    [
        ("s3", "create_multipart_upload", {"Bucket": "b", "Key": "k"}),
        ("s3", "list_objects_v2", {"Bucket": "b"}),
        ("dynamodb", "list_tables", {}),
        ("athena", "list_work_groups", {}),
    ],
)
def test_a_call_comes_as_far_as_the_network(lean, service, call, request_):
    session = botocore.session.Session()
    session.register_component(
        "data_loader", Loader(extra_search_paths=[str(lean)], include_default_search_paths=False)
    )
    client = session.create_client(
        service,
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:1",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=1),
    )
    with pytest.raises(EndpointConnectionError):
        getattr(client, call)(**request_)


@pytest.mark.slow
def test_exactly_the_services_that_are_called_are_shipped():
    sources = [path for one in ("functions", "shared") for path in (ROOT / one).rglob("*.py")]
    assert {name for path in sources for name in called(path)} == AWS_SERVICES


def called(source: Path) -> Iterator[str]:
    """The services of the clients that a file makes: `client("s3")`, `partial(client, "s3")`."""
    makers = ("client", "client_without_retries")
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call):
            words = [node.func, *node.args]
            for maker, service in pairwise(words):
                if ast.unparse(maker).endswith(makers) and isinstance(service, ast.Constant):
                    yield service.value
