"""Aliases: words that a contributor points at a version, or whoever the project's rules let."""

from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require
from registry import statements
from registry.exceptions import AliasFollowsStage, AliasIsGoverned
from registry.models import AliasInterval, AliasKind, AliasRule, ModelVersion, RegisteredModel
from registry.operations.alias_rules import rules_for
from registry.operations.held import hold_model, hold_version
from registry.rules import MIRRORS, alias_key, check_alias


@operation
def set_alias(actor: Principal, version: ModelVersion, alias: str) -> None:
    """Let ``alias`` stand for this version of its model; it leaves the version it stood for before.

    Raises PermissionDenied, InvalidName, AliasFollowsStage for the aliases that mirror a stage, or AliasIsGoverned for
    one that may not stand for a version in this stage.
    """
    check_alias(alias)
    require(Action.VIEW, version)
    version = hold_version(version)
    model = version.model
    _refuse_mirror(model, alias)
    rules = _require_right(model, alias)
    _check_stage(version, alias, rules)
    before = _now(model, alias)
    if before is not None and before.version_id == version.pk and before.alias == alias:
        return
    moment = _moment(model, before)
    if before is not None:
        _close(before, moment)
    statements.add(
        AliasInterval(
            model=model,
            version=version,
            alias=alias,
            key=alias_key(alias),
            kind=AliasKind.GOVERNED if rules else AliasKind.FREE,
            since=moment,
            actor=actor.user,
        )
    )
    record(
        EventType.REGISTERED_MODEL_ALIAS_SET,
        model,
        before={"alias": before.alias, "version": before.version.number} if before else None,
        after={"alias": alias, "version": version.number},
    )


@operation
def delete_alias(actor: Principal, model: RegisteredModel, alias: str) -> None:
    """Let ``alias`` stand for nothing; one that is not there is no mistake.

    Raises PermissionDenied, or AliasFollowsStage for the aliases that mirror a stage.
    """
    require(Action.VIEW, model)
    model = hold_model(model)
    _refuse_mirror(model, alias)
    _require_right(model, alias)
    before = _now(model, alias)
    if before is None:
        return
    _close(before, _moment(model, before))
    record(
        EventType.REGISTERED_MODEL_ALIAS_DELETED,
        model,
        before={"alias": before.alias, "version": before.version.number},
    )


def _require_right(model: RegisteredModel, alias: str) -> list[AliasRule]:
    """Refuse unless the actor may set the alias, by every rule that names it; return these rules."""
    rules = rules_for(model, alias)
    for rule in rules:
        require(rule.action, model)
    if not rules:
        require(Action.WRITE, model)
    return rules


def _check_stage(version: ModelVersion, alias: str, rules: list[AliasRule]) -> None:
    for rule in rules:
        if version.stage not in rule.stages:
            raise AliasIsGoverned(
                f"The alias “{alias}” may stand for versions in {' or '.join(rule.stages)} only, and {version} is in "
                f"stage {version.stage}. Move it there first, or choose another alias.",
                details={"allowed_stages": rule.stages},
            )


def _refuse_mirror(model: RegisteredModel, alias: str) -> None:
    """Prompts have no stages, so that no alias of theirs mirrors one."""
    stage = MIRRORS.get(alias_key(alias))
    if stage is not None and not model.is_prompt:
        raise AliasFollowsStage(
            f"The alias “{alias}” of {model} follows the stage {stage} by itself. "
            f"Move a version to {stage} instead, or choose another alias."
        )


def _now(model: RegisteredModel, alias: str) -> AliasInterval | None:
    return AliasInterval.objects.open().filter(model=model, key=alias_key(alias)).select_related("version").first()


def _close(interval: AliasInterval, moment: int) -> None:
    interval.until = moment
    statements.change(interval, "until")


def _moment(model: RegisteredModel, before: AliasInterval | None) -> int:
    return max(model.next_moment(), before.since if before else 0)
