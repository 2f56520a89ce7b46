"""A person is exported and erased on request, provably, everywhere (S30, I10)."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
import segment.analytics.client as segment

from tests.scenarios.remains import Account

pytestmark = pytest.mark.stack


DEFINITIONS = (
    {
        "kind": "settings",
        "rehearsal": True,
        "time_scale": 43_200,  # a day: 2 s
        "email_from": "shop@example.com",
    },
    {
        "kind": "segment",
        "segment_id": "erase-visitors",
        "title": "Visitors",
        "condition": {"type": "event", "event": "erase visit"},
    },
    {
        "kind": "template",
        "template_id": "erase-mail",
        "channel": "email",
        "subject": "Dear {{ profile.first_name }}",
        "html": "<p>Dear {{ profile.first_name }}</p>",
    },
    {
        "kind": "journey",
        "journey_id": "erase-welcome",
        "title": "A mail, a long wait and a mail that must never go out",
        "entry": {"type": "segment", "segment_id": "erase-visitors"},
        "exit_on": [{"event": "erase paid"}],
        "steps": [
            {"type": "send", "name": "hello", "template_id": "erase-mail"},
            {"type": "wait", "name": "long", "duration": "P200D"},
            {"type": "send", "name": "never", "template_id": "erase-mail"},
        ],
    },
)


class Visitor:
    """Somebody whose every word holds a marker."""

    def __init__(self, stack, admin, write_key):
        self.marker = f"痕迹-{uuid4().hex}"
        self.nonce = self.marker[3:]
        self.stack, self.admin = stack, admin
        self.user_id = f"user-{self.nonce}"
        self.device = f"device-{self.nonce}"
        self.email = f"{self.nonce}@example.com"
        self.client = segment.Client(write_key, host=stack.api_url, sync_mode=True, timeout=60)

    def signs_up(self):
        traits = {"first_name": self.marker, "email": self.email, "nested": {"a": [self.marker]}}
        consent = {"consent": {"categoryPreferences": {"marketing": True}}}
        self.client.identify(self.user_id, traits, anonymous_id=self.device, context=consent)
        self.client.group(self.user_id, "acme", {"plan": "gold"})

    def visits(self, **more):
        properties = {"said": self.marker, "revenue": 11.77}
        self.client.track(self.user_id, "erase visit", properties, **more)

    def has_mail(self):
        sent = {(m["step"], m["status"]) for m in self.admin.messages(self.user_id)}
        return ("hello", "sent") in sent

    def profile(self):
        return self.admin.profile("user_id", self.user_id)

    def has_been_seen_twice(self):
        counts = {one["event"]: one["times"] for one in self.profile()["counts"]}
        return counts.get("erase visit") == 2

    def counted(self):
        """How many events of theirs were judged."""
        return self.profile()["tags"]["events"]


@pytest.fixture(scope="module")
def workspace(admin):
    admin.apply(*DEFINITIONS)
    return admin


@pytest.fixture
def visitors(stack, workspace, write_key):
    """Ada and Eve, each with a mail sent and a journey running, and both at the same tablet.

    What Eve did there stays hers, so the tablet's name has nothing of Ada's marker.
    """
    tablet = f"tablet-{uuid4().hex}"
    ada, eve = (Visitor(stack, workspace, write_key) for _ in range(2))
    for visitor in (ada, eve):
        visitor.signs_up()
        visitor.visits()
        visitor.client.track(visitor.user_id, "erase visit", {}, anonymous_id=tablet)
    for visitor in (ada, eve):
        workspace.until(visitor.has_mail)
        workspace.until(visitor.has_been_seen_twice)
    return ada, eve


def export_of(visitor):
    profile_id = visitor.profile()["profile_id"]
    export = visitor.admin.call("POST", f"/profiles/{profile_id}/export")["export"]
    path = f"/exports/{export['export_id']}"
    visitor.admin.until(lambda: visitor.admin.call("GET", path)["export"]["status"] == "done")
    done = visitor.admin.call("GET", path)["export"]
    body = httpx.get(done["url"], timeout=60).raise_for_status().content
    assert len(body) == done["size"]
    return zipfile.ZipFile(io.BytesIO(body))


def bury(stack, visitor):
    """Put what can never be applied into the queue of events; gives the queue of dead letters."""
    sqs = stack.client("sqs")
    urls = sqs.list_queues()["QueueUrls"]
    events = next(url for url in urls if "Events" in url and "DeadLetters" not in url)
    dead = next(url for url in urls if "EventsDeadLetters" in url)
    before = _waiting(sqs, dead)
    for body in (
        json.dumps({"v": 1, "events": [{"user_id": visitor.user_id, "occurred_at": "never"}]}),
        f'{{"torn off in the middle of {visitor.email}',
    ):
        sqs.send_message(QueueUrl=events, MessageBody=body)
    visitor.admin.until(lambda: _waiting(sqs, dead) == before + 2)


def _waiting(sqs, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(count) for count in found.values())


def test_an_erased_person_is_in_no_table_object_log_run_or_queue(stack, visitors):
    ada, eve = visitors
    account = Account(stack)
    bury(stack, ada)
    archive = export_of(ada)
    told = json.loads(archive.read("person.json"))
    assert {one["value"] for one in told["identifiers"]} >= {ada.user_id, ada.email, ada.device}
    assert ada.marker in archive.read("events.jsonl").decode()
    assert ada.nonce in archive.read("events.csv").decode()
    found = {where.split()[0] for where in account.remains(ada.marker, ada.nonce)}
    assert found >= {"row", "object", "message"}  # the search finds what there is

    story, profile_id = eve.profile(), ada.profile()["profile_id"]
    path = f"/profiles/{profile_id}/erasure"
    earlier = datetime.now(UTC) - timedelta(minutes=1)
    erasure = ada.admin.call("POST", path)["erasure"]
    receipt = f"/erasures/{erasure['erasure_id']}"
    ada.visits(timestamp=earlier)  # some come late: while she is being erased, and later still
    ada.admin.until(lambda: ada.admin.call("GET", receipt)["erasure"]["erased_at"])
    ada.visits(timestamp=earlier)
    ada.admin.until(lambda: ada.admin.call("GET", receipt)["erasure"]["status"] == "done")
    ada.visits(timestamp=earlier)
    eve.visits()
    ada.admin.until(lambda: eve.counted() == story["tags"]["events"] + 1)

    # What came late may lie in its queue for a moment more: nobody promises an order there.
    ada.admin.until(lambda: account.remains(ada.marker, ada.nonce) == [])
    assert not ada.admin.known("user_id", ada.user_id)
    done = ada.admin.call("GET", receipt)["erasure"]
    assert done["removed"]["events"] >= 3
    assert done["removed"]["dead_letters"] == 2
    assert ada.nonce not in str(done)
    assert eve.profile()["traits"] == story["traits"]
    assert not [mail for mail in stack.emails() if "never" in str(mail) and ada.email in str(mail)]


def test_whoever_comes_back_after_an_erasure_is_somebody_new(stack, workspace, write_key):
    ada = Visitor(stack, workspace, write_key)
    ada.signs_up()
    ada.visits()
    workspace.until(ada.has_mail)
    profile_id = ada.profile()["profile_id"]
    erasure = workspace.call("POST", f"/profiles/{profile_id}/erasure")["erasure"]
    receipt = f"/erasures/{erasure['erasure_id']}"
    workspace.until(lambda: workspace.call("GET", receipt)["erasure"]["status"] == "done")

    ada.visits(timestamp=datetime.now(UTC))
    workspace.until(lambda: workspace.known("user_id", ada.user_id))

    assert ada.profile()["profile_id"] != profile_id
    workspace.until(lambda: ada.counted() >= 1)
    assert ada.counted() == 1
    assert "first_name" not in ada.profile()["traits"]
