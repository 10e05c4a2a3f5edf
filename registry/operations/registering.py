"""Registering something under a name that is not there yet."""

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.operation import operation, require
from registry.models import ModelVersion
from registry.operations.registered_models import create_registered_model
from registry.operations.versions import create_model_version


@operation
def register_model(
    actor: Principal,
    project: Project,
    name: str,
    source: str,
    *,
    run_uid: str | None = None,
    logged_model_uid: str | None = None,
    description: str = "",
) -> ModelVersion:
    """Make a model together with its first version: both, or neither.

    Raises what `create_registered_model` and `create_model_version` raise.
    """
    require(Action.WRITE, project)
    model = create_registered_model(actor, project, name, description=description)
    model.project = project
    return create_model_version(actor, model, source, run_uid=run_uid, logged_model_uid=logged_model_uid)
