"""Every type of event there is, as ``noun.verbed``; a noun is the ``audit_type`` of the event's object."""

from enum import StrEnum


class EventType(StrEnum):
    """The types of events, sorted by noun."""

    ACCESS_SET_UP = "access.set_up"

    ARTIFACTS_DELETED = "artifact_space.artifacts_deleted"
    ARTIFACTS_ERASED = "artifact_space.artifacts_erased"
    ARTIFACTS_FROZEN = "artifact_space.frozen"
    ARTIFACT_DAMAGED = "artifact_space.artifact_damaged"
    ARTIFACT_HASHED = "artifact_space.artifact_hashed"
    ARTIFACT_RECOVERED = "artifact_space.artifact_recovered"
    ARTIFACT_SPACE_CREATED = "artifact_space.created"
    ARTIFACT_STORED = "artifact_space.artifact_stored"

    EXPERIMENT_CREATED = "experiment.created"
    EXPERIMENT_DELETED = "experiment.deleted"
    EXPERIMENT_RENAMED = "experiment.renamed"
    EXPERIMENT_RESTORED = "experiment.restored"
    EXPERIMENT_TAG_DELETED = "experiment.tag_deleted"
    EXPERIMENT_TAG_SET = "experiment.tag_set"

    LOGGED_MODEL_CREATED = "logged_model.created"
    LOGGED_MODEL_DELETED = "logged_model.deleted"
    LOGGED_MODEL_FINALIZED = "logged_model.finalized"
    LOGGED_MODEL_PARAMS_LOGGED = "logged_model.params_logged"
    LOGGED_MODEL_TAGS_SET = "logged_model.tags_set"
    LOGGED_MODEL_TAG_DELETED = "logged_model.tag_deleted"

    MODEL_VERSION_CARD_REVISED = "model_version.card_revised"
    MODEL_VERSION_CREATED = "model_version.created"
    MODEL_VERSION_DELETED = "model_version.deleted"
    MODEL_VERSION_RESTORED = "model_version.restored"
    MODEL_VERSION_TAG_DELETED = "model_version.tag_deleted"
    MODEL_VERSION_TAG_SET = "model_version.tag_set"
    MODEL_VERSION_TRANSITIONED = "model_version.transitioned"
    MODEL_VERSION_UPDATED = "model_version.updated"

    OPERATION_DENIED = "operation.denied"
    OPERATION_FAILED = "operation.failed"

    PROJECT_CREATED = "project.created"
    PROJECT_STRAY_GRANTS_FOUND = "project.stray_grants_found"
    PROJECT_LOG_EXPORTED = "project.log_exported"
    PROJECT_LOG_READ = "project.log_read"
    PROJECT_UPDATED = "project.updated"

    REGISTERED_MODEL_ALIAS_DELETED = "registered_model.alias_deleted"
    REGISTERED_MODEL_ALIAS_SET = "registered_model.alias_set"
    REGISTERED_MODEL_CARD_REVISED = "registered_model.card_revised"
    REGISTERED_MODEL_CREATED = "registered_model.created"
    REGISTERED_MODEL_DELETED = "registered_model.deleted"
    REGISTERED_MODEL_OWNER_CHANGED = "registered_model.owner_changed"
    REGISTERED_MODEL_RENAMED = "registered_model.renamed"
    REGISTERED_MODEL_RESTORED = "registered_model.restored"
    REGISTERED_MODEL_TAG_DELETED = "registered_model.tag_deleted"
    REGISTERED_MODEL_TAG_SET = "registered_model.tag_set"
    REGISTERED_MODEL_UPDATED = "registered_model.updated"

    ROLE_EXPIRED = "role_binding.expired"
    ROLE_GRANTED = "role_binding.granted"
    ROLE_REVOKED = "role_binding.revoked"

    RUN_CREATED = "run.created"
    RUN_DELETED = "run.deleted"
    RUN_RESTORED = "run.restored"
    RUN_UPDATED = "run.updated"

    SAVED_VIEW_CREATED = "saved_view.created"
    SAVED_VIEW_DELETED = "saved_view.deleted"
    SAVED_VIEW_UPDATED = "saved_view.updated"

    TEAM_CREATED = "team.created"
    TEAM_DELETED = "team.deleted"
    TEAM_MEMBER_ADDED = "team.member_added"
    TEAM_MEMBER_REMOVED = "team.member_removed"
    TEAM_UPDATED = "team.updated"

    TOKEN_ISSUED = "token.issued"
    TOKEN_REVOKED = "token.revoked"

    USER_ACTIVATED = "user.activated"
    USER_CREATED = "user.created"
    USER_DEACTIVATED = "user.deactivated"
    USER_LOCKED_OUT = "user.locked_out"
    USER_LOG_EXPORTED = "user.log_exported"
    USER_LOG_READ = "user.log_read"
    USER_PASSWORD_CHANGED = "user.password_changed"
    USER_SESSIONS_ENDED = "user.sessions_ended"
    USER_SIGNED_IN = "user.signed_in"
    USER_SIGNED_OUT = "user.signed_out"
    USER_SIGN_IN_FAILED = "user.sign_in_failed"
    USER_UPDATED = "user.updated"

    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_TESTED = "webhook.tested"
    WEBHOOK_UPDATED = "webhook.updated"
