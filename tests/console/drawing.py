"""An operator's hands on the console: what is pressed, typed and read, by the words on the page."""

from playwright.sync_api import Locator, Page, expect


class Drawing:
    """The page of an operator who works in English."""

    def __init__(self, page: Page, api_url: str, key: str) -> None:
        self.page = page
        self._url, self._key = f"{api_url}/console", key

    # --- the room -----------------------------------------------------------------------------

    def sign_in(self) -> None:
        self.page.goto(self._url)
        self.page.get_by_label("Admin key").fill(self._key)
        self.press("Sign in")
        expect(self.page.get_by_role("heading", name="Journeys")).to_be_visible()

    def begin(self, title: str, journey_id: str, event: str) -> None:
        """A new journey that begins with an event."""
        self.press("New journey")
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Title").fill(title)
        dialog.get_by_label("Id", exact=True).fill(journey_id)
        dialog.get_by_label("Event", exact=True).fill(event)
        dialog.get_by_role("button", name="Create").click()
        expect(self.page.get_by_role("heading", name=title)).to_be_visible()

    def open(self, title: str) -> None:
        self.page.get_by_role("link", name=title).click()
        expect(self.page.get_by_role("heading", name=title)).to_be_visible()

    def back(self) -> None:
        self.press("All journeys")
        expect(self.page.get_by_role("heading", name="Journeys")).to_be_visible()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    # --- the canvas ---------------------------------------------------------------------------

    @property
    def panel(self) -> Locator:
        return self.page.locator(".panel")

    def card(self, step: str) -> Locator:
        return self.page.locator(f'[data-step="{step}"]')

    def add(self, kind: str, name: str, after: str | None = None, way: str = "") -> None:
        """A step of a kind behind another one, on one of its ways; without one, the first step."""
        where = f"Add a step after “{after}”{way and f': {way}'}" if after else "Add the first step"
        self.press(where)
        kinds = self.page.get_by_role("dialog").locator(".kind")
        kinds.filter(has=self.page.get_by_text(kind, exact=True)).click()
        self.write("Name", name)
        self.panel.get_by_label("Name", exact=True).press("Enter")
        expect(self.card(name)).to_be_visible()

    def select(self, step: str) -> None:
        self.card(step).click()

    def write(self, label: str, text: str) -> None:
        self.panel.get_by_label(label, exact=True).first.fill(text)

    def choose(self, label: str, value: str) -> None:
        self.panel.get_by_label(label, exact=True).first.select_option(value)

    def steps(self) -> list[str]:
        """The names of the steps in the order of the document."""
        names = [card.get_attribute("data-step") for card in self.page.locator(".card").all()]
        return [name for name in names if name]

    def ways(self) -> list[str]:
        """What stands on the arrows."""
        return self.page.locator(".way").all_text_contents()

    # --- the check, saving, launching ---------------------------------------------------------

    def said(self) -> list[str]:
        """What the check says of what is drawn now: severities and codes."""
        expect(self.page.locator(".checked")).not_to_contain_text("Not checked")
        expect(self.page.locator(".checked")).not_to_contain_text("Checking")
        found = self.page.locator(".checked .findings li").all()
        return [f"{one.get_attribute('class')} {one.get_attribute('data-code')}" for one in found]

    def save(self) -> None:
        self.press("Save draft")
        expect(self.page.locator(".saved")).to_have_text("Saved")

    def launch(self, version: int) -> Locator:
        """Ask for the launch; gives the dialog once everything in it was told."""
        self.press("Launch …")
        dialog = self.page.get_by_role("dialog")
        expect(dialog.locator(".price table")).to_be_visible()
        expect(dialog).not_to_contain_text("Loading")
        expect(dialog.get_by_role("button", name=f"Launch version {version}")).to_be_visible()
        return dialog

    def more(self, item: str) -> None:
        self.press("More")
        self.page.get_by_role("menuitem", name=item).click()
