"""Prompts: registered models whose versions hold text in tags."""

import pytest

from registry.exceptions import InvalidSource, NameTaken, PromptIsFixed
from registry.operations import (
    create_model_version,
    create_registered_model,
    delete_model_tag,
    delete_version_tag,
    set_version_tag,
)
from registry.queries import get_version, search_models, search_versions

TAGS = {"mlflow.prompt.is_prompt": "true", "mlflow.prompt.text": "Hello {{name}}", "_mlflow_prompt_type": "text"}


@pytest.fixture
def hello(contributor, prompt):
    """The first version of `greeting`."""
    return create_model_version(contributor, prompt, "dummy-source", tags=TAGS, description="first")


def test_a_prompt_version_keeps_its_text_in_a_tag(contributor, hello):
    row = get_version(contributor, hello.project_id, "greeting", 1)

    assert row.tags == TAGS
    assert row.source == row.location == "dummy-source"


def test_a_prompt_and_a_model_cannot_share_a_name(contributor, project, prompt, model):
    with pytest.raises(NameTaken):
        create_registered_model(contributor, project, "greeting")
    with pytest.raises(NameTaken):
        create_registered_model(contributor, project, "fraud", tags={"mlflow.prompt.is_prompt": "true"})


@pytest.mark.parametrize("source", ["file:///etc/passwd", "s3://bucket/model", "models:/fraud/1"])
def test_the_tag_of_a_prompt_does_not_open_a_way_round_the_source_rules(contributor, prompt, version, source):
    with pytest.raises(InvalidSource):
        create_model_version(contributor, prompt, source, tags=TAGS)


def test_a_model_takes_no_prompt_versions_and_a_prompt_no_models(contributor, model, prompt):
    with pytest.raises(PromptIsFixed):
        create_model_version(contributor, model, "dummy-source", tags=TAGS)
    with pytest.raises(PromptIsFixed):
        create_model_version(contributor, prompt, "dummy-source")


def test_a_prompt_cannot_become_the_source_of_a_model(contributor, model, hello):
    with pytest.raises(InvalidSource, match="prompt"):
        create_model_version(contributor, model, "models:/greeting/1")


@pytest.mark.parametrize("key", sorted(TAGS))
def test_the_text_of_a_prompt_version_never_changes(contributor, hello, key):
    with pytest.raises(PromptIsFixed):
        set_version_tag(contributor, hello, key, "changed")
    with pytest.raises(PromptIsFixed):
        delete_version_tag(contributor, hello, key)

    assert get_version(contributor, hello.project_id, "greeting", 1).tags == TAGS


def test_a_prompt_cannot_stop_being_one(contributor, prompt):
    with pytest.raises(PromptIsFixed):
        delete_model_tag(contributor, prompt, "mlflow.prompt.is_prompt")


def test_other_tags_of_a_prompt_version_are_free(contributor, hello):
    set_version_tag(contributor, hello, "reviewed", "yes")

    assert get_version(contributor, hello.project_id, "greeting", 1).tags["reviewed"] == "yes"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["fraud"]),
        ("tags.`mlflow.prompt.is_prompt` = 'true'", ["greeting"]),
        ("tag.`mlflow.prompt.is_prompt` != 'true'", ["fraud"]),
        ("tag.`mlflow.prompt.is_prompt` != 'false'", ["greeting"]),
        ("tag.`mlflow.prompt.is_prompt` = 'false'", ["fraud"]),
        ("name LIKE '%' AND tags.`mlflow.prompt.is_prompt` = 'true'", ["greeting"]),
        ("name = 'greeting'", []),
    ],
)
def test_prompts_are_hidden_unless_they_are_asked_for(contributor, project, version, hello, text, found):
    models = search_models(contributor, project.pk, text).rows
    versions = search_versions(contributor, project.pk, text).rows

    assert [model.name for model in models] == found
    assert [version.model_name for version in versions] == found


def test_prompts_are_found_by_the_runs_that_used_them(contributor, project, hello):
    set_version_tag(contributor, hello, "mlflow.prompt.associatedRunIds", "abc,def")

    text = "tags.`mlflow.prompt.associatedRunIds` LIKE '%def%' AND tags.`mlflow.prompt.is_prompt` = 'true'"
    assert [row.number for row in search_versions(contributor, project.pk, text).rows] == [1]
