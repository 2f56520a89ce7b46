"""The browser of the tests: it starts, shows what is there, and axe sees faults in it."""

from playwright.sync_api import Page

from tests.browser import browser, page, serious_faults  # noqa: F401


def test_it_shows_a_page(page: Page) -> None:  # noqa: F811
    page.set_content("<html lang=zh><title>t</title><main><h1>知己</h1></main>")
    assert page.inner_text("h1") == "知己"
    assert page.locator("h1").bounding_box()["width"] > 0
    assert serious_faults(page) == []


def test_axe_finds_a_button_without_a_name(page: Page) -> None:  # noqa: F811
    page.set_content("<html lang=en><title>t</title><main><h1>x</h1><button></button></main>")
    assert [fault["id"] for fault in serious_faults(page)] == ["button-name"]
