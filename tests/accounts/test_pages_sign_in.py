"""Signing in and out in a browser, and guesses at passwords."""

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from accounts.bootstrap import first_admin_link
from accounts.models import SetUpCode, User
from audit.models import AuditEvent
from tests.conftest import PASSWORD


def sign_in(client, name, password=PASSWORD, **more):
    return client.post("/sign-in", {"username": name, "password": password, **more})


def set_up_link():
    link = first_admin_link("")
    assert link is not None
    return link


def test_a_person_signs_in_and_out(viewer):
    browser = Client(headers={"accept": "text/html"})

    assert sign_in(browser, "viewer")["Location"] == "/"
    assert "Hello, viewer" in browser.get("/").content.decode()
    assert browser.post("/sign-out")["Location"] == "/sign-in"
    assert browser.get("/").status_code == 302
    events = AuditEvent.objects.filter(actor_uid=viewer.uid).order_by("pk")
    assert [event.action for event in events] == ["user.signed_in", "user.signed_out"]


def test_signing_out_takes_a_post(viewer, session_of):
    browser = session_of(viewer)

    assert browser.get("/sign-out").status_code == 405
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(viewer, target):
    assert sign_in(Client(), "viewer", next=target)["Location"] == "/"


def test_signing_in_leads_back(viewer):
    assert sign_in(Client(), "viewer", next="/projects/default")["Location"] == "/projects/default"


def test_name_and_password_fail_with_the_same_words_and_the_name_is_kept(viewer):
    for name in ("viewer", "stranger"):
        page = sign_in(Client(), name, "wrong").content.decode()
        assert "The user name or the password is wrong." in page
        assert f'value="{name}"' in page


def test_the_eleventh_guess_has_to_wait(viewer):
    answers = [sign_in(Client(), "viewer", "wrong").status_code for _ in range(10)]
    late = sign_in(Client(), "viewer")

    assert answers == [200] * 10
    assert late.status_code == 429
    assert 0 < int(late["Retry-After"]) <= 301
    assert "Too many failed attempts" in late.content.decode()
    assert AuditEvent.objects.filter(action="user.locked_out").count() == 1


def test_known_and_unknown_names_cost_the_same(viewer, monkeypatch):
    hashed, encode = [], MD5PasswordHasher.encode

    def count(self, password, *args):
        hashed.append(password)
        return encode(self, password, *args)

    monkeypatch.setattr(MD5PasswordHasher, "encode", count)
    sign_in(Client(), "stranger", "warm up the hash of nobody")
    costs = []
    for name in ("viewer", "stranger"):
        hashed.clear()
        sign_in(Client(), name, "wrong")
        costs.append(len(hashed))

    assert costs == [1, 1]


def test_the_set_up_link_makes_the_first_administrator_once(db, project):
    link = set_up_link()
    browser = Client()
    form = {"username": "ada", "password": PASSWORD, "again": PASSWORD}

    assert browser.get(link).status_code == 200
    assert browser.post(link, form)["Location"] == "/first-steps"

    assert "export MLFLOW_TRACKING_URI=http://testserver" in browser.get("/first-steps").content.decode()
    assert User.objects.platform_admins().get().username == "ada"
    assert Client().get(link).status_code == 404
    assert SetUpCode.objects.get().used_at is not None


def test_the_set_up_form_says_what_is_wrong_at_each_field(db, project):
    link = set_up_link()

    page = Client().post(link, {"username": "a b", "password": "short", "again": "else"}).content.decode()

    assert "A user name has 1 to 150 letters" in page
    assert "This password is too short." in page
    assert 'value="a b"' in page
    assert not User.objects.exists()
    assert 'id="id_username_error"' in page


def test_a_wrong_set_up_code_opens_nothing(db):
    assert Client().get("/set-up/wrong").status_code == 404


def test_one_click_makes_a_token_that_is_shown_once(viewer, session_of):
    browser = session_of(viewer)

    shown = browser.post("/first-steps/token")
    secret = shown.context["secret"]

    assert "no-store" in shown["Cache-Control"]
    assert f"export MLFLOW_TRACKING_TOKEN={secret}" in shown.content.decode()
    assert secret not in browser.get("/profile").content.decode()
    signed = Client(headers={"authorization": f"Bearer {secret}"})
    assert signed.get("/api/v1/whoami").json()["user"]["username"] == "viewer"


def test_a_form_of_another_site_is_refused(viewer):
    browser = Client(enforce_csrf_checks=True, headers={"accept": "text/html"})
    browser.force_login(User.objects.get(pk=viewer.user.pk))

    answer = browser.post("/first-steps/token")

    assert answer.status_code == 403
    assert "Reload the page" in answer.content.decode()
    assert not viewer.user.tokens.exists()
