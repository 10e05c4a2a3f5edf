"""Says what an event was in a readable sentence without a subject: “gave Ada the role approver on project default”."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from audit.event_types import EventType
from audit.models import Outcome

if TYPE_CHECKING:
    from audit.queries import EventView

#: ``{object}`` is the object's name; ``{after.stage}`` is what the body says under that key.
_PHRASES: dict[str, str] = {
    EventType.PROJECT_CREATED: "made the project {object}",
    EventType.PROJECT_UPDATED: "changed the settings of the project {object}",
    EventType.PROJECT_LOG_EXPORTED: "exported the audit log of the project {object} as {after.format}",
    EventType.USER_LOG_EXPORTED: "exported the audit log as {after.format}",
    EventType.TEAM_CREATED: "made the team {object}",
    EventType.TEAM_DELETED: "dissolved the team {before.slug}",
    EventType.TEAM_UPDATED: "changed the team {object}",
    EventType.TOKEN_ISSUED: "issued a token for {after.owner}",
    EventType.TOKEN_REVOKED: "revoked a token",
    EventType.USER_ACTIVATED: "let {object} in again",
    EventType.USER_CREATED: "made an account for {object}",
    EventType.USER_DEACTIVATED: "deactivated the account of {object}",
    EventType.USER_LOCKED_OUT: "failed to sign in as {object} once too often and has to wait",
    EventType.USER_PASSWORD_CHANGED: "changed the password of {object}",
    EventType.USER_SIGNED_IN: "signed in",
    EventType.USER_SIGNED_OUT: "signed out",
    EventType.USER_SIGN_IN_FAILED: "failed to sign in as {object}",
    EventType.USER_UPDATED: "changed the profile of {object}",
    EventType.MODEL_VERSION_TRANSITIONED: "moved {object} from {before.stage} to {after.stage}",
    EventType.REGISTERED_MODEL_RENAMED: "renamed the model {before.name} to {after.name}",
    EventType.EXPERIMENT_RENAMED: "renamed the experiment {before.name} to {after.name}",
}
_PLACE = re.compile(r"\{(object|before|after)(?:\.(\w+))?\}")


def summarize(view: EventView) -> str:
    """Return the sentence; every type of event has at least a plain one."""
    if view.event.outcome != Outcome.OK:
        return _refused(view)
    if special := _SPECIAL.get(view.event.action):
        return special(view)
    phrase = _PHRASES.get(view.event.action, "")
    filled = _PLACE.sub(lambda place: _fill(view, place), phrase)
    return filled if filled and "\0" not in filled else _plain(view)


def _fill(view: EventView, place: re.Match[str]) -> str:
    part, key = place.groups()
    if part == "object":
        return _object(view)
    state: dict[str, Any] = getattr(view, part)
    if key == "owner":
        return view.name_of("user", str(state.get(key)))
    # A body without the key spoils the phrase, so that the plain one is taken.
    return str(state.get(key, "\0"))


def _object(view: EventView) -> str:
    event = view.event
    return event.object_label or view.name_of(event.object_type, event.object_id)


def _plain(view: EventView) -> str:
    """“set the alias of registered model fraud” from ``registered_model.alias_set``."""
    noun, _, verbed = view.event.action.partition(".")
    *thing, verb = verbed.split("_")
    what = f"the {' '.join(thing)} of " if thing else ""
    return f"{verb} {what}{noun.replace('_', ' ')} {view.event.object_label or view.event.object_id}"


def _refused(view: EventView) -> str:
    operation = str(view.after.get("operation", "do that")).replace("_", " ")
    on = "" if view.event.object_type in ("operation", "principal") else f" on {_object(view)}"
    tried = "was not allowed to" if view.event.outcome == Outcome.DENIED else "could not"
    repeats = view.after.get("repeats", 1)
    return f"{tried} {operation}{on}" + (f" ({repeats} more times within a minute)" if "minute" in view.after else "")


def _set_up(view: EventView) -> str:
    used = view.after.get("state") == "used up"
    return "used up the set-up link" if used else "made a set-up link for the first administrator"


def _granted(view: EventView) -> str:
    return f"gave {_holder(view, view.after)} the role {_role(view.after)} {_scope(view, view.after)}"


def _revoked(view: EventView) -> str:
    return f"took the role {_role(view.before)} {_scope(view, view.before)} from {_holder(view, view.before)}"


def _expired(view: EventView) -> str:
    return (
        f"ended the role {_role(view.before)} of {_holder(view, view.before)} {_scope(view, view.before)}: it expired"
    )


def _joined(view: EventView) -> str:
    return f"put {view.name_of('user', view.after.get('member', ''))} into the team {_object(view)}"


def _left(view: EventView) -> str:
    return f"took {view.name_of('user', view.before.get('member', ''))} out of the team {_object(view)}"


def _holder(view: EventView, state: dict[str, Any]) -> str:
    return view.name_of(str(state.get("holder_type", "user")), str(state.get("holder", "")))


def _role(state: dict[str, Any]) -> str:
    return str(state.get("role", "")).replace("_", " ")


def _scope(view: EventView, state: dict[str, Any]) -> str:
    if state.get("scope") == "global":
        return "everywhere"
    kind, uid = str(state.get("scope", "")), str(state.get("scope_id", ""))
    known = view.names.get((kind, uid))
    return f"on {kind} {known}" if known else f"on {view.name_of(kind, uid)}"


_SPECIAL: dict[str, Callable[[EventView], str]] = {
    EventType.ACCESS_SET_UP: _set_up,
    EventType.ROLE_GRANTED: _granted,
    EventType.ROLE_REVOKED: _revoked,
    EventType.ROLE_EXPIRED: _expired,
    EventType.TEAM_MEMBER_ADDED: _joined,
    EventType.TEAM_MEMBER_REMOVED: _left,
}
