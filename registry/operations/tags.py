"""Tags of models and versions."""

from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require
from registry.exceptions import PromptIsFixed
from registry.lineage import capture_version_tags
from registry.models import ModelVersion, RegisteredModel
from registry.operations.held import hold_model, hold_version_alone
from registry.rules import PROMPT_CONTENT_TAGS, PROMPT_TAG, check_tag, text_digest

State = dict[str, str] | None


@operation
def set_model_tag(actor: Principal, model: RegisteredModel, key: str, value: str) -> None:
    """Set a tag of a model. Raises PermissionDenied, InvalidName or PromptIsFixed."""
    check_tag(key, value)
    require(Action.WRITE, model)
    model = hold_model(model)
    if change := _put(model, key, value):
        before, after = change
        record(EventType.REGISTERED_MODEL_TAG_SET, model, before=before, after=after)


@operation
def delete_model_tag(actor: Principal, model: RegisteredModel, key: str) -> None:
    """Take a tag off a model; one that is not there is no mistake. Raises PermissionDenied or PromptIsFixed."""
    require(Action.WRITE, model)
    model = hold_model(model)
    if change := _put(model, key, None):
        record(EventType.REGISTERED_MODEL_TAG_DELETED, model, before=change[0])


@operation
def set_version_tag(actor: Principal, version: ModelVersion, key: str, value: str) -> None:
    """Set a tag of a version. Raises PermissionDenied, InvalidName or PromptIsFixed."""
    check_tag(key, value)
    require(Action.WRITE, version)
    version = hold_version_alone(version)
    if change := _put(version, key, value):
        before, after = change
        record(EventType.MODEL_VERSION_TAG_SET, version, before=before, after=after)
        capture_version_tags(actor, version, {key: value})


@operation
def delete_version_tag(actor: Principal, version: ModelVersion, key: str) -> None:
    """Take a tag off a version; one that is not there is no mistake. Raises PermissionDenied or PromptIsFixed."""
    require(Action.WRITE, version)
    version = hold_version_alone(version)
    if change := _put(version, key, None):
        record(EventType.MODEL_VERSION_TAG_DELETED, version, before=change[0])


def _state(key: str, value: str) -> dict[str, str]:
    """A tag as the log knows it: values may be long and personal, so that only their digest is kept there."""
    return {"key": key, "value_sha256": text_digest(value)}


def _put(owner: RegisteredModel | ModelVersion, key: str, value: str | None) -> tuple[State, State] | None:
    """Give the tag a value, or take it off (None). Returns before and after, or None when nothing had to change."""
    tag = owner.tags.filter(key=key).first()
    before = _state(key, tag.value) if tag else None
    after = _state(key, value) if value is not None else None
    if before == after:
        return None
    _keep_prompt(owner, key)
    if value is None:
        owner.tags.filter(key=key).delete()
    elif tag is None:
        owner.tags.create(key=key, value=value)
    else:
        owner.tags.filter(key=key).update(value=value)
    return before, after


def _keep_prompt(owner: RegisteredModel | ModelVersion, key: str) -> None:
    """Nothing becomes a prompt, or stops being one, and no prompt version changes its text, once it is there."""
    fixed = PROMPT_CONTENT_TAGS if isinstance(owner, ModelVersion) and owner.is_prompt else {PROMPT_TAG}
    if key in fixed:
        raise PromptIsFixed(f"The tag {key} of {owner} was set when it was made and cannot change. Register anew.")
