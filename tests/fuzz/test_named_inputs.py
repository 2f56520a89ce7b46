"""Bad inputs, each with a name: every one is refused with what is wrong and where, harming nothing.

They are made by `mutations` from documents that are taken: each mistake at each place. A name is
`entry: place is mistake`, such as `journey: steps[2].duration is a list`.
"""

import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
import time_machine

from functions.merge_identity.decode import read_body, read_event
from shared.aws import keys
from shared.domain.imports.reading import HEAD_BYTES
from shared.domain.imports.rejected import RowError
from shared.domain.messages.links import Click, Open, Preferences, Ref, Trap, Unsubscribe, sign
from shared.errors import PermanentError
from tests.conftest import CATALOG_TABLE, NOON
from tests.crash.way import SEAL, basic
from tests.domain.imports.helpers import mapper, rows_of
from tests.fuzz.definitions import BODIES, Document, written_definitions
from tests.fuzz.mutations import Wrong, flaws, mutations
from tests.fuzz.world import SECRET, WRITE_KEY, Answer, World, deployed

pytestmark = pytest.mark.slow

Count = Callable[[str, Counter[str]], None]
VERSION: Final = (keys.catalog("default"), keys.CATALOG_VERSION)
REFUSED: Final = (400, 401, 404, 409, 413)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with deployed() as made:
        yield made


@pytest.fixture
def count(record_property: Callable[[str, object], None]) -> Count:
    def count(entry: str, found: Counter[str]) -> None:
        said = ", ".join(f"{times:,} {what}" for what, times in sorted(found.items()))
        record_property("counted", f"bad inputs of {entry}: {said}")

    return count


def is_refused(answer: Answer, name: str) -> bool:
    """Whether it was refused, and if so well; else it was taken."""
    assert answer.status < 500, f"{name}: {answer.text[:300]}"
    if answer.status < 300:
        return False
    assert answer.status in REFUSED, name
    if answer.body is not None:
        assert answer.body["success"] is False, name
        assert answer.body["code"], name
        assert answer.body["message"], name
    return True


def names_place(text: str, wrong: Wrong) -> bool:
    """Whether an answer says where: the field, or what it lies in and the rule about all of it."""
    place = wrong.name.partition(" ")[0]
    around = [place[: found.start()] for found in re.finditer(r"[.\[]", place)]
    return wrong.field in text or any(each in text for each in around)


def stored(world: World) -> dict[tuple[str, str], bytes]:
    """Definitions; the audit trail beside them tells of attempts, too."""
    tables = world.store.tables[CATALOG_TABLE]
    mine = keys.catalog("default")
    return {
        (pk, sk): row
        for pk, rows in tables.items()
        if pk == mine or pk.startswith("default#H#")
        for sk, row in rows.items()
    }


def changes(world: World) -> bytes:
    """How often the catalog was changed; every change counts here in the same transaction."""
    found: bytes = world.store.tables[CATALOG_TABLE][VERSION[0]][VERSION[1]]
    return found


def test_the_admin_api(world: World, count: Count) -> None:
    found: Counter[str] = Counter()
    seen: dict[str, set[str]] = {}
    unclear: list[str] = []
    documents = [*written_definitions(), *BODIES]
    for _ in range(2):  # what refers to others is taken when they are there
        taken = {at for at, each in enumerate(documents) if _put(world, each).status == 200}
    assert len(taken) > len(documents) - len(BODIES) // 2
    for at, document in enumerate(documents):
        is_new, before = document.kind not in seen, stored(world)
        wrongs = list(mutations(document.body, seen.setdefault(document.kind, set())))
        for wrong in [*wrongs, *(flaws(document.body) if is_new else ())]:
            name = f"{document.kind}: {wrong.name}"
            answer = world.admin(document.method, document.path, wrong.body)
            if not is_refused(answer, name):
                if wrong.surely and not _may_be_long(wrong):
                    unclear.append(f"{name} was taken")
                found["that are right as well"] += 1
                before = stored(world)
                continue
            assert changes(world) == before[VERSION], f"{name} left something behind"
            is_about_it = at in taken and answer.status == 400 and wrong.field
            if is_about_it and not names_place(answer.text, wrong):
                unclear.append(f"{name}: {answer.text[:300]}")
            found["refused"] += 1
        assert stored(world) == before, f"what was wrong with {document.path} left something behind"
    count(f"the admin API ({len(documents)} documents)", found)
    assert not unclear, "\n".join(unclear)
    assert found["refused"] > 4_000


