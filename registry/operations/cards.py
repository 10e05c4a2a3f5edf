"""Writing model cards: every save is a revision of its own, which stays."""

from collections.abc import Mapping
from datetime import UTC, datetime

from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require
from registry import statements
from registry.cards import COMMENT_LENGTH, Place, check_sections, merged, sections_digest
from registry.exceptions import CardHasMovedOn
from registry.models import CardRevision, ModelVersion, RegisteredModel
from registry.operations.held import hold_model, hold_version_alone
from registry.rules import check_text


@operation
def revise_model_card(
    actor: Principal,
    model: RegisteredModel,
    sections: Mapping[str, str],
    *,
    based_on: int | None = None,
    comment: str = "",
) -> CardRevision | None:
    """Save sections of a model's card as its next revision; those left out stay as they are, an empty one goes.

    ``based_on`` is the number of the revision that was edited (0: there was none); None: whatever is there. Returns
    the card as it reads now, which is the old one when nothing was changed.
    Raises PermissionDenied, InvalidName, or CardHasMovedOn when somebody else saved meanwhile.
    """
    _check(Place.MODEL, sections, comment)
    require(Action.WRITE, model)
    model = hold_model(model)
    before = _present(model.card_id)
    revision = _next(actor, before, sections, based_on, comment)
    if revision is None:
        return before
    revision.model, revision.created_at = model, model.next_moment()
    statements.add(revision)
    model.card, model.updated_at = revision, revision.created_at
    statements.change(model, "card", "updated_at")
    record(
        EventType.REGISTERED_MODEL_CARD_REVISED,
        model,
        before=_state(before),
        after=_state(revision),
        reason=comment,
    )
    return revision


@operation
def revise_version_card(
    actor: Principal,
    version: ModelVersion,
    sections: Mapping[str, str],
    *,
    based_on: int | None = None,
    comment: str = "",
) -> CardRevision | None:
    """Save sections of a version's card as its next revision; those left out stay as they are, an empty one goes.

    ``based_on`` is as in `revise_model_card`; 0 is also the card that the version started from. A version whose
    content is frozen can still be described: its card says what people have learnt about it.
    Raises PermissionDenied, InvalidName, or CardHasMovedOn when somebody else saved meanwhile.
    """
    _check(Place.VERSION, sections, comment)
    require(Action.WRITE, version)
    version = hold_version_alone(version)
    before = _present(version.card_id)
    own = before if before is not None and before.version_id == version.pk else None
    revision = _next(actor, own, sections, based_on, comment, started_from=before)
    if revision is None:
        return before
    revision.model, revision.version, revision.created_at = version.model, version, version.next_moment()
    statements.add(revision)
    version.card, version.updated_at = revision, revision.created_at
    statements.change(version, "card", "updated_at")
    record(EventType.MODEL_VERSION_CARD_REVISED, version, before=_state(own), after=_state(revision), reason=comment)
    return revision


def _check(place: Place, sections: Mapping[str, str], comment: str) -> None:
    check_sections(place, sections)
    check_text("The comment", comment, COMMENT_LENGTH)


def _present(pk: int | None) -> CardRevision | None:
    """The card as it reads now."""
    return CardRevision.objects.select_related("author").get(pk=pk) if pk is not None else None


def _next(
    actor: Principal,
    own: CardRevision | None,
    changes: Mapping[str, str],
    based_on: int | None,
    comment: str,
    *,
    started_from: CardRevision | None = None,
) -> CardRevision | None:
    """The next revision of a card, still to be stored; None when it would say what is said already."""
    number, previous = own.number if own else 0, own or started_from
    if based_on is not None and based_on != number:
        raise _moved_on(own, based_on)
    sections = merged(previous.sections if previous else {}, changes)
    digest = sections_digest(sections)
    if digest == (previous.digest if previous else sections_digest({})):
        return None
    return CardRevision(
        number=number + 1,
        sections=sections,
        digest=digest,
        comment=comment,
        author=actor.user,
        previous=previous,
    )


def _moved_on(own: CardRevision | None, based_on: int) -> CardHasMovedOn:
    if own is None:
        return CardHasMovedOn(
            f"This card has no revision {based_on}. Read it again and base your change on what it says."
        )
    saved = datetime.fromtimestamp(own.created_at / 1000, tz=UTC)
    return CardHasMovedOn(
        f"{own.author} saved revision {own.number} of this card on {saved:%Y-%m-%d at %H:%M} UTC, while you were "
        f"editing revision {based_on}. Compare the two, then save again on top of revision {own.number}.",
        details={"revision": own.number},
    )


def _state(revision: CardRevision | None) -> dict[str, str | int] | None:
    """A card as the log knows it: its text may be erased, its digest says what it was."""
    return {"revision": revision.number, "card_sha256": revision.digest} if revision else None
