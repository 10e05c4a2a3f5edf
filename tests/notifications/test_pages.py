"""The pages of webhooks."""

import pytest

from notifications.models import Webhook, WebhookDelivery

PAGE = "/projects/default/webhooks"


@pytest.fixture
def browser(maintainer, session_of):
    return session_of(maintainer)


def test_a_webhook_is_made_tried_switched_off_and_deleted(browser, receiver):
    form = {"name": "chat", "url": receiver.url, "events": ["model_version.transitioned"], "secret": "s3cret"}
    page = browser.post(f"{PAGE}/new", form, follow=True).text
    assert "Told nothing yet" in page
    assert "s3cret" not in page
    hook = Webhook.objects.get()
    here = f"{PAGE}/{hook.uid}"

    assert "The receiver took it (200" in browser.post(f"{here}/test", follow=True).text
    assert "example" in browser.get(here).text
    assert "It is told nothing now." in browser.post(f"{here}/switch", follow=True).text
    assert "switched off" in browser.get(PAGE).text
    assert "It is told again." in browser.post(f"{here}/switch", follow=True).text

    assert "Its secret is removed" in browser.get(f"{here}/delete").text
    assert "No webhooks yet" in browser.post(f"{here}/delete", follow=True).text
    assert browser.get(here).status_code == 404


def test_a_change_without_a_secret_keeps_the_secret(browser, webhook):
    here = f"{PAGE}/{webhook.uid}"
    kept = Webhook.objects.get().sealed_secret
    form = {"name": "chat-2", "url": webhook.url, "events": ["model_version.created"], "secret": ""}

    assert "Saved." in browser.post(f"{here}/edit", form, follow=True).text
    changed = Webhook.objects.get()
    assert (changed.name, changed.events, changed.sealed_secret) == ("chat-2", ["model_version.created"], kept)


def test_a_receiver_that_refuses_is_told_of(browser, webhook, receiver):
    receiver.answer_with(500)

    page = browser.post(f"{PAGE}/{webhook.uid}/test", follow=True).text

    assert "It was not taken. The receiver answered 500." in page
    assert WebhookDelivery.objects.count() == 1


def test_an_address_inside_the_house_is_refused_at_the_form(browser):
    form = {"name": "chat", "url": "https://169.254.169.254/", "events": ["model_version.created"]}

    assert "not a public address" in browser.post(f"{PAGE}/new", form).text
    assert not Webhook.objects.exists()


def test_only_those_who_manage_see_webhooks(webhook, contributor, approver, outsider, session_of):
    for person, status in ((contributor, 403), (approver, 403), (outsider, 404)):
        browser = session_of(person)
        for address in (PAGE, f"{PAGE}/new", f"{PAGE}/{webhook.uid}", f"{PAGE}/{webhook.uid}/edit"):
            answer = browser.get(address)
            assert answer.status_code == status
            assert webhook.url not in answer.text
        assert browser.post(f"{PAGE}/{webhook.uid}/test").status_code == status


def test_the_pages_cost_a_fixed_number_of_queries(webhook, make_webhook, browser, queries_of):
    here = f"{PAGE}/{webhook.uid}"
    browser.post(f"{here}/test")
    few = [queries_of(browser, address) for address in (PAGE, here)]
    for number in range(10):
        make_webhook(name=f"more-{number}")
        browser.post(f"{here}/test")

    assert [queries_of(browser, address) for address in (PAGE, here)] == few
    assert max(few) <= 11
