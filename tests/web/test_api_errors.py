"""How the native API says no, and that a browser's session cannot be used from elsewhere."""

import pytest
from django.test import Client

from accounts.models import Project, User


def test_complaints_are_listed_by_field(admin, client_of):
    answer = client_of(admin).post("/api/v1/users", {"email": "no"}, content_type="application/json")

    assert answer.status_code == 400
    body = answer.json()
    assert body["error_code"] == "INVALID_PARAMETER_VALUE"
    assert body["message"] == "username: This field is required."
    assert set(body["fields"]) == {"username", "password", "email"}


@pytest.mark.parametrize("body", ["{", '{"slug": NaN}', "\xff"])
def test_a_body_that_is_not_json_is_refused(admin, client_of, body):
    answer = client_of(admin).generic("POST", "/api/v1/projects", body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("The body is not JSON")


@pytest.mark.parametrize("body", ["[]", '"text"', "1", "null"])
def test_a_body_that_is_no_object_is_refused(admin, client_of, body):
    answer = client_of(admin).generic("POST", "/api/v1/projects", body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_forms_are_not_taken_for_json(admin, client_of):
    answer = client_of(admin).post("/api/v1/projects", {"slug": "fraud"})

    assert answer.status_code == 415
    assert answer.json()["error_code"] == "UNSUPPORTED_MEDIA_TYPE"


def test_a_method_that_is_not_there_is_named(admin, client_of):
    answer = client_of(admin).delete("/api/v1/projects/default")

    assert answer.status_code == 405
    assert answer.json()["error_code"] == "METHOD_NOT_ALLOWED"


def test_an_address_that_is_not_there_is_answered_as_json(admin, client_of):
    for address in ("/api/v1/nothing", "/api/v1/projects/nothing", "/api/v1/users/usr_nothing"):
        answer = client_of(admin).get(address)
        assert answer.status_code == 404
        assert answer.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"


def test_a_fault_of_ours_is_answered_without_a_traceback(admin, client_of, monkeypatch):
    def fail(*args):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("accounts.api.access.my_projects", fail)
    client = client_of(admin)
    client.raise_request_exception = False

    answer = client.get("/api/v1/whoami")

    assert answer.status_code == 500
    assert answer.json()["error_code"] == "INTERNAL_ERROR"
    assert b"secret detail" not in answer.content


def test_a_fault_on_a_page_is_a_page(admin, session_of, monkeypatch):
    def fail(*args):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("web.home.views.my_projects", fail)
    browser = session_of(admin)
    browser.raise_request_exception = False

    answer = browser.get("/")

    assert answer.status_code == 500
    assert b"Something went wrong" in answer.content
    assert b"secret detail" not in answer.content


def test_a_session_writes_only_with_its_csrf_token(admin):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(pk=admin.user.pk))
    browser.get("/profile/details")
    token = browser.cookies["csrftoken"].value

    def post(**headers):
        return browser.post("/api/v1/projects", {"slug": "fraud"}, content_type="application/json", headers=headers)

    refused = post()
    assert refused.status_code == 403
    assert refused.json()["error_code"] == "PERMISSION_DENIED"
    assert not Project.objects.filter(slug="fraud").exists()

    assert post(**{"X-CSRFToken": token}).status_code == 201


def test_a_token_writes_without_a_csrf_token(admin, client_of):
    client = client_of(admin)
    client.handler.enforce_csrf_checks = True

    assert client.post("/api/v1/projects", {"slug": "fraud"}, content_type="application/json").status_code == 201


def test_guessing_passwords_is_slowed_down(viewer):
    def ask(password):
        import base64

        credentials = base64.b64encode(f"viewer:{password}".encode()).decode()
        return Client().get("/api/v1/whoami", headers={"authorization": f"Basic {credentials}"})

    statuses = [ask("wrong").status_code for _ in range(10)]
    late = ask("wrong")

    assert statuses == [401] * 10
    assert late.status_code == 429
    assert int(late["Retry-After"]) > 0
    assert late.json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"


def test_a_request_too_big_for_memory_is_refused(admin, client_of):
    body = b'{"slug": "' + b"x" * 3_000_000 + b'"}'

    answer = client_of(admin).post(
        "/api/v1/projects", body, content_type="application/json", headers={"Idempotency-Key": "k1"}
    )

    assert answer.status_code == 413
