"""From what is owed to what was delivered: tries, waits, leases, and what is left in the history."""

import json
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from notifications import delivery, http, operations, rules, tasks
from notifications.models import DeliveryState, WebhookDelivery, now
from notifications.querysets import WebhookDeliveryQuerySet
from notifications.signing import signed_headers
from notifications.vocabulary import EVENTS
from registry.operations import create_registered_model
from tests.notifications.conftest import SECRET


@pytest.fixture(autouse=True)
def _no_other_worker(monkeypatch):
    """Let `deliver_due` serve webhooks at once, as a worker would with the messages it gets."""
    monkeypatch.setattr(tasks.deliver_to, "delay", tasks.deliver_to)


@pytest.fixture
def clock():
    """A clock that stands still until it is moved."""
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def owed(webhook, model) -> WebhookDelivery:
    """A message about the new model `fraud`, still to be delivered."""
    return WebhookDelivery.objects.get()


def state_of(owed: WebhookDelivery) -> tuple[str, int, int | None, str]:
    owed.refresh_from_db()
    return owed.state, owed.attempts, owed.response_status, owed.error


def test_a_message_is_delivered_once_and_signed(owed, receiver, clock):
    for _ in range(3):
        tasks.deliver_due()

    (request,) = receiver.received
    assert json.loads(request.body)["data"]["name"] == "fraud"
    assert request.headers["content-type"] == "application/json"
    moment = int(request.headers["x-mlflow-timestamp"])
    assert moment == int(timezone.now().timestamp())
    for name, value in signed_headers(str(owed.uid), moment, request.body, SECRET).items():
        assert request.headers[name.lower()] == value
    assert state_of(owed) == ("delivered", 1, 200, "")
    assert owed.finished_at == now()
    assert owed.duration_ms is not None


def test_messages_go_out_in_the_order_of_their_events(webhook, receiver, contributor, project):
    for name in ("a", "b", "c"):
        create_registered_model(contributor, project, name)

    tasks.deliver_due()

    assert [json.loads(request.body)["data"]["name"] for request in receiver.received] == ["a", "b", "c"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_receiver_in_trouble_is_asked_again_later_with_the_same_id(owed, receiver, clock, status):
    receiver.answer_with(status, status)

    tasks.deliver_due()
    assert state_of(owed) == ("pending", 1, status, f"The receiver answered {status}.")
    clock.shift(9)
    tasks.deliver_due()
    assert len(receiver.received) == 1
    clock.shift(1)
    tasks.deliver_due()
    assert state_of(owed)[:2] == ("pending", 2)
    clock.shift(40)
    tasks.deliver_due()

    assert state_of(owed) == ("delivered", 3, 200, "")
    assert receiver.ids == [str(owed.uid)] * 3
    assert len({request.body for request in receiver.received}) == 1
    assert len({request.headers["x-mlflow-signature"] for request in receiver.received}) == 3


def test_a_receiver_that_is_not_there_is_tried_again_until_it_is_given_up(owed, webhook, clock, monkeypatch):
    def refuse(*_):
        raise http.NoAnswer("127.0.0.1 refused the connection.")

    monkeypatch.setattr(http, "post", refuse)
    waits = []
    for _ in range(rules.MOST_ATTEMPTS):
        tasks.deliver_due()
        owed.refresh_from_db()
        waits.append((owed.due_at - now()) // 1000)
        clock.move_to(timezone.now() + timedelta(milliseconds=owed.due_at - now()))

    assert waits == [10, 40, 160, 640, 2560, 10240, 21600, 0]
    assert state_of(owed) == ("dead", 8, None, "127.0.0.1 refused the connection.")
    clock.shift(timedelta(days=1))
    tasks.deliver_due()
    assert state_of(owed)[:2] == ("dead", 8)


@pytest.mark.parametrize(
    "retry_after", ["300", lambda: f"{timezone.now() + timedelta(seconds=300):%a, %d %b %Y %T} GMT"]
)
def test_a_receiver_may_say_when_to_come_back(owed, receiver, clock, retry_after):
    receiver.answer_with((429, {"Retry-After": retry_after if isinstance(retry_after, str) else retry_after()}))

    tasks.deliver_due()

    owed.refresh_from_db()
    assert 299_000 <= owed.due_at - now() <= 300_000


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 410])
def test_a_refusal_is_not_repeated(owed, receiver, clock, status):
    receiver.answer_with((status, {"Location": "http://127.0.0.1/"}))

    tasks.deliver_due()
    clock.shift(timedelta(days=1))
    tasks.deliver_due()

    assert state_of(owed) == ("failed", 1, status, rules.refusal_sentence(status))
    assert len(receiver.received) == 1


