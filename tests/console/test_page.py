"""The console's page in a browser: what an operator sees, may do, and is told."""

import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from cli.documents import read_all
from tests.browser import serious_faults
from tests.functions.manage_workspace.conftest import KEY

pytestmark = pytest.mark.slow

PLAYBOOKS = [
    Path(__file__).parents[2] / "playbooks" / name / "journeys.yaml"
    for name in ("education", "offer-duel", "scan-and-follow")  # with all kinds of steps but two
]
KINDS = {
    "Send a message": "send",
    "Ask a question": "feedback",
    "Wait": "wait",
    "Wait for something": "wait_for",
    "Branch": "branch",
    "Experiment": "experiment",
    "Repeat": "repeat",
    "Update the person": "update",
    "Reward": "reward",
    "Give somebody a task": "assign",
    "Call a server": "webhook",
    "Start another journey": "start_journey",
    "Exit": "exit",
}
JOURNEY = {
    "title": "Thanks 谢谢",
    "entry": {"type": "event", "event": "paid"},
    "steps": [
        {"type": "send", "name": "thank you", "template_id": "hello"},
        {"type": "wait", "name": "three days", "duration": "PT72H"},
        {"type": "send", "name": "offer", "template_id": "offer"},
    ],
}


@pytest.fixture(autouse=True)
def patience():
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def stored(api, journey_id):
    return api.get(f"/journeys/{journey_id}").body["journey"]


# --- the page itself ------------------------------------------------------------------------------


def test_the_page_may_load_its_own_files_and_ask_its_own_api_and_nothing_else(site):
    page = httpx.get(f"{site.url}/console")
    assert page.status_code == 200
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["x-content-type-options"] == "nosniff"
    loaded = [part.split('"')[0] for part in page.text.split('="console/')[1:]]
    assert {name.rsplit(".", 1)[1] for name in loaded} == {"js", "css", "svg"}
    for name in loaded:
        file = httpx.get(f"{site.url}/console/{name}")
        assert file.status_code == 200
        assert ("immutable" in file.headers["cache-control"]) == (not name.endswith(".svg"))
        known = {"if-none-match": file.headers["etag"]}
        assert httpx.get(f"{site.url}/console/{name}", headers=known).status_code == 304


def test_what_is_not_there_and_what_is_no_question_is_refused(site):
    assert httpx.get(f"{site.url}/console/../settings.py").status_code == 404
    assert httpx.get(f"{site.url}/console/handler.py").status_code == 404
    assert httpx.post(f"{site.url}/console").status_code == 405


def test_the_key_stays_in_the_tab_and_a_wrong_one_is_told(site, page, complaints):
    page.goto(f"{site.url}/console/")
    page.get_by_label("Admin key").fill("wk_not_this_one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("does not fit")
    assert serious_faults(page) == []
    page.get_by_label("Admin key").fill(KEY)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("No journey yet")).to_be_visible()
    kept = page.evaluate("[JSON.stringify(sessionStorage), JSON.stringify(localStorage)]")
    assert KEY in kept[0]
    assert KEY not in kept[1]
    assert page.context.cookies() == []
    page.get_by_role("button", name="Sign out").click()
    assert KEY not in page.evaluate("JSON.stringify(sessionStorage)")
    assert [one for one in complaints if "401" not in one] == []


# --- drawing --------------------------------------------------------------------------------------


