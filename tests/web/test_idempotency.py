"""The ``Idempotency-Key`` header: a write sent twice is done once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Project, Token, User
from web.api.idempotency import forget_old_keys
from web.models import IdempotencyKey


@pytest.fixture
def send(admin, client_of):
    """Posts as the platform admin under a key."""
    client = client_of(admin)

    def post(address, key, **body):
        return client.post(
            f"/api/v1/{address}", body, content_type="application/json", headers={"Idempotency-Key": key}
        )

    return post


def test_the_same_request_is_answered_from_memory(send):
    first, second = send("projects", "k1", slug="fraud"), send("projects", "k1", slug="fraud")

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Project.objects.filter(slug="fraud").count() == 1


def test_the_same_key_for_another_request_is_refused(send):
    send("projects", "k1", slug="fraud")

    answer = send("projects", "k1", slug="churn")

    assert answer.status_code == 400
    assert answer.json()["message"] == (
        "This Idempotency-Key was used for another request. Use a new key for a new request."
    )
    assert not Project.objects.filter(slug="churn").exists()


def test_a_refused_write_leaves_its_key_free(send):
    refused = send("projects", "k1", slug="Not a slug")
    assert refused.status_code == 400
    assert not IdempotencyKey.objects.exists()

    assert send("projects", "k1", slug="fraud").status_code == 201


def test_a_second_request_while_the_first_is_at_work_is_told_to_wait(send, admin):
    send("projects", "k1", slug="fraud")
    IdempotencyKey.objects.update(status=None, body=None)

    answer = send("projects", "k1", slug="fraud")

    assert answer.status_code == 409
    assert "still being carried out" in answer.json()["message"]


def test_a_request_that_was_cut_short_is_said_to_be(send):
    send("projects", "k1", slug="fraud")
    long_ago = timezone.now() - timedelta(hours=1)
    IdempotencyKey.objects.update(status=None, body=None, created_at=long_ago)

    assert "was cut short" in send("projects", "k1", slug="fraud").json()["message"]


def test_a_secret_is_neither_kept_nor_shown_twice(viewer, session_of):
    browser = session_of(viewer)

    def issue():
        return browser.post(
            "/api/v1/tokens", {"name": "ci"}, content_type="application/json", headers={"Idempotency-Key": "k1"}
        )

    secret = issue().json()["secret"]
    again = issue()

    assert again.status_code == 409
    assert "holds a secret" in again.json()["message"]
    assert Token.objects.count() == 1
    row = IdempotencyKey.objects.values().get()
    assert row["body"] is None
    assert not any(secret in str(value) for value in row.values())


def test_keys_of_different_people_do_not_meet(send, viewer, session_of):
    send("projects", "k1", slug="fraud")

    answer = session_of(viewer).post(
        "/api/v1/tokens", {"name": "ci"}, content_type="application/json", headers={"Idempotency-Key": "k1"}
    )

    assert answer.status_code == 201


def test_reading_takes_no_key(admin, client_of):
    answer = client_of(admin).get("/api/v1/projects", headers={"Idempotency-Key": "k1"})

    assert answer.status_code == 200
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 256, "käse", "a\tb"])
def test_a_key_that_is_none_is_refused(send, key):
    answer = send("users", key, username="grace", password="correct horse battery")

    assert answer.status_code == 400
    assert not User.objects.filter(username="grace").exists()


def test_the_key_stands_in_the_audit_log(send):
    from audit.models import AuditEvent

    send("projects", "k1", slug="fraud")

    assert b'"idem":"k1"' in bytes(AuditEvent.objects.get(action="project.created", object_label="fraud").body)


def test_answers_are_forgotten_after_a_day(send):
    send("projects", "k1", slug="fraud")
    assert forget_old_keys() == 0

    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))

    assert forget_old_keys() == 1
