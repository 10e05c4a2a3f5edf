"""The first five minutes: from the link that the server printed to a token, out, and in again."""

from playwright.sync_api import expect

from accounts.models import Token, User
from tests.conftest import PASSWORD


def test_the_set_up_link_leads_to_an_administrator_with_a_token(page, set_up_link):
    page.goto(set_up_link)
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Create administrator").click()

    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    page.get_by_role("button", name="Create a token").click()
    token = page.get_by_label("The token").input_value()
    address, signature = page.get_by_label("Environment of an MLflow client").inner_text().splitlines()
    assert address.startswith("export MLFLOW_TRACKING_URI=http://")
    assert signature == f"export MLFLOW_TRACKING_TOKEN={token}"
    assert token.startswith("sk_pat_")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()

    page.get_by_title("My account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/profile")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Tokens")).to_be_visible()
    expect(page.get_by_role("link", name="Revoke first steps")).to_be_visible()

    ada = User.objects.get(username="ada")
    assert User.objects.platform_admins().get() == ada
    assert Token.objects.get().owner == ada


def test_a_wrong_password_is_said_at_the_form_and_the_name_is_kept(page, set_up_link):
    page.goto("/sign-in")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("The user name or the password is wrong.")).to_be_visible()
    expect(page.get_by_label("User name")).to_have_value("nobody")