def test_every_kind_of_step_can_be_put_on_the_canvas_and_what_it_lacks_is_said(drawing, api):
    drawing.begin("All kinds", "all-kinds", "signed_up")
    assert drawing.said() == ["error gap"]
    before = None
    for title, kind in list(KINDS.items())[:-1]:
        way = {
            "feedback": "good", "wait_for": "it happened", "branch": "otherwise",
            "experiment": "a · 50 %", "repeat": "then", "assign": "done",
        }.get(before or "", "")  # fmt: skip
        drawing.add(title, kind, after=before, way=way)
        before = kind
    assert set(drawing.said()) == {"error gap"}
    for step, label, text in (
        ("wait_for", "Event", "paid"),
        ("branch", "Trait", "city"),
        ("update", "", ""),
        ("assign", "Whose task", "sales"),
        ("assign", "What to do", "Call them"),
        ("webhook", "Address (https://…)", "https://crm.example/hook"),
    ):
        drawing.select(step)
        if step == "update":
            drawing.press("Set a trait")
            label, text = "Trait", "level"
        drawing.write(label, text)
    drawing.select("start_journey")
    drawing.press("Remove start_journey")
    assert "error gap" not in drawing.said()
    drawing.save()
    body = stored(api, "all-kinds")
    assert [step["type"] for step in body["steps"]] == list(KINDS.values())[:-2]
    assert body["steps"][3]["events"] == [{"event": "paid"}]
    assert serious_faults(drawing.page) == []


@pytest.mark.parametrize("book", PLAYBOOKS, ids=lambda path: path.parent.name)
def test_to_look_at_every_form_changes_nothing(drawing, book):
    page = drawing.page
    page.on("dialog", lambda one: one.accept())  # yes, leave what was not saved
    drawing.press("Import YAML")
    text = book.read_text(encoding="utf-8")
    for document in read_all([book]):
        page.get_by_role("dialog").get_by_label("YAML").fill(text)
        page.get_by_role("dialog").get_by_role("button", name="Open").click()
        many = page.get_by_role("dialog").get_by_role("button", name=f"({document.name})")
        if many.count():
            many.click()
        for card in page.locator(".card").all():
            card.dispatch_event("click")
            expect(card).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("button", name="Undo")).to_be_disabled()
        drawing.back()
        drawing.press("Import YAML")


def test_edits_are_undone_and_done_again(drawing, api):
    api.put("/journeys/thanks", JOURNEY)
    drawing.page.reload()
    drawing.open("Thanks")
    drawing.select("three days")
    drawing.write("How long", "2 days")
    drawing.press("Remove three days")
    assert drawing.steps() == ["thank you", "offer"]
    drawing.press("Undo")
    assert drawing.steps() == ["thank you", "three days", "offer"]
    drawing.press("Undo")
    expect(drawing.card("three days")).to_contain_text("3 days")
    expect(drawing.page.locator(".saved")).to_have_text("Saved")
    drawing.press("Redo")
    drawing.save()
    hello, wait, offer = JOURNEY["steps"]
    assert stored(api, "thanks") == {
        **JOURNEY,
        "journey_id": "thanks",
        "steps": [hello, {**wait, "duration": "P2D"}, offer],
    }


def test_a_new_name_counts_when_its_field_is_left_and_is_one_edit(drawing, api):
    api.put("/journeys/thanks", JOURNEY)
    drawing.page.reload()
    drawing.open("Thanks")
    drawing.select("three days")
    drawing.write("Name", "pause")
    drawing.page.keyboard.press("Control+s")
    expect(drawing.card("pause")).to_be_visible()
    expect(drawing.page.locator(".saved")).to_have_text("Saved")
    assert [step["name"] for step in stored(api, "thanks")["steps"]][1] == "pause"
    drawing.write("Name", "rest")
    drawing.panel.get_by_label("Name", exact=True).press("Enter")
    expect(drawing.card("rest")).to_be_visible()
    drawing.press("Undo")
    expect(drawing.card("pause")).to_be_visible()


def test_steps_and_ways_are_dragged(drawing):
    page = drawing.page
    drawing.begin("By hand", "by-hand", "signed_up")
    for before, name in ((None, "one"), ("one", "two"), ("two", "three")):
        drawing.add("Send a message", name, after=before)
    kind = page.locator(".palette .kind").filter(has=page.get_by_text("Wait for something"))
    kind.drag_to(page.get_by_role("button", name="Add a step after “three”"))
    assert drawing.steps() == ["one", "two", "three", "wait for"]
    drawing.card("one").drag_to(page.get_by_role("button", name="Add a step after “two”"))
    assert drawing.steps() == ["two", "one", "three", "wait for"]
    page.locator(".way", has_text="it happened").drag_to(drawing.card("three"))
    drawing.select("wait for")
    expect(drawing.panel.get_by_label("it happened →")).to_have_value("three")


