"""Where a permission of MLflow's holds, and the grants there.

A grant here is on a whole project (resource type ``workspace``, pattern ``*``), one experiment or one registered
model. What MLflow can say beyond that, such as "all experiments, but no model", is refused rather than widened.
"""

from __future__ import annotations

from dataclasses import dataclass

from accounts import operations
from accounts.models import Project, RoleBinding, Team, User
from accounts.principals import Principal
from accounts.querysets import RoleBindingQuerySet
from accounts.roles import Role
from audit.exceptions import InvalidInput, NotFound
from mlflow_api import levels
from mlflow_api.transport import Answer
from registry.models import RegisteredModel
from registry.queries import find_model
from tracking.models import Experiment

Holder = User | Team
Scope = Project | Experiment | RegisteredModel

_SINGLE = ("experiment", "registered_model", "prompt")
_SCOPE_MODELS: dict[str, type[Scope]] = {"project": Project, "experiment": Experiment, "model": RegisteredModel}


@dataclass(frozen=True)
class Place:
    """Something that roles are held on, with what MLflow calls it."""

    resource_type: str
    pattern: str
    scope: Scope

    def role_for(self, level: str) -> Role:
        """The role that a level means here."""
        return levels.role_for(level, whole_project=isinstance(self.scope, Project))


def find_place(actor: Principal, project: Project, resource_type: str, pattern: str) -> Place:
    """Find what a grant is about. Raises InvalidInput for what cannot carry grants, NotFound for what is not there."""
    if resource_type == "workspace" and pattern in ("*", project.slug):
        return Place(resource_type, "*", project)
    if resource_type not in _SINGLE:
        raise InvalidInput(
            f"Roles cannot be granted on resource_type '{resource_type[:40]}'. Grant on one experiment, on one "
            "registered_model, or on the whole workspace with resource_type 'workspace' and '*'."
        )
    if pattern == "*":
        raise InvalidInput(
            f"Roles cannot be granted on all of resource_type '{resource_type}' and nothing else. Grant on the whole "
            "workspace with resource_type 'workspace' and '*', or on one by its id."
        )
    if resource_type == "experiment":
        return Place(resource_type, pattern, _find_experiment(actor, pattern))
    return Place(resource_type, pattern, find_model(actor, project.pk, pattern))


def set_level(actor: Principal, holder: Holder, place: Place, level: str) -> None:
    """Let ``holder`` act at ``level`` there, instead of at the levels given by this protocol before."""
    role = place.role_for(level)
    before = list(bindings_at(holder, place.scope).exclude(role=role))
    operations.replace_roles(actor, holder, role, place.scope, instead_of=before)


def bindings_at(holder: Holder, scope: Scope) -> RoleBindingQuerySet:
    """The roles that ``holder`` itself has there, as far as this protocol can show them."""
    return shown_bindings(holder).filter(scope_type=_scope_type(scope), scope_id=scope.pk)


def shown_bindings(holder: Holder) -> RoleBindingQuerySet:
    """The roles that ``holder`` itself has anywhere, as far as this protocol can show them."""
    mine = {"user": holder} if isinstance(holder, User) else {"team": holder}
    return RoleBinding.objects.active().filter(**mine, role__in=levels.ROLES).order_by("pk")


def place_of(binding: RoleBinding) -> Place:
    """Where a role is held."""
    scope: Scope = _SCOPE_MODELS[binding.scope_type]._default_manager.get(pk=binding.scope_id or 0)
    if isinstance(scope, RegisteredModel):
        return Place("registered_model", scope.name, scope)
    return Place("workspace", "*", scope) if isinstance(scope, Project) else Place("experiment", str(scope.pk), scope)


def shown(binding: RoleBinding) -> Answer:
    """A role of a team as a permission of a role."""
    place = place_of(binding)
    return {
        "id": binding.pk,
        "role_id": binding.team_id,
        "resource_type": place.resource_type,
        "resource_pattern": place.pattern,
        "permission": levels.level_of_role(Role(binding.role)),
    }


def _find_experiment(actor: Principal, pattern: str) -> Experiment:
    is_number = pattern.isascii() and pattern.isdigit() and len(pattern) <= 18
    experiment = Experiment.objects.visible_to(actor).filter(pk=int(pattern)).first() if is_number else None
    if experiment is None:
        raise NotFound(f"No Experiment with id={pattern[:40]} exists")
    return experiment


def _scope_type(scope: Scope) -> str:
    return next(name for name, model in _SCOPE_MODELS.items() if isinstance(scope, model))
