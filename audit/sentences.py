"""Says what an event was in a readable sentence without a subject: “gave Ada the role approver on project default”.

A sentence is a list of parts, so that a page can make links of the objects it names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.event_types import EventType
from audit.models import Outcome

if TYPE_CHECKING:
    from audit.queries import EventView


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence. One that names an object has its kind and uid, and perhaps where to see it."""

    text: str
    kind: str = ""
    uid: str = ""
    url: str = ""


#: ``{object}`` names the object; ``{after.stage}`` is what the body says under that key; ``{after.owner:user}`` names
#: the object of that kind whose uid stands there.
_PHRASES: dict[str, str] = {
    EventType.ACCESS_QUESTION_DECLINED: "declined to let {after.asker:user} see hidden lineage",
    EventType.ACCESS_QUESTION_GRANTED: "let {after.asker:user} see lineage that was hidden",
    EventType.ACCESS_REQUEST_MADE: "asked to see hidden lineage",
    EventType.ARTIFACTS_ERASED: "erased the bytes of deleted files of {object}",
    EventType.ARTIFACT_DAMAGED: "found the file {after.path} of {object} damaged",
    EventType.ARTIFACT_HASHED: "read the file {after.path} of {object} to know its digest",
    EventType.ARTIFACT_RECOVERED: "found the file {after.path} of {object} whole again",
    EventType.ARTIFACT_SPACE_CREATED: "opened the artifacts of {object}",
    EventType.ARTIFACT_STORED: "stored the file {after.path} of {object}",
    EventType.DEPLOYMENT_ALERT_ACKNOWLEDGED: "looks into what runs unapproved at {object}",
    EventType.DEPLOYMENT_ALERT_OPENED: "raised an alert: {after.kind} at {object}",
    EventType.DEPLOYMENT_ALERT_RESOLVED: "resolved the alert about {object}",
    EventType.DEPLOYMENT_EXPIRED: "closed the deployment of {object}, which nobody began while its permit held",
    EventType.DEPLOYMENT_FAILED: "saw the deployment of {object} fail",
    EventType.DEPLOYMENT_PERMITTED: "issued a permit for {object}",
    EventType.DEPLOYMENT_REQUESTED: "asked to deploy {object}",
    EventType.DEPLOYMENT_ROLL_BACK_REQUESTED: "began to roll back to {object}",
    EventType.DEPLOYMENT_STARTED: "began to deploy {object}",
    EventType.DEPLOYMENT_STOPPED: "stopped {object}",
    EventType.ENVIRONMENT_ARCHIVED: "archived the environment {object}",
    EventType.ENVIRONMENT_CREATED: "made the environment {object}",
    EventType.ENVIRONMENT_UPDATED: "changed the environment {object}",
    EventType.EXPERIMENT_CREATED: "made the experiment {object}",
    EventType.EXPERIMENT_DELETED: "deleted the experiment {object}",
    EventType.EXPERIMENT_RENAMED: "renamed the experiment {before.name} to {object}",
    EventType.EXPERIMENT_RESTORED: "restored the experiment {object}",
    EventType.EXPERIMENT_TAG_DELETED: "took the tag {before.tag} off the experiment {object}",
    EventType.EXPERIMENT_TAG_SET: "set the tag {after.tag} of the experiment {object}",
    EventType.LOGGED_MODEL_CREATED: "logged the model {object}",
    EventType.LOGGED_MODEL_DELETED: "deleted the logged model {object}",
    EventType.LOGGED_MODEL_PARAMS_LOGGED: "logged params of the model {object}: {after.params}",
    EventType.LOGGED_MODEL_TAGS_SET: "set tags of the logged model {object}: {after.tags}",
    EventType.LOGGED_MODEL_TAG_DELETED: "took the tag {before.tag} off the logged model {object}",
    EventType.MODEL_VERSION_CHECKED: "posted the result of the check “{after.check}” of {object}",
    EventType.MODEL_VERSION_CREATED: "registered {object}",
    EventType.MODEL_VERSION_DELETED: "moved {object} to the trash",
    EventType.MODEL_VERSION_QUARANTINED: "put {object} into quarantine",
    EventType.MODEL_VERSION_RELEASED: "let {object} out of quarantine",
    EventType.MODEL_VERSION_RESTORED: "took {object} out of the trash",
    EventType.MODEL_VERSION_TAG_DELETED: "took the tag {before.key} off {object}",
    EventType.MODEL_VERSION_TAG_SET: "set the tag {after.key} of {object}",
    EventType.MODEL_VERSION_UPDATED: "changed the description of {object}",
    EventType.PERMIT_KEY_MADE: "made a new key by which permits are signed",
    EventType.PROJECT_ALIAS_FREED: "let anybody set the aliases {before.alias} in the project {object} again",
    EventType.PROJECT_ALIAS_GOVERNED: "governs the aliases {after.alias} in the project {object}",
    EventType.PROJECT_CREATED: "made the project {object}",
    EventType.PROJECT_EDGE_RESTORED: "said that an edge of lineage in the project {object} is right after all",
    EventType.PROJECT_EDGE_RETRACTED: "said that an edge of lineage in the project {object} is wrong",
    EventType.PROJECT_LINEAGE_GLASS_BROKEN: "broke the glass: looked at hidden lineage of the project {object}",
    EventType.PROJECT_LINEAGE_IMPORTED: "imported lineage into the project {object} from {after.source}",
    EventType.PROJECT_LOG_EXPORTED: "exported the audit log of the project {object} as {after.format}",
    EventType.PROJECT_LOG_READ: "read the audit log of the project {object} as its auditor",
    EventType.PROJECT_STRAY_GRANTS_FOUND: "found grants on the project {object} that nobody is recorded to have given",
    EventType.PROJECT_POLICY_ASSIGNED: "let the policy {after.policy} hold in the project {object}",
    EventType.PROJECT_POLICY_PROPOSED: "proposed {after.policy}, which asks for less, for the project {object}",
    EventType.PROJECT_POLICY_PUBLISHED: "published the policy {after.policy} in the project {object}",
    EventType.PROJECT_POLICY_WITHDRAWN: "withdrew the proposed policy {before.policy} of the project {object}",
    EventType.PROJECT_UPDATED: "changed the settings of the project {object}",
    EventType.PROMOTION_REQUEST_CANCELLED: "cancelled the request to promote {object}",
    EventType.PROMOTION_REQUEST_CHECKED: "checked the request to promote {object}",
    EventType.PROMOTION_REQUEST_CHECKLIST_TICKED: "ticked “{after.line}” for the request to promote {object}",
    EventType.PROMOTION_REQUEST_COMMENTED: "commented on the request to promote {object}",
    EventType.PROMOTION_REQUEST_EXECUTED: "carried out the request to promote {object}",
    EventType.PROMOTION_REQUEST_EXPIRED: "let the request to promote {object} expire",
    EventType.PROMOTION_REQUEST_GATE_WAIVED: "waived the gate “{after.gate}” for {object}",
    EventType.PROMOTION_REQUEST_GLASS_BROKEN: "broke the glass: promoted {object} without approval ({after.incident})",
    EventType.PROMOTION_REQUEST_INVALIDATED: "ended the request to promote {object}, which could no longer be met",
    EventType.PROMOTION_REQUEST_OPENED: "asked to promote {object}",
    EventType.PROMOTION_REQUEST_RATIFICATION_DUE: "reminded of the emergency promotion of {object}, not ratified yet",
    EventType.PROMOTION_REQUEST_RATIFICATION_OVERDUE: "found the emergency promotion of {object} not ratified in time",
    EventType.PROMOTION_REQUEST_RATIFIED: "ratified the emergency promotion of {object}",
    EventType.PROMOTION_REQUEST_RESUBMITTED: "submitted the request to promote {object} again",
    EventType.PROMOTION_REQUEST_REVISED: "began revision {after.revision} of the request to promote {object}",
    EventType.RECALL_BEGUN: "recalled {object}",
    EventType.RECALL_CLEARED: "cleared the recall of {object}",
    EventType.RECALL_WAIVED: "let something stay in use in spite of the recall of {object}",
    EventType.REGISTERED_MODEL_ALIAS_DELETED: "took the alias {before.alias} off {object} v{before.version}",
    EventType.REGISTERED_MODEL_ALIAS_SET: "pointed the alias {after.alias} at {object} v{after.version}",
    EventType.REGISTERED_MODEL_ALIAS_DETACHED: "let the alias {before.alias} of {object} go from v{before.version}",
    EventType.REGISTERED_MODEL_CREATED: "made the model {object}",
    EventType.REGISTERED_MODEL_DELETED: "moved the model {object} to the trash",
    EventType.MODEL_VERSION_CARD_REVISED: "saved revision {after.revision} of the card of {object}",
    EventType.REGISTERED_MODEL_CARD_REVISED: "saved revision {after.revision} of the card of {object}",
    EventType.REGISTERED_MODEL_OWNER_CHANGED: "handed {object} over to {after.owner}",
    EventType.REGISTERED_MODEL_RENAMED: "renamed the model {before.name} to {object}",
    EventType.REGISTERED_MODEL_RESTORED: "took the model {object} out of the trash",
    EventType.REGISTERED_MODEL_TAG_DELETED: "took the tag {before.key} off the model {object}",
    EventType.REGISTERED_MODEL_TIER_SET: "set the tier of the model {object} from {before.tier} to {after.tier}",
    EventType.REGISTERED_MODEL_TAG_SET: "set the tag {after.key} of the model {object}",
    EventType.RUN_CREATED: "began the run {object}",
    EventType.RUN_DELETED: "deleted the run {object}",
    EventType.RUN_RESTORED: "restored the run {object}",
    EventType.SAVED_VIEW_CREATED: "saved the view {object}",
    EventType.SAVED_VIEW_DELETED: "deleted the saved view {object}",
    EventType.SAVED_VIEW_UPDATED: "changed the saved view {object}",
    EventType.TEAM_CREATED: "made the team {object}",
    EventType.TEAM_DELETED: "dissolved the team {before.slug}",
    EventType.TEAM_MEMBER_ADDED: "put {after.member:user} into the team {object}",
    EventType.TEAM_MEMBER_REMOVED: "took {before.member:user} out of the team {object}",
    EventType.TEAM_UPDATED: "changed the team {object}",
    EventType.TOKEN_ISSUED: "issued a token for {after.owner:user}",
    EventType.TOKEN_REVOKED: "revoked a token",
    EventType.USER_ACTIVATED: "let {object} in again",
    EventType.USER_CREATED: "made an account for {object}",
    EventType.USER_DEACTIVATED: "deactivated the account of {object}",
    EventType.USER_LOCKED_OUT: "failed to sign in as {object} once too often and has to wait",
    EventType.USER_LOG_EXPORTED: "exported the audit log as {after.format}",
    EventType.USER_LOG_READ: "read the audit log as an auditor",
    EventType.USER_PASSWORD_CHANGED: "changed the password of {object}",
    EventType.USER_SESSIONS_ENDED: "ended sessions of {object} ({after.sessions})",
    EventType.USER_SIGNED_IN: "signed in",
    EventType.USER_SIGNED_OUT: "signed out",
    EventType.USER_SIGN_IN_FAILED: "failed to sign in as {object}",
    EventType.USER_UPDATED: "changed the profile of {object}",
    EventType.WEBHOOK_CREATED: "made the webhook {object}",
    EventType.WEBHOOK_DELETED: "deleted the webhook {object}",
    EventType.WEBHOOK_TESTED: "sent an example of “{after.event}” through the webhook {object}",
    EventType.WEBHOOK_UPDATED: "changed the webhook {object}",
}
_PLACE = re.compile(r"\{(object|before|after)(?:\.(\w+))?(?::(\w+))?\}")
#: Where a body lacks the key that a phrase asks for: such a phrase is left for the plain one.
_MISSING = "\0"


