"""An operator looks at a template in a mailbox of their own, before anybody gets it."""

import re
from time import sleep
from uuid import uuid4

import httpx
import pytest

from tests.scenarios.admin import CATALOG_SECONDS
from tests.scenarios.operating import Operator

pytestmark = pytest.mark.stack
TEMPLATE = f"letter-{uuid4().hex[:8]}"
BODY = '<p>Dear {{ profile.first_name }}</p><a href="{{ links.unsubscribe }}">Leave</a>'


@pytest.fixture(autouse=True)
def rehearsal(admin):
    """Let the workspace send, to addresses of nobody."""
    before = admin.call("GET", "/settings")["settings"]
    told = {"rehearsal": True, "email_from": "shop@example.com"}
    admin.call("PUT", "/settings", {**before, **told})
    sleep(CATALOG_SECONDS)
    yield
    admin.call("PUT", "/settings", before)


def test_it_comes_once_and_marked_to_nobody_else_and_its_links_are_answered(person, admin, stack):
    somebody, mine = person(first_name="Lan"), f"{uuid4().hex}@example.com"
    letter = {"channel": "email", "subject": "A letter", "html": BODY}
    admin.call("PUT", f"/templates/{TEMPLATE}", letter)
    who = f"user_id:{somebody.user_id}"
    said = Operator(stack).says("template", "test", TEMPLATE, "--to", mine, "--person", who)
    assert f"{mine}: accepted" in said
    (mail,) = [one for one in stack.emails() if mine in one["To"]]
    assert mail["Subject"] == "[test] A letter"
    assert "Dear Lan" in mail["BodyHtml"]
    assert somebody.mail() == []
    assert somebody.profile()["messages"] == []
    # Nobody told the workspace where its links lead, and they lead to where they are answered. They
    # are links of nobody, so that an operator who tries them takes no consent from anybody.
    url = re.search(r'href="([^"]+)"[^>]*>Leave', mail["BodyHtml"])[1]
    assert url.startswith(f"{stack.api_url}/")
    before = consents(admin, somebody)
    for answer in (httpx.get(url, timeout=60), httpx.post(url, timeout=60)):
        assert answer.status_code == 200, answer.text
    assert consents(admin, somebody) == before != []


def consents(admin, somebody):
    return admin.call("GET", f"/profiles/{somebody.profile()['profile_id']}/consents")["in_force"]
