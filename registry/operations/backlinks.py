"""The tag by which a logged model says as which versions it was registered. Called by operations only."""

import json
from typing import Final

from accounts.principals import Principal
from accounts.roles import Action
from registry.models import ModelVersion
from tracking.operations import set_logged_model_tags
from tracking.queries.heads import hold_logged_model

TAG: Final = "mlflow.modelVersions"
#: Tracking cuts longer values, and half a list could not be read any more.
_LONGEST: Final = 8_000


def note_on_logged_model(actor: Principal, version: ModelVersion) -> None:
    """Add the version to its logged model's tag, as MLflow's server does, if the actor may write there."""
    logged_model = version.logged_model
    if logged_model is None or not actor.may(Action.WRITE, logged_model):
        return
    project = logged_model.experiment.project
    held = hold_logged_model(project, logged_model.uid)
    versions = _read(held.tags.filter(key=TAG).values_list("value", flat=True).first())
    mine = {"name": version.model.name, "version": str(version.number)}
    if mine not in versions:
        value = _write([*versions, mine])
        set_logged_model_tags(actor, project, logged_model.uid, tags=[{"key": TAG, "value": value}])


def _read(value: str | None) -> list[object]:
    """What the tag holds now; anybody may have written anything into it."""
    try:
        versions = json.loads(value or "[]")
    except ValueError:
        return []
    return versions if isinstance(versions, list) else []


def _write(versions: list[object]) -> str:
    """The newest versions that fit."""
    while len(value := json.dumps(versions)) > _LONGEST:
        versions = versions[1:]
    return value
