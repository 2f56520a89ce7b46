"""Fixtures that every room shares: a harmless AWS environment, the two tables, and event makers."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from shared.aws import session
from shared.domain.events.model import Event
from tests import doorstep, quick_moto
from tests.dynamodb_local import dynamodb_local  # noqa: F401 (a fixture for every room)

PROFILES_TABLE = "profiles"
CATALOG_TABLE = "catalog"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

# Workers of pytest have 80 columns; a console of the command that is made while they are set keeps
# them, whatever width a test asks for.
os.environ.pop("COLUMNS", None)

# Two busy cores make any time limit for one example a coin toss.
# A change is judged by the same examples each time: what nobody has met before is the night's to
# find, and not the fault of whoever changes something else.
settings.register_profile("house", deadline=None, print_blob=True, derandomize=True, database=None)
# The same few examples every time, and no search for a smaller one: `make mutants` runs them often.
settings.register_profile(
    "mutants",
    parent=settings.get_profile("house"),
    print_blob=False,
    max_examples=50,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
# What a test asks for stands above any profile, so what `make check` and `make nightly` want, a few
# examples of each property or many, is held where it asks.
_FEW, _MANY = 8, 3
settings.register_profile("quick", parent=settings.get_profile("house"), max_examples=_FEW)
settings.register_profile("new", parent=settings.get_profile("house"), derandomize=False)
settings.register_profile("night", parent=settings.get_profile("new"), max_examples=100 * _MANY)
_PROFILE = os.environ.get("RAPPORT_TEST_PROFILE", "house")
settings.load_profile(_PROFILE)
if _PROFILE in ("quick", "night"):
    _made = settings.__init__

    def _scaled(self: settings, *given: Any, **asked: Any) -> None:
        if (wanted := asked.get("max_examples")) is not None:
            asked["max_examples"] = min(wanted, _FEW) if _PROFILE == "quick" else wanted * _MANY
        _made(self, *given, **asked)

    settings.__init__ = _scaled  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that open nothing, so that no test can ever reach a real account."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@contextmanager
def _mocked_aws() -> Iterator[Any]:
    """An empty AWS with both tables; gives the DynamoDB client."""
    from moto import mock_aws

    quick_moto.apply()
    session.client.cache_clear()
    session.client_without_retries.cache_clear()
    with mock_aws():
        dynamodb = session.client("dynamodb")
        create_profiles(dynamodb)
        create_catalog(dynamodb)
        yield dynamodb
    session.client.cache_clear()
    session.client_without_retries.cache_clear()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was counted, also where tests ran in processes that print nothing."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "counted":
                terminalreporter.write_line(str(value))


_KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
_TYPES = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "pin")]


def create_profiles(dynamodb: Any) -> None:
    """Make the table of people with the index, stream and expiry that the data stack gives it."""
    dynamodb.create_table(
        TableName=PROFILES_TABLE,
        KeySchema=_KEYS,
        AttributeDefinitions=_TYPES,
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        LocalSecondaryIndexes=[
            {
                "IndexName": "pin",
                "KeySchema": [_KEYS[0], {"AttributeName": "pin", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    dynamodb.update_time_to_live(
        TableName=PROFILES_TABLE,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"},
    )


def create_catalog(dynamodb: Any) -> None:
    """Make the table of definitions as the data stack does."""
    dynamodb.create_table(
        TableName=CATALOG_TABLE,
        KeySchema=_KEYS,
        AttributeDefinitions=_TYPES[:2],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture(scope="session")
def mocked_aws() -> Callable[[], AbstractContextManager[Any]]:
    """A maker of fresh mocked worlds, for properties that need one an example.

    `with mocked_aws() as dynamodb:` gives a client, and both tables, empty.
    """
    return _mocked_aws


@pytest.fixture
def dynamodb(aws_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The low-level DynamoDB client of a mocked AWS in which both tables exist."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with _mocked_aws() as client:
        yield client


@pytest.fixture
def quick_dynamodb(dynamodb: Any) -> Iterator[None]:
    """The same client, its calls answered at its doorstep: for stories that are played very often.

    To be named by `usefixtures`, so that it is there before anything is written.
    """
    with doorstep.quick_dynamodb():
        yield


@pytest.fixture
def empty_profiles(dynamodb: Any) -> Callable[[], None]:
    """Make the table of people anew: for tests that play one story many times."""

    def empty() -> None:
        dynamodb.delete_table(TableName=PROFILES_TABLE)
        create_profiles(dynamodb)

    return empty


@pytest.fixture
def profiles_table(dynamodb: Any) -> str:
    """Name of the mocked table of people."""
    return PROFILES_TABLE


@pytest.fixture
def catalog_table(dynamodb: Any) -> str:
    """Name of the mocked table of definitions."""
    return CATALOG_TABLE


@pytest.fixture
def make_queue(dynamodb: Any) -> Callable[[str], str]:
    """Make a mocked SQS queue by name; gives its URL."""

    def make(name: str) -> str:
        return str(session.client("sqs").create_queue(QueueName=name)["QueueUrl"])

    return make


@pytest.fixture(scope="session")
def make_event() -> Callable[..., Event]:
    """Make an event of workspace `default`, source `web`: a `track` of `ada` unless told otherwise.

    Each one has its own `message_id`; `at` (noon unless told) is timestamp, occurred_at and
    received_at together.
    """
    serial = count(1)

    def make(name: str = "product_viewed", *, at: datetime | None = None, **fields: Any) -> Event:
        instant = at or NOON
        known = {"user_id", "anonymous_id"} & fields.keys()
        return Event(
            **{
                "workspace_id": "default",
                "source_id": "web",
                "message_id": f"m-{next(serial)}",
                "type": "track",
                "name": name,
                "timestamp": instant,
                "occurred_at": instant,
                "received_at": instant,
                **({} if known else {"user_id": "ada"}),
                **fields,
            }
        )

    return make
