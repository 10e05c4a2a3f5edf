"""What roles and actions are called where people choose them."""

from accounts.roles import ROLE_LABELS, SESSION_ONLY, Action, Role

ROLE_DESCRIPTIONS = {
    Role.VIEWER: "sees models, runs and metrics",
    Role.CONTRIBUTOR: "logs runs, registers versions, asks for promotion",
    Role.MAINTAINER: "does what contributors do, and manages and deletes what others made",
    Role.APPROVER: "decides about promotions",
    Role.DEPLOYER: "deploys what may be deployed, and rolls back",
    Role.INCIDENT_RESPONDER: "may promote without approval in an emergency, which others then ratify",
    Role.RECORDS_MANAGER: "keeps retention policies and holds",
    Role.AUDITOR: "reads everything including the audit log, changes nothing",
    Role.PROJECT_ADMIN: "gives and takes roles, keeps promotion policies, teams and service accounts",
    Role.PLATFORM_ADMIN: "administers people and projects of this server",
}
ACTION_LABELS = {
    Action.VIEW: "see models, versions, runs and metrics",
    Action.DOWNLOAD: "download artifacts",
    Action.LINEAGE: "see full lineage",
    Action.WRITE: "create runs, log, register versions, set tags and aliases",
    Action.REQUEST: "raise the stage of a version",
    Action.DECIDE: "approve or reject promotions",
    Action.GOVERN: "change promotion policies and the tiers of models",
    Action.BREAK_GLASS: "promote without approval in an emergency",
    Action.RETIRE: "lower the stage of a version",
    Action.DEPLOY: "deploy",
    Action.ROLL_BACK: "roll back",
    Action.RETENTION: "keep retention policies and holds",
    Action.TRASH: "delete and restore",
    Action.APPROVE_PLAN: "approve retention plans",
    Action.AUDIT: "read the audit log",
    Action.MANAGE: "rename things and change the settings of a project",
    Action.GRANT: "give and take roles",
    Action.ADMINISTER: "administer people and projects of the server",
    Action.ACCOUNT: "change one's own account",
}
#: What actions are called above a column.
ACTION_WORDS = {
    Action.VIEW: "See",
    Action.DOWNLOAD: "Down\u00adload",
    Action.LINEAGE: "Lineage",
    Action.WRITE: "Write",
    Action.REQUEST: "Raise stage",
    Action.DECIDE: "Decide",
    Action.GOVERN: "Policies",
    Action.BREAK_GLASS: "Break glass",
    Action.RETIRE: "Lower stage",
    Action.DEPLOY: "Deploy",
    Action.ROLL_BACK: "Roll back",
    Action.RETENTION: "Reten\u00adtion",
    Action.TRASH: "Delete",
    Action.APPROVE_PLAN: "Approve plans",
    Action.AUDIT: "Audit log",
    Action.MANAGE: "Manage",
    Action.GRANT: "Give roles",
    Action.ADMINISTER: "Adminis\u00adter",
}
#: What a token may be limited to.
SCOPE_CHOICES = [(str(action), label) for action, label in ACTION_LABELS.items() if action not in SESSION_ONLY]


def role_choices(roles: frozenset[Role]) -> list[tuple[str, str]]:
    """The roles as choices of a form, each with what it is for."""
    return [(str(role), f"{ROLE_LABELS[role]}: {ROLE_DESCRIPTIONS[role]}") for role in Role if role in roles]