def test_an_address_that_is_no_longer_public_is_not_called(owed, receiver, settings):
    settings.ALLOW_PRIVATE_WEBHOOKS = False

    tasks.deliver_due()

    state, attempts, status, error = state_of(owed)
    assert (state, attempts, status) == ("failed", 1, None)
    assert error.startswith("A webhook's URL begins with https://")
    assert receiver.received == []


def test_a_secret_that_cannot_be_read_any_more_stops_the_delivery(owed, receiver, settings):
    settings.SECRET_KEY = "another key that is long enough for tests"

    tasks.deliver_due()

    assert state_of(owed) == ("failed", 1, None, "The secret was kept with another SECRET_KEY. Set it anew.")
    assert receiver.received == []


@pytest.mark.parametrize(
    "change", [operations.delete_webhook, lambda a, w: operations.update_webhook(a, w, status="DISABLED")]
)
def test_a_webhook_that_was_switched_off_hears_no_more(owed, webhook, maintainer, receiver, change):
    change(maintainer, webhook)

    tasks.deliver_due()

    assert state_of(owed)[0] == "failed"
    assert receiver.received == []


class Killed(BaseException):
    """The worker's end, in the middle of a line."""


def test_a_worker_that_dies_before_it_wrote_the_result_is_followed_by_another_with_the_same_id(
    owed, receiver, clock, monkeypatch
):
    post = http.post

    def die_after_sending(*args):
        post(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(http, "post", die_after_sending)
        with pytest.raises(Killed):
            tasks.deliver_due()
    assert state_of(owed)[:2] == ("delivering", 1)

    tasks.deliver_due()
    assert len(receiver.received) == 1
    clock.shift(delivery.LEASE / 1000)
    tasks.deliver_due()

    assert receiver.ids == [str(owed.uid)] * 2
    assert state_of(owed) == ("delivered", 2, 200, "")


def test_a_message_that_kills_every_worker_is_given_up(owed, clock, monkeypatch):
    def die(*_):
        raise Killed

    monkeypatch.setattr(http, "post", die)
    for _ in range(rules.MOST_ATTEMPTS):
        with pytest.raises(Killed):
            tasks.deliver_due()
        clock.shift(delivery.LEASE / 1000)
    tasks.deliver_due()

    assert state_of(owed)[0] == "dead"


def test_a_worker_that_wakes_up_after_its_lease_changes_nothing(owed, webhook, receiver, clock):
    late = delivery.take_up(webhook.pk)
    assert late is not None
    clock.shift(delivery.LEASE / 1000)
    tasks.deliver_due()
    receiver.answer_with(500)

    assert delivery.deliver(late) is False

    assert state_of(owed) == ("delivered", 2, 200, "")


def test_only_one_of_two_workers_takes_a_delivery_up(owed, webhook):
    assert delivery.take_up(webhook.pk) == owed
    assert delivery.take_up(webhook.pk) is None
    assert delivery.webhooks_waiting() == []


def test_a_worker_that_is_overtaken_between_looking_and_taking_takes_nothing(owed, webhook, monkeypatch):
    def look_and_be_overtaken(rows):
        found = look(rows)
        WebhookDelivery.objects.filter(pk=owed.pk).update(attempts=1)
        return found

    look = WebhookDeliveryQuerySet.first
    monkeypatch.setattr(WebhookDeliveryQuerySet, "first", look_and_be_overtaken)

    assert delivery.take_up(webhook.pk) is None


def test_other_webhooks_do_not_wait_for_one_that_hangs(make_webhook, contributor, project, receiver):
    hangs, answers = make_webhook(), make_webhook()
    create_registered_model(contributor, project, "a")
    create_registered_model(contributor, project, "b")
    assert delivery.take_up(hangs.pk) is not None

    tasks.deliver_due()

    assert WebhookDelivery.objects.filter(webhook=answers, state="delivered").count() == 2
    assert not WebhookDelivery.objects.filter(webhook=hangs, state="delivered").exists()


def test_after_its_turn_a_webhook_waits_for_the_others(webhook, contributor, project, receiver, monkeypatch):
    monkeypatch.setattr(delivery, "TURN", 0)
    for name in ("a", "b"):
        create_registered_model(contributor, project, name)

    assert delivery.deliver_turn(webhook.pk) is True

    assert len(receiver.received) == 1


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_the_same_moment_deliver_once(owed, receiver):
    receiver.open.clear()

    def tick():
        try:
            tasks.deliver_due()
        finally:
            connection.close()

    first = threading.Thread(target=tick)
    first.start()
    assert receiver.arrived.wait(10)
    tasks.deliver_due()
    receiver.open.set()
    first.join(10)

    assert receiver.ids == [str(owed.uid)]
    assert state_of(owed)[:2] == ("delivered", 1)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_each_message_meets_one(webhook, contributor, project, receiver):
    for number in range(5):
        create_registered_model(contributor, project, f"model-{number}")

    def tick():
        try:
            tasks.deliver_due()
        finally:
            connection.close()

    workers = [threading.Thread(target=tick) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    assert len(receiver.ids) == len(set(receiver.ids)) == 5
    assert set(WebhookDelivery.objects.values_list("state", "attempts")) == {("delivered", 1)}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_inside_a_transaction(owed, receiver, monkeypatch):
    post = http.post

    def outside(*args):
        assert not connection.in_atomic_block
        return post(*args)

    monkeypatch.setattr(http, "post", outside)

    tasks.deliver_due()
    assert len(receiver.received) == 1


@pytest.fixture
def worker(monkeypatch, request):
    """A real worker, for which the own network is open too."""
    monkeypatch.setenv("ALLOW_PRIVATE_WEBHOOKS", "1")
    request.getfixturevalue("celery_worker")


@pytest.mark.django_db(transaction=True)
def test_a_commit_is_delivered_by_a_real_worker_without_waiting_for_a_tick(worker, webhook, model, receiver):
    assert receiver.arrived.wait(20)

    assert receiver.ids == [str(WebhookDelivery.objects.get().uid)]


def test_a_tick_with_nothing_to_do_costs_three_queries(webhook, django_assert_num_queries):
    with django_assert_num_queries(3):
        tasks.deliver_due()


def test_a_delivery_costs_five_queries(owed, webhook, django_assert_num_queries):
    with django_assert_num_queries(5 + 4):  # look, take up, read, write the result, look again; two transactions
        delivery.deliver_turn(webhook.pk)


def test_history_is_forgotten_after_a_month_and_what_is_owed_is_not(
    owed, webhook, receiver, contributor, project, clock
):
    tasks.deliver_due()
    receiver.answer_with(500)
    create_registered_model(contributor, project, "second")
    tasks.deliver_due()
    clock.shift(timedelta(days=29))
    tasks.forget_deliveries()
    assert WebhookDelivery.objects.count() == 2

    clock.shift(timedelta(days=2))
    tasks.forget_deliveries()

    assert [each.state for each in WebhookDelivery.objects.all()] == [DeliveryState.PENDING]


# --- Trying a webhook -------------------------------------------------------------------------------------------------


def test_a_try_sends_an_example_of_the_first_event_and_says_how_it_went(webhook, maintainer, receiver):
    tried = operations.try_webhook(maintainer, webhook)

    body = json.loads(receiver.received[0].body)
    assert (body["entity"], body["action"]) == ("registered_model", "created")
    assert body["data"] == {
        "name": "example_model",
        "tags": {"example_key": "example_value"},
        "description": "An example",
    }
    assert (tried.state, tried.response_status, tried.is_test) == ("delivered", 200, True)


def test_a_try_can_be_of_any_event_of_the_vocabulary(webhook, maintainer, receiver):

    for event in EVENTS:
        operations.try_webhook(maintainer, webhook, event)

    assert {
        f"{body['entity']}.{body['action']}" for body in map(json.loads, (r.body for r in receiver.received))
    } == set(EVENTS)


def test_a_try_is_made_once_also_with_a_disabled_webhook(webhook, maintainer, receiver, clock):
    operations.update_webhook(maintainer, webhook, status="DISABLED")
    receiver.answer_with(503)

    tried = operations.try_webhook(maintainer, webhook)
    clock.shift(timedelta(days=1))
    tasks.deliver_due()

    assert state_of(tried) == ("failed", 1, 503, "The receiver answered 503.")
    assert len(receiver.received) == 1
