"""S28: an operator builds, checks, launches, changes and stops a journey on the canvas.

Everything is pressed and typed in a browser, against the stack, once for each clock; people live
through both.
"""

from time import sleep

import pytest
from playwright.sync_api import expect

from tests.browser import browser, page, serious_faults  # noqa: F401
from tests.console.drawing import Drawing
from tests.scenarios.admin import CATALOG_SECONDS
from tests.scenarios.playbooks import witness
from tests.scenarios.two_clocks import WORLDS

pytestmark = pytest.mark.stack
TEA = "tea-canvas"
TITLES = dict(zip(WORLDS, ("Tea, one execution each", "Tea, by the due index"), strict=True))
CLOCKS = dict(zip(WORLDS, ("step_functions", "due_index"), strict=True))
PATIENCE_MS = 240_000
LEAVE = '<p><a href="{{ links.unsubscribe }}">Unsubscribe 退订</a></p>'
TEMPLATES = (
    {
        "kind": "template",
        "template_id": "canvas-hello",
        "channel": "email",
        "title": "Hello 你好",
        "subject": 'Tea for {{ profile.first_name | default: "you" }}',
        "html": f"<p>Welcome. 欢迎。</p>{LEAVE}",
    },
    {
        "kind": "template",
        "template_id": "canvas-offer",
        "channel": "email",
        "title": "Offer 优惠",
        "subject": "Ten off your first tea",
        "html": f"<p>Ten off with TEA10. 首单立减10元。</p>{LEAVE}",
    },
)


@pytest.fixture(scope="module", autouse=True)
def workspace(play, admin):
    with play([], day=2):
        admin.apply(*TEMPLATES)
        yield


@pytest.fixture
def drawing(stack, page):  # noqa: F811
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    drawing = Drawing(page, stack.api_url, stack.admin_key())
    drawing.sign_in()
    yield drawing
    expect.set_options(timeout=5_000)


def test_an_operator_builds_checks_launches_changes_and_stops_a_journey_on_the_canvas(
    drawing, person, admin
):
    for world in WORLDS:
        build(drawing, world)
        dialog = drawing.launch(1)
        assert "Nobody is inside" in dialog.inner_text()
        launch_now(drawing, 1)
        drawing.back()

    sleep(CATALOG_SECONDS)
    ann, bea, eve = (person(first_name=name) for name in ("Ann", "Bea", "Eve"))
    for each in (ann, bea, eve):
        each.does("canvas_signed_up")
        each.stands(TEA, "look around")
        each.got(TEA, "canvas-hello")
    bea.does("canvas_ordered")
    bea.ends(TEA, "exited", "canvas_ordered")

    # Two are inside when their step is put in place of another: the operator chooses for them.
    for world in WORLDS:
        stands(admin, world, 1, "look around", 2)
        drawing.open(TITLES[world])
        expect(drawing.card("look around").locator(".here")).to_contain_text("2")
        assert "look around" in why(drawing, ann)
        exchange(drawing)
        dialog = drawing.launch(2)
        assert "2 stand in “look around”" in dialog.inner_text()
        dialog.get_by_label("Move them to version 2").check()
        expect(dialog.get_by_role("button", name="Launch version 2")).to_be_disabled()
        dialog.get_by_label("“look around” →").select_option(">look longer")
        launch_now(drawing, 2, "2 moved, 0 ended, 0 kept, 0 over by themselves, 0 failed")
        drawing.back()
    for each in (ann, eve):
        each.stands(TEA, "look longer")

    # Who is inside may stay as well; who comes now waits three days.
    for world in WORLDS:
        stands(admin, world, 2, "look longer", 2)
        drawing.open(TITLES[world])
        drawing.select("look longer")
        drawing.write("How long", "3 days")
        dialog = drawing.launch(3)
        assert "2 stand in “look longer”" in dialog.inner_text()
        launch_now(drawing, 3)
        drawing.back()
    sleep(CATALOG_SECONDS)
    cat = person(first_name="Cat")
    cat.does("canvas_signed_up")
    cat.ends(TEA, "completed")
    cat.got(TEA, "canvas-hello", "canvas-offer")
    assert [run["step"] for run in ann.runs(TEA)] == ["look longer", "look longer"]

    admin.apply(witness("canvas-seen", "canvas_signed_up"))
    # A pause lets nobody in; to stop takes out who is inside.
    status = drawing.page.locator(".status")
    for world in WORLDS:
        drawing.open(TITLES[world])
        drawing.press("Pause")
        expect(status).to_have_text("Paused")
        drawing.back()
    sleep(CATALOG_SECONDS)
    dora = person()
    dora.does("canvas_signed_up")
    dora.is_witnessed("canvas-seen")
    for world in WORLDS:
        drawing.open(TITLES[world])
        drawing.press("Resume")
        expect(status).to_have_text("Running")
        drawing.more("Stop")
        dialog = drawing.page.get_by_role("dialog")
        dialog.get_by_label("They leave now").check()
        dialog.get_by_role("button", name="Stop the journey").click()
        expect(dialog).to_contain_text("2 ended")
        dialog.get_by_role("button", name="Done").click()
        expect(status).to_have_text("Archived")
        drawing.back()
    for each in (ann, eve):
        admin.until(lambda each=each: all(run["status"] == "exited" for run in each.runs(TEA)))
        assert each.messages(TEA) == ["canvas-hello"]
    assert dora.runs(TEA) == [None, None]


