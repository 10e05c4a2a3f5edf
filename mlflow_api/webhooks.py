"""Webhooks: the endpoints below ``webhooks``.

Stagekeeper tells of more than MLflow's client knows, such as changes of stage. The client cannot read a webhook that
names an event unknown to it, so these stand apart, in ``stagekeeper_events``, and a webhook that has no others is left
out of the list. Whoever sends events may name all of them in ``events``.
"""

from typing import Any

from accounts.principals import Principal
from mlflow_api.schema import Choice, Record, Records, Text, Whole, takes
from mlflow_api.shapes import page
from mlflow_api.transport import Answer, Body
from mlflow_api.workspaces import project_of
from notifications import operations, queries
from notifications.models import DeliveryState, Webhook
from notifications.vocabulary import MLFLOW_EVENTS

_ENTITY, _ACTION = Text(required=True), Text(required=True)
_STATUS = Choice("ACTIVE", "DISABLED", numbers={1: "ACTIVE", 2: "DISABLED"})


@takes(
    name=Text(required=True),
    url=Text(required=True),
    events=Records(required=True, entity=_ENTITY, action=_ACTION),
    description=Text(),
    secret=Text(),
    status=_STATUS,
)
def create(actor: Principal, body: Body) -> Answer:
    return _answer(operations.create_webhook(actor, project_of(actor, body), **_wanted(body)))


@takes(max_results=Whole(), page_token=Text())
def search(actor: Principal, body: Body) -> Answer:
    found = queries.list_webhooks(
        actor,
        project_of(actor, body).pk,
        max_results=body.get("max_results") or 100,
        page_token=body.get("page_token", ""),
    )
    readable = [webhook for webhook in found.rows if MLFLOW_EVENTS.intersection(webhook.events)]
    return page("webhooks", map(_shown, readable), found.next_page_token)


def get(actor: Principal, body: Body) -> Answer:
    return _answer(queries.get_webhook(actor, body["webhook_id"]))


@takes(
    name=Text(),
    url=Text(),
    events=Records(entity=_ENTITY, action=_ACTION),
    description=Text(),
    secret=Text(),
    status=_STATUS,
)
def update(actor: Principal, body: Body) -> Answer:
    webhook = queries.find_webhook(body["webhook_id"])
    # An empty name, URL or list is how the client says that these stay as they are.
    kept = {name for name in ("name", "url", "events") if not body.get(name)}
    wanted = {name: value for name, value in _wanted(body).items() if name not in kept}
    return _answer(operations.update_webhook(actor, webhook, **wanted))


def delete(actor: Principal, body: Body) -> Answer:
    operations.delete_webhook(actor, queries.find_webhook(body["webhook_id"]))
    return {}


@takes(event=Record({"entity": _ENTITY, "action": _ACTION}))
def test(actor: Principal, body: Body) -> Answer:
    """Send an example and say how it went."""
    event = _event_names([body["event"]])[0] if body.get("event") else None
    delivery = operations.try_webhook(actor, queries.find_webhook(body["webhook_id"]), event)
    result: dict[str, Any] = {"success": delivery.state == DeliveryState.DELIVERED}
    if delivery.response_status is not None:
        result["response_status"] = delivery.response_status
    if delivery.error:
        result["error_message"] = delivery.error
    return {"result": result}


def _wanted(body: Body) -> dict[str, Any]:
    wanted = {
        name: body[name] for name in ("name", "url", "description", "secret", "status") if body.get(name) is not None
    }
    return wanted | ({"events": _event_names(body["events"])} if body.get("events") else {})


def _event_names(sent: list[dict[str, str]]) -> list[str]:
    return [f"{event['entity']}.{event['action']}".lower() for event in sent]


def _answer(webhook: Webhook) -> Answer:
    return {"webhook": _shown(webhook)}


def _shown(webhook: Webhook) -> dict[str, Any]:
    """A webhook as the protocol writes it; the secret is never told."""
    row: dict[str, Any] = {
        "webhook_id": str(webhook.uid),
        "name": webhook.name,
        "url": webhook.url,
        "events": [_spelled(event) for event in webhook.events if event in MLFLOW_EVENTS],
        "status": webhook.status,
        "creation_timestamp": webhook.created_at,
        "last_updated_timestamp": webhook.updated_at,
    }
    if webhook.description:
        row["description"] = webhook.description
    if further := [event for event in webhook.events if event not in MLFLOW_EVENTS]:
        row["stagekeeper_events"] = [_spelled(event) for event in further]
    return row


def _spelled(event: str) -> dict[str, str]:
    entity, _, action = event.upper().partition(".")
    return {"entity": entity, "action": action}
