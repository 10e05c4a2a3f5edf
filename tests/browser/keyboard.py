"""Somebody without a mouse: reaches things with the Tab key, as the order of the page has them."""

from playwright.sync_api import Locator, Page

_MOST_STEPS = 200


class Keyboard:
    """The keyboard of one page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> Locator:
        """Press Tab until the target has the focus. Raises AssertionError when it never has."""
        target.wait_for()
        for _ in range(_MOST_STEPS):
            if target.evaluate("element => element === document.activeElement"):
                return target
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never leads to {target}")

    def press(self, target: Locator) -> None:
        """Reach a link or button and use it."""
        self.reach(target)
        self.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        """Reach a field and write into it, in place of what it held."""
        self.reach(target)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
