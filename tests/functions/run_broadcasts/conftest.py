"""Small batches, so that a handful of people fill several."""

import pytest

from functions.run_broadcasts import asking, gathering
from shared.aws import session
from shared.domain.broadcasts import model
from tests.conftest import CATALOG_TABLE, PROFILES_TABLE, create_catalog, create_profiles
from tests.functions.run_broadcasts.world import BUCKET, World, put_people

PEOPLE = [f"p{number:02d}" for number in range(8)]


@pytest.fixture
def small(monkeypatch):
    """Batches of three people, two of whom are asked at once."""
    monkeypatch.setattr(model, "BATCH", 3)
    monkeypatch.setattr(gathering, "BATCH", 3)
    monkeypatch.setattr(asking, "AT_ONCE", 2)


@pytest.fixture
def make_world(dynamodb, small):
    """A maker of worlds over one AWS; the first puts the people there."""
    s3 = session.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    put_people(dynamodb, PEOPLE)

    def make(people=PEOPLE, **more):
        return World(dynamodb, s3, people, **more)

    return make


@pytest.fixture
def empty_tables(dynamodb):
    """Make both tables anew, with the people in them: for tests that play a story many times."""

    def empty():
        for table in (PROFILES_TABLE, CATALOG_TABLE):
            dynamodb.delete_table(TableName=table)
        create_profiles(dynamodb)
        create_catalog(dynamodb)
        put_people(dynamodb, PEOPLE)

    return empty


@pytest.fixture
def world(make_world):
    return make_world()
