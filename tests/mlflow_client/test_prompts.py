"""Prompts: registered models with tags, through the stock client."""

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


@pytest.fixture
def name(unique) -> str:
    name = unique("greeting")
    mlflow.genai.register_prompt(name, "Hello {{name}}", commit_message="first", tags={"kind": "mail"})
    mlflow.genai.register_prompt(name, "Dear {{name}}", commit_message="second")
    return name


def test_a_prompt_is_loaded_by_number_and_formatted(name):
    prompt = mlflow.genai.load_prompt(f"prompts:/{name}/1")

    assert prompt.version == 1
    assert prompt.commit_message == "first"
    assert prompt.tags["kind"] == "mail"
    assert prompt.format(name="Ada") == "Hello Ada"


def test_a_prompt_is_loaded_by_alias(name):
    mlflow.genai.set_prompt_alias(name, "best", 2)
    assert mlflow.genai.load_prompt(f"prompts:/{name}@best").template == "Dear {{name}}"

    mlflow.genai.delete_prompt_alias(name, "best")
    with pytest.raises(MlflowException):
        mlflow.genai.load_prompt(f"prompts:/{name}@best", cache_ttl_seconds=0)


def test_a_chat_prompt_keeps_its_messages(unique):
    messages = [{"role": "system", "content": "Be {{tone}}."}, {"role": "user", "content": "{{question}}"}]
    name = unique("chat")
    mlflow.genai.register_prompt(name, messages)

    assert mlflow.genai.load_prompt(f"prompts:/{name}/1").template == messages


def test_prompts_are_searched_and_hidden_among_models(name, client: MlflowClient):
    assert [prompt.name for prompt in mlflow.genai.search_prompts(f"name = '{name}'")] == [name]
    assert client.search_registered_models(f"name = '{name}'") == []
    assert len(client.search_prompt_versions(name)) == 2


def test_tags_of_prompts_and_their_versions(name, client: MlflowClient):
    mlflow.genai.set_prompt_tag(name, "owner", "risk")
    mlflow.genai.set_prompt_version_tag(name, 1, "reviewed", "yes")

    assert mlflow.genai.get_prompt_tags(name)["owner"] == "risk"
    assert client.get_prompt_version(name, 1).tags["reviewed"] == "yes"

    mlflow.genai.delete_prompt_tag(name, "owner")
    mlflow.genai.delete_prompt_version_tag(name, 1, "reviewed")
    assert "owner" not in mlflow.genai.get_prompt_tags(name)


def test_a_prompt_used_in_a_run_is_linked_to_it(name, experiment, client: MlflowClient):
    with mlflow.start_run() as run:
        client.link_prompt_version_to_run(run.info.run_id, f"prompts:/{name}/1")

    assert name in client.get_run(run.info.run_id).data.tags["mlflow.linkedPrompts"]


def test_a_prompt_is_deleted_version_by_version(name, client: MlflowClient):
    for version in ("1", "2"):
        client.delete_prompt_version(name, version)
    client.delete_prompt(name)

    assert client.get_prompt(name) is None


def test_a_model_cannot_take_the_name_of_a_prompt(name, client: MlflowClient):
    with pytest.raises(MlflowException) as refusal:
        client.create_registered_model(name)

    assert refusal.value.error_code == "RESOURCE_ALREADY_EXISTS"