def build(drawing: Drawing, world: str) -> None:
    """The first version, from nothing; what is forgotten is said at its step."""
    drawing.begin(TITLES[world], f"{TEA}{world}", "canvas_signed_up")
    drawing.choose("Clock", CLOCKS[world])
    drawing.press("Add an exit rule")
    exits = drawing.panel.get_by_role("group", name="Everybody leaves when")
    exits.get_by_label("Event", exact=True).fill("canvas_ordered")
    drawing.add("Send a message", "hello")
    drawing.choose("Template", "canvas-hello")
    drawing.add("Wait", "look around", after="hello")
    drawing.write("How long", "300 days")
    assert "warning wait_before_end" in drawing.said()
    drawing.add("Send a message", "offer", after="look around")
    drawing.choose("Template", "canvas-hello")
    drawing.choose("Template", "canvas-offer")
    assert drawing.said() == []
    assert serious_faults(drawing.page) == []
    drawing.save()


def why(drawing: Drawing, person) -> str:
    """What the page says of one person."""
    drawing.more("People")
    dialog = drawing.page.get_by_role("dialog")
    dialog.get_by_label("Identifier", exact=True).fill(person.user_id)
    dialog.get_by_role("button", name="Ask").click()
    expect(dialog.locator(".run")).to_be_visible()
    told = dialog.locator(".why").inner_text()
    dialog.get_by_role("button", name="Close").click()
    return told


def exchange(drawing: Drawing) -> None:
    """A step is put beside the one in which people stand, and that one is taken away."""
    drawing.add("Wait", "look longer", after="look around")
    drawing.write("How long", "300 days")
    drawing.select("look around")
    drawing.press("Remove look around")
    assert drawing.steps() == ["hello", "look longer", "offer"]


def launch_now(drawing: Drawing, version: int, moved: str = "") -> None:
    dialog = drawing.page.get_by_role("dialog")
    dialog.get_by_role("button", name=f"Launch version {version}").click()
    expect(dialog).to_contain_text("Launched")
    if moved:
        expect(dialog).to_contain_text(moved)
    dialog.get_by_role("button", name="Done").click()


def stands(admin, world: str, version: int, step: str, people: int) -> None:
    """Wait until the counters know of so many in a step."""

    def counted() -> bool:
        figures = admin.call("GET", f"/journeys/{TEA}{world}/figures?version={version}")["steps"]
        return {one["step"]: one["here"] for one in figures}[step] == people

    admin.until(counted)
