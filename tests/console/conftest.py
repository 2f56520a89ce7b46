"""The console over mocked tables and in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from functions.serve_console import handler as serve_console
from tests.browser import browser, page  # noqa: F401
from tests.console.drawing import Drawing
from tests.console.site import ConsoleSite
from tests.functions.manage_workspace.conftest import (
    KEY,
    Api,
    api,  # noqa: F401
    machine_versions,  # noqa: F401
)


@pytest.fixture
def site(api: Api) -> Iterator[ConsoleSite]:  # noqa: F811
    """The page and the admin API of a workspace with two templates."""
    if not serve_console.PAGES.is_dir():
        pytest.fail("the console was not built: `make console` builds it")
    serve_console._console.cache_clear()
    api.put("/settings", {"email_from": "shop@example.com"})
    for template_id in ("hello", "offer"):
        api.put(
            f"/templates/{template_id}",
            {"channel": "email", "title": template_id, "subject": "Hello", "html": "<p>Hello</p>"},
        )
    with ConsoleSite() as site:
        yield site


@pytest.fixture
def complaints(page: Page) -> list[str]:  # noqa: F811
    """What the browser complains of: breaches of the content security policy among others."""
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    return said


@pytest.fixture
def drawing(page: Page, site: ConsoleSite, complaints: list[str]) -> Iterator[Any]:  # noqa: F811
    """An operator who has signed in; nothing may be wrong on the page afterwards."""
    page.set_default_timeout(30_000)
    drawing = Drawing(page, site.url, KEY)
    drawing.sign_in()
    yield drawing
    # What the API refused is no fault of the page; the browser notes every such answer.
    assert [one for one in complaints if "status of 4" not in one] == []