def _may_be_long(wrong: Wrong) -> bool:
    """A page may hold 60 KB, and so may a question to the lake."""
    return wrong.field in ("html", "sql") and wrong.name.endswith("is far too long")


def _put(world: World, document: Document) -> Answer:
    return world.admin(document.method, document.path, json.dumps(document.body))


EVENT: Final[dict[str, Any]] = {
    "type": "track",
    "event": "paid",
    "userId": "u-1",
    "anonymousId": "a-1",
    "messageId": "m-1",
    "timestamp": "2026-11-22T11:59:00.000Z",
    "properties": {"revenue": 1.5, "items": [{"sku": "s"}], "gift": True},
    "context": {"externalIds": [{"id": "o-1", "type": "phone"}], "userAgent": "x"},
}
OTHER_EVENTS: Final[tuple[dict[str, Any], ...]] = (
    {**EVENT, "type": "identify", "traits": {"email": "a@example.com", "level": 3}},
    {**EVENT, "type": "group", "groupId": "g-1", "traits": {"name": "G"}},
    {**EVENT, "type": "alias", "previousId": "a-0"},
    {**EVENT, "type": "page", "name": "Home", "category": "Shop"},
)


def test_ingest(world: World, count: Count) -> None:
    found: Counter[str] = Counter()
    for document in (EVENT, *OTHER_EVENTS):
        for wrong in mutations(document):
            name = f"{document['type']} event: {wrong.name}"
            between = b'{"batch":[%s,%s,%s]}' % (_good(0), wrong.body, _good(1))
            answer = world.ingest("/v1/batch", between)
            if is_refused(answer, name):  # half a character, or a number that no JSON has
                found["refused with the batch"] += 1
                continue
            said = answer.body
            assert said["accepted"] + len(said["rejected"]) == 3, name
            assert said["accepted"] >= 2, f"{name} took its neighbours along"
            assert [each["index"] for each in said["rejected"]] in ([], [1]), name
            assert all(each["code"] and each["message"] for each in said["rejected"]), name
            found["rejected" if said["rejected"] else "that are right as well"] += 1
    for path in ("/v1/batch", "/v1/track", "/v1/identify", "/batch"):
        for wrong in flaws({"batch": [EVENT]}):
            answer = world.ingest(path, wrong.body)
            if is_refused(answer, f"{path}: {wrong.name}"):
                found["refused"] += 1
            else:  # what lies beside the events is not looked at
                assert answer.body["accepted"] == 1
                assert wrong.body.startswith(b'{"batch"')
                found["that are right as well"] += 1
    count("ingest (beside the 317 of its own tests)", found)
    assert found["rejected"] + found["refused"] > 250


def _good(number: int) -> bytes:
    return json.dumps({**EVENT, "messageId": f"good-{number}"}).encode()


QUEUED: Final = {
    "workspace_id": "default",
    "source_id": "web",
    "message_id": "m-1",
    "type": "track",
    "name": "paid",
    "occurred_at": "2026-11-22T12:00:00.000Z",
    "received_at": "2026-11-22T12:00:00.000Z",
    "timestamp": "2026-11-22T12:00:00.000Z",
    "sent_at": "2026-11-22T12:00:00.000Z",
    "user_id": "u",
    "anonymous_id": "a",
    "previous_id": "p",
    "group_id": "g",
    "properties": {"a": 1},
    "traits": {"b": "c"},
    "context": {"d": {}},
    "server": True,
}


def test_the_queue_of_events(count: Count) -> None:
    found: Counter[str] = Counter()
    for wrong in mutations({"v": 1, "events": [QUEUED]}):
        try:
            events = read_body(wrong.body.decode())
            for event in events:
                read_event(event)
        except PermanentError as error:
            found["refused" if error.message else "refused without a reason"] += 1
        else:
            found["that are right as well"] += 1
    for wrong in flaws({"v": 1, "events": [QUEUED]}):
        with pytest.raises((PermanentError, UnicodeDecodeError)):
            read_events(wrong.body)
        found["refused"] += 1
    count("the queue of events", found)
    assert not found["refused without a reason"]
    assert found["refused"] > 100


def read_events(body: bytes) -> None:
    for event in read_body(body.decode()):
        read_event(event)
    # Taken as JSON, but for what Python reads and JSON does not have.
    raise PermanentError("taken")


ACTS: Final = {
    "anonymousId": "a-1",
    "acts": [
        {"messageId": "m-1", "act": "opened"},
        {"messageId": "m-2", "act": "answered", "answer": "yes"},
    ],
}


