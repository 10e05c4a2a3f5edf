"""Webhooks through the MLflow client."""

import pytest
from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookStatus
from mlflow.exceptions import MlflowException

# A public address that needs no name server: webhooks to private networks are refused.
URL = "https://93.184.215.14/hook"


def test_a_webhook_is_created_listed_changed_and_deleted(client: MlflowClient, unique):
    name = unique("hook")
    hook = client.create_webhook(
        name, URL, ["registered_model.created", "model_version.created"], description="To chat", secret="s3cret"
    )

    stored = client.get_webhook(hook.webhook_id)
    assert (stored.name, stored.url, stored.description) == (name, URL, "To chat")
    assert sorted(str(event) for event in stored.events) == ["model_version.created", "registered_model.created"]
    assert stored.secret is None
    assert stored.status == WebhookStatus.ACTIVE
    assert hook.webhook_id in {listed.webhook_id for listed in client.list_webhooks()}

    changed = client.update_webhook(
        hook.webhook_id, status="DISABLED", events=["model_version_alias.created"], description="Quiet"
    )
    assert changed.status == WebhookStatus.DISABLED
    assert [str(event) for event in changed.events] == ["model_version_alias.created"]
    assert client.get_webhook(hook.webhook_id).description == "Quiet"

    client.delete_webhook(hook.webhook_id)
    with pytest.raises(MlflowException) as refusal:
        client.get_webhook(hook.webhook_id)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_webhooks_come_page_by_page(client: MlflowClient, unique):
    mine = {client.create_webhook(unique("paged"), URL, ["registered_model.created"]).webhook_id for _ in range(3)}

    found, token = set(), None
    while True:
        page = client.list_webhooks(max_results=1, page_token=token)
        found |= {hook.webhook_id for hook in page}
        token = page.token
        if not token:
            break

    assert mine <= found


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "https://127.0.0.1/x", "ftp://93.184.215.14/x", "nonsense"])
def test_a_webhook_to_a_private_or_unsafe_address_is_refused(client: MlflowClient, unique, url):
    with pytest.raises(MlflowException) as refusal:
        client.create_webhook(unique("unsafe"), url, ["registered_model.created"])

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_test_delivery_reports_what_happened(client: MlflowClient, unique, monkeypatch):
    hook = client.create_webhook(unique("tested"), "https://93.184.215.14:1/hook", ["registered_model.created"])

    result = client.test_webhook(hook.webhook_id)

    assert result.success is False
    assert result.error_message
