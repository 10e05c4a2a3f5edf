"""Governed aliases: a project says for which stages they may stand, and who may set them."""

from collections.abc import Iterable, Sequence

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.exceptions import InvalidInput, InvalidState
from audit.operation import operation, record, require
from registry import statements
from registry.models import AliasInterval, AliasKind, AliasRule, RegisteredModel, now
from registry.rules import ALIAS_RIGHTS, Stage, alias_key, check_alias_pattern


@operation
def govern_alias(
    actor: Principal, project: Project, pattern: str, *, stages: Sequence[str], action: str, reason: str = ""
) -> AliasRule:
    """Let the aliases that ``pattern`` names stand for versions in these stages only, set by whoever has the right.

    It takes the place of the rule for the same pattern. Aliases whose version is in another stage let go of it at once.
    Raises PermissionDenied, InvalidName or InvalidInput.
    """
    check_alias_pattern(pattern)
    wanted = [str(stage) for stage in Stage if stage in stages]
    if not wanted or set(stages) - set(wanted) or action not in ALIAS_RIGHTS:
        raise InvalidInput(f"Choose at least one stage, and one right of: {', '.join(ALIAS_RIGHTS)}.")
    require(Action.GOVERN, project)
    project = Project.objects.locked(project.pk)
    # Every model is held: an alias that is being set, or a stage that is changing, is seen before or waits for us.
    held = {model.pk: model for model in _locked_models(project)}
    moment = now()
    before = AliasRule.objects.open().filter(project=project, key=alias_key(pattern)).first()
    if before is not None:
        _close(before, moment)
    rule = AliasRule(project=project, pattern=pattern, key=alias_key(pattern), stages=wanted, action=action)
    rule.actor, rule.since, rule.reason = actor.user, moment, reason[:1000]
    statements.add(rule)
    record(
        EventType.PROJECT_ALIAS_GOVERNED,
        project,
        before=_logged(before) if before else None,
        after=_logged(rule),
        reason=reason,
    )
    aliases = AliasInterval.objects.open().filter(model__in=list(held)).exclude(kind=AliasKind.MIRROR)
    for alias in aliases.select_related("version").order_by("pk"):
        if not held[alias.model_id].is_prompt and misfit(alias, [rule]):
            detach(held[alias.model_id], alias)
    return rule


@operation
def free_alias(actor: Principal, rule: AliasRule, *, reason: str = "") -> None:
    """Let a rule count no longer. Raises PermissionDenied or InvalidState."""
    require(Action.GOVERN, rule.project)
    project = Project.objects.locked(rule.project_id)
    rule = AliasRule.objects.select_for_update().get(pk=rule.pk)
    if rule.until is not None:
        raise InvalidState(f"The rule for {rule.pattern} has ended already.")
    _close(rule, max(now(), rule.since))
    record(EventType.PROJECT_ALIAS_FREED, project, before=_logged(rule), reason=reason)


def rules_for(model: RegisteredModel, alias: str) -> list[AliasRule]:
    """The rules that count for an alias of a model; prompts have no stages, so none does."""
    if model.is_prompt:
        return []
    rules = AliasRule.objects.open().filter(project=model.project_id).order_by("pk")
    return [rule for rule in rules if rule.names(alias)]


def misfit(alias: AliasInterval, rules: Iterable[AliasRule]) -> bool:
    """Whether one of the rules names the alias and does not take its version's stage."""
    return any(rule.names(alias.alias) and alias.version.stage not in rule.stages for rule in rules)


def detach_misfits(model: RegisteredModel, versions: Iterable[int]) -> None:
    """Let governed aliases go of versions that have left the stages they may stand for. A part of operations."""
    aliases = AliasInterval.objects.open().filter(version__in=list(versions)).exclude(kind=AliasKind.MIRROR)
    standing = list(aliases.select_related("version").order_by("pk"))
    if standing:
        rules = list(AliasRule.objects.open().filter(project=model.project_id))
        for alias in standing:
            if misfit(alias, rules):
                detach(model, alias)


def detach(model: RegisteredModel, alias: AliasInterval) -> None:
    """End an alias whose version no longer fits, and say so in the model's log. The model is held."""
    alias.until = max(model.next_moment(), alias.since)
    statements.change(alias, "until")
    record(
        EventType.REGISTERED_MODEL_ALIAS_DETACHED,
        model,
        before={"alias": alias.alias, "version": alias.version.number},
        after={"stage": str(alias.version.stage)},
    )


def _locked_models(project: Project) -> Iterable[RegisteredModel]:
    return RegisteredModel.objects.select_for_update(of=("self",)).filter(project=project).order_by("pk")


def _close(rule: AliasRule, moment: int) -> None:
    rule.until = max(moment, rule.since)
    statements.change(rule, "until")


def _logged(rule: AliasRule) -> dict[str, object]:
    return {"alias": rule.pattern, "stages": rule.stages, "right": rule.action}