def test_the_inbox(world: World, count: Count) -> None:
    found: Counter[str] = Counter()
    known = basic(WRITE_KEY)
    for wrong in [*mutations(ACTS), *flaws(ACTS)]:
        answer = world.ask("serve_inbox", "POST", "/v1/inbox", wrong.body, headers=known)
        if is_refused(answer, wrong.name):
            found["refused"] += 1
        else:
            assert not wrong.surely, wrong.name
            found["that are right as well"] += 1
    for name in ("user_id", "anonymous_id", "userId", ""):
        for value in ("", " ", "\0", "长" * 9_000, "a" * 70_000, "%", "[]", "null"):
            query = {name: value} if name else {}
            answer = world.ask("serve_inbox", "GET", "/v1/inbox", query=query, headers=known)
            found["refused" if is_refused(answer, f"{name} is {value[:9]!r}") else "asked"] += 1
    count("the inbox", found)
    assert found["refused"] > 60


TOLD: Final = {
    "ToUserName": "gh",
    "FromUserName": "o-1",
    "CreateTime": "1795348800",
    "MsgType": "event",
    "Event": "subscribe_msg_popup_event",
    "EventKey": "k",
    "List": [{"TemplateId": "t", "SubscribeStatusString": "accept", "PopupScene": "1"}],
}


def test_callbacks(world: World, count: Count) -> None:
    found: Counter[str] = Counter()
    texts = [wrong.body for wrong in [*mutations(TOLD), *flaws(TOLD)] if len(wrong.body) < 60_000]
    with time_machine.travel(NOON, tick=False):
        for number, told in enumerate(texts):
            answer = _callback(world, told)
            found["refused" if is_refused(answer, f"content {number}") else "answered"] += 1
        for name, query, body in _unsealed():
            answer = world.ask(
                "receive_callbacks", "POST", "/v1/callbacks/wechat", body, query=query
            )
            assert is_refused(answer, name)
            found["refused"] += 1
        for path in ("", "nobody", "a/b/c/d", "wechat/", "%00", "../admin", "sms/x/y", "长" * 999):
            answer = world.ask("receive_callbacks", "POST", f"/v1/callbacks/{path}", b"{}")
            assert is_refused(answer, path)
            found["refused"] += 1
    count("callbacks", found)
    assert sum(found.values()) > 100


def _callback(world: World, told: bytes) -> Answer:
    timestamp = str(int(NOON.timestamp()))
    sealed, signed = SEAL.close(told, bytes(16), timestamp, "n")
    query = {"timestamp": timestamp, "nonce": "n", "msg_signature": signed}
    body = json.dumps({"ToUserName": "gh", "Encrypt": sealed})
    return world.ask("receive_callbacks", "POST", "/v1/callbacks/wechat", body, query=query)


def _unsealed() -> Iterator[tuple[str, dict[str, str], bytes]]:
    timestamp = str(int(NOON.timestamp()))
    sealed, signed = SEAL.close(json.dumps(TOLD).encode(), bytes(16), timestamp, "n")
    right = {"timestamp": timestamp, "nonce": "n", "msg_signature": signed}
    body = json.dumps({"Encrypt": sealed}).encode()
    for name in right:
        yield f"{name} is missing", {k: v for k, v in right.items() if k != name}, body
        for value in ("", "0", "-1", "9" * 50, "长", "\0", "1e3", "NaN"):
            yield f"{name} is {value[:5]!r}", {**right, name: value}, body
    bodies = (b"", b"<", b"<xml/>", b"{}", b"[]", b"7", b"\xff\xfe", b"<a>" * 9_000, b"{" * 9_000)
    for raw in bodies:
        yield f"the body is {raw[:9]!r}", right, raw
    for text in ("", "!", "A", sealed[:-4], sealed[4:], sealed[::-1], b64encode(b"x").decode()):
        inner = json.dumps({"Encrypt": text}).encode()
        yield f"the seal is {text[:9]!r}", right, inner
    for value in (None, 7, [], {}, True):
        inner = json.dumps({"Encrypt": value}).encode()
        yield f"the seal is {value!r}", right, inner
    entity = b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><xml><Encrypt>&c;</Encrypt></xml>'
    yield "entities", right, entity


def test_links(world: World, count: Count) -> None:
    found: Counter[str] = Counter()
    ref = Ref("default", "p1", "m1")
    made = [
        ("u", Unsubscribe("marketing", "", "")),
        ("p", Preferences()),
        *(("r", each) for each in (Open(), Trap(), Click(0, 1, "https://shop.example/"))),
    ]
    right = [(head, sign(ref, each, lambda *_: SECRET.encode())) for head, each in made]
    for head, token in [*right, ("x", right[0][1]), ("", "")]:
        for name, other in _spoilt(token):
            for method in ("GET", "POST"):
                answer = world.ask("answer_links", method, f"/{head}/{other}", b"a=%00&b")
                assert is_refused(answer, f"{method} {head}: {name}")
                found["refused"] += 1
    count("links", found)
    assert found["refused"] > 150


