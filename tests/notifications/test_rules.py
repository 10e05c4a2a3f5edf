"""Names, events, secrets, and how long to wait."""

from datetime import UTC, datetime

import pytest

from notifications import rules
from notifications.exceptions import InvalidWebhook
from notifications.vocabulary import EVENTS, MLFLOW_EVENTS

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("name", ["a", "chat", "Chat-2.prod_eu", "a" * 63])
def test_these_are_names(name):
    rules.check_name(name)


@pytest.mark.parametrize("name", ["", " ", "-a", "a-", ".a", "a b", "a/b", "a" * 64, "a\n", "ä", "a\0b"])
def test_these_are_no_names(name):
    with pytest.raises(InvalidWebhook):
        rules.check_name(name)


def test_the_vocabulary_holds_all_of_mlflow_and_more():
    assert set(EVENTS) > MLFLOW_EVENTS
    assert "model_version.transitioned" in EVENTS


def test_an_event_counts_once():
    events = ["model_version.created", "registered_model.created", "model_version.created"]

    assert rules.check_events(events) == ["model_version.created", "registered_model.created"]


@pytest.mark.parametrize("events", [[], ["run.created"], ["model_version.created", "model_version.promoted"], [""]])
def test_an_event_outside_the_vocabulary_is_refused(events):
    with pytest.raises(InvalidWebhook):
        rules.check_events(events)


@pytest.mark.parametrize("secret", ["a" * 1001, "two\nlines", "nul\0"])
def test_a_secret_nobody_could_have_meant_is_refused(secret):
    with pytest.raises(InvalidWebhook) as refusal:
        rules.check_secret(secret)

    assert secret not in str(refusal.value)


def test_each_wait_is_four_times_the_one_before_up_to_six_hours():
    waits = [rules.seconds_to_wait(attempts, "", NOW) for attempts in range(1, 9)]

    assert waits == [10, 40, 160, 640, 2560, 10240, 21600, 21600]


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120),
        ("3", 10),  # never sooner than we would
        ("Fri, 02 Jan 2026 03:06:05 GMT", 120),
        ("Fri, 02 Jan 2026 03:06:05", 120),
        ("Thu, 01 Jan 2026 00:00:00 GMT", 10),
        ("999999999", 86400),
        ("99999999999999999999", 10),
        ("-5", 10),
        ("soon", 10),
        ("", 10),
        ("١٢", 10),
    ],
)
def test_a_receiver_can_ask_for_more_time_up_to_a_day(retry_after, seconds):
    assert rules.seconds_to_wait(1, retry_after, NOW) == seconds


@pytest.mark.parametrize(("status", "delivered", "again"), [
    (200, True, False), (201, True, False), (204, True, False), (301, False, False), (302, False, False),
    (400, False, False), (404, False, False), (410, False, False), (429, False, True), (500, False, True),
    (502, False, True), (503, False, True), (504, False, True), (599, False, True),
])  # fmt: skip
def test_an_answer_means_delivered_try_again_or_give_up(status, delivered, again):
    assert (rules.is_delivered(status), rules.is_worth_retrying(status)) == (delivered, again)


def test_a_redirect_is_refused_with_advice():
    assert "final address" in rules.refusal_sentence(308)