def test_the_keyboard_alone_draws(drawing):
    page = drawing.page
    drawing.begin("By keys", "by-keys", "signed_up")
    page.get_by_role("button", name="Add the first step").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").locator(".kind").first.press("Enter")
    expect(drawing.card("send")).to_be_visible()
    page.get_by_role("button", name="Add a step after “send”").press("Enter")
    page.get_by_role("dialog").locator(".kind").nth(2).press("Enter")
    drawing.card("send").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.step") == "wait"
    page.keyboard.press("Delete")
    assert drawing.steps() == ["send"]
    page.keyboard.press("Control+z")
    expect(drawing.card("wait")).to_be_visible()


def test_who_saves_second_is_told_and_loses_nothing(drawing, api):
    api.put("/journeys/thanks", JOURNEY)
    drawing.page.reload()
    drawing.open("Thanks")
    api.put("/journeys/thanks", {**JOURNEY, "title": "Hers"})
    drawing.write("Title", "His")
    drawing.press("Save draft")
    dialog = drawing.page.get_by_role("dialog")
    expect(dialog).to_contain_text("version 2 now; you began with version 1")
    assert stored(api, "thanks")["title"] == "Hers"
    dialog.get_by_role("button", name="Save mine").click()
    expect(drawing.page.locator(".saved")).to_have_text("Saved")
    assert stored(api, "thanks")["title"] == "His"


def test_what_the_check_says_stands_at_its_step_in_the_operators_language(drawing, api):
    api.put("/journeys/thanks", JOURNEY)
    drawing.page.reload()
    drawing.open("Thanks")
    drawing.select("thank you")
    drawing.press("Remove thank you")
    drawing.select("offer")
    drawing.press("Remove offer")
    assert "warning does_nothing" in drawing.said()
    drawing.add("Start another journey", "start", after="three days")
    drawing.page.get_by_role("button", name="Launch …").click()
    expect(drawing.card("start").locator(".flag.error")).to_be_visible()
    expect(drawing.panel).to_contain_text("“Journey” is empty")
    drawing.page.get_by_role("button", name="中文").click()
    expect(drawing.panel).to_contain_text("“旅程”未填写")
    assert serious_faults(drawing.page) == []


def test_a_refusal_of_the_server_is_shown_where_it_is(drawing):
    drawing.begin("Refused", "refused", "signed_up")
    drawing.add("Wait", "wait here")
    drawing.choose("Wait", "time")
    drawing.write("Time of day", "half past nine")
    assert drawing.said() == ["error invalid"]
    expect(drawing.card("wait here").locator(".flag.error")).to_be_visible()


def test_a_phone_shows_it_all_in_the_dark_too(drawing, api):
    api.put("/journeys/thanks", JOURNEY)
    drawing.page.emulate_media(color_scheme="dark")
    drawing.page.set_viewport_size({"width": 390, "height": 844})
    drawing.page.reload()
    drawing.open("Thanks")
    drawing.select("three days")
    expect(drawing.panel).to_be_visible()
    assert serious_faults(drawing.page) == []
    drawing.panel.get_by_role("button", name="Close").click()
    expect(drawing.panel).to_be_hidden()
    wide = drawing.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


def test_a_journey_leaves_as_the_document_that_the_command_reads(drawing, api, tmp_path):
    api.put("/journeys/thanks", JOURNEY)
    drawing.page.reload()
    drawing.open("Thanks")
    with drawing.page.expect_download() as download:
        drawing.more("Export YAML")
    file = tmp_path / "thanks.yaml"
    download.value.save_as(file)
    (document,) = read_all([file])
    assert json.dumps(document.body) == json.dumps(stored(api, "thanks"))
