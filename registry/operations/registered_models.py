"""Making, renaming, describing, trashing and restoring registered models."""

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from accounts.models import Project, User
from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require
from registry import statements
from registry.blockers import check_deletable
from registry.exceptions import InvalidOwner, NameTaken, NotInTrash
from registry.loading import lock_model
from registry.models import Lifecycle, ModelVersion, PastName, RegisteredModel, RegisteredModelTag, now
from registry.operations.held import hold_model
from registry.rules import DESCRIPTION_LENGTH, check_model_name, check_tag, check_text, says_prompt, text_digest


@operation
def create_registered_model(
    actor: Principal, project: Project, name: str, *, tags: Mapping[str, str] | None = None, description: str = ""
) -> RegisteredModel:
    """Make a model, or a prompt when the tags say so, owned by the actor.

    When the name was used before, its version numbers go on. Raises PermissionDenied, InvalidName or NameTaken.
    """
    tags = tags or {}
    check_model_name(name)
    check_text("The description", description, DESCRIPTION_LENGTH)
    for key, value in tags.items():
        check_tag(key, value)
    require(Action.WRITE, project)
    moment = now()
    model = RegisteredModel(
        project=project,
        name=name,
        description=description,
        is_prompt=says_prompt(tags),
        owner=actor.user,
        created_at=moment,
        updated_at=moment,
    )
    if not statements.add_unless_taken(model):
        raise _taken(model)
    _go_on_counting(model)
    statements.add(*(RegisteredModelTag(model=model, key=key, value=value) for key, value in tags.items()))
    record(
        EventType.REGISTERED_MODEL_CREATED,
        model,
        after={"name": name, "is_prompt": model.is_prompt, "tags": sorted(tags), "next_version": model.next_version},
    )
    return model


@operation
def update_registered_model(actor: Principal, model: RegisteredModel, *, description: str) -> RegisteredModel:
    """Describe a model anew. Raises PermissionDenied or InvalidName."""
    check_text("The description", description, DESCRIPTION_LENGTH)
    require(Action.WRITE, model)
    model = hold_model(model)
    model.description, model.updated_at = description, model.next_moment()
    statements.change(model, "description", "updated_at")
    record(EventType.REGISTERED_MODEL_UPDATED, model, after={"description_sha256": text_digest(description)})
    return model


@operation
def set_inheritance(actor: Principal, model: RegisteredModel, *, inherits: bool) -> RegisteredModel:
    """Let the project's roles count on the model, or only roles on the model itself (and project admin and auditor).

    Raises PermissionDenied for all but project admins.
    """
    require(Action.GRANT, model)
    model = hold_model(model)
    if model.inherit_access == inherits:
        return model
    model.inherit_access, model.updated_at = inherits, model.next_moment()
    statements.change(model, "inherit_access", "updated_at")
    state = {"inherit_access": inherits}
    record(EventType.REGISTERED_MODEL_UPDATED, model, before={"inherit_access": not inherits}, after=state)
    return model


@operation
def transfer_ownership(actor: Principal, model: RegisteredModel, owner: User, *, reason: str = "") -> RegisteredModel:
    """Hand a model over to somebody else, who must be able to see it; roles stay as they are.

    Raises PermissionDenied, or InvalidOwner.
    """
    require(Action.MANAGE, model)
    model = hold_model(model)
    if owner.pk == model.owner_id:
        return model
    if not owner.is_active or not Principal(owner, auth="task").may(Action.VIEW, model):
        raise InvalidOwner(f"{owner} cannot see the model {model.name}. Give them a role on it first.")
    before, model.owner, model.updated_at = model.owner.uid, owner, model.next_moment()
    statements.change(model, "owner", "updated_at")
    record(
        EventType.REGISTERED_MODEL_OWNER_CHANGED,
        model,
        before={"owner": before},
        after={"owner": owner.uid},
        reason=reason,
    )
    return model


@operation
def rename_registered_model(actor: Principal, model: RegisteredModel, new_name: str) -> RegisteredModel:
    """Give a model another name; versions, aliases, tags and grants stay with it.

    Raises PermissionDenied, InvalidName, or NameTaken, also when the name once stood for another model's versions of
    the same numbers.
    """
    check_model_name(new_name)
    require(Action.MANAGE, model)
    model = hold_model(model)
    old_name = model.name
    if new_name == old_name:
        return model
    _refuse_second_meaning(model, new_name)
    _release_name(model)
    model.name, model.updated_at = new_name, model.next_moment()
    _claim_name(model, "name")
    record(EventType.REGISTERED_MODEL_RENAMED, model, before={"name": old_name}, after={"name": new_name})
    return model


@operation
def delete_registered_model(actor: Principal, model: RegisteredModel, *, reason: str = "") -> None:
    """Move a model with its versions to the trash; nothing is erased, and its numbers stay used.

    Raises PermissionDenied, or StillInUse while something alive depends on one of its versions.
    """
    require(Action.TRASH, model)
    model = hold_model(model)
    check_deletable(model.name, ModelVersion.objects.active().filter(model=model))
    _release_name(model)
    model.lifecycle, model.updated_at = Lifecycle.TRASHED, model.next_moment()
    statements.change(model, "lifecycle", "updated_at")
    record(EventType.REGISTERED_MODEL_DELETED, model, after={"lifecycle": Lifecycle.TRASHED}, reason=reason)


@operation
def restore_registered_model(actor: Principal, model: RegisteredModel, *, reason: str = "") -> RegisteredModel:
    """Take a model out of the trash, with its versions and aliases as they were.

    Raises PermissionDenied, NotInTrash, or NameTaken when another model has the name now.
    """
    require(Action.TRASH, model)
    model = lock_model(model.pk)
    if model.lifecycle != Lifecycle.TRASHED:
        raise NotInTrash(f"The model {model.name} is not in the trash.")
    model.lifecycle, model.updated_at = Lifecycle.ACTIVE, model.next_moment()
    _claim_name(model, "lifecycle")
    record(EventType.REGISTERED_MODEL_RESTORED, model, after={"lifecycle": Lifecycle.ACTIVE}, reason=reason)
    return model


def _claim_name(model: RegisteredModel, *changed: str) -> None:
    """Store the changes that give the model its name, and go on counting where that name stopped. Raises NameTaken."""
    try:
        with transaction.atomic():
            statements.change(model, *changed, "updated_at")
    except IntegrityError as error:
        raise _taken(model) from error
    _go_on_counting(model)


def _go_on_counting(model: RegisteredModel) -> None:
    """The name is the model's from here on: only now is it certain what was counted under it before."""
    past = PastName.objects.filter(project=model.project_id, name=model.name).first()
    if past is not None and past.next_version > model.next_version:
        model.next_version = past.next_version
        statements.change(model, "next_version")


def _taken(model: RegisteredModel) -> NameTaken:
    return NameTaken(f"Registered Model (name={model.name}) already exists.")


def _release_name(model: RegisteredModel) -> None:
    """Remember how far was counted under the model's name before it gives the name up."""
    PastName.objects.update_or_create(
        project_id=model.project_id,
        name=model.name,
        defaults={"next_version": model.next_version, "last_holder": model},
    )


def _refuse_second_meaning(model: RegisteredModel, new_name: str) -> None:
    past = PastName.objects.filter(project=model.project_id, name=new_name).exclude(last_holder=model).first()
    if past is not None and model.versions.filter(number__lt=past.next_version).exists():
        raise NameTaken(
            f"The name {new_name} stood for another model up to version {past.next_version - 1}, and {model.name} has "
            "versions of the same numbers. Choose a name that was not used before, or create the model anew."
        )
