"""Our webhooks and MLflow's client: the same words, the same signature, and nothing it cannot read."""

import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities.webhook import VALID_ENTITY_ACTIONS
from mlflow.webhooks.delivery import _generate_hmac_signature

from notifications.signing import signed_headers
from notifications.vocabulary import MLFLOW_EVENTS

TRANSITIONED = {"entity": "MODEL_VERSION", "action": "TRANSITIONED"}


def test_the_vocabulary_holds_all_of_mlflows_events():
    theirs = {
        f"{entity.value}.{action.value}" for entity, actions in VALID_ENTITY_ACTIONS.items() for action in actions
    }

    assert theirs == MLFLOW_EVENTS


def test_mlflow_computes_the_same_signature():
    headers = signed_headers("an id", 1_767_322_800, b'{"a": 1}', "s3cret")

    assert headers["X-MLflow-Signature"] == _generate_hmac_signature("s3cret", "an id", "1767322800", '{"a": 1}')


@pytest.mark.stagekeeper("MLflow announces no change of stage")
def test_a_webhook_for_changes_of_stage_does_not_disturb_the_client(server, client: MlflowClient, unique):
    def create(*events):
        wanted = {"name": unique("hook"), "url": "https://93.184.215.14/hook", "events": events}
        token = {"Authorization": f"Bearer {server.tokens['admin']}"}
        answer = requests.post(f"{server.url}/api/2.0/mlflow/webhooks", json=wanted, headers=token, timeout=30)
        answer.raise_for_status()
        return answer.json()["webhook"]["webhook_id"]

    both = create({"entity": "MODEL_VERSION", "action": "CREATED"}, TRANSITIONED)
    ours = create(TRANSITIONED)

    listed = {hook.webhook_id: hook for hook in client.list_webhooks(max_results=1000)}
    assert [str(event) for event in listed[both].events] == ["model_version.created"]
    assert ours not in listed
