"""Every write of the registry; nothing else changes its rows."""

from registry.operations.alias_rules import free_alias, govern_alias
from registry.operations.aliases import delete_alias, set_alias
from registry.operations.cards import revise_model_card, revise_version_card
from registry.operations.quarantine import quarantine, release
from registry.operations.registered_models import (
    create_registered_model,
    delete_registered_model,
    rename_registered_model,
    restore_registered_model,
    set_inheritance,
    transfer_ownership,
    update_registered_model,
)
from registry.operations.registering import register_model
from registry.operations.stages import roll_back, transition_stage
from registry.operations.tags import delete_model_tag, delete_version_tag, set_model_tag, set_version_tag
from registry.operations.versions import (
    create_model_version,
    delete_model_version,
    restore_model_version,
    update_model_version,
)

__all__ = [
    "create_model_version",
    "create_registered_model",
    "delete_alias",
    "delete_model_tag",
    "delete_model_version",
    "delete_registered_model",
    "delete_version_tag",
    "free_alias",
    "govern_alias",
    "quarantine",
    "register_model",
    "release",
    "rename_registered_model",
    "restore_model_version",
    "restore_registered_model",
    "revise_model_card",
    "revise_version_card",
    "roll_back",
    "set_alias",
    "set_inheritance",
    "set_model_tag",
    "set_version_tag",
    "transfer_ownership",
    "transition_stage",
    "update_model_version",
    "update_registered_model",
]
