"""Registering, describing, trashing and restoring versions."""

from collections.abc import Mapping

from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require
from registry import statements
from registry.blockers import check_deletable
from registry.exceptions import NotInTrash, NumberTaken, PromptIsFixed
from registry.lineage import capture_version
from registry.loading import last_card, lock_version
from registry.models import (
    AliasInterval,
    AliasKind,
    Lifecycle,
    ModelVersion,
    ModelVersionTag,
    RegisteredModel,
)
from registry.operations.backlinks import note_on_logged_model
from registry.operations.held import hold_model, hold_version, hold_version_alone
from registry.operations.intervals import new_stay
from registry.operations.origins import Named, Origin, resolve_origin
from registry.rules import (
    DESCRIPTION_LENGTH,
    RUN_ID_LENGTH,
    RUN_LINK_LENGTH,
    check_tag,
    check_text,
    says_prompt,
    text_digest,
)


@operation
def create_model_version(
    actor: Principal,
    model: RegisteredModel,
    source: str,
    *,
    run_uid: str | None = None,
    logged_model_uid: str | None = None,
    run_link: str = "",
    tags: Mapping[str, str] | None = None,
    description: str = "",
    number: int | None = None,
) -> ModelVersion:
    """Register what lies at ``source`` as the model's next version, in stage None.

    ``number`` is that which another server gave it, for imports alone; one that was passed over is never used.
    ``run_uid`` and ``logged_model_uid`` are None when the client named none; what it names must be the source's own.
    Raises PermissionDenied for the model or for anything that is named, NotFound, InvalidSource or InvalidName.
    """
    tags = tags or {}
    for key, value in tags.items():
        check_tag(key, value)
    check_text("The description", description, DESCRIPTION_LENGTH)
    check_text("The run link", run_link, RUN_LINK_LENGTH)
    check_text("The run id", run_uid or "", RUN_ID_LENGTH)
    require(Action.WRITE, model)
    if says_prompt(tags) != model.is_prompt:
        kind = "a prompt" if model.is_prompt else "a model, not a prompt"
        raise PromptIsFixed(f"{model.name} is {kind}. Register this under another name.")
    origin = resolve_origin(model, Named(source, run_uid, logged_model_uid))
    version = _append(actor, _held(model, number), origin, description=description, run_link=run_link)
    statements.add(*(ModelVersionTag(version=version, key=key, value=value) for key, value in tags.items()))
    event = record(EventType.MODEL_VERSION_CREATED, version, after=_facts(version) | {"tags": sorted(tags)})
    statements.add(new_stay(actor, version, event))
    capture_version(actor, version, tags)
    note_on_logged_model(actor, version)
    return version


@operation
def update_model_version(actor: Principal, version: ModelVersion, *, description: str) -> ModelVersion:
    """Describe a version anew. Raises PermissionDenied or InvalidName."""
    check_text("The description", description, DESCRIPTION_LENGTH)
    require(Action.WRITE, version)
    version = hold_version_alone(version)
    version.description, version.updated_at = description, version.next_moment()
    statements.change(version, "description", "updated_at")
    record(EventType.MODEL_VERSION_UPDATED, version, after={"description_sha256": text_digest(description)})
    return version


@operation
def delete_model_version(actor: Principal, version: ModelVersion, *, reason: str = "") -> None:
    """Move a version to the trash; its free aliases go, everything else stays and its number remains used.

    Raises PermissionDenied, or StillInUse while it is in Staging or Production or something alive depends on it.
    """
    require(Action.TRASH, version)
    version = hold_version(version)
    check_deletable(str(version), ModelVersion.objects.filter(pk=version.pk))
    moment = version.model.next_moment()
    aliases = AliasInterval.objects.open().filter(version=version, kind=AliasKind.FREE)
    lost = sorted(aliases.values_list("alias", flat=True))
    aliases.update(until=moment)
    _set_lifecycle(version, Lifecycle.TRASHED, moment)
    record(
        EventType.MODEL_VERSION_DELETED,
        version,
        before={"lifecycle": Lifecycle.ACTIVE, "aliases": lost},
        after={"lifecycle": Lifecycle.TRASHED, "aliases": []},
        reason=reason,
    )


@operation
def restore_model_version(actor: Principal, version: ModelVersion, *, reason: str = "") -> ModelVersion:
    """Take a version out of the trash, into the stage it was in; its aliases do not come back.

    Raises PermissionDenied, or NotInTrash.
    """
    require(Action.TRASH, version)
    model = hold_model(version.model)
    version = lock_version(version.pk)
    version.model = model
    if version.lifecycle != Lifecycle.TRASHED:
        raise NotInTrash(f"{version} is not in the trash.")
    _set_lifecycle(version, Lifecycle.ACTIVE, model.next_moment())
    record(EventType.MODEL_VERSION_RESTORED, version, after={"lifecycle": Lifecycle.ACTIVE}, reason=reason)
    return version


def _held(model: RegisteredModel, number: int | None) -> RegisteredModel:
    """The model, held, as it counts from ``number`` on. Raises NumberTaken."""
    held = hold_model(model)
    if number is not None:
        if number < held.next_version:
            raise NumberTaken(f"{held.name} has used the number {number} already.")
        held.next_version = number
    return held


def _append(
    actor: Principal, model: RegisteredModel, origin: Origin, *, description: str, run_link: str
) -> ModelVersion:
    """Take the next number of the held model, for ever."""
    number, moment = model.next_version, model.next_moment()
    model.next_version, model.updated_at = number + 1, moment
    statements.change(model, "next_version", "updated_at")
    version = ModelVersion(
        project_id=model.project_id,
        model=model,
        number=number,
        description=description,
        source=origin.source,
        location=origin.location,
        space_uid=origin.space_uid,
        prefix=origin.prefix,
        run=origin.run,
        run_uid=origin.run_uid,
        run_link=run_link,
        logged_model=origin.logged_model,
        copied_from=origin.copied_from,
        card_id=origin.copied_from.card_id if origin.copied_from else last_card(model.pk),
        creator=actor.user,
        is_prompt=model.is_prompt,
        stage_since=moment,
        created_at=moment,
        updated_at=moment,
    )
    statements.add(version)
    return version


def _facts(version: ModelVersion) -> dict[str, str | int | None]:
    """What the log keeps of where a version came from."""
    return {
        "model": version.model.name,
        "number": version.number,
        "source": version.source,
        "location": version.location,
        "run": version.run_uid,
        "logged_model": version.logged_model.uid if version.logged_model else None,
        "copied_from": version.copied_from_id,
        "stage": version.stage,
    }


def _set_lifecycle(version: ModelVersion, lifecycle: Lifecycle, moment: int) -> None:
    version.lifecycle, version.updated_at = lifecycle, moment
    statements.change(version, "lifecycle", "updated_at")
    version.model.updated_at = moment
    statements.change(version.model, "updated_at")
