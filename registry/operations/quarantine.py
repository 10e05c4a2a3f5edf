"""Putting a suspected version where nobody can load, promote or deploy it, and letting it go."""

from accounts.principals import Principal
from accounts.roles import Action
from artifacts.operations import set_bans
from audit.event_types import EventType
from audit.operation import operation, record, require
from registry.exceptions import InvalidName, StageChangeNotAllowed
from registry.models import ModelVersion, Quarantine
from registry.operations.freezing import space_for
from registry.operations.held import hold_version
from registry.rules import DESCRIPTION_LENGTH, check_text


@operation
def quarantine(actor: Principal, version: ModelVersion, *, reason: str) -> ModelVersion:
    """Let nobody load, promote or deploy a version from now on, but those who look into it.

    It stays in its stage. Doing it twice changes nothing. Raises InvalidName without a reason.
    """
    require(Action.RETIRE, version)
    check_text("The reason", reason, DESCRIPTION_LENGTH)
    if not reason.strip():
        raise InvalidName("Say what is suspected, for those who have to look into it.")
    version = hold_version(version)
    if version.quarantined_at is not None:
        return version
    moment = version.next_moment()
    Quarantine.objects.create(version=version, reason=reason, since=moment, actor=actor.user)
    version.quarantined_at = version.updated_at = moment
    version.save(update_fields=["quarantined_at", "updated_at"])
    if version.space_uid:
        set_bans(space_for(version), present=True)
    record(EventType.MODEL_VERSION_QUARANTINED, version, after={"quarantined": True}, reason=reason)
    return version


@operation
def release(actor: Principal, version: ModelVersion, *, finding: str) -> ModelVersion:
    """Let a version out of quarantine, saying what was found. Raises StageChangeNotAllowed when it is not in one."""
    require(Action.DECIDE, version)
    check_text("The finding", finding, DESCRIPTION_LENGTH)
    if not finding.strip():
        raise InvalidName("Say what was found, for those who load it again.")
    version = hold_version(version)
    held = Quarantine.objects.filter(version=version, until=None).first()
    if held is None:
        raise StageChangeNotAllowed(f"{version} is not quarantined.")
    moment = version.next_moment()
    held.until, held.lifted_by, held.finding = moment, actor.user, finding
    held.save(update_fields=["until", "lifted_by", "finding"])
    version.quarantined_at, version.updated_at = None, moment
    version.save(update_fields=["quarantined_at", "updated_at"])
    suspects = ModelVersion.objects.filter(space_uid=version.space_uid, quarantined_at__isnull=False)
    if version.space_uid and not suspects.exists():
        set_bans(space_for(version), present=False)
    record(EventType.MODEL_VERSION_RELEASED, version, after={"quarantined": False}, reason=finding)
    return version


def check_not_quarantined(version: ModelVersion) -> None:
    """Raises StageChangeNotAllowed for a version under suspicion."""
    if version.quarantined_at is not None:
        raise StageChangeNotAllowed(f"{version} is quarantined: somebody has to look into it and let it go first.")
