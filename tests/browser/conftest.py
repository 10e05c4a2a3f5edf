"""A browser on a live server: each path is walked at two widths and in both themes, and must end without a complaint.

Uses the system's Chromium, or the one that Playwright installed. Without either the tests are skipped (CI fails them).
"""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

from accounts.bootstrap import first_admin_link
from tests.servers import refuse

# Playwright's synchronous interface runs an event loop in this thread, which Django would take for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

LOOKS = [(width, theme) for width in (1440, 390) for theme in ("light", "dark")]
_COMPLAIN = """
document.addEventListener("securitypolicyviolation", event =>
  console.error(`CSP refused ${event.blockedURI} by ${event.violatedDirective} on ${location}`));
addEventListener("load", () => {
  const excess = document.documentElement.scrollWidth - innerWidth;
  if (excess > 0) console.error(`${location} is ${excess} px too wide`);
});
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        except Error as error:
            refuse(f"Chromium cannot run here: {error.message.splitlines()[0]}")
        yield chromium
        chromium.close()


@pytest.fixture(params=LOOKS, ids=[f"{width}-{theme}" for width, theme in LOOKS])
def page(request: pytest.FixtureRequest, browser: Browser, live_server: Any) -> Iterator[Page]:
    """A page of a fresh browser profile on the live server; it must not complain, nor scroll sideways."""
    width, theme = request.param
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": width, "height": 900}, color_scheme=theme
    )
    context.set_default_timeout(10_000)
    context.add_init_script(_COMPLAIN)
    opened, complaints = context.new_page(), list[str]()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.extend(_complaint(message)))
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture
def set_up_link(live_server: Any) -> str:
    """What the server prints on its first start."""
    link = first_admin_link(live_server.url)
    assert link is not None
    return link


def _complaint(message: ConsoleMessage) -> list[str]:
    return [message.text] if message.type in ("error", "warning") else []