def sentence_of(view: EventView) -> list[Part]:
    """Return the sentence in parts; every type of event has at least a plain one."""
    if view.event.outcome != Outcome.OK:
        return _refused(view)
    if special := _SPECIAL.get(view.event.action):
        return _parts(view, special(view))
    parts = _parts(view, _PHRASES.get(view.event.action, _MISSING))
    return _plain(view) if any(_MISSING in part.text for part in parts) else parts


def has_phrase(event_type: str) -> bool:
    """Whether somebody wrote a sentence for events of this type."""
    return event_type in _PHRASES or event_type in _SPECIAL


def name_of_object(kind: str, uid: str, label: str) -> str:
    """How an object is called in a sentence, from what an event says of it."""
    if kind == "model_version" and "/" in label:
        model, _, number = label.rpartition("/")
        return f"{model} v{number}"
    if kind == "artifact_space":
        return f"logged model {uid[:10]}" if uid.startswith("m-") else f"run {uid[:8]}"
    return label


def _parts(view: EventView, phrase: str) -> list[Part]:
    return list(_filled(view, phrase))


def _filled(view: EventView, phrase: str) -> Iterator[Part]:
    end = 0
    for place in _PLACE.finditer(phrase):
        if words := phrase[end : place.start()]:
            yield Part(words)
        yield _fill(view, *place.groups())
        end = place.end()
    if words := phrase[end:]:
        yield Part(words)