def _spoilt(token: str) -> Iterator[tuple[str, str]]:
    yield "empty", ""
    yield "of another key", token  # the key above is not the one of this workspace
    for end in range(1, len(token), 5):
        yield f"cut off at {end}", token[:end]
    for at in range(0, len(token), 9):
        yield (
            f"another letter at {at}",
            f"{token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}",
        )
    for text in ("%00", "..", "长", "=" * 9, "A" * 9_000, "-", "_", "%ff%fe", "a/b"):
        yield f"{text[:9]!r}", text


CELLS: Final = {
    "user": ("", " ", "null", "undefined", "u" * 999, "长" * 400, "\0"),
    "what": ("", " ", "e" * 999, "$tagged", "$identify", "\0", "长" * 300),
    "when": (
        *("", "yesterday", "0", "-1", "99999999999999999999", "2026-13-01", "2026-02-30T00:00:00Z"),
        *("2026-11-22T25:00:00Z", "1e400", "NaN", "0001-01-01", "9999-12-31T23:59:59Z", "長"),
    ),
    "amount": ("", "x", "1e400", "NaN", "--1", "1,2,3", "9" * 500, "∞", "0x10", "1_000"),
    "gift": ("", "maybe", "2", "TRUE!", "长"),
}


def test_files_of_imports(count: Count) -> None:
    found: Counter[str] = Counter()
    columns = {
        "user": {"to": "identifier", "kind": "user_id"},
        "what": {"to": "event"},
        "when": {"to": "at"},
        "amount": {"to": "property", "name": "amount", "type": "number"},
        "gift": {"to": "property", "name": "gift", "type": "boolean"},
    }
    right = ["u-1", "paid", "2026-11-20T08:00:00Z", "1.5", "true"]
    for form in ("csv", "jsonl"):
        told = {"format": form, "columns": columns, "delimiter": ",", "encoding": "utf-8"}
        for place, (column, cells) in enumerate(CELLS.items()):
            for cell in cells:
                row = [*right[:place], cell, *right[place + 1 :]]
                data = _file(form, list(CELLS), [right, row, right])
                found[_import(data, f"{column} is {cell[:9]!r}", told, good=2)] += 1
        for name, line in _lines(form):
            first = _file(form, list(CELLS), [right])
            found[_import(first + line + b"\n", name, told, good=1)] += 1
    count("files of imports", found)
    assert not found["refused without a reason"]
    assert found["refused"] > 60


def _file(form: str, names: list[str], rows: list[list[str]]) -> bytes:
    if form == "jsonl":
        return "".join(f"{json.dumps(dict(zip(names, r, strict=True)))}\n" for r in rows).encode()
    quoted = ([f'"{cell}"' for cell in row] for row in [names, *rows])
    return "".join(f"{','.join(cells)}\n" for cells in quoted).encode()


def _lines(form: str) -> Iterator[tuple[str, bytes]]:
    for wrong in flaws({"user": "u-2", "what": "paid"}):
        if form == "jsonl" and b"\n" not in wrong.body:
            yield wrong.name, wrong.body
    if form == "csv":
        yield "too many cells", b",".join([b"x"] * 99)
        yield "too few cells", b"u-2,paid"
        yield "a quote that never ends", b'u-2,"paid'
        yield "a quote in the middle", b'u-2,pa"id"x,2026-11-20,1,true'
        yield "a byte that is no character", b"u-2,\xff\xfe,2026-11-20T08:00:00Z,1,true"
        yield "a very long cell", b"u-2," + b"x" * 2_000_000 + b",2026-11-20T08:00:00Z,1,true"


def _import(data: bytes, name: str, told: dict[str, Any], *, good: int) -> str:
    """Read a file whose other rows are good: the bad one is set aside with a reason, alone."""
    assert len(data) < 100 * HEAD_BYTES
    done = refused = 0
    try:
        for row in rows_of(data, **told):
            try:
                mapper(**told).event(row)
            except RowError as error:
                refused += bool(error.problem)
            else:
                done += 1
    except PermanentError as error:
        return "refused with the file" if error.message else "refused without a reason"
    assert done >= good or refused == 1, f"{name} took its neighbours along"
    return "refused" if refused else "that are right as well"
