"""One message is one audience; a message that fails comes back alone."""

import json

import pytest

from functions.gather_audience import handler
from shared.aws.audience_store import AudienceStore
from shared.domain.audiences.model import Audience
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE
from tests.functions.build_segments.test_handler import Context


@pytest.fixture
def audiences(dynamodb, monkeypatch):
    environment = {
        "PROFILES_TABLE": PROFILES_TABLE,
        "CATALOG_TABLE": CATALOG_TABLE,
        "LAKE_WORKGROUP": "rapport",
        "ARCHIVE_BUCKET": "archives",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    handler._wiring.cache_clear()
    yield AudienceStore(dynamodb, CATALOG_TABLE)
    handler._wiring.cache_clear()


def record(audience_id):
    body = {"workspace_id": "default", "audience_id": audience_id}
    return {"messageId": audience_id, "body": json.dumps(body)}


def test_what_cannot_be_done_fails_alone_and_what_is_wrong_is_written_down(audiences):
    condition = json.dumps({"type": "segment", "segment_id": "gone"})
    audiences.put("default", Audience(audience_id="a1", condition=condition, at=NOON))

    answer = handler.handle({"Records": [record("a1"), record("unknown")]}, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "unknown"}]}
    assert audiences.load("default", "a1").status == "failed"
