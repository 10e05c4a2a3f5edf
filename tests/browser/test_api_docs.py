"""The page of the REST API: a person who has signed in tries a write from it."""

from playwright.sync_api import expect

from accounts.models import Project
from accounts.operations import create_administrator
from accounts.principals import CONSOLE
from tests.conftest import PASSWORD


def test_a_write_is_tried_with_the_session_and_its_csrf_token(page):
    create_administrator(CONSOLE, "ada", password=PASSWORD)
    page.goto("/sign-in?next=/api/v1/docs")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    # The page draws what comes into sight.
    create = page.locator("#operations-projects-projects_create")
    page.locator(".opblock").first.wait_for()
    while not create.count():
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(50)
    create.locator(".opblock-summary-control").click()
    create.get_by_role("button", name="Try it out").click()
    create.locator("textarea").fill('{"slug": "by-hand"}')
    create.get_by_role("button", name="Execute").click()

    expect(create.locator(".live-responses-table .response .response-col_status")).to_have_text("201")
    assert Project.objects.filter(slug="by-hand").exists()
