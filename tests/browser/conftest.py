"""A browser on a live server: each path is walked at two widths and in both themes, and must end without a complaint.

Uses the system's Chromium, or the one that Playwright installed. Without either the tests are skipped (CI fails them).
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

from accounts.bootstrap import first_admin_link
from accounts.principals import Principal
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
    with _watched(browser, live_server.url, *request.param) as opened:
        yield opened


@pytest.fixture
def open_as(browser: Browser, live_server: Any, session_of: Any) -> Iterator[Callable[..., Page]]:
    """Opens a page of a browser in which somebody has signed in already; it is watched like ``page``."""
    with ExitStack() as stack:

        def open_it(principal: Principal, width: int = 1440, theme: str = "light", **options: Any) -> Page:
            opened: Page = stack.enter_context(_watched(browser, live_server.url, width, theme, **options))
            morsel = session_of(principal).cookies[settings.SESSION_COOKIE_NAME]
            opened.context.add_cookies([{"name": morsel.key, "value": morsel.value, "url": live_server.url}])
            return opened

        yield open_it


@pytest.fixture
def set_up_link(live_server: Any) -> str:
    """What the server prints on its first start."""
    link = first_admin_link(live_server.url)
    assert link is not None
    return link


def _complaint(message: ConsoleMessage) -> list[str]:
    return [f"{message.text} ({message.location['url']})"] if message.type in ("error", "warning") else []


@contextmanager
def _watched(browser: Browser, url: str, width: int, theme: Any, **options: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=url, viewport={"width": width, "height": 900}, color_scheme=theme, **options)
    context.set_default_timeout(10_000)
    context.add_init_script(_COMPLAIN)
    opened, complaints = context.new_page(), list[str]()
    opened.on("pageerror", lambda error: complaints.append(f"{opened.url}: {error}"))
    opened.on("console", lambda message: complaints.extend(_complaint(message)))
    try:
        yield opened
    finally:
        context.close()
    assert complaints == []
