"""Keeping questions about runs under a name: saving, changing and deleting views."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import IntegrityError, transaction

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.exceptions import AlreadyExists, InvalidInput
from audit.operation import operation, record, require
from tracking.exceptions import NoSuchSavedView
from tracking.models import SavedView
from tracking.queries.heads import find_experiment
from tracking.rules import now, read_view_name, read_view_query

#: More views of one experiment than anybody finds again.
MOST_VIEWS: Final = 100


@operation
def save_view(
    actor: Principal, project: Project, experiment_id: str, *, name: Any, query: Any, shared: bool = False
) -> SavedView:
    """Keep a question about an experiment's runs under a name; sharing it takes the right to write.

    ``query`` is the query of the runs table's address. Raises InvalidInput and AlreadyExists.
    """
    experiment = find_experiment(project, experiment_id)
    require(Action.WRITE if shared else Action.VIEW, experiment)
    name, query, moment = read_view_name(name), read_view_query(query), now()
    mine = SavedView.objects.filter(experiment=experiment, owner=actor.user, deleted_at__isnull=True)
    if mine.count() >= MOST_VIEWS:
        raise InvalidInput(f"You have {MOST_VIEWS} views of this experiment: delete one that you no longer use.")
    view = SavedView(
        experiment=experiment,
        owner=actor.user,
        name=name,
        query=query,
        shared=bool(shared),
        created_at=moment,
        updated_at=moment,
    )
    with _free(name):
        view.save(force_insert=True)
    record(EventType.SAVED_VIEW_CREATED, view, after=_state(view))
    return view


@operation
def change_view(
    actor: Principal, view: SavedView, *, name: Any = None, query: Any = None, shared: bool | None = None
) -> SavedView:
    """Rename a view, share it or keep it to oneself, or have it ask something else; what is None stays.

    One's own view, or as a maintainer a shared one of somebody else. Raises InvalidInput and AlreadyExists.
    """
    held = _hold(actor, view)
    if shared and not held.shared:
        require(Action.WRITE, held)
    before, asked = _state(held), held.query
    held.name = read_view_name(name) if name is not None else held.name
    held.query = read_view_query(query) if query is not None else held.query
    held.shared = shared if shared is not None else held.shared
    changed = {key: value for key, value in _state(held).items() if before[key] != value}
    if changed or held.query != asked:
        held.updated_at = now()
        with _free(held.name):
            held.save(update_fields=["name", "query", "shared", "updated_at"])
        record(
            EventType.SAVED_VIEW_UPDATED,
            held,
            before={key: before[key] for key in changed},
            after=changed | {"asks_something_else": held.query != asked},
        )
    return held


@operation
def delete_view(actor: Principal, view: SavedView) -> None:
    """Delete a view; the runs it shows stay. One's own, or as a maintainer a shared one of somebody else."""
    held = _hold(actor, view)
    held.deleted_at = now()
    held.save(update_fields=["deleted_at"])
    record(EventType.SAVED_VIEW_DELETED, held, before=_state(held))


@contextmanager
def _free(name: str) -> Iterator[None]:
    """Says of a broken constraint that somebody already has a view of this name."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise AlreadyExists(f"There is already a view “{name}” of this experiment: choose another name.") from None


def _hold(actor: Principal, view: SavedView) -> SavedView:
    """The view as it is now, if the actor may change it. Raises NoSuchSavedView."""
    rows = SavedView.objects.select_related("experiment", "owner").select_for_update(of=("self",))
    held = rows.filter(pk=view.pk, deleted_at__isnull=True).first()
    mine = held is not None and held.owner_id == actor.user_id
    if held is None or not (mine or held.shared):
        raise NoSuchSavedView("There is no such view, or it is not shared with you.")
    require(Action.VIEW if mine else Action.MANAGE, held)
    return held


def _state(view: SavedView) -> dict[str, Any]:
    """What the log says of a view: not the query, which is text of its owner's."""
    return {"name": view.name, "shared": view.shared}
