"""Letters go out once, when what they tell is committed, whatever happens to workers, broker and mail server."""

import smtplib
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from accounts.models import User
from accounts.operations import deactivate_user
from approvals.notices import Kind, Notice
from audit import guard
from audit.models import AuditEvent
from notifications import letters, tasks
from notifications.models import DeliveryState, Letter, NotedEvent, now
from notifications.preferences import KINDS, choose_mail
from registry.operations import create_registered_model, update_registered_model

EVENT = "registered_model.updated"


@pytest.fixture(autouse=True)
def told(monkeypatch, contributor, approver):
    """Whoever changes a description tells these two people about it."""
    people = [contributor.user, approver.user]
    with guard.lifted():
        for person in people:
            User.objects.filter(pk=person.pk).update(email=f"{person.username}@example.org")
            person.refresh_from_db()
    notice = Notice(Kind.DECIDED, tuple(people), "fraud changed", "It was described anew.")
    monkeypatch.setattr(letters, "TOLD", frozenset({EVENT}))
    monkeypatch.setattr(letters, "notices_about", lambda event: [notice])
    monkeypatch.setattr(tasks.post_letters, "delay", lambda: None)
    return people


@pytest.fixture
def change(contributor, project):
    """Describes the model `fraud` anew."""
    model = create_registered_model(contributor, project, "fraud")

    def again(text="Better"):
        update_registered_model(contributor, model, description=text)

    return again


@pytest.fixture
def server(monkeypatch, settings):
    """A mail server on which what is said goes wrong: ``connecting`` or ``sending``."""
    wrong = {}

    class Server(EmailBackend):
        def open(self):
            if "connecting" in wrong:
                raise wrong["connecting"]
            return True

        def send_messages(self, messages):
            if "sending" in wrong:
                raise wrong["sending"]
            return super().send_messages(messages)

    monkeypatch.setattr(letters, "get_connection", Server)
    return wrong


def states():
    return sorted(Letter.objects.values_list("state", flat=True))


def wait_over():
    """As if the time until the next try were over."""
    Letter.objects.update(due_at=now())
    NotedEvent.objects.update(due_at=now())


def test_each_person_gets_one_letter_however_often_workers_look(change):
    change()

    for _ in range(3):
        tasks.post_letters()

    assert sorted(letter.to[0] for letter in mail.outbox) == ["approver@example.org", "contributor@example.org"]
    assert states() == ["delivered", "delivered"]
    assert not letters.is_anything_due()


def test_what_was_rolled_back_is_told_to_nobody(change, monkeypatch):
    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr("audit.listeners._listeners", [letters.note, fail])
    with pytest.raises(RuntimeError):
        change()

    assert not NotedEvent.objects.exists()


def test_beat_finds_what_no_message_woke(change, monkeypatch):
    woken = []
    monkeypatch.setattr(tasks.post_letters, "delay", lambda: woken.append(1))
    tasks.deliver_due()
    assert woken == []

    change()
    tasks.deliver_due()

    assert woken == [1]


def test_letters_wait_as_long_as_the_mail_server_is_away(change, server):
    change()
    server["connecting"] = ConnectionRefusedError()
    for _ in range(20):
        tasks.post_letters()

    assert states() == ["pending", "pending"]
    assert set(Letter.objects.values_list("attempts", flat=True)) == {0}

    server.clear()
    tasks.post_letters()
    assert len(mail.outbox) == 2


def test_a_letter_that_the_server_does_not_take_now_is_tried_again_with_the_same_id(change, server):
    change()
    server["sending"] = SMTPServerDisconnected("Too many letters")
    tasks.post_letters()

    assert states() == ["pending", "pending"]
    tasks.post_letters()  # not yet: it waits
    assert set(Letter.objects.values_list("attempts", flat=True)) == {1}

    server.clear()
    wait_over()
    tasks.post_letters()
    assert {letter.extra_headers["Message-ID"].split("@")[0] for letter in mail.outbox} == {
        f"<{uid}" for uid in Letter.objects.values_list("uid", flat=True)
    }


