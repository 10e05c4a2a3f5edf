"""Waking a worker never holds up a request, whatever the broker does."""

import threading

import pytest
from kombu.exceptions import OperationalError

from notifications import doorbell, outbox, tasks
from notifications.doorbell import Doorbell
from notifications.models import WebhookDelivery
from registry.operations import create_registered_model, update_registered_model


@pytest.fixture
def rung(monkeypatch):
    """Counts how often a worker is woken."""
    bell, woken = threading.Event(), []

    def wake(**options):
        woken.append(options)
        bell.set()

    monkeypatch.setattr(tasks.deliver_due, "apply_async", wake)
    monkeypatch.setattr(doorbell, "_doorbell", Doorbell(doorbell._wake_worker))
    return bell, woken


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_a_worker(webhook, contributor, project, rung):
    bell, woken = rung

    create_registered_model(contributor, project, "fraud")

    assert bell.wait(10)
    assert woken[0]["retry"] is False


@pytest.mark.django_db(transaction=True)
def test_a_change_that_nobody_is_told_of_wakes_nobody(webhook, contributor, model, monkeypatch):
    rings = []
    monkeypatch.setattr(outbox, "ring", lambda: rings.append(1))

    update_registered_model(contributor, model, description="Nobody asked")

    assert rings == []


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_gone_fails_no_request(webhook, contributor, project, monkeypatch, caplog):
    tried = threading.Event()

    def fail(**_):
        tried.set()
        raise OperationalError("Connection refused")

    monkeypatch.setattr(tasks.deliver_due, "apply_async", fail)

    create_registered_model(contributor, project, "fraud")

    assert tried.wait(10)
    assert WebhookDelivery.objects.get().state == "pending"


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_hangs_holds_up_no_request(webhook, contributor, project, monkeypatch):
    hanging, over = threading.Event(), threading.Event()

    def hang(**_):
        hanging.set()
        over.wait(30)

    monkeypatch.setattr(tasks.deliver_due, "apply_async", hang)
    monkeypatch.setattr(doorbell, "_doorbell", Doorbell(doorbell._wake_worker))

    create_registered_model(contributor, project, "first")
    assert hanging.wait(10)
    create_registered_model(contributor, project, "second")
    over.set()

    assert WebhookDelivery.objects.count() == 2


def test_rings_while_somebody_is_at_the_door_become_one():
    answers, at_the_door, go_on = [], threading.Event(), threading.Event()

    def answer():
        answers.append(1)
        at_the_door.set()
        go_on.wait(10)
        if len(answers) == 2:
            done.set()

    done = threading.Event()
    bell = Doorbell(answer)
    bell.ring()
    assert at_the_door.wait(10)
    for _ in range(100):
        bell.ring()
    go_on.set()

    assert done.wait(10)
    assert len(answers) == 2


def test_after_a_failure_the_bell_works_again():
    calls, again = [], threading.Event()

    def answer():
        calls.append(1)
        if len(calls) == 1:
            bell.ring()
            raise OperationalError("Connection refused")
        again.set()

    bell = Doorbell(answer)
    bell.ring()

    assert again.wait(10)


def test_a_forked_child_has_a_bell_of_its_own():
    calls, called = [], threading.Event()

    def answer():
        calls.append(threading.current_thread())
        called.set()

    bell = Doorbell(answer)
    gone = threading.Thread(target=lambda: None)
    gone.start()
    gone.join()
    bell._thread = gone  # what a fork leaves: the object of a thread that does not run

    bell.ring()
    assert called.wait(10)
    assert calls[0] is not gone