def _fill(view: EventView, part: str, key: str | None, kind: str | None) -> Part:
    if part == "object" or key is None:
        return _object(view)
    value = getattr(view, part).get(key, _MISSING)
    if kind:
        return view.mention(kind, str(value))
    return Part(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def _object(view: EventView) -> Part:
    event = view.event
    return view.mention(event.object_type, event.object_id, event.object_label)


def _plain(view: EventView) -> list[Part]:
    """“set the alias of registered model fraud” from ``registered_model.alias_set``."""
    noun, _, verbed = view.event.action.partition(".")
    *thing, verb = verbed.split("_")
    what = f"the {' '.join(thing)} of " if thing else ""
    return [Part(f"{verb} {what}{noun.replace('_', ' ')} "), _object(view)]


def _refused(view: EventView) -> list[Part]:
    operation = str(view.after.get("operation", "do that")).replace("_", " ")
    denied = view.event.outcome == Outcome.DENIED
    if view.event.object_type == "principal":
        became = "were refused" if denied else "failed"
        times = view.after.get("repeats", 1)
        who = view.mention("user", view.event.object_id)
        return [
            Part(f"counted {times} more attempts of "),
            who,
            Part(f" to {operation} within a minute, which {became}"),
        ]
    tried = f"{'was not allowed to' if denied else 'could not'} {operation}"
    return [Part(tried)] if view.event.object_type == "operation" else [Part(f"{tried} on "), _object(view)]


def _set_up(view: EventView) -> str:
    used = view.after.get("state") == "used up"
    return "used up the set-up link" if used else "made a set-up link for the first administrator"


def _granted(view: EventView) -> str:
    return f"gave {_holder('after', view.after)} the role {_role(view.after)} {_scope('after', view.after)}"


def _revoked(view: EventView) -> str:
    return f"took the role {_role(view.before)} {_scope('before', view.before)} from {_holder('before', view.before)}"


def _expired(view: EventView) -> str:
    holder, scope = _holder("before", view.before), _scope("before", view.before)
    return f"ended the role {_role(view.before)} of {holder} {scope}: it expired"


def _holder(state: str, values: dict[str, Any]) -> str:
    return f"{{{state}.holder:{values.get('holder_type', 'user')}}}"


def _role(values: dict[str, Any]) -> str:
    return str(values.get("role", "")).replace("_", " ")


def _scope(state: str, values: dict[str, Any]) -> str:
    kind = values.get("scope")
    return "everywhere" if kind == "global" else f"on {kind} {{{state}.scope_id:{kind}}}"


def _files_deleted(view: EventView) -> str:
    below = " below {before.path}" if view.before.get("path") else ""
    return "deleted {before.files} files of {object}" + below


def _frozen(view: EventView) -> str:
    return "froze the files of {object}" + (" below {after.folder}" if view.after.get("folder") else "")


def _rolled_back(view: EventView) -> str:
    displaced = [name_of_object("model_version", "", str(other.get("label", ""))) for other in view.also]
    instead = ", ".join(displaced).translate({ord("{"): "(", ord("}"): ")"})
    return f"rolled back to {{object}} instead of {instead}" if instead else "rolled back to {object}"


def _transitioned(view: EventView) -> str:
    moved = "moved {object} from {before.stage} to {after.stage}"
    displaced = [name_of_object("model_version", "", str(other.get("label", ""))) for other in view.also]
    # Braces in a name must not be taken for a place.
    made_room = ", ".join(displaced).translate({ord("{"): "(", ord("}"): ")"})
    return f"{moved}; {made_room} made room" if made_room else moved


def _model_updated(view: EventView) -> str:
    if "inherit_access" not in view.after:
        return "changed the description of the model {object}"
    if view.after["inherit_access"]:
        return "let the roles of the project count on the model {object} again"
    return "cut the model {object} off from the roles of its project"


def _run_updated(view: EventView) -> str:
    ends = {
        "FINISHED": "finished the run {object}",
        "FAILED": "saw the run {object} fail",
        "KILLED": "ended the run {object} before it was done",
    }
    if phrase := ends.get(str(view.after.get("status", ""))):
        return phrase
    if "name" in view.after:
        return "renamed the run {before.name} to {after.name}"
    return "changed the run {object}"


def _finalized(view: EventView) -> str:
    ready = view.after.get("status") == "LOGGED_MODEL_READY"
    return (
        "completed the files of the logged model {object}" if ready else "could not complete the logged model {object}"
    )


def _activated(view: EventView) -> str:
    if not view.also:
        return "let {object} run"
    return "rolled back to {object}" if view.after.get("rolls_back") else "let {object} run in place of another"


def _decided(view: EventView) -> str:
    words = {"approve": "approved", "reject": "rejected", "request_changes": "asked for changes before"}
    return f"{words.get(str(view.after.get('verdict')), 'decided on')} the promotion of {{object}}"


_SPECIAL: dict[str, Callable[[EventView], str]] = {
    EventType.ACCESS_SET_UP: _set_up,
    EventType.ARTIFACTS_DELETED: _files_deleted,
    EventType.ARTIFACTS_FROZEN: _frozen,
    EventType.DEPLOYMENT_ACTIVATED: _activated,
    EventType.LOGGED_MODEL_FINALIZED: _finalized,
    EventType.MODEL_VERSION_ROLLED_BACK: _rolled_back,
    EventType.MODEL_VERSION_TRANSITIONED: _transitioned,
    EventType.PROMOTION_REQUEST_DECIDED: _decided,
    EventType.REGISTERED_MODEL_UPDATED: _model_updated,
    EventType.ROLE_EXPIRED: _expired,
    EventType.ROLE_GRANTED: _granted,
    EventType.ROLE_REVOKED: _revoked,
    EventType.RUN_UPDATED: _run_updated,
}