def test_a_letter_is_given_up_after_many_tries(change, server):
    change()
    server["sending"] = smtplib.SMTPDataError(451, b"Try later")
    for _ in range(10):
        wait_over()
        tasks.post_letters()

    assert states() == ["dead", "dead"]
    assert Letter.objects.first().error == "The mail server did not take it (SMTPDataError)."


def test_an_address_that_does_not_exist_is_not_tried_again(change, server):
    change()
    server["sending"] = SMTPRecipientsRefused({"approver@example.org": (550, b"No such user")})
    tasks.post_letters()

    assert states() == ["failed", "failed"]
    assert Letter.objects.first().error == "The mail server did not take the address (550)."


def test_what_a_dead_worker_had_taken_up_is_sent_when_its_lease_is_over(change):
    change()
    letters.open_noted()
    taken = letters.take_up()
    tasks.post_letters()
    assert len(mail.outbox) == 1

    wait_over()
    tasks.post_letters()

    assert len(mail.outbox) == 2
    letters._finish(taken, DeliveryState.FAILED, "The worker woke up again.")
    assert states() == ["delivered", "delivered"]


def test_an_event_that_cannot_be_opened_holds_up_no_other(change, monkeypatch):
    change("One")
    change("Two")
    writer = letters.notices_about
    first = AuditEvent.objects.filter(action=EVENT).earliest("pk")

    def fail(event):
        if event == first:
            raise KeyError("wrong")
        return writer(event)

    monkeypatch.setattr(letters, "notices_about", fail)
    tasks.post_letters()
    assert len(mail.outbox) == 2

    monkeypatch.setattr(letters, "notices_about", writer)
    wait_over()
    tasks.post_letters()
    assert len(mail.outbox) == 4


def test_a_kind_that_is_switched_off_is_not_sent(change, contributor):
    choose_mail(contributor, [kind for kind in Kind if kind != Kind.DECIDED])
    change()
    tasks.post_letters()

    assert [letter.to for letter in mail.outbox] == [["approver@example.org"]]

    choose_mail(contributor, list(Kind))
    change("Again")
    tasks.post_letters()
    assert len(mail.outbox) == 3


def test_nobody_without_address_or_account_is_written_to(change, admin, told):
    change()
    letters.open_noted()
    deactivate_user(admin, told[1])
    with guard.lifted():
        User.objects.filter(pk=told[0].pk).update(email="")
    letters.post_turn()

    assert mail.outbox == []
    assert states() == ["failed", "failed"]


def test_a_question_is_asked_once_however_many_events_ask_it(change, monkeypatch, told):
    notice = Notice(Kind.ASKED, tuple(told), "please decide", "Decide.", once="asked 1")
    monkeypatch.setattr(letters, "notices_about", lambda event: [notice])
    change("One")
    change("Two")
    tasks.post_letters()

    assert len(mail.outbox) == 2


def test_letters_are_forgotten_after_a_month(change):
    change()
    tasks.post_letters()
    assert letters.forget_old() == 0

    past = now() - 31 * 24 * 60 * 60 * 1000
    Letter.objects.update(finished_at=past)
    NotedEvent.objects.update(opened_at=past)
    assert letters.forget_old() == 3
    assert not Letter.objects.exists()


def test_people_choose_their_mail_on_their_page(change, contributor, session_of):
    browser = session_of(contributor)
    change()
    tasks.post_letters()

    page = browser.get("/profile/mail").text
    assert "fraud changed" in page
    assert page.count("checked") == len(KINDS)

    browser.post("/profile/mail", {"kinds": ["asked"]})
    assert browser.get("/profile/mail").text.count("checked") == 1
    change("Again")
    tasks.post_letters()
    assert [letter.to for letter in mail.outbox].count(["contributor@example.org"]) == 1


def test_a_subject_cannot_smuggle_headers(change, monkeypatch, told):
    notice = Notice(Kind.DECIDED, tuple(told), "fraud\nBcc: all@example.org", "Text.")
    monkeypatch.setattr(letters, "notices_about", lambda event: [notice])
    change()
    tasks.post_letters()

    assert mail.outbox == []
