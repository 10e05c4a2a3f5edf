"""What can be done here, and which role may do it: the whole table of rights in one place."""

from enum import StrEnum


class Action(StrEnum):
    """Everything somebody may be asked the right for; a token's scopes are a subset of these."""

    VIEW = "view"  # see models, versions, runs, metrics, cards
    DOWNLOAD = "download"  # read artifact bytes
    LINEAGE = "lineage"  # see full lineage
    WRITE = "write"  # create runs, log, register versions, set free aliases and tags
    REQUEST = "request"  # raise a version's stage
    DECIDE = "decide"  # approve, reject, waive a gate
    GOVERN = "govern"  # publish promotion policies, say where they hold, set tiers
    BREAK_GLASS = "break_glass"  # promote at once in an emergency
    RETIRE = "retire"  # lower a version's stage, archive
    DEPLOY = "deploy"  # create deployments, report their state
    ROLL_BACK = "roll_back"
    RETENTION = "retention"  # retention policies, plans and holds
    TRASH = "trash"  # move to the trash and back
    APPROVE_PLAN = "approve_plan"
    AUDIT = "audit"  # read the audit log
    MANAGE = "manage"  # rename, settings, webhooks of a project
    GRANT = "grant"  # give and take roles, keep teams and service accounts
    ADMINISTER = "administer"  # users, projects and global roles of the whole server
    ACCOUNT = "account"  # one's own password, tokens and sessions


class Role(StrEnum):
    """A named set of actions, held on a project, a registered model, an experiment, or everywhere."""

    VIEWER = "viewer"
    CONTRIBUTOR = "contributor"
    MAINTAINER = "maintainer"
    APPROVER = "approver"
    DEPLOYER = "deployer"
    INCIDENT_RESPONDER = "incident_responder"
    RECORDS_MANAGER = "records_manager"
    AUDITOR = "auditor"
    PROJECT_ADMIN = "project_admin"
    PLATFORM_ADMIN = "platform_admin"


_A = Action
_READS = {_A.VIEW}
_WORKS = {_A.VIEW, _A.DOWNLOAD, _A.WRITE, _A.REQUEST}

#: What a role may do to anything in its scope.
ACTIONS: dict[Role, frozenset[Action]] = {
    Role.VIEWER: frozenset(_READS),
    Role.CONTRIBUTOR: frozenset(_WORKS),
    Role.MAINTAINER: frozenset(_WORKS | {_A.LINEAGE, _A.RETIRE, _A.ROLL_BACK, _A.TRASH, _A.AUDIT, _A.MANAGE}),
    Role.APPROVER: frozenset(
        _READS | {_A.DOWNLOAD, _A.LINEAGE, _A.REQUEST, _A.DECIDE, _A.RETIRE, _A.ROLL_BACK, _A.AUDIT}
    ),
    Role.DEPLOYER: frozenset(_READS | {_A.DOWNLOAD, _A.DEPLOY, _A.ROLL_BACK}),
    Role.INCIDENT_RESPONDER: frozenset(_READS | {_A.REQUEST, _A.BREAK_GLASS}),
    Role.RECORDS_MANAGER: frozenset(_READS | {_A.LINEAGE, _A.RETENTION, _A.TRASH, _A.AUDIT}),
    Role.AUDITOR: frozenset(_READS | {_A.LINEAGE, _A.AUDIT}),
    Role.PROJECT_ADMIN: frozenset(_READS | {_A.LINEAGE, _A.APPROVE_PLAN, _A.AUDIT, _A.MANAGE, _A.GRANT, _A.GOVERN}),
    Role.PLATFORM_ADMIN: frozenset({_A.ADMINISTER}),
}
#: What a role may do to what its holder made.
OWN_ACTIONS: dict[Role, frozenset[Action]] = {Role.CONTRIBUTOR: frozenset({_A.RETIRE, _A.TRASH})}

#: Roles that still count on a model or experiment that does not inherit its project's grants.
UNCUT_ROLES = frozenset({Role.PROJECT_ADMIN, Role.AUDITOR})
#: Roles that may be held everywhere at once; all others belong to a project.
GLOBAL_ROLES = frozenset({Role.PLATFORM_ADMIN, Role.AUDITOR})
#: Roles that may be held on a single registered model or experiment.
OBJECT_ROLES = frozenset(Role) - GLOBAL_ROLES - {Role.PROJECT_ADMIN, Role.RECORDS_MANAGER}
#: What no token may do, whatever its owner may: these need the person.
SESSION_ONLY = frozenset({Action.ACCOUNT, Action.DECIDE, Action.GOVERN, Action.BREAK_GLASS})

ROLE_LABELS = {role: role.replace("_", " ") for role in Role}
