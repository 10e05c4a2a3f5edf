"""Two requests with the same ``Idempotency-Key`` at the same moment."""

import threading

import pytest
from django.db import connection

from accounts import operations
from accounts.models import Project


@pytest.mark.django_db(transaction=True)
def test_the_second_is_told_to_wait_and_the_first_is_done_once(admin, client_of, monkeypatch):
    client, create_project = client_of(admin), operations.create_project
    at_work, go_on = threading.Event(), threading.Event()
    statuses = []

    def slow(*args, **kwargs):
        at_work.set()
        assert go_on.wait(20)
        return create_project(*args, **kwargs)

    def send():
        answer = client.post(
            "/api/v1/projects",
            {"slug": "fraud"},
            content_type="application/json",
            headers={"Idempotency-Key": "k1"},
        )
        return answer.status_code

    def first():
        statuses.append(send())
        connection.close()

    monkeypatch.setattr(operations, "create_project", slow)
    thread = threading.Thread(target=first)
    thread.start()
    assert at_work.wait(20)

    assert send() == 409
    go_on.set()
    thread.join(20)
    assert statuses == [201]
    assert send() == 201
    assert Project.objects.filter(slug="fraud").count() == 1
