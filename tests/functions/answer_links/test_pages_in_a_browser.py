"""The public pages for every reader: no serious fault in either language, by day and by night."""

from collections.abc import Callable
from typing import Any, Literal

import pytest

from functions.answer_links import pages
from functions.answer_links.pages import Cell, Language
from tests.browser import browser, page, serious_faults  # noqa: F401

ROWS = [
    (title, [Cell(f"marketing/{title}@{way}", f"{title}: {way}", ticked=way == "email")
             for way in ("email", "sms")])
    for title in ("Sales <b>促销</b>", "Everything else")
]  # fmt: skip
MORE = [Cell("personalisation", "Choose content by what I do and like", ticked=True)]
ANSWERS = {"5": "★★★★★", '"><script>throw 1</script>': "<img src=x onerror='throw 1'>"}

Pages = dict[str, Callable[[Language], Any]]
PAGES: Pages = {
    "gone": pages.gone,
    "busy": pages.busy,
    "leaving": lambda language: pages.leaving(language, "email", "<i>", "marketing", "../p/abc"),
    "left": lambda language: pages.left(language, "../p/abc"),
    "preferences": lambda language: pages.preferences(
        language, ["email", "sms"], ROWS, MORE, saved=True
    ),
    "question": lambda language: pages.question(language, "How <was> it?", ("1", "★"), ANSWERS),
    "thanks": pages.thanks,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_serious_fault_and_run_nothing(page, scheme: Literal["light", "dark"]):  # noqa: F811
    page.emulate_media(color_scheme=scheme)
    shown: dict[str, Any] = {}
    page.route(
        "https://links.example/*",
        lambda route: route.fulfill(
            status=shown["statusCode"], headers=shown["headers"], body=shown["body"]
        ),
    )
    blocked: list[str] = []
    page.on("console", lambda said: blocked.append(said.text))
    for name, make in PAGES.items():
        for language in ("en", "zh"):
            shown = make(language)  # type: ignore[arg-type]
            page.goto(f"https://links.example/{name}-{language}")
            assert serious_faults(page) == [], (name, language, scheme)
            assert page.locator("script, img, i, b").count() == 0
            # The style is the one that the policy allows.
            assert (
                page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none"
            )
    assert not [text for text in blocked if "Content Security Policy" in text]
