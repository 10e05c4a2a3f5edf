"""Everything that changes accounts: people, teams, projects, roles, tokens and sign-in."""

from accounts.operations.people import (
    activate_user,
    change_password,
    create_administrator,
    create_first_administrator,
    create_service_account,
    create_user,
    deactivate_user,
    issue_set_up_code,
    set_password,
    update_user,
)
from accounts.operations.projects import create_default_project, create_project, update_project
from accounts.operations.roles import end_expired_roles, grant_role, replace_roles, revoke_role
from accounts.operations.sessions import clear_dead_sessions, end_all_sessions, end_other_sessions, end_session
from accounts.operations.sign_in import record_failed_sign_in, record_sign_in, record_sign_out
from accounts.operations.teams import add_member, create_team, delete_team, remove_member, update_team
from accounts.operations.tokens import issue_token, issue_token_for, revoke_token
from accounts.operations.upkeep import report_stray_grants

__all__ = [
    "activate_user",
    "add_member",
    "change_password",
    "clear_dead_sessions",
    "create_administrator",
    "create_default_project",
    "create_first_administrator",
    "create_project",
    "create_service_account",
    "create_team",
    "create_user",
    "deactivate_user",
    "delete_team",
    "end_all_sessions",
    "end_expired_roles",
    "end_other_sessions",
    "end_session",
    "grant_role",
    "issue_set_up_code",
    "issue_token",
    "issue_token_for",
    "record_failed_sign_in",
    "record_sign_in",
    "record_sign_out",
    "remove_member",
    "replace_roles",
    "report_stray_grants",
    "revoke_role",
    "revoke_token",
    "set_password",
    "update_project",
    "update_team",
    "update_user",
]
